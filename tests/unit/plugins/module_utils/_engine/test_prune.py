# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which objects a prune deletes, and its protections."""

from __future__ import annotations

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import (
    Kept,
    Prune,
    PruneOptions,
    Why,
    check_limit,
    limit_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.steps import (
    users,
)

PRUNE: PruneOptions = {"prune": True, "prune_keep": [], "prune_match": None, "prune_limit": "10%"}


@pytest.mark.parametrize("limit", ["0", "25", "10%", "0%", "100%", " 7 ", "250%"])
def test_a_limit_is_a_count_or_a_percentage(limit: str) -> None:
    prune = Prune.from_options({**PRUNE, "prune_limit": limit})
    assert prune is not None
    assert prune.limit == limit


@pytest.mark.parametrize(
    "limit",
    ["", "%", "ten", "-1", "-5%", "1.5", "10 %", "10%%", "1e3", "0x10", "+5", "10%5", "1_000"],
)
def test_another_limit_is_refused(limit: str) -> None:
    with pytest.raises(RefusedError, match=r"prune_limit .* is not a count or a percentage"):
        Prune.from_options({**PRUNE, "prune_limit": limit})


def test_a_limit_does_not_matter_without_a_purge() -> None:
    assert Prune.from_options({**PRUNE, "prune": False, "prune_limit": "nonsense"}) is None


@pytest.mark.parametrize(
    ("options", "prune"),
    [
        ({}, Prune()),
        ({"prune_keep": ["a*", "b"]}, Prune(keep=("a*", "b"))),
        ({"prune_match": []}, Prune(match=())),
        ({"prune_match": ["s-*"], "prune_limit": "5"}, Prune(match=("s-*",), limit="5")),
    ],
)
def test_the_options_of_a_purge(options: PruneOptions, prune: Prune) -> None:
    assert Prune.from_options({**PRUNE, **options}) == prune


@pytest.mark.parametrize(
    ("total", "limit", "allowed"),
    [
        (0, "10%", 0),
        (1, "10%", 1),
        (9, "10%", 1),
        (10, "10%", 1),
        (11, "10%", 2),
        (100, "10%", 10),
        (101, "10%", 11),
        (100, "29%", 29),
        (1000, "57%", 570),
        (7, "0%", 0),
        (7, "100%", 7),
        (7, "250%", 7),
        (50, "0", 0),
        (50, "7", 7),
        (50, " 7 ", 7),
        (3, "25", 3),
    ],
)
def test_exactly_as_many_are_deleted_as_the_limit_allows(
    total: int, limit: str, allowed: int
) -> None:
    prune = Prune(limit=limit)
    everyone = users(total)
    kept, going = (
        ["boss", *everyone[allowed - 1 :]] if allowed else ["boss", *everyone],
        everyone[: max(0, allowed - 1)],
    )
    # The limit counts objects on the hub that may be deleted, because declared names need not exist
    # there.
    assert selected(prune, everyone, kept) == going
    if allowed:
        assert selected(prune, everyone, ["boss", *everyone[allowed:]]) == everyone[:allowed]
    if allowed < total:
        with pytest.raises(RefusedError) as caught:
            prune.select("users", everyone, ["boss", *everyone[allowed + 1 :]])
        assert caught.value.details["would_delete"] == everyone[: allowed + 1]
        assert (
            f"prune would delete {allowed + 1} of {total} users, more than prune_limit {limit}"
            f" allows ({allowed}): u0" in str(caught.value)
        )


def selected(prune: Prune, existing: list[str], declared: list[str]) -> list[str]:
    return list(prune.select("users", existing, declared).going)


@pytest.mark.parametrize(
    ("prune", "going"),
    [
        (Prune(limit="100"), ["ada", "s-1", "s-2", "s-10", "S-3"]),
        (Prune(keep=("s-1",), limit="100"), ["ada", "s-2", "s-10", "S-3"]),
        (Prune(keep=("s-*",), limit="100"), ["ada", "S-3"]),
        (Prune(match=("s-*",), limit="100"), ["s-1", "s-2", "s-10"]),
        (Prune(match=("s-?", "S*"), limit="100"), ["s-1", "s-2", "S-3"]),
        (Prune(match=("s-*",), keep=("s-1*",), limit="100"), ["s-2"]),
        (Prune(match=("s-[12]",), limit="100"), ["s-1", "s-2"]),
        (Prune(match=(), limit="100"), []),
        (Prune(keep=("*",), limit="0"), []),
    ],
)
def test_the_patterns_select_what_is_kept_and_what_may_be_deleted(
    prune: Prune, going: list[str]
) -> None:
    existing = ["root", "ada", "s-1", "s-2", "s-10", "S-3", "me"]
    assert (
        list(prune.select("users", existing, ["root", "not-there"], {"me": "caller"}).going)
        == going
    )


def test_patterns_are_spelt_like_names() -> None:
    existing = ["ada", "Eve", "prof.smith", "s-1"]
    assert Prune(keep=("Prof.*", "EVE"), limit="9").select(
        "users", existing, ["ada"], spell=str.lower
    ).going == ("s-1",)
    assert Prune(match=("S-*",), limit="9").select(
        "users", existing, ["ada"], spell=str.lower
    ).going == ("s-1",)


@pytest.mark.parametrize(
    ("name", "glob"),
    [
        ("zoe\u0308", "zo\u00eb"),
        ("zo\u00eb-1", "zoe\u0308-*"),
        ("zoe\u0308", "zo?"),
        ("ada\u200b", "ada"),
        ("ada", "ada\ufeff"),
        ("lab\u00a01", "lab 1"),
    ],
)
def test_a_pattern_keeps_names_that_look_alike(name: str, glob: str) -> None:
    verdict = Prune(keep=(glob,), limit="9").select("users", [name, "other"], ["boss"])
    assert verdict.going == ("other",)
    assert (verdict.kept, verdict.unfitting) == ((Kept(name, "keep"),), ())
    # For a deletion, a pattern has to match exactly.
    assert Prune(match=(glob,), limit="9").select("users", [name], ["boss"]).going == ()


@pytest.mark.parametrize("name", ["CS1", "cs2", "zoe", "zo\u00e9"])
def test_a_pattern_does_not_keep_names_that_look_different(name: str) -> None:
    verdict = Prune(keep=("cs1", "CS2", "zo\u00eb"), limit="9").select("groups", [name], ["boss"])
    assert verdict.going == (name,)


@pytest.mark.parametrize(
    "name", ["svc[1]", "x[bot]", "course [2024]", "what?", "a*", "[a-", "[!x]", "tab[\t]"]
)
def test_a_name_that_looks_like_a_pattern_protects_itself(name: str) -> None:
    verdict = Prune(keep=(name,), limit="9").select("users", [name, "other"], ["boss"])
    assert verdict.going == ("other",)
    assert (verdict.kept, verdict.unfitting) == ((Kept(name, "keep"),), ())
    assert Prune(match=(name,), limit="9").select("users", [name, "other"], ["boss"]).going == (
        name,
    )


def test_reasons_why_undeclared_objects_are_kept() -> None:
    protected: dict[str, Why] = {
        "me": "caller",
        "root": "admin",
        "tutor": "role",
        "ADA": "look_alike",
    }
    existing = ["ada", "me", "root", "tutor", "ADA", "s-1", "keeper", "gone", "left"]
    prune = Prune(keep=("keeper", "me", "root", "nobody*"), match=("[!s]*",), limit="9")
    verdict = prune.select("users", existing, ["ada"], protected, spoken_of={"left"}, unnamed=2)
    assert verdict.going == ("gone",)
    assert verdict.returned == {
        "kept": [
            {"name": None, "why": "unnamed"},
            {"name": None, "why": "unnamed"},
            {"name": "me", "why": "caller"},
            {"name": "root", "why": "admin"},
            {"name": "tutor", "why": "role"},
            {"name": "ADA", "why": "look_alike"},
            {"name": "keeper", "why": "keep"},
        ],
        "unmatched": 1,
    }
    assert verdict.warnings("user") == [
        "These prune_keep patterns match no user on the hub and no declared ones: 'nobody*'."
    ]


@pytest.mark.parametrize(
    ("going", "declared"),
    [
        ("zoe\u0308", "zo\u00eb"),
        ("zo\u00eb", "zoe\u0308"),
        ("CS1", "cs1"),
        ("Stra\u00dfe", "STRASSE"),
        ("\u212bngstr\u00f6m", "\u00c5ngstro\u0308m"),
        ("\u0130x", "i\u0307x"),
        ("ada", "ada\u200b"),
        ("\ufeffada", "ada"),
        ("a\u00addb", "adb"),
        ("\uff41\uff44\uff41", "ada"),
        ("lab\u00a01", "lab 1"),
        ("lab  1", "lab 1"),
        ("team \u2764\ufe0f", "team \u2764"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469"),
    ],
)
def test_a_prune_stops_where_something_to_delete_looks_like_something_declared(
    going: str, declared: str
) -> None:
    for existing in ([going, "x"], [going, declared, "x"]):
        with pytest.raises(
            RefusedError, match="prune would delete groups whose names look like declared ones"
        ) as caught:
            Prune(limit="100%").select("groups", existing, [declared, "x"])
        assert caught.value.details["look_alikes"] == [{"name": going, "declared": declared}]
        # In the message the two spellings can be distinguished.
        assert caught.value.message.isprintable()
        assert (going + declared).isascii() or "\\u" in caught.value.message
    for prune in (Prune(keep=(going,), limit="9"), Prune(match=("x",), limit="9")):
        assert prune.select("groups", [going, "x"], [declared, "x"]).going == ()
    assert (
        Prune(limit="9").select("groups", [going, "x"], [declared, "x"], spoken_of=[going]).going
        == ()
    )


@pytest.mark.parametrize(
    ("text", "total", "limit"),
    [
        ("0", 9, 0),
        ("7", 9, 7),
        ("50%", 9, 5),
        ("1%", 9, 1),
        ("0%", 9, 0),
        (" 50% ", 2, 1),
        ("100%", 0, 0),
    ],
)
def test_a_limit_is_a_count_or_a_percentage_rounded_up(text: str, total: int, limit: int) -> None:
    check_limit("remove_limit", text)
    assert limit_of(text, total) == limit


@pytest.mark.parametrize("text", ["", "-1", "some", "5.5%", "%", "1e3", "9999999999"])
def test_an_invalid_limit_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match=r"remove_limit .* is not a count or a percentage"):
        check_limit("remove_limit", text)


def test_a_percentage_counts_objects_that_may_be_deleted() -> None:
    existing = [*users(100), "s-1", "s-2", "s-3"]
    prune = Prune(match=("s-*",), limit="34%")
    assert selected(prune, existing, ["u0", "s-3"]) == ["s-1", "s-2"]
    with pytest.raises(
        RefusedError,
        match=r"prune would delete 3 of 3 users, more than prune_limit 34% allows \(2\)",
    ):
        prune.select("users", existing, ["u0"])


def test_nothing_declared_is_refused_even_where_nothing_would_go() -> None:
    for prune in (Prune(), Prune(limit="100%"), Prune(match=()), Prune(keep=("*",))):
        with pytest.raises(
            RefusedError, match="prune with no declared groups would delete all of them"
        ):
            prune.select("groups", [], [], {"me": "caller"})


def test_a_long_list_of_deletions_is_cut_in_the_message_and_returned_whole() -> None:
    with pytest.raises(RefusedError) as caught:
        Prune().select("users", users(50), ["boss"])
    assert "u18, u19 and 30 more." in str(caught.value)
    assert caught.value.to_result()["would_delete"] == users(50)
