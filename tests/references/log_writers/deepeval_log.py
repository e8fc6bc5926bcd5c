"""Five test cases by deepeval with its exact-match metric, which asks no model."""

import json
import os
import sys
from pathlib import Path

os.environ["DEEPEVAL_RESULTS_FOLDER"] = "out"

from deepeval import evaluate
from deepeval.evaluate.configs import DisplayConfig
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase

logs = Path(sys.argv[1])
cases = [
    LLMTestCase(
        name=f"case {place}", input=f"Question {place}?", actual_output="yes" if place % 2 else "no",
        expected_output="no", tags=["privacy"],
    )
    for place in range(5)
]  # fmt: skip
quiet = DisplayConfig(show_indicator=False, print_results=False, results_folder="out")
done = evaluate(cases, [ExactMatchMetric()], display_config=quiet)
(path,) = Path("out").rglob("test_run_*.json")
held = json.loads(path.read_text())
(logs / "deepeval.json").write_text(json.dumps(held, indent=1))
counts = {
    "pass": sum(result.success for result in done.test_results),
    "fail": sum(not result.success for result in done.test_results),
}
(logs / "deepeval.counts").write_text(json.dumps(counts))
