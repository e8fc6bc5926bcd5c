"""Remediation suites in the real tools: Inspect AI loads the dataset, promptfoo runs the tests.

Each tool is installed in an environment of its own (pip, npm); nothing is asked of a model. Hostile prompts
(templates, addresses of files, line separators) must reach the model as they are. Needs npm on the PATH.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

import raikit
from raikit.analyses.suite import suite_of
from raikit.sources import open_table

HOSTILE = [
    "Plain question?",
    "Braces {{ 7 * 7 }} and {% if x %}",
    "file:///etc/hostname",
    "Two\nlines, a tab\t, a separator\u2028 and \u00e9\U0001f600",
    "- yaml: [list",
    "{# comment #} <script>alert(1)</script>",
    "{# comment #} {% if x %}",
    "If {% if 1 %}a{% endif %} b",
    "{% raw %}x{% endraw %}",
    "{{{ '}}' }}}",
    "a stray #} or %} or }}",
    "https://example.com/x.txt",
    "'quoted' \"twice\"",
]
ECHO = "module.exports = class { id() { return 'echo'; } async callApi(p) { return { output: p }; } };\n"
INSPECT = """
import json, sys
from inspect_ai.dataset import json_dataset
held = json_dataset(sys.argv[1])
print(json.dumps([[s.id, s.input, s.target, s.metadata] for s in held]))
"""


def in_inspect(suite: Path, folder: Path) -> list[str]:
    subprocess.run([sys.executable, "-m", "venv", "env"], cwd=folder, check=True)
    install = ["env/bin/pip", "install", "--quiet", "inspect-ai==0.3.285"]
    subprocess.run(install, cwd=folder, check=True, stderr=subprocess.DEVNULL)
    command = ["env/bin/python", "-c", INSPECT, str(suite)]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return [row[1] for row in json.loads(done.stdout)]


def in_promptfoo(suite: Path, folder: Path) -> list[str]:
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "HOME": str(folder)}
    subprocess.run(["npm", "install", "--silent", "promptfoo@0.121.20"], cwd=folder, check=True)
    (folder / "echo.js").write_text(ECHO)
    config = {"prompts": ["{{prompt}}"], "providers": ["file://echo.js"], "tests": f"file://{suite}"}
    (folder / "config.json").write_text(json.dumps(config))
    command = ["npx", "promptfoo", "eval", "-c", "config.json", "-o", "out.json", "--no-cache", "--no-table"]
    subprocess.run(command, cwd=folder, check=False, env=os.environ | quiet, stdout=subprocess.DEVNULL)
    held = json.loads((folder / "out.json").read_text())
    return [row["response"]["output"] for row in held["results"]["results"]]


if __name__ == "__main__":
    rows = pd.DataFrame({"prompt": HOSTILE, "category": "made up", "outcome": "fail"})
    rows.loc[len(rows)] = ["Passes", "made up", "pass"]
    log = open_table(rows)
    os.environ["KEY_OF_THE_BENCH"] = "0123456789abcdef"
    asked = {"outcome": "outcome", "prompt": "prompt", "slices": ["category"]}
    study = raikit.safety(log, **asked, anchors="env:KEY_OF_THE_BENCH")  # type: ignore[arg-type]
    made = suite_of(study, log)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "suite.jsonl").write_text(made.inspect(), encoding="utf-8")
        (folder / "suite.yaml").write_text(made.promptfoo(), encoding="utf-8")
        for name, load, file in (
            ("Inspect AI", in_inspect, "suite.jsonl"),
            ("promptfoo", in_promptfoo, "suite.yaml"),
        ):
            (folder / load.__name__).mkdir()
            got = load(folder / file, folder / load.__name__)
            print(f"{name:<12}{len(got)} of {len(HOSTILE)} items, {len(set(got) & set(HOSTILE))} as they are")
            for text in sorted(set(got) ^ set(HOSTILE)):
                print("  differs:", ascii(text))
