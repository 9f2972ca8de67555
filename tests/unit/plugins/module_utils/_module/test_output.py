# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of a module is safe to print, and can always be encoded."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.output import (
    DEEPEST,
    QUOTED,
    SENTENCE,
    TOO_DEEP,
    safe_result,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import one_line

NASTY = "a\x1b[2J\nb\r\tc\u202ed\u2028e\x00\x9b\ud800\u200bf"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zoë's café: 日本 🪐", "zoë's café: 日本 🪐"),
        ("two\nlines\r\nand\u2028more", "two lines and more"),
        ("a\tb", "a b"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\U000e0001"),
        ("x" * 10, "x" * 10),
        ("x" * 11, "xxxxxxxxxx... (1 more characters)"),
    ],
)
def test_a_text_of_strangers(text: str, shown: str) -> None:
    assert one_line(text, 10 if text.startswith("x") else 100) == shown


def test_sentences_are_printable_on_one_line_and_bounded() -> None:
    huge = "x" * 10_000_000
    result: dict[str, t.Any] = safe_result(
        {
            "msg": NASTY + huge,
            "hub_message": huge,
            "warnings": [NASTY],
            "refused": [{"kind": "user", "name": "a", "status": 400, "hub_message": NASTY + huge}],
            "servers": [{"user": "a", "message": NASTY}],
            "diff": {"before": "", "after": f"user a: note: {NASTY}\nuser b\n{huge}"},
            "by_hand": [NASTY],
            "findings": [{"title": NASTY, "evidence": [NASTY, NASTY]}],
            "proof": [{"expected": NASTY, "found": NASTY, "proved": False}],
        }
    )
    several: dict[str, t.Any] = safe_result(
        {"diff": [{"before": NASTY, "after": f"a\n{NASTY}", "after_header": "a"}]}
    )
    texts = [
        result["msg"],
        result["hub_message"],
        *result["warnings"],
        result["refused"][0]["hub_message"],
        result["servers"][0]["message"],
        *result["by_hand"],
        result["findings"][0]["title"],
        *result["findings"][0]["evidence"],
        result["proof"][0]["expected"],
        result["proof"][0]["found"],
        *several["diff"][0]["before"].split("\n"),
        *several["diff"][0]["after"].split("\n"),
    ]
    assert all(text.isprintable() for text in texts)
    assert max(map(len, texts)) < SENTENCE + 200
    assert len(result["hub_message"]) < QUOTED + 200
    lines = result["diff"]["after"].split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(json.dumps(result)) < 30_000


def test_data_keep_their_characters() -> None:
    data: dict[str, object] = {
        "users": [
            {
                "name": "\u202ea\nb",
                "user_options": {"message": NASTY[:10], "k": [1, None, True, 1.5]},
            }
        ],
        "json": {"msg": "a\nb"},
    }
    assert safe_result(data) == data


def test_data_that_json_cannot_hold_is_replaced() -> None:
    result = safe_result(
        {"users": [{"\ud800": "x\udfff", "fine": "\U0001f680", "list": ["\ud800"]}]}
    )
    assert result == {"users": [{"\ufffd": "x\ufffd", "fine": "\U0001f680", "list": ["\ufffd"]}]}
    json.dumps(result, ensure_ascii=False).encode()


def test_data_that_ansible_cannot_traverse_is_cut() -> None:
    deep: t.Any = "end"
    for _level in range(900):
        deep = {"a": [deep]}
    text = json.dumps(safe_result({"servers": [deep]}))
    assert TOO_DEEP in text
    assert text.count("[") <= DEEPEST


def test_a_large_result_is_not_slow() -> None:
    users = [
        {
            "name": f"u{number}",
            "admin": False,
            "groups": ["a", "b"],
            "created": "2026-01-01T00:00:00Z",
        }
        for number in range(10_000)
    ]
    began = time.monotonic()
    safe_result({"users": users})
    assert time.monotonic() - began < 2
