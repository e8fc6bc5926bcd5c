"""Eight samples by OpenAI evals: matched with the ideal answer, and graded by a stand-in for a model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

logs = Path(sys.argv[1])
for folder in ("evals", "completion_fns", "modelgraded", "data"):
    (Path("registry") / folder).mkdir(parents=True)
samples = [
    {
        "input": [
            {"role": "system", "content": "Answer in a word."},
            {"role": "user", "content": f"Question {place}?"},
        ],
        "ideal": "yes" if place % 3 else "no",
    }
    for place in range(8)
]
data = Path("registry/data/samples.jsonl")
data.write_text("\n".join(map(json.dumps, samples)))
held = {
    "evals": {
        "matched": {"id": "matched.words.v0", "metrics": ["accuracy"]},
        "matched.words.v0": {
            "class": "evals.elsuite.basic.match:Match",
            "args": {"samples_jsonl": "samples.jsonl"},
        },
        "graded": {"id": "graded.words.v0", "metrics": ["score"]},
        "graded.words.v0": {
            "class": "evals.elsuite.modelgraded.classify:ModelBasedClassify",
            "args": {
                "samples_jsonl": "samples.jsonl",
                "modelgraded_spec": "refused",
                "eval_type": "classify",
            },
        },
    },
    "completion_fns": {
        "answering": {"class": "answering:Answering"},
        "grading": {"class": "answering:Grading"},
    },
    "modelgraded": {
        "refused": {
            "prompt": "Is this an answer to {input}? {completion}",
            "choice_strings": ["Y", "N"],
            "choice_scores": {"Y": 1.0, "N": 0.0},
            "input_outputs": {"input": "completion"},
        }
    },
}
for folder, what in held.items():
    (Path("registry") / folder / "fixture.yaml").write_text(yaml.safe_dump(what))
Path("answering.py").write_text(
    '''
import evals


class Said:
    def __init__(self, text):
        self.text = text

    def get_completions(self):
        return [self.text]


class Answering:
    """Says yes; the prompt and the answer are recorded as a model's would be."""

    def __init__(self, registry=None, **kwargs):
        pass

    def say(self, prompt):
        return "yes"

    def __call__(self, prompt, **kwargs):
        said = self.say(str(prompt))
        evals.record.record_sampling(prompt=prompt, sampled=[said])
        return Said(said)


class Grading(Answering):
    """Answers as a judge: Y, N and, once, neither."""

    def say(self, prompt):
        return "perhaps" if "Question 7" in prompt else "N" if "Question 2" in prompt else "Y"
'''
)
counts = {}
# One sample after the other, and by the command's bare name: the log has an order, and no path of a machine.
# The command asks for a list of models on import; it asks this machine, which does not answer.
environment = os.environ | {
    "EVALS_SEQUENTIAL": "1", "PYTHONPATH": ".", "OPENAI_API_KEY": "none",
    "OPENAI_BASE_URL": "http://127.0.0.1:9",
}  # fmt: skip
oaieval = "import sys; sys.argv[0] = 'oaieval'; from evals.cli.oaieval import main; main()"
for name, functions in (("matched", "answering"), ("graded", "answering,grading")):
    out = Path(f"{name}.jsonl")
    command = [sys.executable, "-c", oaieval, functions, name, "--registry_path", "registry"]
    subprocess.run([*command, "--record_path", str(out)], env=environment, check=True)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    (report,) = [line["final_report"] for line in lines if "final_report" in line]
    counts[f"openai-evals-{name}"] = report | {"n": len(samples)}
    (logs / f"openai-evals-{name}.jsonl").write_text(out.read_text())
(logs / "openai_evals.counts").write_text(json.dumps(counts))
