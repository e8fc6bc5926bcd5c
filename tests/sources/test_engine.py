"""One connection a process: none at import, another one in a forked child."""

from __future__ import annotations

import subprocess
import sys

CHILD = """
import os, sys
import raikit.sources
from raikit.sources import engine
assert not engine._connections and "duckdb" not in sys.modules
import pandas as pd
from raikit.sources import open_table
assert open_table(pd.DataFrame({"x": [1]})).rows == 1
child = os.fork()
if child == 0:
    os._exit(0 if open_table(pd.DataFrame({"x": [1, 2]})).rows == 2 and len(engine._connections) == 2 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_gets_a_connection_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_nothing_is_printed_when_python_ends() -> None:
    code = "import raikit.sources as s; s.open_table('demo:acs-employment?year=2018')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
