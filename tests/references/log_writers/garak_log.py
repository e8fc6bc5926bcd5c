"""Two harmless probes of garak against a generator that repeats the prompt."""

import json
import subprocess
import sys
from pathlib import Path

logs = Path(sys.argv[1])
Path("run.yaml").write_text("run: {generations: 3, soft_probe_prompt_cap: 6, seed: 7}\nplugins: {}\n")
subprocess.run(
    [sys.executable, "-m", "garak", "--config", "run.yaml", "--target_type", "test.Repeat", "--probes",
     "test.Test,latentinjection.LatentInjectionFactSnippetLegal", "--report_prefix",
     str(Path("out").absolute())],
    check=True,
)  # fmt: skip
dropped = {"plugin_cache", "payload_init", "digest"}  # long, and about garak itself
lines = [
    line for line in Path("out.report.jsonl").read_text().splitlines()
    if json.loads(line)["entry_type"] not in dropped
]  # fmt: skip
(logs / "garak.report.jsonl").write_text("\n".join(lines) + "\n")
hits = Path("out.hitlog.jsonl").read_text().splitlines()[:3]
(logs / "garak.hitlog.jsonl").write_text("\n".join(hits) + "\n")
evals = [held for line in lines if (held := json.loads(line))["entry_type"] == "eval"]
counts = {held["probe"]: {"passed": held["passed"], "total": held["total_evaluated"]} for held in evals}
(logs / "garak.counts").write_text(json.dumps(counts))
