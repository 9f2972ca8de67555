# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Secrets among a task's options: taken out, and masked wherever they might turn up."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import quote, quote_plus

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import HIDDEN
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import may_be_secret
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ArgumentSpec,
    Option,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import one_line

# Ansible takes a no_log value out of all output, wherever it stands. A shorter one would take
# pieces out of dates and names, and stands nowhere in our output anyway: secrets are replaced in
# the parameters, changes and diffs by name, not by search.
SHORTEST_MASKED = 6
# The options that take the address of a hub.
ADDRESSES = ("hub_url", "expected_url")


def take_options(module: AnsibleModule, spec: ArgumentSpec) -> Options:
    """Take the options out of the module and leave placeholders where secrets were.

    Ansible shows a module's parameters at ``-vvv``, with secrets found by search only; so none are
    left there to find.

    :returns: the options, secrets included.
    """
    options = t.cast(Options, module.params)
    module.params = visible(options, spec.options)
    cookie = options.get("identify_cookie")
    # Hidden as options, but names like others.
    public = {
        *_words(module.params),
        options["login_username"],
        cookie.get("name") if isinstance(cookie, dict) else None,
    }
    # A word that stands in the open elsewhere in the task, such as the user's own name, is no
    # secret: masking it would only garble the result.
    secrets = {
        value
        for value in module.no_log_values
        if len(value) >= SHORTEST_MASKED and value not in public
    }
    module.no_log_values = set()
    for secret in secrets:
        mask(module, secret)
    return options


def mask(module: AnsibleModule, secret: str) -> None:
    """Make Ansible remove a secret from all output. If the hub repeats it, it may do so in the form
    in which it was sent.
    """
    module.no_log_values |= {secret, *_spellings(secret)}


def visible(values: t.Mapping[str, object], options: dict[str, Option]) -> Options:
    """:returns: a task's options with placeholders where secrets were."""
    return {**dict.fromkeys(values), **_visible_item(values, _by_any_name(options))}


def _by_any_name(options: dict[str, Option]) -> dict[str, Option]:
    """:returns: options by their names and aliases."""
    return {
        alias: option
        for name, option in options.items()
        for alias in (name, *option.get("aliases", ()))
    }


def _visible_item(item: t.Mapping[str, object], known: dict[str, Option]) -> Options:
    """:returns: an object alike, without what is not set: for thousands of them, all the nulls
    would take their time.
    """
    # What has a name that nobody knows is hidden as well, for it may be that of a secret, misspelt.
    unknown: Option = {"no_log": True}
    return {
        name: _visible_value(name, value, known.get(name, unknown))
        for name, value in item.items()
        if value is not None
    }


def visible_address(url: object) -> object:
    """:returns: an address of a hub; a placeholder for one that is refused, as it may contain a
    password or be a token.
    """
    return HIDDEN if may_be_secret(str(url)) else url


def visible_path(path: str) -> str:
    """:returns: the path of a file with a token; a placeholder for what may be the token itself."""
    return path if "/" in path else HIDDEN


def _visible_value(name: str, value: object, option: Option) -> object:
    if option.get("no_log"):
        return HIDDEN
    if name in ADDRESSES:
        return visible_address(value)
    if name == "api_token_file":
        return visible_path(str(value))
    if "options" not in option:
        return value
    known = _by_any_name(option["options"])
    # What should be an object and is none is hidden as well.
    if isinstance(value, list):
        return [_visible_item(one, known) if isinstance(one, dict) else HIDDEN for one in value]
    return _visible_item(value, known) if isinstance(value, dict) else HIDDEN


def _spellings(secret: str) -> set[str]:
    """:returns: a text as it stands in an address, in a form, in JSON, in Python, and in a sentence
    that was made safe.
    """
    safe = one_line(secret, len(secret))
    return {
        safe,
        *([safe.strip()] if len(safe.strip()) >= SHORTEST_MASKED else ()),
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        *(
            written[1:-1]
            for written in (
                json.dumps(secret),
                json.dumps(secret, ensure_ascii=False),
                repr(secret),
            )
        ),
    }


def _words(value: object) -> t.Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
    elif isinstance(value, str):
        yield value
