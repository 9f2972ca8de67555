# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Servers: which are meant, what each needs, and how many are started and stopped together."""

from __future__ import annotations

import contextlib
import datetime
import functools
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.prune import matches
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Item, LooseStep, Plan, State, Step, fold, same
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError, PartlyDoneError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    LONGEST_NAME,
    Found,
    check_name,
    check_user_name,
    find_users,
    normalize,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import Fleet, Key, stop_step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users.work import known
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import check_amount, duration, parse_time

# What goes makes room for what comes (named_server_limit_per_user). A server is edited while it is stopped, and started last.
ORDER = ("rename", "stop", "delete", "create", "update", "start")
# What can be declared of a server besides its state.
EDITABLE = ("user_options", "display_name")
# The hub takes stopped servers into its lists only when it is asked to.
WITH_STOPPED = {"include_stopped_servers": 1}
# Names of new servers, from JupyterHub 6 on (jupyterhub/slugs.py, is_valid_safe_slug).
SAFE_NAME = re.compile(r"(?=.{1,30}\Z)[a-z](-?[a-z0-9])*")


def title(key: Key) -> str:
    """:returns: a server for people, as the hub's own scopes write it; the default server's name is empty."""
    return "/".join(key)


class Servers(Writer):
    """The adapter of jupyterhub_server."""

    plural: t.ClassVar[str] = "servers"
    singular: t.ClassVar[str] = "server"
    key: t.ClassVar[str] = "user"

    def __init__(self, api: HubApi, options: dict[str, t.Any], *, assume_missing: bool) -> None:
        self.api = api
        self.options = options
        self.assume_missing = assume_missing
        self.warnings: list[str] = []
        self.wait: bool = options["wait"]
        for name in ("batch", "wait_timeout"):
            check_amount(name, options[name], zero=False)
        self._selects = any(options[name] is not None for name in ("select_users", "select_groups", "select_idle_for", "select_named"))
        self.idle_for = None if options["select_idle_for"] is None else duration("select_idle_for", options["select_idle_for"])
        self.items = self._selection_checked() if self._selects else self._declared()
        # Servers that somebody else starts or stops at this moment, to be waited for.
        self._awaited: dict[str, list[Key]] = {"start": [], "stop": []}
        self._fleet: Fleet | None = None

    def _selection_checked(self) -> list[Item]:
        """:raises RefusedError: the options do not fit a selection."""
        state = self.options["state"]
        if state == "present":
            raise RefusedError("state present makes servers by name: it does not go with a selection. Nothing was changed.")
        if state == "started" and self.idle_for is not None:
            raise RefusedError("select_idle_for selects running servers: it does not go with state started. Nothing was changed.")
        if state == "absent" and self.options["select_named"] is False:
            raise RefusedError("A default server cannot be removed, only stopped: state absent does not go with select_named false. Nothing was changed.")
        return []

    def _declared(self) -> list[Item]:
        """The one server, or the list, made the same; bad and contradictory input is refused."""
        rows = self.options["servers"] if self.options["servers"] is not None else [self.options]
        items = []
        spellings: dict[str, str] = {}
        for row in rows:
            item = {key: row[key] for key in ("user", "name", "state", "user_options", "display_name", "rename_from", "restart_if_changed")}
            for key in ("state", "restart_if_changed"):
                item[key] = self.options[key] if item[key] is None else item[key]
            check_user_name(item["user"])
            item["user"] = spellings.setdefault(normalize(item["user"]), item["user"])
            for name in (item["name"], item["rename_from"]):
                if name:
                    check_name("server", name)
                    if "/" in name:
                        raise RefusedError(f"The server name {name!r} holds a slash, which the hub allows in no server name: correct it. Nothing was changed.")
            if not item["name"]:
                self._check_default(item)
            for option in ("display_name", "rename_from"):
                if item[option] is not None:
                    self.api.require("6.0", option)
            _check_display_name(item["display_name"])
            if item["state"] == "present":
                self.api.require("6.0", "state present")
            items.append(item)
        items = fold(items, lambda item: (item["user"], item["name"]), lambda item: f"Server {item['user']}/{item['name']}")
        self._check_sources(items)
        return items

    @staticmethod
    def _check_sources(items: t.Iterable[Item]) -> None:
        """:raises RefusedError: a server is renamed, and declared by its old name or renamed once more."""
        taken = {(item["user"], item["name"]) for item in items}
        for item in items:
            if item["rename_from"] == item["name"]:
                item["rename_from"] = None
            elif item["rename_from"]:
                source = (item["user"], item["rename_from"])
                if source in taken:
                    raise RefusedError(
                        f"Server {title(source)} is renamed to {item['name']} and declared elsewhere in the list too: keep one of them. Nothing was changed."
                    )
                taken.add(source)

    @staticmethod
    def _check_default(item: Item) -> None:
        """:raises RefusedError: the item asks of a default server what only named ones can do."""
        where = f"the default server of {item['user']}"
        if item["state"] == "absent":
            raise RefusedError(f"The hub cannot remove {where}, only stop it: use state stopped, or name the server. Nothing was changed.")
        if item["state"] == "present":
            raise RefusedError(f"There is nothing to create for {where}, which every user has: use state started, or name the server. Nothing was changed.")
        for option in ("display_name", "rename_from"):
            if item[option] is not None:
                raise RefusedError(f"{option} is for named servers, and {where} has no name. Nothing was changed.")

    # Plan

    def plan(self) -> Plan:
        if self._selects:
            found = Found(self.api.users_list(WITH_STOPPED), folded=True)
            items = list(self._select(found))
        else:
            items = self.items
            found = find_users(self.api, [item["user"] for item in items], query=WITH_STOPPED)
            self._check_users(items, found)
        steps: list[Step] = []
        objects: dict[str, State] = {}
        changed: set[str] = set()
        unchanged = 0
        for item in items:
            row = found.get(item["user"]) or {"name": normalize(item["user"]), "servers": {}}
            key: Key = (row["name"], item["name"])
            server = known(row, "servers", "read:servers").get(item["name"])
            if server is None:
                self._check_sight(key, row)
            if server is None and item["rename_from"] and item["state"] != "absent":
                server, renaming = self._rename(key, item["rename_from"], row)
                mine = renaming
            else:
                self._check_rename(item, row, server)
                mine = []
            mine = mine + self._steps(key, item, server)
            steps.extend(mine)
            unchanged += not mine
            objects[title(key)] = _state(key, mine, server, wait=self.wait)
            if mine:
                changed.add(title(key))
        steps.sort(key=lambda step: ORDER.index(step.action))
        return Plan(tuple(steps), objects, frozenset(changed), unchanged)

    @functools.cached_property
    def _only_seen(self) -> set[str]:
        """The servers to which the caller's sight is limited, as scopes write them; empty when it is not limited to some."""
        limits = [limit for base, _mark, limit in (scope.partition("!") for scope in self.api.me.get("scopes", ())) if base == "read:servers"]
        return set(limits) if all(limit.startswith("server=") for limit in limits) else set()

    def _check_sight(self, key: Key, row: Row) -> None:
        """See that a server which the hub does not show is not there: it leaves out those that the caller's scopes do not cover.

        :raises RefusedError: it may be there.
        """
        if not self._only_seen or f"server={title(key)}" in self._only_seen:
            return
        raise RefusedError(
            f"The caller sees only some servers of user {row['name']}, so that nobody can tell whether there is a server {title(key)}: "
            "its role needs the scope read:servers. Nothing was changed.",
            missing_scopes=["read:servers"],
        )

    def _check_users(self, items: t.Iterable[Item], found: Found) -> None:
        """:raises RefusedError: servers of users that do not exist; in check mode these are taken to be made by an earlier task."""
        missing = sorted({item["user"] for item in items if found.get(item["user"]) is None and item["state"] not in ("stopped", "absent")})
        if missing and self.assume_missing:
            self.warnings.append(f"These are no users of the hub yet, and are taken to be made by an earlier task: {listed(missing)}.")
        elif missing:
            raise RefusedError(
                f"These are no users of the hub, so that they can have no servers: {listed(missing)}. Nothing was changed. "
                "Create them first, with jupyterhub_user for instance.",
                missing_users=missing,
            )

    def _select(self, found: Found) -> t.Iterator[Item]:
        """:returns: the selected servers, as if they had been declared."""
        options = self.options
        groups = set(options["select_groups"] or ())
        unused = groups - {group for row in found.rows.values() for group in (known(row, "groups", "read:users:groups") if groups else ())}
        if unused:
            self.warnings.append(f"No user is in these groups: {listed(sorted(unused))}.")
        common = {key: options[key] for key in ("state", "user_options", "restart_if_changed")}
        globs = None if options["select_users"] is None else [normalize(glob) for glob in options["select_users"]]
        for user, row in found.rows.items():
            if globs is not None and not matches(normalize(user), globs):
                continue
            if options["select_groups"] is not None and not groups.intersection(known(row, "groups", "read:users:groups")):
                continue
            servers = known(row, "servers", "read:servers")
            for name in self._selected_names(servers):
                yield {**common, "user": user, "name": name, "display_name": None, "rename_from": None}

    def _selected_names(self, servers: dict[str, Row]) -> list[str]:
        """:returns: which of a user's servers are selected."""
        state, named = self.options["state"], self.options["select_named"]
        if state == "started":
            # Every user has a default server, also one that was never started; named ones only when asked for.
            return sorted(name for name in servers if name) if named else [""]
        wanted = [name for name in sorted(servers) if named is None or bool(name) == named]
        # A selection stops and restarts what runs; it does not start what somebody has stopped.
        wanted = [name for name in wanted if (name if state == "absent" else not servers[name]["stopped"])]
        return [name for name in wanted if self.idle_for is None or _idle(servers[name], self.api.now()) >= self.idle_for]

    def _rename(self, key: Key, old_name: str, row: Row) -> tuple[Row | None, list[Step]]:
        """:returns: the server that is renamed, if there is one, and the step that does it."""
        old = row["servers"].get(old_name)
        if old is None:
            return None, []
        if not old["stopped"]:
            raise RefusedError(
                f"Server {title((key[0], old_name))} is running, and can be renamed only while it is stopped: stop it first. Nothing was changed."
            )
        self._check_new_name(key)
        step = LooseStep("rename", "server", title(key), "server_update", {"name": old_name}, {"name": key[1]}, payload=(key, old_name))
        return {**old, "name": key[1]}, [step]

    @staticmethod
    def _check_rename(item: Item, row: Row, server: Row | None) -> None:
        if item["rename_from"] and item["state"] != "absent" and server is not None and item["rename_from"] in row["servers"]:
            raise RefusedError(
                f"Server {item['user']}/{item['rename_from']} cannot be renamed to {item['name']}, as both exist: "
                "remove one of them, or take rename_from out. Nothing was changed."
            )

    def _check_new_name(self, key: Key) -> None:
        """:raises RefusedError: JupyterHub 6 makes no server of this name."""
        if key[1] and self.api.version >= (6,) and not SAFE_NAME.fullmatch(key[1]):
            raise RefusedError(
                f"The server name {key[1]!r} is refused by JupyterHub 6: a new name has up to 30 lower-case letters, digits and single hyphens, "
                "begins with a letter and ends with none of the hyphens. Nothing was changed."
            )

    def _steps(self, key: Key, item: Item, server: Row | None) -> list[Step]:
        """:returns: what one server needs, besides a rename."""
        state = item["state"]
        active = server is not None and not server["stopped"]
        pending = server["pending"] if server is not None else None
        if state == "absent":
            return [] if server is None else [LooseStep("delete", "server", title(key), "server_stop", {"state": "present"}, None, payload=key)]
        if state == "stopped":
            if pending == "stop":
                self._awaited["stop"].append(key)
            stop = [stop_step(*key)] if active and pending != "stop" else []
            # The options of a server are for its start. Its name is there for people at any time.
            changes = _changes({**item, "user_options": None}, server) if server is not None else {}
            return stop + self._update(key, changes, server)
        if server is None:
            self._check_new_name(key)
        changes = _changes(item, server)
        if state == "present":
            return self._edit(key, item, changes, server)
        if state == "restarted":
            return [*([stop_step(*key)] if active else []), self._start_step(key, item, changes, server)]
        if not active or pending == "stop":
            return [self._start_step(key, item, changes, server)]
        if changes and item["restart_if_changed"]:
            return [stop_step(*key), self._start_step(key, item, changes, server)]
        if changes:
            self.warnings.append(f"Server {title(key)} runs with other {' and '.join(sorted(changes))} than declared: restart it, or set restart_if_changed.")
        if pending:
            self._awaited["start"].append(key)
        return []

    def _edit(self, key: Key, item: Item, changes: State, server: Row | None) -> list[Step]:
        """:returns: the step that makes a server, or changes one that is not running."""
        if server is None:
            wanted = {name: item[name] for name in EDITABLE if item[name] is not None}
            return [LooseStep("create", "server", title(key), "server_create", None, {"state": "present", **changes}, payload=(key, wanted))]
        if changes and not server["stopped"]:
            self.warnings.append(
                f"Server {title(key)} differs from what is declared in {' and '.join(sorted(changes))}, which can be changed only while it is stopped."
            )
            return []
        return self._update(key, changes, server)

    @staticmethod
    def _update(key: Key, changes: State, server: Row | None) -> list[Step]:
        """:returns: the step that changes a server which does not run, or does not by then."""
        return [LooseStep("update", "server", title(key), "server_update", _before(changes, server), changes, payload=(key, changes))] if changes else []

    def _start_step(self, key: Key, item: Item, changes: State, server: Row | None) -> Step:
        request = functools.partial(self.api.server_start, *key, item["user_options"], item["display_name"])
        before = {"state": "stopped", **_before(changes, server)}
        return LooseStep("start", "server", title(key), "server_start", before, {"state": "started", **changes}, payload=(key, request, item))

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return len(steps)

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        fleet = self._fleet = Fleet(self.api, batch=self.options["batch"], timeout=self.options["wait_timeout"])
        done: list[Step] = []
        for action in ORDER:
            mine = {_key(step): step for step in steps if step.action == action and _key(step) not in fleet.failures}
            if mine:
                # What is to be done with a server after its stop has to wait for it, whatever the task says.
                goes_on = any(step.action in ("update", "start") and _key(step) in mine for step in steps)
                self._do(action, mine, fleet, wait=self.wait or (action == "stop" and goes_on))
            done.extend(step for key, step in mine.items() if key not in fleet.failures and not (action == "start" and key in fleet.overtaken))
        self._await(fleet)
        self._look_at_overtaken(steps, fleet)
        if fleet.failures:
            raise self._failure(fleet, done, steps)
        return done

    def _do(self, action: str, mine: dict[Key, Step], fleet: Fleet, *, wait: bool) -> None:
        """Take one kind of step for all servers that need it."""
        if action == "start":
            fleet.start({key: step.payload[1] for key, step in mine.items()}, wait=wait)
        elif action in ("stop", "delete"):
            fleet.stop(mine, remove=action == "delete", wait=wait)
        else:
            # Of those that somebody else has stopped, too.
            fleet.wait_stopped([key for key in self._awaited["stop"] if key in mine])
            for key, step in mine.items():
                if key not in fleet.failures:
                    fleet.edit(key, functools.partial(self._edit_now, key, step))

    def _edit_now(self, key: Key, step: Step) -> Row:
        if step.action == "rename":
            return self.api.server_update(key[0], step.payload[1], {"name": key[1]})
        if step.action == "create":
            return self.api.server_create(*key, step.payload[1].get("user_options"), step.payload[1].get("display_name"))
        answer = self.api.server_update(*key, step.payload[1])
        if "user_options" in step.payload[1]:
            # Only a warning hangs on it: the change is made.
            with contextlib.suppress(HubError):
                self._check_shown(key, answer)
        return answer

    def _check_shown(self, key: Key, answer: Row) -> None:
        """Warn when the hub has stored options, but does not show them: 6.1.1 shows those of the last start, until the next start."""
        row = self.api.user_get(key[0], WITH_STOPPED) or {"servers": {}}
        if not same(_stored(row["servers"].get(key[1]), "user_options"), _stored(answer, "user_options")):
            self.warnings.append(
                f"The hub has stored the new user_options of server {title(key)}, but goes on to show the old ones until the server or the hub is started "
                "again: till then, every run will set them anew."
            )

    def _await(self, fleet: Fleet) -> None:
        if self.wait:
            fleet.wait_ready(self._awaited["start"])
            fleet.wait_stopped(self._awaited["stop"])

    def _look_at_overtaken(self, steps: t.Iterable[Step], fleet: Fleet) -> None:
        """Warn of servers that somebody else has started before this task did, with other options."""
        for step in steps:
            key = _key(step)
            server = fleet.states.get(key)
            if step.action == "start" and key in fleet.overtaken and server and _changes(step.payload[2], server):
                self.warnings.append(f"Server {title(key)} was started by somebody else while this task ran, with other options than declared.")

    def finish(self) -> None:
        if self._fleet is None:
            fleet = self._fleet = Fleet(self.api, timeout=self.options["wait_timeout"])
            self._await(fleet)
            if fleet.failures:
                raise self._failure(fleet, [], [])

    def in_place(self, steps: t.Sequence[Step]) -> list[Step]:
        """Never needed: `write` looks at the hub itself before it returns."""
        return []

    def _failure(self, fleet: Fleet, done: t.Sequence[Step], steps: t.Sequence[Step]) -> PartlyDoneError:
        told = [f"{title(key)}: {why}" for key, why in sorted(fleet.failures.items())]
        count = len({_key(step) for step in steps} | set(fleet.failures))
        rest = " The others are done." if count > len(told) else ""
        # What was refused can be told exactly when it is one thing.
        refusal = next(iter(fleet.refusals.values()), None) if len(told) == 1 else None
        return PartlyDoneError(
            f"{len(told)} of {count} server{'' if count == 1 else 's'} failed: {listed(told, 10)}.{rest} Run the task again to finish what is left.",
            done=done,
            unsure=[step for step in steps if _key(step) in fleet.unsure],
            **(refusal.details if refusal else {}),
            servers=[_outcome(key, [step for step in steps if _key(step) == key], fleet) for key in sorted(fleet.failures)],
        )

    def objects(self, plan: Plan) -> dict[str, State]:
        fleet = self._fleet
        if fleet is None:
            return plan.objects
        return {name: {**state, **_seen((state["user"], state["name"]), fleet)} for name, state in plan.objects.items()}


def _check_display_name(name: str | None) -> None:
    """:raises RefusedError: the hub refuses it (jupyterhub/slugs.py, is_valid_display_name), or makes the server's name of it."""
    if name is not None and not (0 < len(name) <= LONGEST_NAME and name == name.strip() and "  " not in name and name.isprintable()):
        raise RefusedError(
            f"The display_name {brief(name)} is refused by the hub: it has 1 to {LONGEST_NAME} characters, none of which controls or hides something, "
            "and no spaces at its ends or beside each other. Nothing was changed."
        )


def _key(step: Step) -> Key:
    """:returns: the server that a step is about."""
    payload = step.payload
    return t.cast(Key, payload if isinstance(payload[0], str) else payload[0])


def _changes(item: Item, server: Row | None) -> State:
    """:returns: what is declared and differs from what the hub has stored."""
    return {name: item[name] for name in EDITABLE if item[name] is not None and not same(item[name], _stored(server, name))}


def _before(changes: State, server: Row | None) -> State:
    """:returns: the same fields as they are stored."""
    return {name: _stored(server, name) for name in changes}


def _stored(server: Row | None, name: str) -> t.Any:
    value = (server or {}).get(name)
    return {} if value is None and name == "user_options" else value


def _state(key: Key, steps: t.Sequence[Step], server: Row | None, *, wait: bool) -> State:
    """:returns: a server as modules return it, as it will be when the steps are done."""
    actions = [step.action for step in steps]
    ready: bool | None = bool(server and server["ready"])
    if "start" in actions:
        # Without waiting nobody knows.
        ready = True if wait else None
    elif actions:
        ready = False
    return {
        "user": key[0],
        "name": key[1],
        "action": "restart" if "stop" in actions and "start" in actions else (actions[-1] if actions else None),
        "ready": ready,
        "url": server["url"] if server else None,
        "seconds": None,
        "message": None,
    }


def _outcome(key: Key, steps: t.Sequence[Step], fleet: Fleet) -> State:
    """:returns: a server that has failed; its action is what was to be done last."""
    return {**_state(key, steps, None, wait=True), "ready": False, **_seen(key, fleet), "message": fleet.failures[key]}


def _seen(key: Key, fleet: Fleet) -> State:
    """What was seen of a server while it was waited for."""
    state: State = {"seconds": fleet.seconds.get(key)}
    server = fleet.states.get(key)
    if server is not None:
        state.update(ready=server["ready"], url=server["url"])
    return state


def _idle(server: Row, now: datetime.datetime) -> float:
    """:returns: for how many seconds a server has been idle; one that never was active, since its start."""
    last = server.get("last_activity") or server.get("started")
    return 0.0 if last is None else (now - parse_time(last)).total_seconds()
