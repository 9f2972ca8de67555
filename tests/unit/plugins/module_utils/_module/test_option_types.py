# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TypedDict of each set of options agrees with its argument spec, so that values from Ansible
can be used as these types.
"""

from __future__ import annotations

import importlib
import pathlib
import re
import sys
import types
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module import frame
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.earlier import (
    EarlierOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    CONNECTION,
    EARLIER,
    ConnectionOptions,
    Option,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.preflight import (
    PreflightOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.specs import (
    audit,
    groups,
    offboard,
    preflight,
    servers,
    services,
    shares,
    tokens,
    users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.audit import (
    AuditOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.policy import (
    IgnoreItem,
    PolicyOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.call import CallOptions
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    ExportOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.wanted import (
    GroupItem,
    GroupOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.info import (
    CookieOptions,
    InfoOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.wanted import (
    CookieItem,
    LeaverItem,
    OffboardOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.input import (
    DeclaredOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.proxy import ProxyOptions
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    ServerItem,
    ServerOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.wanted import (
    LoginOptions,
    ServiceItem,
    ServiceOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.wanted import (
    ShareItem,
    ShareOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shutdown import (
    ShutdownOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.wanted import (
    TokenItem,
    TokenOptions,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.wanted import (
    UserItem,
    UserOptions,
)

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 10), reason="older Pythons cannot evaluate types such as str | None"
)

Spec = dict[str, Option]
PLUGINS = pathlib.Path(frame.__file__).parents[2]
TYPES = {"path": str, "str": str, "bool": bool, "int": int, "float": float, "raw": object}


def module_spec(name: str) -> Spec:
    """:returns: the options of a module whose spec is in its own file."""
    module = importlib.import_module(
        f"ansible_collections.hubops.jupyterhub.plugins.modules.jupyterhub_{name}"
    )
    return t.cast(Spec, module.SPEC.options)


# The options for each type. The type of a module's options may leave out those that the code of its
# kind does not read. The type of an item or a dictionary has all of them.
MODULES: dict[type, Spec] = {
    ConnectionOptions: CONNECTION.options,
    PreflightOptions: preflight.SPEC.options,
    DeclaredOptions: preflight.DECLARED,
    UserOptions: users.SPEC.options,
    GroupOptions: groups.SPEC.options,
    ServerOptions: servers.SPEC.options,
    ServiceOptions: services.SPEC.options,
    ShareOptions: shares.SPEC.options,
    TokenOptions: tokens.SPEC.options,
    OffboardOptions: offboard.SPEC.options,
    AuditOptions: audit.AUDIT.options,
    CallOptions: module_spec("api"),
    ExportOptions: module_spec("export"),
    InfoOptions: module_spec("info"),
    ProxyOptions: module_spec("proxy"),
    ShutdownOptions: module_spec("shutdown"),
}
INSIDE: dict[type, Spec] = {
    EarlierOptions: EARLIER.options["earlier"]["options"],
    UserItem: users.SPEC.options["users"]["options"],
    GroupItem: groups.SPEC.options["groups"]["options"],
    ServerItem: servers.SPEC.options["servers"]["options"],
    ServiceItem: services.SPEC.options["services"]["options"],
    ShareItem: shares.SPEC.options["shares"]["options"],
    TokenItem: tokens.SPEC.options["tokens"]["options"],
    LeaverItem: offboard.SPEC.options["users"]["options"],
    CookieItem: offboard.SPEC.options["users"]["options"]["evidence_cookies"]["options"],
    LoginOptions: services.SPEC.options["verify_login"]["options"],
    CookieOptions: module_spec("info")["identify_cookie"]["options"],
    PolicyOptions: audit.AUDIT.options["policy"]["options"],
    IgnoreItem: audit.AUDIT.options["ignore"]["options"],
}
# With a list, the option that names the single object is not set, and the code does not read it.
NAMING = {"name", "user", "owner"}


def parts_of(hint: object) -> tuple[object, bool]:
    """:returns: a type without its None, and whether it had one."""
    if t.get_origin(hint) not in (t.Union, types.UnionType):
        return hint, False
    parts = [part for part in t.get_args(hint) if part is not type(None)]
    assert len(parts) == 1, hint
    return parts[0], len(parts) < len(t.get_args(hint))


def fits(hint: object, option: Option, kind: str) -> bool:
    """:returns: whether a value of this kind has this type."""
    if t.get_origin(hint) is t.Literal:
        return set(t.get_args(hint)) == set(option["choices"])
    if kind == "dict" and isinstance(hint, type) and t.is_typeddict(hint):
        # Without options of its own it is what an earlier task has returned.
        return "options" not in option or set(INSIDE[hint]) == set(option["options"])
    if kind == "dict":
        return t.get_origin(hint) is dict and "options" not in option
    if kind == "list":
        (inner,) = t.get_args(hint)
        return t.get_origin(hint) is list and fits(inner, option, option.get("elements", "str"))
    return hint is TYPES[kind]


@pytest.mark.parametrize("typed", [*MODULES, *INSIDE], ids=lambda typed: str(typed.__name__))
def test_a_type_has_what_its_options_are(typed: type) -> None:
    spec = MODULES.get(typed) or INSIDE[typed]
    hints = t.get_type_hints(typed)
    assert hints.keys() <= spec.keys()
    for name, hint in hints.items():
        option = spec[name]
        inner, nullable = parts_of(hint)
        assert fits(inner, option, option.get("type", "str")), name
        if name not in NAMING and inner is not object:
            given = option.get("required", False) or option.get("default") is not None
            assert nullable is not given, name


@pytest.mark.parametrize("typed", INSIDE, ids=lambda typed: str(typed.__name__))
def test_a_type_of_an_item_has_all_its_options(typed: type) -> None:
    assert t.get_type_hints(typed).keys() == INSIDE[typed].keys()


def test_options_are_taken_for_no_type_that_is_not_compared() -> None:
    taken = {
        name
        for path in (PLUGINS / "module_utils").rglob("*.py")
        for name in re.findall(r"t\.cast\(\"?(\w+Options)\b", path.read_text(encoding="utf-8"))
    }
    assert taken <= {typed.__name__ for typed in (*MODULES, *INSIDE)}
    assert len(taken) > 10
