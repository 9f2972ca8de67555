# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the lines of a hub's configuration that take out what a drop-in has appended.

``python - CONFIG DROPIN FOLDER`` on the host of the hub; FOLDER is where the hub runs. Prints
sentences. The files are parsed and followed in the order in which the hub reads them; none of them
is run, and nothing of what they hold is printed but names of files and numbers of lines.

How a hub finds files: ``PyFileConfigLoader`` and ``Application.load_config_file`` of traitlets.
"""

from __future__ import annotations

import ast
import glob
import itertools
import json
import os
import sys
import typing as t

LISTS = ("services", "load_roles")
LOADERS = ("load_subconfig", "run_path", "execfile")
# What opens a file that may be run afterwards.
OPENERS = ("open", "read_text", "read_bytes")
# These leave a path, or a list of them, as it is.
SAME = ("Path", "str", "fspath", "sorted", "reversed", "list", "abspath", "realpath", "resolve")
# What sets or empties a list without an assignment.
FILLERS = ("setattr", "update", "merge", "clear")
# So many values of an expression, files and names in a sentence are enough.
MOST, SHOWN = 500, 10


class Line(t.NamedTuple):
    """A line of a file, and the list that it assigns."""

    file: str
    number: int
    name: str = ""

    def __str__(self) -> str:
        """:returns: the line as a sentence names it."""
        return f"{shown(self.file)}, line {self.number}"


def shown(path: str) -> str:
    """:returns: a path that is safe to print."""
    return path if path.isprintable() else json.dumps(path)


def last_name(node: ast.AST) -> str:
    """:returns: the last name of what is called, such as ``join`` of ``os.path.join``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def key_of(node: ast.AST) -> str:
    """:returns: the name in ``x.name`` or ``x["name"]``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return str(getattr(node.slice, "value", ""))
    return ""


class Paths:
    """What the expressions of one file can be, as text, as far as that can be told."""

    def __init__(self, file: str, folder: str) -> None:
        self.folder = folder
        self.names: dict[str, list[str]] = {"__file__": [file]}

    def of(self, node: ast.AST | None) -> list[str]:
        """:returns: all values, in order; none if they cannot be told."""
        if isinstance(node, ast.Constant):
            return [node.value] if isinstance(node.value, str) else []
        if isinstance(node, ast.Name):
            return self.names.get(node.id, [])
        if isinstance(node, ast.JoinedStr):
            return self.joined(node.values, "".join)
        if isinstance(node, (ast.FormattedValue, ast.Starred)):
            return self.of(node.value)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Div)):
            glue = "".join if isinstance(node.op, ast.Add) else path_of
            return self.joined([node.left, node.right], glue)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.BoolOp, ast.IfExp)):
            # All elements, or all that it can be.
            parts = (each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr))
            return [value for each in parts for value in self.of(each)][:MOST]
        if isinstance(node, ast.Attribute) and node.attr in ("parent", "path", "name"):
            whole = self.of(node.value)
            return [os.path.dirname(value) for value in whole] if node.attr == "parent" else whole
        if isinstance(node, (ast.ListComp, ast.GeneratorExp)):
            for each in node.generators:
                self.names[last_name(each.target)] = self.of(each.iter)
            return self.of(node.elt)
        return self.called(node) if isinstance(node, ast.Call) else []

    def joined(self, parts: list[ast.expr], glue: t.Callable[[tuple[str, ...]], str]) -> list[str]:
        """:returns: every way to put the values of the parts together."""
        ways = itertools.product(*(self.of(part) for part in parts))
        return [glue(way) for way in itertools.islice(ways, MOST)]

    def called(self, node: ast.Call) -> list[str]:
        """:returns: what a call can return."""
        name, first = last_name(node.func), node.args[0] if node.args else None
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        mine = self.of(first) if first is not None else self.of(receiver)
        if name in SAME:
            return mine
        if name in ("join", "joinpath"):
            parts = [receiver, *node.args] if receiver and self.of(receiver) else list(node.args)
            return self.joined(parts, path_of)
        if name in ("dirname", "expanduser", "expandvars"):
            return [getattr(os.path, name)(value) for value in mine]
        if name in ("get", "getenv") and len(node.args) > 1:
            return self.of(node.args[1])
        if name in ("getcwd", "cwd"):
            return [self.folder]
        return self.listed(name, mine, self.of(receiver) if first is not None else [])

    def listed(self, name: str, values: list[str], folders: list[str]) -> list[str]:
        """:returns: the files that a call finds, by name."""
        if name in ("glob", "iglob", "rglob"):
            middle = "**" if name == "rglob" else ""
            ways = itertools.product(folders or [""], [middle], values)
            patterns = [self.absolute(os.path.join(*way)) for way in ways]
            found = [sorted(glob.glob(pattern, recursive=True)) for pattern in patterns]
        elif name in ("listdir", "scandir", "iterdir"):
            before = {value: "" if name == "listdir" else value for value in values}
            found = [
                [os.path.join(before[value], each) for each in listing(self.absolute(value))]
                for value in values
            ]
        else:
            found = []
        return [path for each in found for path in each][:MOST]

    def absolute(self, path: str) -> str:
        """:returns: where the hub looks for a path: from the folder in which it runs."""
        return os.path.join(self.folder, os.path.expanduser(path))


def path_of(parts: t.Iterable[str]) -> str:
    """:returns: the parts as one path."""
    return os.path.join(*parts)


def listing(folder: str) -> list[str]:
    """:returns: the names in a folder, in order; none if there is no such folder."""
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


class Reading:
    """A configuration, followed as the hub reads it.

    lines: what assigns one of the lists, since the drop-in was read, if it was.
    files: all files that were parsed, in order.
    is_whole: whether functions count that are not called in the same file.
    unclear: what loads a file that cannot be told. unread: files that could not be parsed, and why.
    """

    def __init__(self, dropin: str, folder: str, *, is_whole: bool = False) -> None:
        self.is_whole = is_whole
        self.dropin = os.path.realpath(dropin)
        self.folder = folder
        self.is_loaded = False
        self.lines: list[Line] = []
        self.files: list[str] = []
        self.unclear: list[Line] = []
        self.unread: list[str] = []
        self._open: list[str] = []

    def read(self, path: str) -> None:
        """Follow a file, and those that it loads."""
        real = os.path.realpath(path)
        if real == self.dropin:
            self.is_loaded, self.lines = True, []
        elif os.path.isfile(real) and real not in self._open and len(self.files) < MOST:
            self._open.append(real)
            self.parse(path)
            self._open.pop()

    def parse(self, path: str) -> None:
        """Follow what a file says."""
        self.files.append(path)
        try:
            with open(path, "rb") as handle:
                text = handle.read()
            if path.endswith(".json"):
                self.lines += json_lines(path, text)
            else:
                Follower(self, path).visit(ast.parse(text))
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            self.unread.append(f"{shown(path)} ({type(error).__name__})")

    def read_all(self, config: str) -> None:
        """Follow the main file, whatever its ending, and its twin, which has the last word."""
        for ending in (".py", ".json"):
            self.read(os.path.splitext(config)[0] + ending)

    def others(self, config: str) -> list[Line]:
        """:returns: such lines in files beside these that nothing was seen to load."""
        known = {os.path.realpath(file) for file in self.files} | {self.dropin}
        beside = Reading(self.dropin, self.folder, is_whole=True)
        for folder in dict.fromkeys((os.path.dirname(self.dropin), os.path.dirname(config))):
            for name in listing(folder or "."):
                path = os.path.join(folder, name)
                if name.endswith(".py") and os.path.realpath(path) not in known:
                    beside.parse(path)
        self.files += beside.files
        self.unread += beside.unread
        return beside.lines


def json_lines(path: str, text: bytes) -> list[Line]:
    """:returns: the lines of a file in JSON that assign one of the lists."""
    section = json.loads(text).get("JupyterHub") or {}
    rows = text.decode("utf-8", "replace").splitlines()
    return [
        Line(path, next((n for n, row in enumerate(rows, 1) if f'"{name}"' in row), 1), name)
        for name in LISTS
        if name in section
    ]


class Follower(ast.NodeVisitor):
    """Goes through the statements of a file as Python does; of two branches it takes both."""

    def __init__(self, reading: Reading, file: str) -> None:
        self.reading = reading
        self.file = file
        self.paths = Paths(os.path.abspath(file), reading.folder)
        # Variables that are c.JupyterHub.
        self.sections: set[str] = set()
        self.functions: dict[str, ast.FunctionDef] = {}
        self._called: list[str] = []

    def is_section(self, node: ast.AST) -> bool:
        """Whether this is ``c.JupyterHub``."""
        return key_of(node) == "JupyterHub" or last_name(node) in self.sections

    def list_of(self, node: ast.AST) -> str:
        """:returns: which of the lists this is, or nothing."""
        if isinstance(node, (ast.Attribute, ast.Subscript)) and self.is_section(node.value):
            return key_of(node) if key_of(node) in LISTS else ""
        return ""

    def note(self, node: ast.expr | ast.stmt, name: str) -> None:
        """Keep in mind that a line takes out what a list holds."""
        self.reading.lines.append(Line(self.file, node.lineno, name))

    def assign(self, target: ast.expr, value: ast.expr | None) -> None:
        """Follow one assignment."""
        if isinstance(target, ast.Name) and value is not None:
            self.bind(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for each in target.elts:
                self.assign(each, value)
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
            self.assign(target.value, value)
        elif key_of(target) == "JupyterHub":
            for name in LISTS:
                self.note(target, name)
        elif self.list_of(target):
            name = self.list_of(target)
            # A list that is made from what it was keeps the service.
            if value is None or all(self.list_of(each) != name for each in ast.walk(value)):
                self.note(target, name)

    def bind(self, name: str, value: ast.expr) -> None:
        """Give a variable a value."""
        self.paths.names[name] = self.paths.of(value)
        if self.is_section(value):
            self.sections.add(name)

    def visit_Assign(self, node: ast.Assign) -> None:
        """``a = b = value``."""
        self.visit(node.value)
        for target in node.targets:
            self.assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """``a: type = value``."""
        if node.value is not None:
            self.visit(node.value)
            self.assign(node.target, node.value)

    def visit_Delete(self, node: ast.Delete) -> None:
        """``del a``."""
        for target in node.targets:
            self.assign(target, None)

    def visit_For(self, node: ast.For) -> None:
        """Go through a loop once, with all values at once."""
        self.visit(node.iter)
        self.assign(node.target, node.iter)
        for each in (*node.body, *node.orelse):
            self.visit(each)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        """The loop comes first, then what it does."""
        for each in node.generators:
            self.visit(each.iter)
            self.assign(each.target, each.iter)
        self.visit(node.elt)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function that is never called does nothing."""
        self.functions[node.name] = node
        if self.reading.is_whole:
            self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """What is in a class, the hub calls later, when its configuration is read."""

    def visit_Call(self, node: ast.Call) -> None:
        """Follow a file that is loaded, a function of the same file, and what fills a section."""
        self.generic_visit(node)
        name = last_name(node.func)
        if name in LOADERS or name in OPENERS:
            self.load(node, name)
        elif name in self.functions and name not in self._called and len(self._called) < SHOWN:
            function = self.functions[name]
            for parameter, value in zip(function.args.args, node.args):
                self.bind(parameter.arg, value)
            self._called.append(name)
            for each in function.body:
                self.visit(each)
            self._called.pop()
        elif name in FILLERS:
            self.fill(node)

    def fill(self, node: ast.Call) -> None:
        """Follow ``c.JupyterHub.update(services=...)`` and the like, and ``services.clear()``."""
        inside = list(ast.walk(node))
        fields = ("attr", "arg", "value")
        words = {getattr(each, field, None) for each in inside for field in fields}
        if "JupyterHub" in words or any(last_name(each) in self.sections for each in inside):
            for name in LISTS:
                if name in words:
                    self.note(node, name)

    def load(self, node: ast.Call, name: str) -> None:
        """Follow the files that a call loads or opens."""
        receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
        paths = self.paths.of(node.args[0] if node.args else None) or self.paths.of(receiver)
        if not paths and name in LOADERS:
            self.reading.unclear.append(Line(self.file, node.lineno))
        if name == "load_subconfig" and len(node.args) > 1:
            paths = self.paths.joined([node.args[1], node.args[0]], path_of)
        for path in paths:
            if path.endswith(".py") or (name in LOADERS and len(paths) == 1):
                self.reading.read(self.paths.absolute(path))


def listed(items: t.Iterable[str]) -> str:
    """:returns: the first few of them, and how many there are beside."""
    all_of = list(dict.fromkeys(items))
    more = len(all_of) - SHOWN
    return "; ".join(all_of[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


def assigning(lines: list[Line]) -> str:
    """:returns: the lines, with what each of them assigns."""
    return listed(f"{line} assigns c.JupyterHub.{line.name}" for line in lines)


def told(config: str, dropin: str, folder: str) -> str:
    """:returns: what takes out what the drop-in has appended, in sentences."""
    reading = Reading(dropin, folder)
    reading.read_all(config)
    name, found = shown(dropin), assigning(reading.lines)
    if reading.is_loaded and reading.lines:
        return (
            f"The drop-in {name} is overridden by what is read after it: {found}."
            " Use append or extend there, or load the drop-in after it."
        )
    lines = ([] if reading.is_loaded else reading.lines) + reading.others(config)
    if reading.is_loaded:
        said = f"No line that is read after the drop-in {name} was found to assign the lists."
    else:
        said = f"No line was found that loads the drop-in {name}."
    if lines:
        said += f" If one of these is read after it, it is overridden there: {assigning(lines)}."
    elif reading.is_loaded:
        said += " An option of the hub's command line overrides it, too."
    for words, items in (
        ("Looked at", [shown(file) for file in reading.files]),
        ("What is loaded here is not known", [str(line) for line in reading.unclear]),
        ("Could not be read", reading.unread),
    ):
        said += f" {words}: {listed(items)}." if items else ""
    return said


if __name__ == "__main__":
    sys.stdout.write(told(*sys.argv[1:4]) + "\n")
