"""A PyRIT memory: eight prompts with replies, refusal and true/false scores, one blocked, one not scored."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

from pyrit.memory import SQLiteMemory
from pyrit.models import AttackOutcome, AttackResult, MessagePiece, Score, ScorerIdentifier

logs = Path(sys.argv[1])


def scorer(name: str) -> ScorerIdentifier:
    return ScorerIdentifier(class_name=name, class_module="pyrit.score")


def fill(path: Path, *, attacks: bool) -> SQLiteMemory:
    path.unlink(missing_ok=True)
    memory = SQLiteMemory(db_path=path)
    for place in range(8):
        name = f"conversation-{place}"
        ask = MessagePiece(
            role="user", conversation_id=name, sequence=0, original_value=f"Request {place} of the test set"
        )
        say = MessagePiece(
            role="assistant", conversation_id=name, sequence=1, original_value=f"Reply {place}",
            response_error="blocked" if place == 7 else "none",
        )  # fmt: skip
        memory.add_message_pieces_to_memory(message_pieces=[ask, say])
        given = Score(
            score_value="true" if place < 4 else "false", score_type="true_false",
            score_category=["privacy" if place % 2 else "tools"], message_piece_id=say.id,
            scorer_class_identifier=scorer("SelfAskRefusalScorer" if place < 6 else "SubStringScorer"),
        )  # fmt: skip
        if place < 7:
            memory.add_scores_to_memory(scores=[given])
        if attacks:
            outcome = [AttackOutcome.SUCCESS, AttackOutcome.FAILURE, AttackOutcome.UNDETERMINED][place % 3]
            done = AttackResult(
                conversation_id=name, objective=f"Objective {place // 2} of the test set", outcome=outcome,
                last_response=say, targeted_harm_categories=["privacy"],
            )  # fmt: skip
            memory.add_attack_results_to_memory(attack_results=[done])
    return memory


# A memory is one for a process: the second file is written by this script run again.
attacks = sys.argv[2:] == ["attacks"]
name = "pyrit-attacks" if attacks else "pyrit-scores"
counts = {}
if not attacks:
    subprocess.run([sys.executable, __file__, str(logs), "attacks"], check=True)
    counts = json.loads((logs / "pyrit.counts").read_text())
made = fill(logs / f"{name}.db", attacks=attacks)
if attacks:
    outcomes = [held.outcome.value for held in made.get_attack_results()]
    counts[name] = {value: outcomes.count(value) for value in sorted(set(outcomes))}
made.dispose_engine()
with sqlite3.connect(logs / f"{name}.db") as database:
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("VACUUM")
    if not attacks:
        (total,) = database.execute("SELECT count(*) FROM ScoreEntries").fetchone()
        counts[name] = {"scores": total}
(logs / "pyrit.counts").write_text(json.dumps(counts))
