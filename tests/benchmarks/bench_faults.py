"""The faults of tests/release/test_faults.py, eleven kinds, at fifty seeded moments instead of five."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> None:
    moments = sys.argv[1] if sys.argv[1:] else "50"
    command = [sys.executable, "-m", "pytest", "-q", "tests/release/test_faults.py"]
    raise SystemExit(subprocess.call(command, cwd=ROOT, env={**os.environ, "RAIKIT_FAULTS": moments}))


if __name__ == "__main__":
    main()
