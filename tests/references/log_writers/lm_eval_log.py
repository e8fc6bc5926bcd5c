"""Two small tasks by the LM Evaluation Harness with its dummy model: words with two filters, a choice."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

logs = Path(sys.argv[1])
Path("task").mkdir()
rows = [{"question": f"Question {i}?", "answer": "yes" if i % 2 else "no"} for i in range(8)]
Path("task/data.jsonl").write_text("\n".join(map(json.dumps, rows)))
shared = """dataset_path: json
dataset_kwargs: {data_files: {test: task/data.jsonl}}
test_split: test
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
metadata: {version: 1.0}
"""
Path("task/words.yaml").write_text(
    "task: fixture_words\noutput_type: generate_until\nrepeats: 2\n"
    + shared
    + """generation_kwargs: {until: ["\\n"]}
filter_list:
  - {name: first, filter: [{function: take_first}]}
  - {name: letter, filter: [{function: regex, regex_pattern: "(l)"}, {function: take_first}]}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""
)
Path("task/choice.yaml").write_text(
    "task: fixture_choice\noutput_type: multiple_choice\n"
    + shared
    + 'doc_to_choice: ["yes", "no"]\n'
    + "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n"
)
subprocess.run(
    [sys.executable, "-m", "lm_eval", "--model", "dummy", "--tasks", "fixture_words,fixture_choice",
     "--include_path", "task", "--log_samples", "--output_path", "out"],
    check=True,
)  # fmt: skip
for path in Path("out").rglob("samples_*.jsonl"):
    shutil.copy(path, logs / f"lm-eval-{'words' if 'words' in path.name else 'choice'}.jsonl")
(results,) = Path("out").rglob("results_*.json")
held = json.loads(results.read_text())
counts = {
    task: {name: value for name, value in found.items() if "," in name and "stderr" not in name}
    | {"n": held["n-samples"][task]["effective"]}
    for task, found in held["results"].items()
}
(logs / "lm_eval.counts").write_text(json.dumps(counts))
