"""Conversations exported from a PyRIT memory: five prompts, two kinds of scorer, one reply without a score.

PyRIT 0.9 writes the CSV that it is asked for; 0.10, asked for the same, writes JSON; 1.1 exports nothing.
"""

import json
import sys
from pathlib import Path

from pyrit.models import Score

try:
    from pyrit.memory import DuckDBMemory as Memory
    from pyrit.models import PromptRequestPiece as Piece

    NAME, ADD, OF, CATEGORY = (
        "pyrit.csv",
        "add_request_pieces_to_memory",
        "prompt_request_response_id",
        "privacy",
    )
except ImportError:  # PyRIT 0.10
    from pyrit.memory import SQLiteMemory as Memory
    from pyrit.models import MessagePiece as Piece

    NAME, ADD, OF, CATEGORY = "pyrit.json", "add_message_pieces_to_memory", "message_piece_id", ["privacy"]

logs = Path(sys.argv[1])
memory = Memory(db_path=":memory:")
given = ["True", "True", "False", "0.75", None]  # of a refusal scorer three times, then of a harm scale
replies = []
for place, value in enumerate(given):
    texts = {
        "user": f'Request {place} of the test set, "quoted"',
        "assistant": f"Reply {place}\nin two lines",
    }
    name = f"conversation-{place}"
    pieces = [
        Piece(role=role, conversation_id=name, sequence=turn, original_value=text)
        for turn, (role, text) in enumerate(texts.items())
    ]
    getattr(memory, ADD)(**{ADD.removeprefix("add_").removesuffix("_to_memory"): pieces})
    replies.append(str(pieces[1].id))
    if value is None:
        continue
    refusal = value in ("True", "False")
    score = Score(
        score_value=value, score_type="true_false" if refusal else "float_scale", score_category=CATEGORY,
        score_value_description="", score_rationale="It isn't shown.", score_metadata=None,
        scorer_class_identifier={"__type__": "SelfAskRefusalScorer" if refusal else "SelfAskScaleScorer"},
        **{OF: pieces[1].id},
    )  # fmt: skip
    memory.add_scores_to_memory(scores=[score])
memory.export_conversations(file_path=logs / NAME, export_type="csv")
find = getattr(memory, "get_prompt_scores", None)
found = (
    find(prompt_ids=replies) if find else memory.get_scores_by_prompt_ids(prompt_request_response_ids=replies)
)
counts = {"replies": len(replies), "scores": len(found)}
(logs / f"{NAME}.counts").write_text(json.dumps(counts))
