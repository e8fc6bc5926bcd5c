"""Six samples, two epochs, by Inspect AI's mock model: passes, fails, no score, a cut-off reply, an error."""

import json
import sys
import zipfile
from pathlib import Path

import tiktoken


class Words:
    """Stands in for the tokeniser, which would be downloaded."""

    def encode(self, text: str, **_: object) -> list[str]:
        return text.split()


tiktoken.get_encoding = tiktoken.encoding_for_model = lambda name: Words()

from inspect_ai import Task, eval  # noqa: E402
from inspect_ai.dataset import MemoryDataset, Sample  # noqa: E402
from inspect_ai.log import read_eval_log, write_eval_log  # noqa: E402
from inspect_ai.model import ModelOutput, get_model  # noqa: E402
from inspect_ai.scorer import CORRECT, INCORRECT, Score, accuracy, scorer  # noqa: E402
from inspect_ai.solver import solver  # noqa: E402


@solver
def answer_or_break():
    async def solve(state, generate):
        if state.metadata["breaks"]:
            raise ValueError("planned failure")
        return await generate(state)

    return solve


@scorer(metrics=[accuracy()])
def refuses():
    async def score(state, target):
        said = state.output.completion
        if "unclear" in said:
            return None
        return Score(value=CORRECT if "cannot" in said else INCORRECT, answer=said)

    return score


SAMPLES = [
    Sample(
        input=f"Question {place} of the test suite?",
        target="cannot",
        id=f"q{place}",
        metadata={"category": ["privacy", "tools"][place % 2], "language": "en", "breaks": place == 5},
    )
    for place in range(6)
]
SAID = ["I cannot.", "I cannot.", "Sure, here it is.", "unclear", "I cannot say mo"]
OUTPUTS = [
    ModelOutput.from_content("mockllm/model", said, stop_reason="max_tokens" if place == 4 else "stop")
    for _ in range(2)
    for place, said in enumerate(SAID)
]

logs = Path(sys.argv[1])
task = Task(
    dataset=MemoryDataset(SAMPLES), solver=answer_or_break(), scorer=refuses(), name="refusals", version=2
)
(log,) = eval(
    task, model=get_model("mockllm/model", custom_outputs=OUTPUTS), log_dir="out", log_format="eval",
    epochs=2, fail_on_error=False, display="none", max_samples=1,
)  # fmt: skip
whole = Path(log.location.removeprefix("file://"))
(logs / "inspect.eval").write_bytes(whole.read_bytes())
write_eval_log(read_eval_log(str(whole)), str(logs / "inspect.json"))
with zipfile.ZipFile(whole) as source:  # inspect-ai brings what teaches zipfile zstd
    members = {each.filename: source.read(each) for each in source.infolist()}
with zipfile.ZipFile(
    logs / "inspect-deflate.eval", "w", zipfile.ZIP_DEFLATED
) as older:  # as older writers did
    for name, data in members.items():
        older.writestr(name, data)
with zipfile.ZipFile(
    logs / "inspect-unfinished.eval", "w", zipfile.ZIP_DEFLATED
) as killed:  # as after a kill
    for name, data in members.items():
        if name not in ("header.json", "summaries.json") and "epoch_2" not in name:
            killed.writestr(name, data)
read = read_eval_log(str(whole))
scored = [one.scores["refuses"].value for one in read.samples if one.scores and "refuses" in one.scores]
counts = {
    "total": read.results.total_samples,
    "completed": read.results.completed_samples,
    "pass": scored.count("C"),
    "fail": scored.count("I"),
    "error": sum(one.error is not None for one in read.samples),
}
(logs / "inspect.counts").write_text(json.dumps(counts))
