# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one module in this process, as Ansible does on a target, and report what it needed.

The module's name is the argument, its options are JSON on stdin. The result goes to stdout, the
measurement to stderr, both as JSON.
"""

from __future__ import annotations

import importlib
import json
import pathlib
import re
import resource
import sys
import time

from tests.running import link_collection


def peak_memory() -> float:
    """Return the largest memory of this process, in MB.

    getrusage is the second choice: it also counts the process before this program was started in
        it.
    """
    try:
        found = re.search(
            r"VmHWM:\s*(\d+) kB", pathlib.Path("/proc/self/status").read_text(encoding="utf-8")
        )
    except OSError:
        found = None
    if found is not None:
        return int(found[1]) / 1024
    # The unit is kB, but bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 * 1024 if sys.platform == "darwin" else 1024
    )


def main() -> None:
    """Run the command line."""
    sys.path.insert(0, str(link_collection()))
    from ansible.module_utils.testing import patch_module_args

    module = importlib.import_module(
        f"ansible_collections.hubops.jupyterhub.plugins.modules.{sys.argv[1]}"
    )
    began, cpu = time.perf_counter(), time.process_time()
    code: object = 0
    with patch_module_args(json.load(sys.stdin)):
        try:
            module.main()
        except SystemExit as end:
            code = end.code
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - began,
                "cpu": time.process_time() - cpu,
                "peak": peak_memory(),
            }
        ),
        file=sys.stderr,
    )
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
