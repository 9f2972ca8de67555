# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Everything that this collection uses of ansible-core's private API, in one place, and what is
done if a part of it is missing.

Everything else uses what ansible-core publishes. A test looks at every ansible-core that is
supported; with one that has renamed a hook, secrets are still masked, and the task says that it is
too new.
"""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

# Called by AnsibleModule before it looks at the options, before it tells the system's log, and with
# the result.
HOOKS = ("_set_internal_properties", "_log_invocation", "_return_formatted")


def missing_hooks() -> list[str]:
    """:returns: the hooks that this ansible-core does not have."""
    return [name for name in HOOKS if not hasattr(AnsibleModule, name)]


def wants_invocation(module: AnsibleModule) -> bool:
    """Whether the parameters are to be returned. An ansible-core from 2.21 on can be told so; older
    ones show them from ``-vvv`` on.
    """
    return bool(getattr(module, "_inject_invocation", getattr(module, "_verbosity", 3) >= 3))


def wants_diff(module: AnsibleModule) -> bool:
    """Whether the task runs with ``--diff``."""
    return bool(getattr(module, "_diff", False))


class HookedModule(AnsibleModule):  # type: ignore[misc]  # its hints are not published
    """An AnsibleModule that can be looked into at three moments. Subclasses fill these in."""

    params: dict[str, object]

    def __init__(self, **kwargs: object) -> None:
        # Whether Ansible has made of the options what the argument spec says, before anybody could
        # look at them.
        self.converted = True
        missing = missing_hooks()
        if "_log_invocation" in missing:
            # Ansible would write secrets in lists of objects to the system's log.
            kwargs["no_log"] = True
        super().__init__(**kwargs)
        if not hasattr(self, "no_log_values"):
            self.no_log_values: set[str] = set()
        if self.converted:
            # What Ansible has refused, it has refused in its own words.
            self.check_options()
        if missing:
            self.warn(
                "This version of ansible-core is newer than this collection supports"
                f" ({', '.join(missing)}): look for a newer hubops.jupyterhub."
            )

    def add_path_info(self, kwargs: dict[str, object]) -> dict[str, object]:
        """Add nothing about a file: a ``path`` in a result is one of the hub's API, and for Ansible
        it would be a folder of the target, with owner, mode and state.
        """
        return kwargs

    def check_options(self) -> None:
        """Look at the options: before Ansible converts them, unless its hook is missing."""

    def params_for_log(self) -> dict[str, object]:
        """:returns: the options as the system's log may have them."""
        return {}

    def outgoing(self, result: dict[str, object]) -> dict[str, object]:
        """:returns: a result as it may leave the module."""
        return result

    def _set_internal_properties(self, *args: object, **kwargs: object) -> None:
        super()._set_internal_properties(*args, **kwargs)
        self.converted = False
        self.check_options()

    def _log_invocation(self) -> None:
        params = self.params
        self.params = self.params_for_log()
        try:
            super()._log_invocation()
        finally:
            self.params = params

    def _return_formatted(self, kwargs: dict[str, object]) -> None:
        if not wants_invocation(self):
            # For thousands of objects, the parameters take Ansible a good deal of its time, and
            # nobody looks at them.
            kwargs = {**kwargs, "invocation": {}}
        super()._return_formatted(kwargs)

    # Public, and the only two ways out.

    def exit_json(self, **kwargs: object) -> None:
        super().exit_json(**self.outgoing(kwargs))

    def fail_json(self, msg: str, **kwargs: object) -> None:
        super().fail_json(**self.outgoing({"msg": msg, **kwargs}))
