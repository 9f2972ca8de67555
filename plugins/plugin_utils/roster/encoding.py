# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""What a file is, when it is no CSV in UTF-8, and its text."""

from __future__ import annotations

import codecs
import contextlib
import json
import re

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.roster.problems import RosterError

SAVE_AS_CSV = "open it in a program that can read it and save it as CSV in UTF-8"

# How files begin that are taken for CSV by their name, and what they are.
BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file (.gz)"),
    (b"{\\rtf", "a text document (.rtf)"),
)
ZIPPED: tuple[tuple[bytes, str], ...] = (
    (b"vnd.oasis.opendocument", "an OpenDocument spreadsheet (.ods)"),
    (b"xl/", "an Excel workbook (.xlsx)"),
    (b"Index/Document.iwa", "a Numbers spreadsheet"),
)
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
MARKUP = re.compile(r"\s*<(!|\?|[a-z])", re.IGNORECASE)
PASSWORD_FIELD = re.compile(r"""type=["']?password""", re.IGNORECASE)


def decoded(text: str) -> str:
    """Return the text of a class list, without a byte order mark; RosterError says what the file is
    instead.

    Ansible reads every file as UTF-8 and keeps the bytes that are none as lone surrogates, from
    which the bytes come back here. (ansible-core announces an error of its own from 2.23 on.)
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise RosterError(
            "The class list contains lone surrogates, which are not text: save it as CSV in UTF-8."
        ) from None
    _refuse_other_formats(raw)
    content = _utf_16(raw) if raw.startswith(UTF_16_MARKS) else _utf_8(raw)
    _refuse_other_texts(content)
    return content


def _refuse_other_formats(raw: bytes) -> None:
    found = next((what for beginning, what in BEGINNINGS if raw.startswith(beginning)), "")
    if raw.startswith(b"PK\x03\x04"):
        found = next((what for part, what in ZIPPED if part in raw), "a zip archive")
    if found:
        raise RosterError(f"The class list is not a CSV file, it is {found}: {SAVE_AS_CSV}.")
    if raw.startswith(b"$ANSIBLE_VAULT;"):
        raise RosterError(
            "The class list is encrypted by ansible-vault: read it with the lookup"
            " ansible.builtin.file, which decrypts it."
        )


def _utf_16(raw: bytes) -> str:
    with contextlib.suppress(UnicodeDecodeError):
        if not raw.startswith(UTF_32_MARKS):
            # A lookup that strips white space takes the half of the last line end.
            return raw.removesuffix(b"\0" if len(raw) % 2 else b"").decode("utf-16")
    raise RosterError(
        "The class list seems to be in UTF-32 or in damaged UTF-16: save it as CSV in UTF-8."
    )


def _utf_8(raw: bytes) -> str:
    if b"\0" in raw:
        raise RosterError(
            "The class list seems to be in UTF-16 without a byte order mark, or not text at all:"
            " save it as CSV in UTF-8."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RosterError(
            f"The class list is not in UTF-8: line {line} contains the byte"
            f" 0x{raw[error.start]:02x}: it seems to be in an older encoding such as Windows-1252"
            " (also called ANSI); in Excel save it as 'CSV UTF-8', elsewhere choose the encoding"
            " UTF-8."
        ) from None


def _refuse_other_texts(text: str) -> None:
    if MARKUP.match(text):
        if PASSWORD_FIELD.search(text):
            raise RosterError(
                "The class list is not a CSV file, it seems to be the HTML page of a login: the"
                " download needs a login, so do it in a browser."
            )
        raise RosterError(
            "The class list is not a CSV file, it seems to be an HTML or XML page, which some"
            f" systems save with the ending .xls: {SAVE_AS_CSV}."
        )
    if text.startswith("MIME-Version:"):
        raise RosterError(
            "The class list is not a CSV file, it is a web archive, which some systems save with"
            f" the ending .xls: {SAVE_AS_CSV}."
        )
    if text.lstrip().startswith(("[", "{")):
        with contextlib.suppress(ValueError):
            json.loads(text)
            raise RosterError(
                "The class list is not a CSV file, it is JSON: put the filter from_json before"
                " the filter roster."
            )
