# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Options and their constraints together, so that sharing options shares the constraints as
well.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

# The options of a task, as Ansible hands them over.
Options = dict[str, object]


class Option(t.TypedDict, total=False):
    """What an argument spec says of an option. A misspelt ``no_log`` would show a secret."""

    type: str
    elements: str
    required: bool
    default: object
    choices: t.Sequence[str]
    no_log: bool
    aliases: t.Sequence[str]
    fallback: tuple[t.Callable[..., object], t.Sequence[str]]
    options: dict[str, Option]


class ConnectionOptions(t.TypedDict):
    """The options of CONNECTION."""

    hub_url: str
    api_token: str | None
    api_token_file: str | None
    login_username: str | None
    login_password: str | None
    validate_certs: bool
    ca_path: str | None
    client_cert: str | None
    client_key: str | None
    timeout: float
    retries: int
    retry_max_wait: float


class ArgumentSpec:
    """An argument spec that can be merged and handed to ``AnsibleModule`` whole."""

    def __init__(
        self,
        options: dict[str, Option],
        *,
        mutually_exclusive: t.Sequence[t.Sequence[str]] = (),
        required_together: t.Sequence[t.Sequence[str]] = (),
        required_one_of: t.Sequence[t.Sequence[str]] = (),
        required_if: t.Sequence[t.Sequence[object]] = (),
        required_by: t.Mapping[str, t.Sequence[str]] | None = None,
    ) -> None:
        self.options = options
        self.mutually_exclusive = list(mutually_exclusive)
        self.required_together = list(required_together)
        self.required_one_of = list(required_one_of)
        self.required_if = list(required_if)
        self.required_by = dict(required_by or {})

    def merge(self, *others: ArgumentSpec) -> ArgumentSpec:
        """:returns: a new spec that has the options and constraints of this one and of the
        others.
        """
        result = ArgumentSpec(
            dict(self.options),
            mutually_exclusive=self.mutually_exclusive,
            required_together=self.required_together,
            required_one_of=self.required_one_of,
            required_if=self.required_if,
            required_by=self.required_by,
        )
        for other in others:
            result.options.update(other.options)
            result.mutually_exclusive.extend(other.mutually_exclusive)
            result.required_together.extend(other.required_together)
            result.required_one_of.extend(other.required_one_of)
            result.required_if.extend(other.required_if)
            result.required_by.update(other.required_by)
        return result

    def to_kwargs(self) -> dict[str, object]:
        """:returns: keyword arguments for ``AnsibleModule``."""
        return {
            "argument_spec": self.options,
            "mutually_exclusive": self.mutually_exclusive,
            "required_together": self.required_together,
            "required_one_of": self.required_one_of,
            "required_if": self.required_if,
            "required_by": self.required_by,
        }


# Documented in the fragment hubops.jupyterhub._connection.
CONNECTION = ArgumentSpec(
    {
        "hub_url": {
            "type": "str",
            "required": True,
            "fallback": (env_fallback, ["JUPYTERHUB_API_URL"]),
        },
        "api_token": {
            "type": "str",
            "no_log": True,
            "fallback": (env_fallback, ["JUPYTERHUB_API_TOKEN"]),
        },
        "api_token_file": {
            "type": "path",
            "no_log": False,
            "fallback": (env_fallback, ["JUPYTERHUB_API_TOKEN_FILE"]),
        },
        "login_username": {"type": "str", "no_log": True},
        "login_password": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "timeout": {"type": "float", "default": 60.0},
        "retries": {"type": "int", "default": 5},
        "retry_max_wait": {"type": "float", "default": 120.0},
    },
    required_together=[("login_username", "login_password")],
    required_by={"client_key": ["client_cert"]},
)
# Documented in the fragment hubops.jupyterhub._bulk.
RETURNS = ArgumentSpec(
    {
        "return_objects": {
            "type": "str",
            "choices": ["changed", "all", "none"],
            "default": "changed",
        }
    },
)
# Documented in the fragment hubops.jupyterhub._names.
NAMES = ArgumentSpec({"stored_names": {"type": "dict"}})
# Documented in the fragment hubops.jupyterhub._earlier.
EARLIER = ArgumentSpec(
    {
        "earlier": {
            "type": "dict",
            "options": {
                "changes": {"type": "list", "elements": "dict"},
                "refused": {"type": "list", "elements": "dict"},
                "renamed": {"type": "dict"},
                "prune": {"type": "dict"},
                "stored_names": {"type": "dict"},
            },
        },
    },
)
# Documented in the fragment hubops.jupyterhub._prune.
PRUNE = ArgumentSpec(
    {
        "prune": {"type": "bool", "default": False},
        "prune_keep": {"type": "list", "elements": "str", "default": []},
        "prune_match": {"type": "list", "elements": "str"},
        "prune_limit": {"type": "str", "default": "10%"},
        "backup": {"type": "path"},
    },
)


def one_or_many(
    key: str,
    attributes: dict[str, Option],
    *,
    plural: str,
    top: t.Mapping[str, object],
    else_one_of: t.Sequence[str] = (),
    in_list: t.Mapping[str, Option] | None = None,
    key_in_list: str | None = None,
) -> ArgumentSpec:
    """The two forms of a task: one object by its own options, or a list of objects.

    :param key: the option that names the one object.
    :param attributes: its attributes, which mean the same in both forms.
    :param plural: the option that takes the list.
    :param top: attributes whose value beside the list is the default of its items, and what that
    defaults to.
    :param else_one_of: further options, any of which will do instead.
    :param in_list: attributes that are written otherwise in the list.
    :param key_in_list: what names an object of the list, where that is another word.
    """
    options: dict[str, Option] = {key: {"type": "str"}}
    item: dict[str, Option] = {key_in_list or key: {"type": "str", "required": True}}
    for name, option in attributes.items():
        item[name] = (in_list or {}).get(name, option)
        options[name] = {**option, "default": top[name]} if top.get(name) is not None else option
    # The list is no secret as a whole, whatever its name; its secret attributes say so themselves.
    options[plural] = {"type": "list", "elements": "dict", "options": item, "no_log": False}
    return ArgumentSpec(
        options,
        required_one_of=[(key, plural, *else_one_of)],
        mutually_exclusive=[(plural, name) for name in (key, *attributes) if name not in top],
    )
