# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_token on running hubs: create, rotate and revoke, files and secrets."""

from __future__ import annotations

import datetime
import errno
import importlib
import json
import os
import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import Wire, one_sentence, runner
from tests.live.token_support import (
    ANYTHING,
    HIDDEN,
    HIDDEN_BEFORE,
    TOKEN,
    actions,
    alone,
    held,
    is_good,
    make,
    mode,
    ours,
    refuses,
    settle,
)

UTILS = "ansible_collections.hubops.jupyterhub.plugins.module_utils"
CREATED = [("create", "ada/n")]
ROTATED = [("rotate", "ada/n"), ("revoke", "ada/n")]


@pytest.fixture(autouse=True)
def users(hub: Hub) -> None:
    """The users of every test."""
    hub.add_users("ada", "grace")


@pytest.fixture
def dest(tmp_path: pathlib.Path) -> pathlib.Path:
    """A file that does not exist yet, in a folder of its own."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder / "token"


# Life cycle of a token

LIVES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("created", {}, CREATED),
    ("nothing said, nothing done", {}, []),
    ("a name in capitals is the same", {"user": "ADA"}, []),
    ("fewer scopes", {"scopes": ["read:users!user", "read:users:groups!user"]}, ROTATED),
    ("scopes unset leave alone", {}, []),
    (
        "same scopes, in another order and twice",
        {"scopes": ["read:users:groups!user", "read:users!user", "read:users!user"]},
        [],
    ),
    ("no scopes", {"scopes": []}, ROTATED),
    ("all scopes", {"scopes": ["inherit"]}, ROTATED),
    ("a lifetime", {"expires_in": "30d"}, ROTATED),
    ("the same lifetime in seconds", {"expires_in": "2592000"}, []),
    ("the same lifetime, nearly", {"expires_in": "2591995"}, []),
    ("another lifetime", {"expires_in": "29d"}, ROTATED),
    ("unset leaves alone", {}, []),
    ("not due", {"expires_in": "29d", "renew_before": "7d"}, []),
    ("not due without expires_in", {"renew_before": "28d"}, []),
    ("in any case", {"rotate": True}, ROTATED),
    ("gone", {"state": "absent"}, [("revoke", "ada/n")]),
]


@pytest.mark.parametrize("filed", [True, False], ids=["in a file", "returned"])
def test_life(hub: Hub, module: ModuleRunner, dest: pathlib.Path, filed: bool) -> None:
    """Every change of a token is predicted, done once, and leaves one good token; the second run
    does nothing.
    """
    secret = None
    for label, attributes, expected in LIVES:
        task = {"user": "ada", "note": "n", **({"dest": str(dest)} if filed else {}), **attributes}
        result = settle(hub, module, task, dest if filed else None)
        assert actions(result) == expected, label
        rows = ours(hub)
        if attributes.get("state") == "absent":
            assert (rows, result["token"]) == ([], {})
            break
        new = held(dest) if filed else result["token"].get("value", secret)
        assert new is not None
        assert is_good(hub, new), label
        assert (secret != new) == bool(expected), label
        assert secret is None or is_good(hub, secret) == (not expected), label
        secret = new
        assert len(rows) == 1
        assert ("value" in result["token"]) == (bool(expected) and not filed), label
        assert result["token"]["id"] == rows[0]["id"]
        assert result["token"]["expires_at"] == rows[0]["expires_at"]
        assert result["token"]["note"] == "n"
        if filed:
            assert result["token"]["dest"] == str(dest)
            assert mode(dest) == 0o600
            assert alone(dest)
    # state absent does not delete the file, which now holds a revoked secret.
    assert held(dest) == (secret if filed else None)
    assert not is_good(hub, str(secret))


def test_a_rotation_adds_no_scopes_and_no_lifetime(
    hub: Hub, module: ModuleRunner, dest: pathlib.Path
) -> None:
    """A rotation keeps the scopes and the expiry that the task does not set, so that the new token
    never has more rights than the old one.
    """
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    first = module(TOKEN, {**task, "scopes": ["read:users!user"], "expires_in": "1h"})["token"]
    settle(hub, module, {**task, "rotate": True}, dest)
    row = ours(hub)[0]
    assert sorted(row["scopes"]) == first["scopes"]
    left = datetime.datetime.fromisoformat(row["expires_at"]) - datetime.datetime.now(
        datetime.timezone.utc
    )
    assert 3500 < left.total_seconds() <= 3600
    # The new token still has the requested scopes.
    assert not module(TOKEN, {**task, "scopes": ["read:users!user"], "expires_in": "1h"})["changed"]


def test_renewal(
    hub: Hub, module: ModuleRunner, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token is rotated when less than renew_before is left, and not before."""
    api = importlib.import_module(f"{UTILS}._hub.api").HubApi
    task = {
        "user": "ada",
        "note": "n",
        "dest": str(dest),
        "expires_in": "30d",
        "renew_before": "7d",
    }
    made = module(TOKEN, task)["token"]
    for days, due in ((22.9, False), (23.1, True), (31, True)):
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        monkeypatch.setattr(api, "now", lambda self, now=now: now)
        result = module(TOKEN, task, check=True)
        assert actions(result) == (ROTATED if due else []), days
    monkeypatch.undo()
    # This token was created elsewhere with the module's mark, and has less time left than
    # renew_before.
    module(TOKEN, {**task, "state": "absent"})
    dummy, secret = make(hub, f"n {ANYTHING}", expires_in=6 * 86400)
    dest.write_text(secret, encoding="utf-8")
    result = settle(hub, module, task, dest)
    assert actions(result) == ROTATED
    assert result["token"]["created"] > made["created"]


def test_a_lifetime_below_renew_before_is_reported(hub: Hub, module: ModuleRunner) -> None:
    """A token that lives shorter than renew_before would be rotated in every run. The module can
    only know this from the token itself.
    """
    dummy, secret = make(hub, f"n {ANYTHING}", expires_in=600)
    assert is_good(hub, secret)
    result = module(
        TOKEN,
        {"user": "ada", "note": "n", "current_token": secret, "renew_before": "1h"},
        check=True,
    )
    assert actions(result) == ROTATED
    assert "every run rotates it" in str(result["warnings"])


@pytest.mark.exact_names
def test_names_as_the_hub_has_them(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """A user with capitals, created by another program, is used as written. Other names are used as
    the hub would store them.
    """
    hub.expect("POST", "/users/MixedCase")
    task = {"user": "MixedCase", "note": "n", "dest": str(dest)}
    assert module(TOKEN, task, check=True)["token"]["user"] == "MixedCase"
    for step, expected in (({}, ["create"]), ({}, []), ({"rotate": True}, ["rotate", "revoke"])):
        result = module(TOKEN, {**task, **step})
        assert [change["action"] for change in result["changes"]] == expected, result
        assert is_good(hub, str(held(dest)), "MixedCase")
    refuses(hub, module, {"user": "mixedcase", "note": "n"}, "mixedcase", check=False)
    # If this user were active, the module would conclude that the hub keeps case.
    hub.expect("DELETE", "/users/MixedCase")
    hub.add_users("mixedcase")
    assert module(TOKEN, {"user": "MIXEDCASE", "note": "n"})["token"]["user"] == "mixedcase"
    assert module(TOKEN, {**task, "state": "absent"})["changed"]
    assert ours(hub, "mixedcase") == []


def test_list(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """Options beside the list are the defaults of its items, and items can override them."""
    folder = dest.parent
    task: dict[str, Any] = {
        "tokens": [
            {"user": "ada", "note": "a", "dest": str(folder / "a")},
            {
                "user": "ada",
                "note": "b",
                "dest": str(folder / "b"),
                "expires_in": "2h",
                "return_token": False,
            },
            {"user": "grace", "note": "a", "scopes": []},
            {"user": "grace", "note": "gone", "state": "absent"},
            {"user": "Ada", "note": "a"},
        ],
        "expires_in": "1h",
        "return_token": True,
        "return_objects": "all",
    }
    make(hub, f"gone {ANYTHING}", user="grace")
    result = settle(hub, module, task)
    assert sorted(actions(result)) == [
        ("create", "ada/a"),
        ("create", "ada/b"),
        ("create", "grace/a"),
        ("revoke", "grace/gone"),
    ]
    assert result["summary"] == {"create": 3, "revoke": 1, "unchanged": 0}
    assert "token" not in result
    values = {f"{token['user']}/{token['note']}": token.get("value") for token in result["tokens"]}
    assert list(values) == ["ada/a", "ada/b", "grace/a"]
    assert values["ada/a"] == held(folder / "a")
    assert values["ada/b"] is None
    assert is_good(hub, str(held(folder / "b")))
    assert is_good(hub, str(values["grace/a"]), "grace")
    lives = {
        row["note"][:1]: (
            (
                datetime.datetime.fromisoformat(row["expires_at"])
                - datetime.datetime.fromisoformat(row["created"])
            ).total_seconds()
        )
        for row in ours(hub)
    }
    assert {note: round(seconds / 3600) for note, seconds in lives.items()} == {"a": 1, "b": 2}
    # Only changed tokens are returned by default.
    task["tokens"][1]["rotate"] = True
    del task["return_objects"]
    assert [token["note"] for token in module(TOKEN, task)["tokens"]] == ["b"]
    assert module(TOKEN, {**task, "return_objects": "none"}).keys().isdisjoint({"token", "tokens"})
    everything = module(
        TOKEN, {"tokens": task["tokens"][:2], "rotate": True, "expires_in": "1h"}, check=True
    )
    assert everything["summary"] == {"rotate": 2, "revoke": 2, "unchanged": 0}
    assert module(TOKEN, {"tokens": [], "prune": True})["summary"] == {"unchanged": 0}


def test_diff(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """The diff shows what changes, and placeholders for secrets."""
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    made = json.dumps(module(TOKEN, task, diff=True)["diff"])
    assert HIDDEN in made
    assert "n [hubops" not in made
    rotated = json.dumps(module(TOKEN, {**task, "expires_in": "1h"}, diff=True)["diff"])
    assert HIDDEN in rotated
    assert HIDDEN_BEFORE in rotated
    assert "3600" in rotated
    dest.chmod(0o644)
    mended = module(TOKEN, task, diff=True)
    assert [(change["action"], change["fields"]) for change in mended["changes"]] == [
        ("update", {"dest": HIDDEN})
    ]
    assert str(held(dest)) not in made + rotated + json.dumps(mended)


# The file


def test_the_owner_is_kept(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """A rotated file keeps its owner."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    module(TOKEN, task)
    os.chown(dest, 12345, 23456)
    settle(hub, module, {**task, "rotate": True}, dest)
    assert (dest.stat().st_uid, dest.stat().st_gid, mode(dest)) == (12345, 23456, 0o600)


def test_the_mode_is_mended(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """A file that others can read gets a private mode, without a new token."""
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    module(TOKEN, task)
    before = held(dest)
    for wrong in (0o644, 0o640, 0o4600, 0o400):
        dest.chmod(wrong)
        assert actions(settle(hub, module, task, dest)) == [("update", "ada/n")]
        assert (mode(dest), held(dest)) == (0o600, before)


def test_a_file_without_a_good_secret(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """The secret in the file is verified, and replaced if it is not good."""
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    module(TOKEN, task)
    for content in (
        b"",
        b"\n",
        b"no token",
        b"secret\nsecret\n",
        b"\xff\xfe\x00",
        b"0" * 32,
        b"a\x00b",
        "täglich".encode(),
        None,
    ):
        old = str(held(dest))
        if content is None:
            dest.unlink()
        else:
            dest.write_bytes(content)
        assert actions(module(TOKEN, task)) == ROTATED, content
        assert not is_good(hub, old)
        assert (len(ours(hub)), mode(dest)) == (1, 0o600)
    assert is_good(hub, str(held(dest)))
    assert not module(TOKEN, task)["changed"]


def test_a_newline_at_the_end_does_no_harm(
    hub: Hub, module: ModuleRunner, dest: pathlib.Path
) -> None:
    """A newline that an editor adds is no reason to rotate."""
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    module(TOKEN, task)
    dest.write_text(f"{held(dest)}\n", encoding="utf-8")
    assert not module(TOKEN, task)["changed"]


def test_revoked_on_the_hub(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """If the token in the file was revoked on the hub or has expired, the file gets a new one."""
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    module(TOKEN, task)
    hub.expect("DELETE", f"/users/ada/tokens/{ours(hub)[0]['id']}")
    assert actions(settle(hub, module, task, dest)) == CREATED
    assert is_good(hub, str(held(dest)))
    hub.expect("DELETE", f"/users/ada/tokens/{ours(hub)[0]['id']}")
    dummy, secret = make(hub, f"n {ANYTHING}", expires_in=1)
    dest.write_text(secret, encoding="utf-8")
    time.sleep(1.2)
    assert actions(settle(hub, module, task, dest)) == CREATED
    assert (len(ours(hub)), is_good(hub, str(held(dest)))) == (1, True)


def link(path: pathlib.Path) -> str:
    """Replace the file with a symbolic link to a file."""
    (path.parent / "target").write_text("untouched", encoding="utf-8")
    path.symlink_to(path.parent / "target")
    return str(path)


def directory(path: pathlib.Path) -> str:
    """Replace the file with a directory."""
    path.mkdir()
    return str(path)


def pipe(path: pathlib.Path) -> str:
    """Replace the file with a pipe."""
    os.mkfifo(path)
    return str(path)


BAD_PLACES: list[tuple[str, Callable[[pathlib.Path], str], str, bool]] = [
    ("symlink", link, "is a symbolic link", True),
    ("directory", directory, "is not a regular file", True),
    ("pipe", pipe, "is not a regular file", True),
    ("relative", lambda path: "some/token", "is not an absolute path", True),
    ("folder missing", lambda path: str(path.parent / "no" / "token"), "does not exist", False),
    (
        "below a file",
        lambda path: f"{__file__}/token",
        "is below a path that is not a folder",
        True,
    ),
]


@pytest.mark.parametrize(
    ("place", "words", "check"),
    [case[1:] for case in BAD_PLACES],
    ids=[case[0] for case in BAD_PLACES],
)
def test_paths_that_cannot_hold_a_secret(
    hub: Hub,
    module: ModuleRunner,
    dest: pathlib.Path,
    place: Callable[[pathlib.Path], str],
    words: str,
    check: bool,
) -> None:
    """A path that cannot hold a secret is refused before a token is created."""
    where = place(dest)
    # For a missing folder, the message names the folder.
    told = where if check else str(pathlib.Path(where).parent)
    refuses(hub, module, {"user": "ada", "note": "n", "dest": where}, words, told, check=check)
    assert held(dest.parent / "target") in (None, "untouched")


def test_a_missing_folder_in_check_mode(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """In check mode, the task assumes that an earlier task creates the folder."""
    task = {"user": "ada", "note": "n", "dest": str(dest.parent / "no" / "token")}
    result = module(TOKEN, task, check=True)
    assert actions(result) == CREATED
    assert "Check mode assumes an earlier task creates them" in str(result["warnings"])


def test_same_place_twice(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """Two tokens cannot have the same file, however its path is written. A token that is revoked
    needs no file.
    """
    tokens = [
        {"user": "ada", "note": "a", "dest": str(dest)},
        {"user": "ada", "note": "b", "dest": f"{dest.parent}/./../{dest.parent.name}//{dest.name}"},
    ]
    refuses(hub, module, {"tokens": tokens}, "cannot be written to the same dest", str(dest))
    renamed: list[dict[str, Any]] = [{**tokens[0], "state": "absent"}, tokens[1]]
    assert module(TOKEN, {"tokens": renamed})["summary"] == {"create": 1, "unchanged": 1}


def test_a_write_that_fails(
    hub: Hub, module: ModuleRunner, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is full, the new token is revoked, and the old one stays valid and in the
    file.
    """
    task = {"user": "ada", "note": "n", "dest": str(dest)}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for start in (None, "a token"):
        if start:
            monkeypatch.undo()
            module(TOKEN, task)
        old = held(dest)
        monkeypatch.setattr(os, "fsync", full)
        result = refuses(
            hub,
            module,
            {**task, "rotate": True},
            "No space left on device",
            "The new token was revoked",
            check=False,
            sent=2,
        )
        assert [each["name"] for each in result["refused"]] == ["ada/n"]
        assert [change["action"] for change in result["pending"]] == ["revoke"] * bool(start)
        assert held(dest) == old
        assert alone(dest)
        assert len(ours(hub)) == (1 if start else 0)
        assert old is None or is_good(hub, old)
    if pathlib.Path("/proc/self").is_dir() and os.geteuid() == 0:
        monkeypatch.undo()
        refuses(
            hub,
            module,
            {**task, "note": "other", "dest": "/proc/hubops-token"},
            "/proc/hubops-token",
            check=None,
            sent=2,
        )


def test_a_new_token_that_is_no_good(
    hub: Hub, module: ModuleRunner, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that the hub does not accept (here one that expires at once) does not replace a good
    one.
    """
    files = importlib.import_module(f"{UTILS}._resources.tokens.secret_file")
    task = {"user": "ada", "note": "n", "dest": str(dest)}
    write = files.SecretFile.write

    def slow(self: Any, secret: str) -> None:
        write(self, secret)
        time.sleep(1.1)

    for start in (False, True):
        if start:
            module(TOKEN, task)
        old = held(dest)
        with monkeypatch.context() as patch:
            patch.setattr(files.SecretFile, "write", slow)
            result = module(TOKEN, {**task, "expires_in": "1"})
        assert (result["failed"], result["changed"]) == (True, False)
        assert "the hub does not accept it" in result["msg"]
        one_sentence(result)
        assert held(dest) == old
        assert alone(dest)
        assert [is_good(hub, secret) for secret in [old] if secret] == [True] * start
        assert len(ours(hub)) == start


# The caller's own copy


def test_current_token(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """A good copy is verified, and written to the file without a rotation."""
    task = {"user": "ada", "note": "n"}
    value = module(TOKEN, task)["token"]["value"]
    assert settle(hub, module, {**task, "current_token": value})["changed"] is False
    result = settle(hub, module, {**task, "current_token": value, "dest": str(dest)}, dest)
    assert actions(result) == [("update", "ada/n")]
    assert "value" not in result["token"]
    assert (held(dest), mode(dest), len(ours(hub))) == (value, 0o600, 1)
    # The secret in the file is good, so it does not matter that the caller's copy is lost.
    assert not module(TOKEN, {**task, "current_token": "", "dest": str(dest)})["changed"]
    dest.write_text("garbage", encoding="utf-8")
    assert actions(
        settle(hub, module, {**task, "current_token": value, "dest": str(dest)}, dest)
    ) == [("update", "ada/n")]
    assert held(dest) == value


def lost_copies(hub: Hub) -> dict[str, str]:
    """Return secrets that are not the token ada/n, by their kind."""
    expired = make(hub, "x", expires_in=1)[1]
    revoked_id, revoked = make(hub, "x")
    hub.expect("DELETE", f"/users/ada/tokens/{revoked_id}")
    copies = {
        "none": "",
        "garbage": "täglich nichts\n",
        "unknown": "0" * 32,
        "another user's": make(hub, f"n {ANYTHING}", user="grace")[1],
        "revoked": revoked,
        "service's": hub.token,
        "expired": expired,
    }
    if hub.series != "4":
        # JupyterHub 4 cannot tell two tokens with the same scopes apart.
        copies |= {
            "of another note": make(hub, f"other {ANYTHING}")[1],
            "a human's": make(hub, "n")[1],
        }
    time.sleep(1.1)
    return copies


def test_a_copy_that_is_no_good(hub: Hub, module: ModuleRunner) -> None:
    """Any secret other than the token itself leads to a new token, which is returned."""
    for what, copy in lost_copies(hub).items():
        hub.expect("GET", "/users/ada/tokens")
        known = {row["id"] for row in hub.user_tokens("ada")} - {
            row["id"] for row in ours(hub, note="n")
        }
        module(TOKEN, {"user": "ada", "note": "n"})
        result = module(TOKEN, {"user": "ada", "note": "n", "current_token": copy})
        assert actions(result) == ROTATED, what
        assert is_good(hub, result["token"]["value"]), what
        assert [row["id"] for row in ours(hub, note="n")] == [result["token"]["id"]], what
        # The token of the wrong copy is not changed.
        assert known <= {row["id"] for row in hub.user_tokens("ada")}, what
        if len(copy) > 6 and what != "service's":
            assert copy not in json.dumps(result), what
    assert len(ours(hub, "grace")) == 1


# Refusals

DURATIONS = [
    *[
        (bad, "is not a duration")
        for bad in (
            "",
            "0",
            "-5",
            "1.5",
            "60.0",
            "5y",
            "d",
            "1d12h",
            "true",
            "1 d",
            "9" * 30,
            "\u0661",
        )
    ],
    *[(bad, "longer than a hundred years") for bad in ("36501d", "999999999999", "99999999999w")],
]


def test_bad_durations(hub: Hub, module: ModuleRunner) -> None:
    """A nonsensical duration is refused without a request."""
    mark = hub.mark()
    for number, (value, words) in enumerate(DURATIONS):
        option = ("expires_in", "renew_before")[number % 2]
        for task in (
            {"user": "ada", "note": "n", option: value},
            {"tokens": [{"user": "ada", "note": "n"}], option: value},
        ):
            result = module(TOKEN, task)
            assert result["failed"], value
            assert option in result["msg"]
            assert words in result["msg"]
            one_sentence(result)
    assert hub.requests(mark) == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"user": "ada"}, "neither note nor token_id"),
    ({"user": "ada", "note": ""}, "neither note nor token_id"),
    ({"user": "ada", "note": " n"}, "cannot be used"),
    ({"user": "ada", "note": "n" * 1001}, "cannot be used"),
    ({"user": "ada", "note": "n [hubops 035300f3]"}, "cannot be used"),
    ({"user": "", "note": "n"}, "user name"),
    ({"user": "a/b", "note": "n"}, "slash"),
    ({"user": "ada", "note": "n", "scopes": ["Foo Bar"]}, "is not a scope"),
    ({"user": "ada", "note": "n", "scopes": ["read:users", ""]}, "is empty"),
    (
        {"user": "ada", "note": "n", "expires_in": "7d", "renew_before": "7d"},
        "every run would rotate it",
    ),
    (
        {"tokens": [{"user": "ada", "note": "n", "expires_in": "7d"}], "renew_before": "1w"},
        "every run would rotate it",
    ),
    ({"user": "ada", "token_id": "a1"}, "state absent"),
    ({"user": "ada", "token_id": "a1", "note": "n", "state": "absent"}, "without a note"),
    (
        {
            "tokens": [
                {"user": "ada", "note": "n", "scopes": []},
                {"user": "ada", "note": "n", "scopes": ["inherit"]},
            ]
        },
        "twice with different scopes",
    ),
    (
        {
            "tokens": [
                {"user": "ada", "note": "n", "current_token": "abcdefgh1"},
                {"user": "ada", "note": "n", "current_token": "abcdefgh2"},
            ]
        },
        "current_token",
    ),
    ({"tokens": [{"user": "ada", "note": "n"}], "note": "n"}, "mutually exclusive"),
    ({}, "one of the following"),
]


def test_refused(hub: Hub, module: ModuleRunner) -> None:
    """Nonsensical options are refused before a request is sent, also in check mode."""
    mark = hub.mark()
    for task, words in REFUSED:
        for check in (False, True):
            result = module(TOKEN, task, check=check)
            assert (result["failed"], result["changed"]) == (True, False), result
            assert words in result["msg"]
            assert "abcdefgh" not in json.dumps(result)
    assert hub.requests(mark) == []


def test_unknown_users(hub: Hub, module: ModuleRunner) -> None:
    """All missing users are named; check mode assumes that an earlier task creates them."""
    tokens = [{"user": user, "note": "n"} for user in ("zoe", "ada", "yan")]
    result = refuses(hub, module, {"tokens": tokens}, "yan, zoe", "jupyterhub_user", check=False)
    assert result["missing_users"] == ["yan", "zoe"]
    assert "yan, zoe. Check mode assumes an earlier task creates them." in str(
        module(TOKEN, {"tokens": tokens}, check=True)["warnings"]
    )
    assert not module(TOKEN, {"tokens": tokens, "state": "absent"})["changed"]


def test_a_contradiction_between_two_spellings(hub: Hub, module: ModuleRunner) -> None:
    """Two spellings of one user are recognised once the hub has shown how it stores the name."""
    tokens: list[dict[str, Any]] = [
        {"user": "ada", "note": "n", "scopes": []},
        {"user": "ADA", "note": "n", "scopes": ["inherit"]},
    ]
    refuses(
        hub, module, {"tokens": tokens}, "The token ada/n is declared twice with different scopes"
    )
    del tokens[1]["scopes"]
    assert module(TOKEN, {"tokens": tokens})["summary"] == {"create": 1, "unchanged": 0}


def test_a_refused_token_stops_no_other(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """If one token has scopes that its user does not have, or a file that cannot be written, the
    other tokens are still created and revoked.
    """
    module(TOKEN, {"tokens": [{"user": "ada", "note": note} for note in ("old", "gone")]})
    bad = {
        "user": "ada",
        "note": "bad",
        "scopes": ["admin:users"],
        "dest": str(dest.parent / "bad"),
    }
    full = {"user": "ada", "note": "full", "dest": "/proc/hubops-token"}
    tokens = [
        bad,
        full,
        {"user": "ada", "note": "good", "dest": str(dest)},
        {"user": "ada", "note": "gone", "state": "absent"},
    ]
    result = module(TOKEN, {"tokens": tokens})
    assert (result["failed"], result["changed"], result["pending"]) == (True, True, []), result
    assert sorted(each["name"] for each in result["refused"]) == (
        ["ada/bad", "ada/full"] if pathlib.Path("/proc/self").is_dir() else ["ada/bad"]
    )
    assert "not held by" in str(result["refused"])
    assert ("create", "ada/good") in actions(result)
    assert is_good(hub, str(held(dest)))
    assert sorted(row["note"].partition(" ")[0] for row in ours(hub)) == ["good", "old"]
    one_sentence(result)


def test_scopes_that_the_hub_refuses(hub: Hub, module: ModuleRunner) -> None:
    """An unknown scope, or one that the user does not have, gives one sentence, and no token is
    left.
    """
    words = ("check the scopes",) if hub.series == "4" else ("'nonsense:scope'", "does not exist")
    unknown = refuses(
        hub,
        module,
        {"user": "ada", "note": "n", "scopes": ["nonsense:scope"]},
        *words,
        check=False,
        sent=1,
    )
    assert unknown["status"] == (500 if hub.series == "4" else 400)
    beyond = refuses(
        hub,
        module,
        {"user": "ada", "note": "n", "scopes": ["admin:users"]},
        "not held by",
        "cannot have more scopes than its user",
        check=False,
        sent=1,
    )
    assert beyond["status"] == 400
    assert [(each["kind"], each["name"], each["status"]) for each in beyond["refused"]] == [
        ("token", "ada/n", 400)
    ]
    assert beyond["pending"] == []


def test_one_that_fails_among_others(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """Tokens in files are done. A secret that could not be returned is lost, and the next run
    replaces its token.
    """
    good = {"user": "ada", "note": "returned"}
    value = module(TOKEN, good)["token"]["value"]
    tokens: list[dict[str, Any]] = [
        {**good, "rotate": True},
        {"user": "ada", "note": "new"},
        {"user": "ada", "note": "filed", "dest": str(dest)},
        {"user": "grace", "note": "bad", "scopes": ["admin:users"]},
    ]
    result = module(TOKEN, {"tokens": tokens})
    assert (result["failed"], result["changed"]) == (True, True)
    assert ("create", "ada/filed") in actions(result)
    assert is_good(hub, str(held(dest)))
    # The old token is revoked only when the new one can be returned. A secret that cannot be
    # returned is useless.
    assert is_good(hub, value)
    assert sorted(row["note"].partition(" ")[0] for row in ours(hub)) == ["filed", "returned"]
    assert actions(result) == [("create", "ada/filed")]
    assert sorted(
        (change["action"], change["name"].partition(" (")[0]) for change in result["pending"]
    ) == [
        ("create", "ada/new"),
        ("revoke", "ada/returned"),
        ("rotate", "ada/returned"),
    ]
    assert "value" not in result
    assert "tokens" not in result
    del tokens[3]["scopes"], tokens[0]["rotate"]
    result = module(TOKEN, {"tokens": tokens, "return_objects": "all"})
    assert not result["failed"]
    values = {token["note"]: token.get("value") for token in result["tokens"]}
    assert values["filed"] is None
    assert is_good(hub, str(values["new"]))
    assert is_good(hub, str(values["bad"]), "grace")
    assert is_good(hub, value)
    assert values["returned"] is None
    assert sorted(row["note"].partition(" ")[0] for row in ours(hub)) == [
        "filed",
        "new",
        "returned",
    ]
    assert len(ours(hub, "grace")) == 1


@pytest.mark.usefixtures("hasty")
def test_one_that_fails_at_the_very_end(hub: Hub) -> None:
    """If verified tokens cannot be returned in the end, they are revoked, because the next run
    could not tell them from good ones.
    """
    tokens = [{"user": "ada", "note": note} for note in ("a", "b")]
    task = {"tokens": tokens, "rotate": True}

    def run(**faults: Any) -> tuple[Wire, dict[str, Any], dict[str, Any]]:
        runner(hub)(TOKEN, {"tokens": tokens, "state": "absent"})
        old = {
            token["note"]: token["value"]
            for token in runner(hub)(TOKEN, {"tokens": tokens})["tokens"]
        }
        with Wire(hub, **faults) as wire:
            return wire, runner(hub, hub_url=wire.url, retries=0)(TOKEN, task), old

    wire, good, dummy = run()
    assert [change["action"] for change in good["changes"]] == [
        "rotate",
        "rotate",
        "revoke",
        "revoke",
    ]
    last = max(number for number, (method, _path) in enumerate(wire.seen) if method == "DELETE")
    wire, result, old = run(drop={last})
    assert (result["failed"], result["changed"], wire.seen[last][0]) == (
        True,
        True,
        "DELETE",
    ), result
    one_sentence(result)
    assert actions(result) == [("revoke", "ada/a")]
    assert sorted(change["action"] for change in result["pending"]) == [
        "revoke",
        "rotate",
        "rotate",
    ]
    assert [row["note"].partition(" ")[0] for row in ours(hub)] == ["b"]
    assert [is_good(hub, old[note]) for note in "ab"] == [False, True]
    after = runner(hub)(
        TOKEN, {"tokens": [{**token, "current_token": old[token["note"]]} for token in tokens]}
    )
    assert actions(after) == [("create", "ada/a")]
    assert len(ours(hub)) == 2


# Secrets


def strings(value: Any, path: str = "") -> dict[str, str]:
    """Return all strings in a result, by their place."""
    if isinstance(value, dict):
        pairs = [(f"{path}.{key}", inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}[{number}]", inner) for number, inner in enumerate(value)]
    else:
        return {path: str(value)}
    return {place: text for name, inner in pairs for place, text in strings(inner, name).items()}


def test_where_a_secret_is_returned(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """The value is in token.value and tokens[].value when it is returned, and nowhere else."""
    task = {"user": "ada", "note": "n", "return_objects": "all"}

    def places(result: dict[str, Any], secret: str) -> set[str]:
        return {place for place, text in strings(result).items() if secret in text}

    result = module(TOKEN, task, diff=True)
    first = result["token"]["value"]
    assert len(first) >= 32
    assert places(result, first) == {".token.value", ".tokens[0].value"}
    result = module(TOKEN, {**task, "current_token": first}, diff=True)
    assert places(result, first) == set()
    result = module(
        TOKEN, {**task, "current_token": first, "rotate": True, "dest": str(dest)}, diff=True
    )
    second = str(held(dest))
    assert first != second
    assert (places(result, first), places(result, second)) == (set(), set())
    result = module(
        TOKEN, {**task, "rotate": True, "dest": str(dest), "return_token": True}, diff=True
    )
    assert places(result, str(held(dest))) == {".token.value", ".tokens[0].value"}
    assert places(result, second) == set()
    result = module(TOKEN, {**task, "dest": str(dest), "return_token": True})
    assert places(result, str(held(dest))) == set()


def test_secrets_in_failures(
    hub: Hub, module: ModuleRunner, dest: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong token, the caller's copy, and the content of the file do not appear in a failure or a
    crash.
    """
    module(TOKEN, {"user": "ada", "note": "n", "dest": str(dest)})
    in_file, copy, wrong = str(held(dest)), "c0py" * 8, "wr0ng" * 6
    task = {"user": "ada", "note": "n", "dest": str(dest), "current_token": copy, "rotate": True}

    def crash(*args: Any) -> None:
        raise ValueError(f"{args} {copy} {in_file}")

    results = [
        module(TOKEN, {**task, "api_token": wrong}),
        module(TOKEN, {**task, "scopes": ["nonsense:scope"]}),
        module(TOKEN, {**task, "token_id": "a1"}),
        module(TOKEN, {**task, "expires_in": "soon"}),
        module(TOKEN, {**task, "hub_url": f"{hub.url}nowhere"}),
    ]
    for name, attribute in (
        ("_resources.tokens.work", "parse"),
        ("_resources.tokens.secret_file", "SecretFile.write"),
        ("_hub.api", "HubApi.token_create"),
        ("_hub.api", "HubApi.whoami_of"),
    ):
        owner: Any = importlib.import_module(f"{UTILS}.{name}")
        *parents, last = attribute.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        with monkeypatch.context() as patch:
            patch.setattr(owner, last, crash)
            results.append(module(TOKEN, task, diff=True))
    for result in results:
        assert result["failed"], result
        for secret in (in_file, copy, wrong, hub.token):
            assert secret not in json.dumps(result)
    assert held(dest) == in_file
    # The next run removes what a crash has left.
    assert not module(TOKEN, {**task, "rotate": False, "current_token": ""})["failed"]
    assert (len(ours(hub)), is_good(hub, str(held(dest)))) == (1, True)


def test_info(hub: Hub, module: ModuleRunner, dest: pathlib.Path) -> None:
    """jupyterhub_info marks the module's own tokens, and returns no secret."""
    value = module(TOKEN, {"user": "ada", "note": "n", "expires_in": "1h"})["token"]["value"]
    make(hub, "by hand")
    found = module("jupyterhub_info", {"gather": ["tokens"], "names": ["ada"]})
    rows = {row["note"]: row for row in found["tokens"]}
    assert [rows[note]["managed"] for note in sorted(rows)] == [False, True]
    assert rows["by hand"]["expires_at"] is None
    assert value not in json.dumps(found)
