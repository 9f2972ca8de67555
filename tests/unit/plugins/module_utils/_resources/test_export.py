# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports: what is declared for a snapshot, how it is written, and which files are changed. No
request is sent.
"""

from __future__ import annotations

import os
import pathlib
import stat
import typing as t

import pytest
import yaml
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.declare import (
    Export,
    declare,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.files import Files
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    LeftOut,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import (
    CutOff,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.text import (
    MARK,
    texts,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    ExportOptions,
    Wanted,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    NOT_READ,
    Caller,
    Group,
    Server,
    Service,
    Share,
    Snapshot,
    User,
    hidden,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.yaml_text import scalar

OPTIONS: ExportOptions = {
    "dest": None,
    "force": False,
    "include": ["users", "groups", "services", "shares"],
    "servers": None,
    "select_users": None,
    "omit_users": [],
    "omit_groups": [],
    "groups_from_config": [],
    "services_from_config": [],
}


def wanted(**options: t.Any) -> Wanted:
    return Wanted.from_options(t.cast(ExportOptions, {**OPTIONS, **options}))


def user(name: str, *servers: Server, last_activity: str | None = None) -> User:
    return User(
        admin=False,
        roles=("user",),
        groups=(),
        created=None,
        last_activity=last_activity,
        name=name,
        servers=servers,
        auth_state=NOT_READ,
    )


def server(owner: str, name: str, options: t.Any = None, display_name: str | None = None) -> Server:
    return Server(
        owner,
        name,
        display_name,
        ready=False,
        stopped=True,
        pending=None,
        url=None,
        started=None,
        last_activity=None,
        user_options=options,
    )


def group(name: str, *users: str, properties: t.Any = None) -> Group:
    return Group(name, users, 0, properties or {}, ())


def service(name: str, url: str = "", command: t.Any = "") -> Service:
    return Service(
        name, admin=False, roles=(), url=url, prefix="", display=True, info={}, command=command
    )


def share(owner: str, kind: str, name: str | None, *scopes: str, at: str | None = None) -> Share:
    return Share(
        owner,
        "",
        kind,
        name,
        tuple(f"{scope}!server={at or owner + '/'}" for scope in scopes),
        "2026-01-01T00:00:00Z",
    )


def snapshot(**parts: t.Any) -> Snapshot:
    usual: dict[str, t.Any] = {
        "hub_version": "6.1.1",
        "caller": Caller("service", "me", admin=True, scopes=frozenset(), token_id="a1"),
        **dict.fromkeys(("users", "nameless", "groups", "services"), ()),
        "tokens": {},
        "shares": {},
        "share_codes": {},
        "nameless_groups": 0,
        "limited": (),
    }
    return Snapshot(**{**usual, **parts})


def exported(
    hub: Snapshot, cut_off: CutOff | None = None, **options: t.Any
) -> tuple[dict[str, t.Any], list[tuple[str, str]]]:
    """Return the declared objects by kind, and the objects that are left out."""
    result = declare(hub, wanted(**options), cut_off or CutOff())
    return result.kinds, [(one.name, one.reason) for one in result.left_out]


# The declaration


def test_a_hub_that_keeps_capitals_shows_it_by_one_who_was_active() -> None:
    never = snapshot(users=(user("Ada"), user("bob", last_activity="2026-01-01T00:00:00Z")))
    assert [item["name"] for item in exported(never)[0]["users"]] == ["bob"]
    once = snapshot(users=(user("Ada", last_activity="2026-01-01T00:00:00Z"), user("Eve")))
    assert [item["name"] for item in exported(once)[0]["users"]] == ["Ada", "Eve"]
    member = snapshot(users=(user("Ada"),), groups=(group("G", "Ada"),))
    assert exported(member)[0]["users"] == [{"name": "Ada", "admin": False}]


def test_what_is_hidden_is_not_guessed() -> None:
    with pytest.raises(RefusedError) as caught:
        exported(snapshot(groups=(Group("G", hidden("read:groups"), 0, {}, ()),)))
    assert caught.value.details["missing_scopes"] == ["read:groups"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x\ud800", "it contains text that is not valid Unicode"),
        ({"\udfff": 1}, "it contains text that is not valid Unicode"),
    ],
)
def test_what_no_file_can_hold_is_left_out(value: t.Any, reason: str) -> None:
    kinds, left_out = exported(snapshot(groups=(group("G", properties={"x": value}),)))
    assert kinds["groups"] == [{"name": "G", "users": []}]
    assert left_out == [("G", f"its properties: {reason}")]


def test_values_of_any_depth_break_nothing() -> None:
    deep: t.Any = 1
    for _each in range(5000):
        deep = [deep]
    assert exported(snapshot(groups=(group("G", properties={"x": deep}),)))[1] == [
        ("G", "its properties: it is nested more than 40 deep")
    ]


def test_options_that_are_no_dictionary_are_left_out() -> None:
    hub = snapshot(users=(user("ada", server("ada", "lab", ["a"], "My lab")),))
    kinds, left_out = exported(hub, servers="named")
    assert kinds["servers"] == [
        {"user": "ada", "name": "lab", "state": "present", "display_name": "My lab"}
    ]
    assert left_out == [("ada/lab", "its user_options, which are not a dictionary")]


@pytest.mark.parametrize("name", [" My lab", "My  lab", "My\tlab", "x" * 256])
def test_display_names_that_the_module_refuses_are_left_out(name: str) -> None:
    kinds, left_out = exported(
        snapshot(users=(user("ada", server("ada", "lab", None, name)),)), servers="named"
    )
    assert "display_name" not in kinds["servers"][0]
    assert left_out == [("ada/lab", "its display_name, which jupyterhub_server does not accept")]


def test_services_that_cannot_be_made_again_are_left_out() -> None:
    hub = snapshot(
        services=(
            service("me"),
            service("cull", command=["cull"]),
            service("odd", url="unix:/run/x"),
            service("web", url="http://web:8000"),
        )
    )
    kinds, left_out = exported(hub)
    assert kinds["services"] == [
        {"name": "web", "url": "http://web:8000", "display": True, "info": {}, "admin": False}
    ]
    assert [name for name, _reason in left_out] == ["cull", "me", "odd", "web"]


def test_shares_that_cannot_be_declared_make_the_list_less_than_the_whole() -> None:
    shares = (
        share("ada", "user", "bob", "access:servers"),
        share("ada", "user", None, "access:servers"),
        share("ada", "group", "old", "access:servers", at="ann/"),
        share("ada", "group", "G", "access:servers"),
    )
    kinds, left_out = exported(
        snapshot(users=(user("ada"), user("bob")), shares={"ada": shares, "bob": ()}),
        omit_groups=["G"],
    )
    assert kinds["shares"] == [
        {
            "owner": "ada",
            "server": "",
            "users": ["bob"],
            "groups": [],
            "scopes": ["access:servers"],
            "mode": "present",
        }
    ]
    assert [name for name, _reason in left_out] == ["ada/"] * 3


def test_names_that_a_proxy_changes_are_left_out() -> None:
    hub = snapshot(
        users=(user("a%b"), user("ada")), groups=(group("/staff", "ada"), group("staff", "a%b"))
    )
    kinds, left_out = exported(hub, CutOff(frozenset({"a%b"}), frozenset({"/staff"})))
    assert [item["name"] for item in kinds["users"]] == ["ada"]
    assert kinds["groups"] == [
        {"name": "staff", "users": [], "users_mode": "present", "properties": {}}
    ]
    assert [name for name, _reason in left_out] == ["a%b", "/staff", "staff"]


def test_hubs_before_5_have_neither_shares_nor_services_of_their_own() -> None:
    kinds, left_out = exported(snapshot(hub_version="4.1.6", services=(service("web"),)))
    assert list(kinds) == ["users", "groups"]
    assert left_out == [
        ("web", "before JupyterHub 5.0 services exist only in the hub's configuration")
    ]


# The format

TEXTS = [
    "",
    " ",
    "on",
    "007",
    "1e3",
    "null",
    "~",
    "a: b",
    "- a",
    "# a",
    "'",
    '"',
    "\\",
    "\\n",
    "\n",
    "\t",
    "\0",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\xa0",
]
TEXTS += [
    "\u2028",
    "\u202e",
    "\ufeff",
    "\ufffe",
    "é",
    "e\u0301",
    "🙂",
    "\U000e0001",
    "!unsafe x",
    "&a",
    "*a",
    "%YAML",
    "---",
    "...",
    "x" * 3000,
]


@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_text_stays_what_it_is(text: str) -> None:
    """The same holds for a value, an item of a list, and a key."""
    written = texts(
        Export(
            {
                "groups": [
                    {"name": text, "users": [text], "properties": {text: [text, {text: text}]}}
                ]
            },
            [],
        ),
        split=False,
    )[""]
    assert yaml.safe_load(written)["jupyterhub_groups"] == [
        {"name": text, "users": [text], "properties": {text: [text, {text: text}]}}
    ]
    assert all(line.isprintable() for line in written.split("\n"))


@pytest.mark.parametrize(
    "number",
    [0, -1, 2**100, 0.5, 1e16, 1e-7, -1.5e300, float("inf"), float("-inf"), True, False, None],
)
def test_numbers_stay_what_they_are(number: t.Any) -> None:
    found = yaml.safe_load(scalar(number))
    assert (found, type(found)) == (number, type(number))


def test_nan_is_written_as_yaml() -> None:
    assert scalar(float("nan")) == ".nan"


@pytest.mark.parametrize(
    "text", ["{{ x }}", "a{%b", "{#", "}}{{", "#jinja2:variable_start_string:'['"]
)
def test_templates_are_marked(text: str) -> None:
    assert scalar(text).startswith("!unsafe ")


def test_a_file_names_what_is_left_out_on_lines_of_their_own() -> None:
    left_out = [LeftOut("user", f"u{number}\njupyterhub_users: []", "why") for number in range(150)]
    written = texts(Export({"users": []}, left_out), split=False)[""]
    assert yaml.safe_load(written) == {"jupyterhub_users": []}
    assert "#   and 50 more\n" in written
    # A reason may contain other names, for example a guest of a shared server.
    reason = "group g\njupyterhub_users: [{name: mallory, admin: true}], who is not exported"
    written = texts(Export({"users": []}, [LeftOut("share", "ada/", reason)]), split=False)[""]
    assert yaml.safe_load(written) == {"jupyterhub_users": []}
    assert (
        texts(Export({"users": [], "groups": []}, left_out), split=True)["groups"].count("u1") == 0
    )


def test_tokens_are_comments() -> None:
    written = texts(Export({"tokens": [{"user": "ada", "note": "{{ x }}\ny"}]}, []), split=False)[
        ""
    ]
    assert yaml.safe_load(written) == {"jupyterhub_tokens": []}
    assert '#   - user: "ada"\n#     note: !unsafe "{{ x }}\\ny"\n' in written


# Files


def written_by_an_export(text: str = "") -> str:
    return f"---\n{MARK}: the next export replaces this file.\n{text}"


def test_all_new_files_are_complete_before_the_first_takes_its_place(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "hub"
    folder.mkdir()
    old = written_by_an_export("old\n")
    for kind in ("users", "groups"):
        (folder / f"{kind}.yml").write_text(old, encoding="utf-8")
    there = Files(f"{folder}/", {"users", "groups"}, force=False)
    there.set({"users": written_by_an_export("new\n"), "groups": written_by_an_export("new\n")})
    real, calls = os.fsync, []

    def fails_at_the_second(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fails_at_the_second)
    with pytest.raises(HubError, match="cannot be written: No space left on device"):
        there.write()
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {
        "users.yml": old,
        "groups.yml": old,
    }


def test_secrets_never_stand_in_a_diff(tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "hub.yml"
    before = written_by_an_export(
        '  - name: "ada"\n    auth_state:\n      "k": "s3cret-a"\n  - name: "bob"\n   '
        ' auth_state:\n      "k": "s3cret-b"\n'
    )
    dest.write_text(before, encoding="utf-8")
    dest.chmod(0o600)
    there = Files(str(dest), {"users", "auth_state"}, force=False)
    there.set({"": before.replace("s3cret-b", "s3cret-c")})
    (diff,) = there.diff()
    assert "s3cret" not in str(diff)
    changed = [
        pair
        for pair in zip(diff["before"].splitlines(), diff["after"].splitlines())
        if pair[0] != pair[1]
    ]
    assert changed == [
        (
            "    auth_state: PREVIOUS_VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
            "    auth_state: VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
        )
    ]


EDITED = {
    "formatted": "- name: ada\n  auth_state:\n    k: s3cret\n\n    more:\n      - s3cret\n",
    "quoted": "  - name: ada\n    'auth_state': {k: s3cret,\n      l: s3cret}\n",
    "first key": "  - auth_state: {k: s3cret}\n    name: ada\n",
    "one line": "  - {name: ada, auth_state: {k: s3cret}}\n",
    "folded": "  - name: ada\n    auth_state: >-\n      s3cret\n      s3cret\n",
    "added": "jupyterhub_api_token: s3cret\njupyterhub_services: [{name: x, service_token: s3cret}]\n",
}


@pytest.mark.parametrize("case", EDITED)
def test_secrets_never_stand_in_the_diff_of_a_file_that_was_edited(
    tmp_path: pathlib.Path, case: str
) -> None:
    dest = tmp_path / "hub.yml"
    text = written_by_an_export(f"{EDITED[case]}\nmine: 1\n")
    dest.write_text(text, encoding="utf-8")
    there = Files(str(dest), {"users"}, force=False)
    there.set({"": written_by_an_export()})
    (diff,) = there.diff()
    assert "s3cret" not in str(diff)
    assert diff["before"].endswith("\n\nmine: 1\n")
    assert "PREVIOUS_VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in diff["before"]


def test_a_file_with_secrets_is_closed_to_others(tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "hub.yml"
    text = written_by_an_export()
    dest.write_text(text, encoding="utf-8")
    dest.chmod(0o644)
    for include, changed in (
        ({"users"}, False),
        ({"users", "auth_state"}, True),
        ({"users", "auth_state"}, False),
    ):
        there = Files(str(dest), include, force=False)
        there.set({"": text})
        assert there.changed == changed
        there.write()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600


def test_secrets_are_not_written_to_a_file_of_another_user(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "hub.yml"
    dest.write_text(written_by_an_export(), encoding="utf-8")
    owner = dest.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(RefusedError, match="belongs to another user"):
        Files(str(dest), {"users", "auth_state"}, force=True)


def test_root_leaves_a_file_to_its_owner(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "hub.yml"
    dest.write_text(written_by_an_export(), encoding="utf-8")
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda _descriptor, user, group: given.append((user, group)))
    there = Files(str(dest), {"users"}, force=False)
    there.set({"": written_by_an_export("new\n")})
    there.write()
    assert given == [(dest.stat().st_uid, dest.stat().st_gid)]


def test_a_file_that_somebody_else_may_have_put_there_gets_no_export(
    tmp_path: pathlib.Path,
) -> None:
    """Root would keep that owner, who could then read what the export says about people."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    dest = tmp_path / "hub.yml"
    dest.write_text(written_by_an_export(), encoding="utf-8")
    os.chown(dest, 12345, 12345)
    Files(str(dest), {"users"}, force=False)
    tmp_path.chmod(0o1777)
    with pytest.raises(RefusedError, match="was created by another user in a folder that everyone"):
        Files(str(dest), {"users"}, force=True)


def test_a_temporary_file_that_vanishes_is_one_sentence(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest = tmp_path / "hub.yml"
    there = Files(str(dest), {"users"}, force=False)
    there.set({"": written_by_an_export()})
    real = os.replace

    def replace(source: str, target: str) -> None:
        pathlib.Path(source).unlink()
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(HubError, match="cannot be written: No such file or directory"):
        there.write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"mine: 1\n", b"\xff\xfe", b"---\n# x\n# y\n# z\n" + MARK.encode()]
)
def test_files_that_are_not_exports_are_recognised(tmp_path: pathlib.Path, content: bytes) -> None:
    dest = tmp_path / "hub.yml"
    dest.write_bytes(content)
    with pytest.raises(RefusedError, match="was not written by an export"):
        Files(str(dest), {"users"}, force=False)
    assert Files(str(dest), {"users"}, force=True).places[""].ours is False


@pytest.mark.parametrize("content", ["", "\n \n", written_by_an_export()])
def test_an_empty_file_may_be_replaced(tmp_path: pathlib.Path, content: str) -> None:
    dest = tmp_path / "hub.yml"
    dest.write_text(content, encoding="utf-8")
    assert Files(str(dest), {"users"}, force=False).places[""].ours
