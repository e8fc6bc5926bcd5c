"""Compare the demo's verdicts with expected.json: a run whose rules fail as they should is a success.

expected.json maps each rule's id to the status that its decision must have. Called by ``make demo`` with the
exit status of ``raikit run``; ends with 0 when the verdicts agree, else with that status, or 1.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
EVIDENCE = Path("outputs/demo")


def verdicts(folder: Path) -> dict[str, str]:
    """Return the status of each rule, read from the records of an evidence folder."""
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    return {
        decision["rule"]: decision["status"]
        for record in records
        if record.get("schema", "").startswith("raikit.record/")
        for decision in record["decisions"]
    }


def main(status: int) -> int:
    """Print what differs, or where the evidence is; return the exit status of ``make demo``."""
    if status not in (0, 1):
        print(f"demo: raikit run ended with {status}: the demo did not complete", file=sys.stderr)
        return status
    expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
    found = verdicts(EVIDENCE)
    differing = [rule for rule in sorted({*expected, *found}) if expected.get(rule) != found.get(rule)]
    for rule in differing:
        print(
            f"demo: {rule}: {found.get(rule, 'no decision')}, expected {expected.get(rule, 'no such rule')}",
            file=sys.stderr,
        )
    if differing:
        return 1
    print(f"demo: all {len(expected)} verdicts are as expected; open {EVIDENCE / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
