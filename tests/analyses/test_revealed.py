"""The texts behind failing prompts: none, masked, or as they are."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.analyses.revealed import with_texts
from raikit.errors import InputError
from raikit.sources.anchors import anchor, anchor_key
from raikit.sources.logs.opening import open_log
from raikit.sources.table import Table, open_table

KEY = "env:KEY_OF_THE_TEST"
ROWS = pd.DataFrame(
    {
        "prompt": ["Mail me@example.com", "Mail me@example.com", "Who is Anna?"],
        "response": ["No.", "Done: 4111 1111 1111 1111", None],
        "outcome": ["pass", "fail", "fail"],
    }
)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")


def failures() -> pd.DataFrame:
    held = anchor_key(KEY)
    names = [anchor({"prompt": text}, held) for text in ("Who is Anna?", "Mail me@example.com")]
    return pd.DataFrame({"prompt": [*names, names[0]], "rows that fail": [1, 1, 1]})


@pytest.mark.parametrize(
    "log", [open_table(ROWS), open_table(ROWS.assign(item=["a", "b", "c"]))], ids=["plain", "with own items"]
)
def test_the_failing_answer_of_each_prompt_is_shown_masked(log: Table) -> None:
    shown = with_texts(failures(), log, reveal="redacted", anchors=KEY)
    assert shown[["asked", "answered"]].values.tolist() == [
        ["Who is Anna?", ""],
        ["Mail [e-mail]", "Done: [card]"],
    ]


def test_as_they_are_and_not_at_all() -> None:
    log = open_log(ROWS, columns={"prompt": "prompt"}, anchors=KEY)
    full = with_texts(failures(), log, reveal="full", anchors=KEY, most=1)
    assert full["asked"].tolist() == ["Who is Anna?"]
    pd.testing.assert_frame_equal(with_texts(failures(), log, anchors=KEY), failures())


def test_wrong_words_and_logs_are_refused() -> None:
    with pytest.raises(InputError, match="reveal: came 'all'; allowed: none, redacted, full"):
        with_texts(failures(), open_table(ROWS), reveal="all")
    with pytest.raises(InputError, match=r"no column 'prompt', whose texts .* by `columns`"):
        with_texts(failures(), open_table(ROWS.drop(columns="prompt")), reveal="full")


def test_an_anchor_of_another_key_is_not_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = failures()
    monkeypatch.setenv("KEY_OF_THE_TEST", "fedcba9876543210")
    shown = with_texts(wanted, open_table(ROWS), reveal="full", anchors=KEY)
    assert set(shown["asked"]) == {"not in the log"}
