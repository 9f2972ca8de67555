# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The report as metrics, for the textfile collector of Prometheus' node exporter."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    SEVERITIES,
    Report,
)
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports import words

PREFIX = "jupyterhub_audit"


def metrics(report: Report) -> str:
    """:returns: numbers only: no name of a user, a token or a group is a label."""
    hub = words.host_of(report["hub"]["url"])
    read_at = words.moment(report["hub"]["read_at"])
    lines = [
        *_family("findings", "Findings by severity."),
        *(
            _sample("findings", report["summary"].get(severity, 0), hub=hub, severity=severity)
            for severity in SEVERITIES
        ),
        *_family("subjects", "Subjects by check."),
        *(
            _sample(
                "subjects",
                len(finding["subjects"]),
                hub=hub,
                check=finding["check"],
                severity=finding["severity"],
            )
            for finding in report["findings"]
        ),
        *_family(
            "new_findings", "Findings that are not in the baseline, or have subjects that are not."
        ),
        _sample("new_findings", sum(map(words.is_new, report["findings"])), hub=hub),
        *_family("not_assessed_checks", "Checks that could not see everything."),
        _sample(
            "not_assessed_checks", len({one["check"] for one in report["not_assessed"]}), hub=hub
        ),
        *_family("read_timestamp_seconds", "When the hub was read, by the hub's clock."),
        _sample("read_timestamp_seconds", round(read_at.timestamp()) if read_at else 0, hub=hub),
        *_family("info", "The version of the hub."),
        _sample("info", 1, hub=hub, version=report["hub"]["version"]),
    ]
    return "".join(f"{line}\n" for line in lines)


def _family(name: str, text: str) -> tuple[str, str]:
    return f"# HELP {PREFIX}_{name} {text}", f"# TYPE {PREFIX}_{name} gauge"


def _sample(name: str, number: int, **labels: str) -> str:
    inside = ",".join(f'{key}="{_label(value)}"' for key, value in labels.items())
    return f"{PREFIX}_{name}{{{inside}}} {number}"


def _label(value: object) -> str:
    return words.plain(value, words.LONGEST_NAME).replace("\\", "\\\\").replace('"', '\\"')
