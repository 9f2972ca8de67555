# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Offboarding: decisions, proofs and files, without a hub."""

from __future__ import annotations

import copy
import dataclasses
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import apply
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
    Record,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.report import (
    merge_changes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ItemError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs.offboard import SPEC
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    RemoveMember,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.by_hand import (
    sentences,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.certificate import (
    Certificate,
    page,
    plain,
    says,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    Case,
    Hub,
    check,
    decide,
    with_files,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.paper import (
    file_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.person import (
    Person,
    SharedWith,
    Token,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.proof import (
    Line,
    Seen,
    prove,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.wanted import (
    Cookie,
    Leaver,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.work import (
    Offboard,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    HUB as HUB_URL,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Directory,
    Reply,
    Wire,
    refusal,
)

ADA = Person(
    "ada",
    admin=True,
    groups=("CS101", "staff"),
    roles=("admin", "user"),
    servers={"": True, "gpu": False},
    tokens=(
        Token("a1", "x", "2026-01-01", of_server=False),
        Token("a2", "Server at /user/ada/", "2026-01-01", of_server=True),
    ),
    given=(SharedWith(("ada", ""), ("user", "bob"), frozenset({"access:servers"})),),
)
BOB = Person("bob", admin=False, groups=("CS101",), roles=("user",), servers={}, received=ADA.given)
HUB = Hub(("service", "provisioner"), other_admin=True, group_roles={})


def leaver(name: str = "ada", **options: t.Any) -> Leaver:
    """Return a person who leaves, with the default options of the module."""
    usual = Leaver(
        name,
        "keep",
        "report",
        "stopped",
        frozenset({"given", "received"}),
        (),
        True,
        (),
        (),
        None,
        None,
    )
    return dataclasses.replace(usual, **options)


def steps(*cases: Case) -> list[tuple[str, str, str]]:
    """Return the plan in short form."""
    return [(step.action, step.kind, step.name) for step in decide(cases).steps]


def test_rights_are_removed_before_the_means_to_regain_them() -> None:
    assert steps(Case(leaver(sessions="freeze"), ADA)) == [
        ("update", "user", "ada"),
        ("remove", "group", "CS101"),
        ("remove", "group", "staff"),
        ("revoke", "share", "ada/ with user bob"),
        ("update", "user", "ada"),
        ("stop", "server", "ada/"),
        ("revoke", "token", "ada/x (a1)"),
    ]


def test_people_leave_a_group_together_and_their_share_is_revoked_once() -> None:
    plan = decide([Case(leaver(), ADA), Case(leaver("bob"), BOB)])
    told = merge_changes(plan.steps)
    assert {
        "action": "remove",
        "kind": "group",
        "name": "CS101",
        "fields": {"users": ["ada", "bob"]},
    } in told
    assert sum(change["kind"] == "share" for change in told) == 1
    assert plan.changed == {"ada", "bob"}


def test_a_deletion_needs_no_steps_for_what_the_hub_deletes_with_the_account() -> None:
    assert steps(Case(leaver(account="delete", sessions="freeze"), ADA)) == [
        ("stop", "server", "ada/"),
        ("delete", "user", "ada"),
    ]
    removed = Case(leaver(account="delete", servers="removed"), ADA)
    assert steps(removed) == [
        ("stop", "server", "ada/"),
        ("delete", "server", "ada/gpu"),
        ("delete", "user", "ada"),
    ]


def test_a_person_without_anything_only_needs_a_certificate() -> None:
    empty = dataclasses.replace(BOB, groups=(), received=())
    case = Case(leaver("bob", dest="/c/bob.md", backup="/b.yml"), empty)
    plan = decide([case])
    assert (plan.steps, plan.unchanged) == ((), 1)
    assert [step.name for step in with_files(plan, [case], lambda path: False).steps] == [
        "/c/bob.md"
    ]
    assert with_files(plan, [case], lambda path: True).steps == ()


def test_a_backup_comes_before_everything_and_a_certificate_after() -> None:
    case = Case(leaver(dest="/c/ada.md", backup="/b.yml"), ADA)
    kinds = [step.kind for step in with_files(decide([case]), [case], lambda path: True).steps]
    assert (kinds[0], kinds[-1]) == ("backup", "certificate")


@pytest.mark.parametrize(
    ("declared", "hub", "said"),
    [
        (
            leaver(),
            dataclasses.replace(HUB, other_admin=False),
            "would leave the hub without an admin",
        ),
        (leaver(), dataclasses.replace(HUB, caller=("user", "ada")), "the same name as the caller"),
        (
            leaver(account="delete"),
            dataclasses.replace(HUB, caller=("service", "ada")),
            "the same name as the caller",
        ),
        (
            leaver(sessions="freeze", groups_keep=("st*",)),
            dataclasses.replace(HUB, group_roles={"staff": ("boss",)}),
            "groups with roles",
        ),
    ],
)
def test_contradictory_options_are_refused(declared: Leaver, hub: Hub, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        check([Case(declared, ADA)], hub)
    check([Case(leaver(), ADA)], HUB)


def test_a_freeze_depends_on_earlier_removals() -> None:
    plan = decide([Case(leaver(sessions="freeze"), ADA)])
    freeze = plan.steps[4]
    assert [step.name for step in plan.steps if freeze.depends_on(step)] == [
        "ada",
        "CS101",
        "staff",
    ]


def test_every_line_of_the_proof_can_fail() -> None:
    declared = leaver(
        sessions="freeze", servers="removed", tokens=("t",), cookies=(Cookie("c", "v"),)
    )
    good = Seen(
        dataclasses.replace(BOB, name="ada", groups=(), roles=(), received=()),
        (0, 0),
        (True, False),
        (None,),
        (None,),
    )
    assert all(line.proved for line in prove(declared, "ada", good, (6,), canary=True))
    bad = Seen(
        dataclasses.replace(ADA, received=ADA.given, codes=()),
        (1, 0),
        (True, True),
        ("ada",),
        ("ada",),
    )
    failed = {
        line.check for line in prove(declared, "ada", bad, (6,), canary=True) if not line.proved
    }
    assert failed == {
        "admin",
        "groups",
        "roles",
        "shares given",
        "shares received",
        "running servers",
        "named servers",
        "tokens",
        "canary token",
        "evidence token 1",
        "evidence cookie 1",
    }
    assert {line.found for line in prove(declared, "ada", None, (6,), canary=True)} == {None}
    assert not any(
        line.check.startswith("share")
        for line in prove(declared, "ada", good, (4, 0), canary=False)
    )


@pytest.mark.parametrize("seen", [(False, False), (True, True), (False, True)])
def test_a_canary_that_never_lived_or_does_not_die_proves_nothing(seen: tuple[bool, bool]) -> None:
    lines = prove(leaver(account="delete"), "ada", Seen(None, (), seen), (6,), canary=True)
    assert [line.proved for line in lines] == [True, False]


def test_an_account_that_is_still_there_is_not_deleted() -> None:
    (line,) = prove(leaver(account="delete"), "ada", Seen(ADA), (6,), canary=False)
    assert (line.found, line.proved) == ("on the hub", False)


def test_limits_of_the_hub_are_reported() -> None:
    told = " ".join(
        sentences(
            [Case(leaver(), dataclasses.replace(ADA, roles=("admin", "grader", "user")))],
            nameless=True,
        )
    )
    for words in (
        "identity provider",
        "admin_users",
        "A browser in which ada",
        "roles from the hub's configuration",
        "files of ada",
        "without a name",
    ):
        assert words in told
    frozen = " ".join(sentences([Case(leaver(sessions="freeze"), ADA)], nameless=False))
    assert "The next login of ada" in frozen
    assert "A browser in which" not in frozen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nightly export (a12)", "nightly export (a12)"),
        ("<b>|", "&lt;b&gt;\\|"),
        ("[x](http://evil)", r"\[x\](http\://evil)"),
        ("a\nb\u202e", "a\\\\u000ab\\\\u202e"),
    ],
)
def test_text_of_others_is_text_in_a_certificate(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("deletes", "freezes", "lines", "account", "verdict"),
    [
        (False, False, [("admin", True)], "kept", "A browser that is logged in still has access"),
        (False, True, [("admin", True)], "kept", "no access is left until the next login"),
        (True, False, [("account", True)], "deleted", "That all access is gone is proved."),
        (True, False, [("account", False)], "still on the hub", "**NOT proved**"),
        (False, False, [("tokens", False)], "kept", "**NOT proved**"),
        (False, False, [("account", True)], "not on the hub", "That all access is gone is proved."),
    ],
)
def test_a_certificate_claims_what_is_proved_and_no_more(
    deletes: bool, freezes: bool, lines: list[tuple[str, bool]], account: str, verdict: str
) -> None:
    text = page(
        Certificate(
            name="ada",
            hub="hub",
            version="6.1.1",
            moment="now",
            deletes=deletes,
            freezes=freezes,
            done=[("delete", "user", "ada")] if deletes else [],
            lines=[Line("ada", check, "x", "x", proved) for check, proved in lines],
            by_hand=[],
        )
    )
    assert f"- Account: {account}\n" in text
    assert verdict in text
    assert ("all access is gone" in text) == (account in ("deleted", "not on the hub"))


def test_an_earlier_certificate_says_the_same_or_not() -> None:
    proofs = [Line("ada", "admin", "no", "no", True), Line("ada", "tokens", "0", "0", True)]
    now = Certificate("ada", "hub", "6.1.1", "now", False, False, [], proofs, [])
    earlier = dataclasses.replace(now, moment="before", done=[("revoke", "token", "ada/x (a1)")])
    canary = Line("ada", "canary token", "200, then 403", "200, then 403", True)
    for lines, same in (
        ([*proofs, canary], True),
        ([dataclasses.replace(proofs[0], found="no, as before"), proofs[1]], True),
        (proofs[:1], False),
        ([*proofs, dataclasses.replace(canary, proved=False)], False),
        ([dataclasses.replace(proofs[0], found="yes", proved=False), proofs[1]], False),
    ):
        assert says(page(dataclasses.replace(earlier, lines=lines)), now) == same
    assert not says("# Another text\n", now)
    # One path may be given for another person, or another hub.
    for other, same in (
        (dataclasses.replace(earlier, name="kim"), False),
        (dataclasses.replace(earlier, hub="other"), False),
        (dataclasses.replace(earlier, version="6.2"), True),
    ):
        assert says(page(other), now) == same


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("https://hub-1.example.org/a_b/hub/", True),
        ("https://HUB-1.example.org:443/a_b", True),
        ("http://hub-1.example.org/a_b", True),
        ("https://hub-1.example.org/A_b", False),
        ("https://hub-1.example.org:8000/a_b", False),
        ("https://hub-2.example.org/a_b", False),
    ],
)
def test_an_earlier_certificate_may_spell_the_address_otherwise(address: str, same: bool) -> None:
    proofs = [Line("ada", "admin", "no", "no", True)]
    now = Certificate(
        "ada", "https://hub-1.example.org/a_b/", "6.1.1", "now", False, False, [], proofs, []
    )
    assert says(page(dataclasses.replace(now, hub=address)), now) == same


def test_every_name_has_a_file_of_its_own() -> None:
    names = ["ada", ".ada", "a b", "a%20b", "ä" * 200, "ä" * 199 + "x", "A", "a"]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert all(
        len(name.encode()) <= 240 and "/" not in name and not name.startswith(".") for name in files
    )


def test_a_deletion_waits_for_servers_that_run_and_for_no_others() -> None:
    ada = dataclasses.replace(ADA, servers={"": True, "gpu": False, "lab": True})
    plan = decide([Case(leaver(account="delete", servers="removed"), ada)])
    *servers, deletion = plan.steps
    assert [step.name for step in servers] == ["ada/", "ada/gpu", "ada/lab"]
    assert [step.name for step in servers if deletion.depends_on(step)] == ["ada/", "ada/lab"]
    record = Record(pending=list(plan.steps))
    record.refuse(servers[1], ItemError("The hub cannot remove it."))
    assert (record.blocked, deletion in record.pending) == ([], True)


def adapter(client: HubClient, **params: t.Any) -> Offboard:
    """Return the adapter of the module."""
    validated = ModuleArgumentSpecValidator(**copy.deepcopy(SPEC.to_kwargs())).validate(
        {"hub_url": HUB_URL, "canary": False, **params}
    )
    assert list(validated.error_messages) == []
    return Offboard(HubApi(client), validated.validated_parameters)


def group(*users: str) -> Reply:
    """Return a group as the hub shows it."""
    return Reply(data={"name": "g", "users": list(users), "properties": {}})


MEMBERS = [RemoveMember("g", user) for user in ("ada", "bob", "cy")]


def test_what_another_client_did_is_not_reported_as_done(client: HubClient, wire: Wire) -> None:
    wire.play(group("bob", "cy", "zed"), group("zed"))
    assert list(adapter(client, user="ada").write(MEMBERS)) == MEMBERS[1:]
    assert wire.sent[-1].line == ("DELETE", "/groups/g/users", {"users": ["bob", "cy"]})
    for reply in (group("zed"), refusal(404, "No such group: g")):
        wire.play(reply)
        assert list(adapter(client, user="ada").write(MEMBERS)) == []
    # The hub takes cy for zed, and zed is restored.
    wire.play(group("bob", "cy", "zed"), group("cy"), group("cy", "zed"))
    with pytest.raises(PartlyDoneError) as failed:
        adapter(client, user="ada").write(MEMBERS)
    assert (failed.value.done, failed.value.overtaken) == ([MEMBERS[1]], [MEMBERS[0]])
    assert [step for step, _why in failed.value.refused] == [MEMBERS[2]]


def test_the_engine_counts_what_another_client_did_as_overtaken(
    client: HubClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.play(refusal(404, "No such group: g"))
    offboard, record = adapter(client, user="ada"), Record(pending=list(MEMBERS))
    monkeypatch.setattr(offboard, "finish", lambda: None)
    apply(offboard, client, record)
    assert (record.done, record.overtaken, record.pending) == ([], MEMBERS, [])


def test_a_group_is_read_once_to_look_up_all_of_its_members(client: HubClient, wire: Wire) -> None:
    many = [RemoveMember("g", f"p{number}") for number in range(100)]
    wire.play(group("p0", "zed"))
    assert adapter(client, user="ada").look_up(many) == many[1:]
    assert wire.lines == [("GET", "/groups/g")]


def test_a_name_that_left_is_told_from_one_that_only_looks_like_another(
    client: HubClient, wire: Wire
) -> None:
    gone, stays = "jos\u00e9", "jose\u0301"
    rows = [{"kind": "user", "name": stays, "admin": False, "groups": [], "servers": {}}]
    wire.play(otherwise=Directory(rows))
    for stored_names in ({}, {stays: stays}):
        with pytest.raises(RefusedError, match="already left, add the name to stored_names"):
            adapter(client, user=gone, account="delete", stored_names=stored_names).plan()
    again = adapter(client, user=gone, account="delete", stored_names={gone: gone})
    assert again.plan().steps == ()
    assert "not on the hub" in str(again.warnings)
    assert {sent.method for sent in wire.sent} == {"GET"}
