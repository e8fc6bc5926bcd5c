"""Drift of texts: planted shifts are found, none where there is none; numbers by hand, scipy or sklearn."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

import raikit
from raikit.analyses import texts as texts_module
from raikit.analyses.drift_study import DriftStudy
from raikit.errors import InputError
from raikit.sources import open_table
from raikit.sources.anchors import anchor, anchor_key
from raikit.sources.table import Table

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))
PLANTED = "refund"
DAYS = pd.date_range("2026-01-01", periods=90)


def words(count: int, seed: int = 1) -> list[str]:
    """Made-up words, none of them the planted one."""
    draw = np.random.default_rng(seed)
    return ["".join(draw.choice(LETTERS, 5)) + "x" for _ in range(count)]


def said(rows: int, draw: np.random.Generator, *, planted: float = 0.0, vocabulary: int = 400) -> list[str]:
    """Texts of words of falling frequency; `planted` of them ask for a refund."""
    known = np.array(words(vocabulary))
    chance = 1 / np.arange(1, vocabulary + 1)
    lengths = draw.integers(4, 25, rows)
    drawn = np.split(draw.choice(known, lengths.sum(), p=chance / chance.sum()), np.cumsum(lengths)[:-1])
    return [
        " ".join([*each, *([PLANTED] if draw.random() < planted else []), f"n{at}"])  # no two alike
        for at, each in enumerate(drawn)
    ]


def table(texts: list[str] | list[str | None], **columns: object) -> Table:
    return open_table(pd.DataFrame({"prompt": texts, **columns}))


def asked(before: Table, after: Table, **given: object) -> DriftStudy:
    return raikit.drift(before, after, texts=["prompt"], domain_sample=0, **given)  # type: ignore[arg-type]


def verdicts(study: DriftStudy) -> dict[str, str]:
    return {shift.slice["feature"]: shift.verdict for shift in study.shifts}


@pytest.fixture(scope="module")
def planted() -> DriftStudy:
    """Two in a hundred texts ask for a refund before, ten in a hundred in the last of three months."""
    draw = np.random.default_rng(7)
    before = table(said(3_000, draw, planted=0.02), at=DAYS.repeat(34)[:3_000], team=["a", "b"] * 1_500)
    late = [*said(2_000, draw, planted=0.02), *said(1_000, draw, planted=0.2)]
    days = (DAYS + pd.Timedelta(days=90)).repeat(34)[:3_000]
    after = table(late, at=days, team=["a", "b"] * 1_500)
    return asked(before, after, features=["team"], timestamp="at", segment="team", reveal="words")


def test_lengths_are_those_of_python() -> None:
    texts = ["Two words", "  three\tlittle \n words ", "", "   ", None, "naïve café 🙂"]
    study = asked(table(texts * 40), table(texts[:1] * 240))
    counts = {shift.slice["feature"]: shift.counts for shift in study.shifts}
    for name, measured in (("length", len), ("words", lambda text: len(text.split()))):
        held = counts[f"prompt: {name}"]
        expected = pd.Series([None if each is None else measured(each) for each in texts]).value_counts(
            dropna=False
        )
        found = dict(zip(held.levels, held.reference.tolist(), strict=True))
        assert {None if pd.isna(k) else k: v * 40 for k, v in expected.items()} == {
            key: count for key, count in found.items() if count
        }


def test_length_is_a_feature_like_any_number() -> None:
    draw = np.random.default_rng(3)
    short, long = said(4_000, draw), [f"{text} {text}" for text in said(4_000, draw)]
    study = asked(table(short), table(long))
    assert verdicts(study)["prompt: length"] == verdicts(study)["prompt: words"] == "material"
    ids = {(row["metric"], row["slice"]["feature"]) for row in study.distances().to_dict("records")}
    assert ("cohens_w", "prompt: length") in ids  # what a rule of the policy names


def test_a_planted_word_is_found_whole_and_in_its_window(planted: DriftStudy) -> None:
    moved = planted.words()
    assert moved.iloc[0]["word"] == PLANTED
    assert moved["material"].tolist()[0]
    found = {
        shift.slice["window"]: shift.verdict
        for shift in planted.windowed
        if shift.slice["feature"] == "prompt: vocabulary" and "team" not in shift.slice
    }
    assert found["2026-06"] == "material"
    assert found["2026-04"] != "material"
    by_team = {
        (shift.slice["team"], shift.slice["window"]): shift.verdict
        for shift in planted.windowed
        if shift.slice["feature"] == "prompt: vocabulary" and "team" in shift.slice
    }
    assert by_team[("a", "2026-06")] == by_team[("b", "2026-06")] == "material"


def test_the_share_of_texts_and_the_test_are_those_of_scipy() -> None:
    draw = np.random.default_rng(11)
    sides = [said(3_000, draw, planted=share) for share in (0.02, 0.08)]
    study = asked(table(sides[0]), table(sides[1]), reveal="words")
    held = [sum(PLANTED in text.split() for text in side) for side in sides]
    row = study.words().iloc[0]
    assert row["word"] == PLANTED
    assert [row["share of reference texts"], row["share of current texts"]] == [
        held[0] / 3_000,
        held[1] / 3_000,
    ]
    words_of = pd.concat([pd.Series(sorted(set(text.split()))) for side in sides for text in side])
    known = words_of[~words_of.str.contains(r"\d")].value_counts()
    compared = int((np.minimum(known, 6_000 - known) >= 5).sum()) + 1  # and the rarer ones together
    assert study.texts is not None
    assert study.texts.vocabularies["prompt"].looked_at == compared
    cells = [[held[0], 3_000 - held[0]], [held[1], 3_000 - held[1]]]
    expected = chi2_contingency(cells, correction=False)
    shift = next(each for each in study.shifts if each.slice["feature"] == "prompt: vocabulary")
    assert shift.test.p_different == pytest.approx(compared * expected.pvalue, rel=1e-9)
    w = np.sqrt((expected.statistic - 1) / 1_500)
    assert row["Cohen's w"] == pytest.approx(w, rel=1e-9)
    found = study.distances().set_index("group").loc["prompt: vocabulary"]
    assert found["estimate"] == pytest.approx(w, rel=1e-9)
    assert found["low"] < w < found["high"]


def test_copies_of_a_text_are_no_evidence() -> None:
    draw = np.random.default_rng(5)
    once = [said(150, draw), said(150, draw)]
    several = [side * 40 for side in once]  # 6,000 rows of 150 prompts: a benchmark's repeats
    found = [asked(table(*[side[0]]), table(side[1])) for side in (once, several)]
    rows = [study.distances().set_index("group").loc["prompt: vocabulary"] for study in found]
    assert rows[0][["n", "estimate", "low", "high", "verdict"]].equals(
        rows[1][["n", "estimate", "low", "high", "verdict"]]
    )
    assert found[1].texts is not None
    assert found[1].texts.repeated == {"prompt": pytest.approx(1 - 1 / 40)}


def test_without_a_shift_at_most_one_in_a_hundred_is_material() -> None:
    draw = np.random.default_rng(2026)
    wrong = judged = 0
    for _ in range(12):
        sides = [table(said(900, draw), at=DAYS.repeat(10)) for _ in range(2)]
        study = asked(*sides, features=["prompt: length"], timestamp="at")
        every = [*study.shifts, *study.windowed]
        wrong += sum(shift.verdict == "material" for shift in every)
        judged += len(every)
    assert judged >= 12 * 12  # length, words, vocabulary: whole, and in three windows
    assert wrong <= judged // 100


def test_words_stand_as_anchors_unless_asked_for_and_common_enough() -> None:
    draw = np.random.default_rng(13)
    sides = [said(2_000, draw, planted=share) for share in (0.0, 0.1)]
    hidden = asked(table(sides[0]), table(sides[1])).words()
    assert hidden.iloc[0]["word"] == anchor(PLANTED, anchor_key())
    assert not hidden["word"].str.contains("[a-z]x", regex=True).any()
    many = asked(table(sides[0]), table(sides[1]), reveal="words", suppress_below=1_000)
    assert many.words().iloc[0]["word"] == hidden.iloc[0]["word"]
    shown = asked(table(sides[0]), table(sides[1]), reveal="words", suppress_below=10)
    assert shown.words().iloc[0]["word"] == PLANTED


def test_numbers_codes_and_addresses_are_no_words() -> None:
    draw = np.random.default_rng(17)
    sides = (
        said(1_000, draw),
        [
            f"{text} 4111111111111111 A77X9 some.one@example.com www.example.com/help"
            for text in said(1_000, draw)
        ],
    )
    moved = asked(table(sides[0]), table(sides[1]), reveal="words").words()
    assert set(moved["word"]) <= {"any rarer word"}


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for py3langid, which is an extra: German where a text holds "ist"."""
    module = ModuleType("py3langid")
    module.classify = lambda text: ("de" if " ist " in text else "en", -1.0)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "py3langid", module)
    monkeypatch.setattr(texts_module, "languages_told", lambda: "a stand-in")


@pytest.mark.usefixtures("detector")
def test_the_language_mix_is_a_feature_with_windows_and_contract() -> None:
    draw = np.random.default_rng(19)

    def mixed(share: float) -> list[str]:
        return [f"{text} ist so" if draw.random() < share else text + " " * 20 for text in said(3_000, draw)]

    at = DAYS.repeat(34)[:3_000]
    study = asked(table(mixed(0.05), at=at), table(mixed(0.25), at=at), timestamp="at", text_sample=1_000)
    shift = next(each for each in study.shifts if each.slice["feature"] == "prompt: language")
    assert shift.verdict == "material"
    assert set(shift.counts.levels) <= {"de", "en", "too short to tell"}
    n = int(shift.counts.current.sum())
    assert 800 < n < 1_200  # about what was asked for
    of = dict(zip(shift.counts.levels, shift.counts.current.tolist(), strict=True))
    assert of["de"] / n == pytest.approx(0.25, abs=0.05)
    assert {
        each.slice.get("window") for each in study.windowed if each.counts.feature == "prompt: language"
    } == {
        "2026-01",
        "2026-02",
        "2026-03",
    }


def test_real_languages_are_told_apart() -> None:
    pytest.importorskip("py3langid")
    english = "What will the weather be like tomorrow in the city?"
    german = "Wie wird das Wetter morgen in Berlin sein, und was soll ich anziehen?"
    study = asked(table([english] * 300), table([english] * 200 + [german] * 100))
    shift = next(each for each in study.shifts if each.slice["feature"] == "prompt: language")
    assert dict(zip(shift.counts.levels, shift.counts.current.tolist(), strict=True)) == {
        "de": 100,
        "en": 200,
    }
    assert shift.verdict == "material"


def test_where_the_detector_is_missing_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from raikit.evidence.drift_texts import text_limits

    monkeypatch.setattr(texts_module, "languages_told", lambda: "")
    draw = np.random.default_rng(23)
    study = asked(table(said(300, draw)), table(said(300, draw)))
    assert "prompt: language" not in verdicts(study)
    assert any("languages of prompt were not compared" in text for text in text_limits(study))


def hashed(texts: list[str]) -> object:
    return HashingVectorizer(n_features=64, norm=None, alternate_sign=False).transform(texts)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> str:
    module = ModuleType("made_up_vectors")
    module.hashed = hashed  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "made_up_vectors", module)
    return "made_up_vectors:hashed"


def test_vectors_tell_a_shift_as_scikit_learn_does(embedder: str) -> None:
    draw = np.random.default_rng(29)
    sides = said(600, draw), said(600, draw, planted=0.4)
    study = asked(table(sides[0]), table(sides[1]), embedder=embedder)
    row = study.pages().set_index("group").loc["prompt: embedding"]
    model = LogisticRegression(C=0.01, max_iter=500)
    vectors = hashed([*sides[0], *sides[1]]).toarray()  # type: ignore[attr-defined]
    scaled = (vectors - vectors.mean(0)) / np.maximum(vectors.std(0), 1e-9)
    side = np.repeat([0, 1], 600)
    scores = cross_val_predict(
        model, scaled, side, cv=GroupKFold(3), groups=np.arange(1_200) % 3, method="decision_function"
    )
    assert row["estimate"] == pytest.approx(roc_auc_score(side, scores), abs=0.03)
    assert row["low"] > 0.5


def test_vectors_of_the_same_texts_tell_nothing(embedder: str) -> None:
    draw = np.random.default_rng(31)
    found = []
    for _ in range(10):
        shared = said(200, draw)
        study = asked(table(shared + said(200, draw)), table(shared * 3 + said(200, draw)), embedder=embedder)
        row = study.pages().set_index("group").loc["prompt: embedding"]
        found.append((row["estimate"], row["low"]))
    estimates, lows = np.array(found).T
    assert estimates.mean() == pytest.approx(0.5, abs=0.02)  # a text known again would push it from .5
    assert (lows > 0.5).mean() <= 0.1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"texts": ["n"]}, "texts: n is of type integer; allowed: columns of text"),
        ({"texts": ["promt"]}, "promt"),
        ({"texts": ["prompt"], "reveal": "full"}, "reveal: came 'full'; allowed: none"),
        ({"texts": ["prompt"], "text_sample": 5}, "text_sample: came 5; allowed: 0"),
        ({"embedder": "a:b"}, "embedder needs the parameters texts"),
    ],
)
def test_what_cannot_be_asked_is_said(given: dict[str, object], sentence: str) -> None:
    rows = open_table(pd.DataFrame({"prompt": ["a b"] * 200, "n": range(200)}))
    with pytest.raises(InputError) as error:
        raikit.drift(rows, rows, **given)  # type: ignore[arg-type]
    assert sentence in str(error.value)


def test_texts_in_chunks_and_without_a_sample() -> None:
    draw = np.random.default_rng(37)
    rows = table(said(1_000, draw)), table(said(1_000, draw, planted=0.5))
    study = asked(*rows, chunk_rows=500)
    of_words = [each for each in study.windowed if each.slice["feature"] == "prompt: vocabulary"]
    assert [each.slice["window"] for each in of_words] == ["chunk 1", "chunk 2"]
    assert {each.verdict for each in of_words} == {"material"}
    bare = asked(*rows, text_sample=0)
    assert set(verdicts(bare)) == {"prompt: length", "prompt: words"}
    assert bare.words().empty


def test_real_replies_on_hate_and_on_violence_use_other_words() -> None:
    sides = [open_table(f"demo:harm-ratings?set={name}") for name in ("hate", "violence")]
    study = raikit.drift(*sides, texts=["response"], features=["response: length"], domain_sample=0)
    assert verdicts(study)["response: vocabulary"] == "material"
    halves = [open_table(sides[0].to_pandas().iloc[start::2]) for start in (0, 1)]
    same = raikit.drift(*halves, texts=["response"], features=["response: length"], domain_sample=0)
    assert verdicts(same)["response: vocabulary"] != "material"
