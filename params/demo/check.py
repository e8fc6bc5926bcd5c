"""Compare the demo's verdicts with expected.json: a run whose rules fail as they should is a success.

expected.json maps each rule's id to the status that its decision must have. Called by `make demo` with the
exit status of `raikit run`; ends with 0 when the gate believes the evidence and the verdicts agree, else
with that status, or 1.
"""

import json
import sys
from pathlib import Path

from raikit.release.gate import gate

EVIDENCE = Path("outputs/demo")
EXPECTED = Path(__file__).parent / "expected.json"


def problems(status: int) -> list[str]:
    """Return why the demo is no success; empty when it is one."""
    if status not in (0, 1):
        return [f"raikit run ended with {status}: the demo did not complete"]
    checked = gate(EVIDENCE)
    if checked.status != status:
        return [f"raikit run ended with {status}, the gate with {checked.status}", *checked.problems]
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    found = {decision.rule: decision.status for decision in checked.decisions}
    return [
        f"{rule}: {found.get(rule, 'no decision')}, expected {expected.get(rule, 'no such rule')}"
        for rule in sorted({*expected, *found})
        if expected.get(rule) != found.get(rule)
    ]


def main(status: int) -> int:
    """Print what is wrong, or where the evidence is; return the exit status of `make demo`."""
    wrong = problems(status)
    if wrong:
        print("\n".join(f"demo: {line}" for line in wrong), file=sys.stderr)
        return status if status > 1 else 1
    print(f"demo: every verdict is the expected one; open {EVIDENCE / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
