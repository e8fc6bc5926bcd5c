"""What a drift study states on texts: words and vectors that moved, and what could not be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raikit.analyses.embedded import MOST_TEXTS
from raikit.analyses.text_columns import LONGEST
from raikit.analyses.vocabulary import RARER
from raikit.evidence.record import result_id
from raikit.evidence.wording import between, figure, listing, percent, plural, recorded

if TYPE_CHECKING:
    from raikit.analyses.drift_study import DriftStudy
    from raikit.analyses.texts import Texts
    from raikit.analyses.vocabulary import Vocabulary
    from raikit.evidence.session import Evidence

_REPEATED = 0.01  # share of copies from which on the page says so


def state_texts(study: DriftStudy, evidence: Evidence) -> None:
    """Add the findings on words and vectors.

    Parameters
    ----------
    study : DriftStudy
        From `raikit.drift`.
    evidence : Evidence
        Where they are added.
    """
    if study.texts is None:
        return
    for text, held in study.texts.vocabularies.items():
        if held.material:
            evidence.finding(
                _words_moved(text, held, study),
                severity="low",
                results=recorded(evidence, [result_id("cohens_w", {"feature": f"{text}: vocabulary"}, None)]),
                recommendation="Read texts that have the word, where they lie, to see what is asked now.",
            )
    level = percent(study.choices.confidence)
    for row in study.texts.embedded.to_dict("records"):
        if list(row["slice"]) == ["feature"]:
            evidence.finding(
                f"{row['slice']['feature']}: by these vectors alone a classifier tells current texts from "
                f"the reference with an AUC of {figure(row['estimate'])} ({level} interval "
                f"{between(row['low'], row['high'])}; chance gives {figure(0.5)}), on {row['n']:,} distinct "
                "texts of the smaller side.",
                severity="low" if row["low"] > 0.5 else "info",  # the policy says from where on it pages
                results=recorded(evidence, [result_id("domain_classifier_auc", row["slice"], None)]),
            )


def _words_moved(text: str, held: Vocabulary, study: DriftStudy) -> str:
    first = held.moved.iloc[0]
    name = RARER if first["word"] == RARER else f"the word {first['word']}"
    return (
        f"{text}: of {held.looked_at:,} words that were compared, {held.material:,} moved by more than "
        f"Cohen's w {figure(study.choices.min_effect)} in the share of texts that have them, over all words "
        "together. "
        f"Furthest moved {name}: {percent(first['reference'])} of {held.texts[0]:,} reference texts have it, "
        f"and {percent(first['current'])} of {held.texts[1]:,} current ones."
    )


def text_limits(study: DriftStudy) -> list[str]:
    """Return what the page can't tell of texts.

    Parameters
    ----------
    study : DriftStudy
        From `raikit.drift`.

    Returns
    -------
    list of str
        A sentence each; empty without texts.
    """
    names, held = study.choices.texts, study.texts
    if not names:
        return []
    if held is None:
        return [f"Of the texts in {listing(names)} only the lengths were compared (text_sample is 0)."]
    sides = [
        f"{sampled:,} of {rows:,} {side} rows"
        for sampled, rows, side in zip(held.sampled, study.rows, ("reference", "current"), strict=True)
    ]
    kinds = [*(["languages"] if held.detector else []), "words", *(["embeddings"] if held.embedder else [])]
    drawn = f" (drawn with seed {study.choices.seed})" if held.sampled != study.rows else ""
    looked_at = listing(kinds)
    said = [
        f"{looked_at[0].upper()}{looked_at[1:]} of {listing(names)} were looked at in {sides[0]} and "
        f"{sides[1]}{drawn}, the first {LONGEST:,} characters of each text; lengths in all rows."
    ]
    return said + _language_limits(held, names) + _word_limits(study, held) + _vector_limits(held)


def _language_limits(held: Texts, names: tuple[str, ...]) -> list[str]:
    if held.detector:
        said = [f"Languages were detected by {held.detector}, which is unsure of short and of mixed texts."]
        wholes = [column.whole for column in held.columns.each]
        alike = [f"{each.feature} ({each.levels[0]})" for each in wholes if len(each.levels) == 1]
        return said + ([f"One level only, nothing to compare: {listing(alike)}."] if alike else [])
    return [
        f"The languages of {listing(names)} were not compared: the package that detects them, py3langid, is "
        "not installed (raikit[language])."
    ]


def _word_limits(study: DriftStudy, held: Texts) -> list[str]:
    said = [
        "In the comparison of words each distinct text counts once. A word is a run of letters: in scripts "
        "without blanks that is a whole phrase, and forms of a word count apart. Texts that are nearly alike "
        "(a form filled in) count as independent, so small shifts may be called material too readily.",
    ]
    few = [text for text, words in held.vocabularies.items() if not words.comparable]
    if few:
        said.append(f"There were too few distinct texts in {listing(few)} to compare any word.")
    copies = [f"{text} {percent(share)}" for text, share in held.repeated.items() if share >= _REPEATED]
    if copies:
        said.append(
            f"Texts that repeat another of their side: {listing(copies)}. In lengths and languages copies "
            "count as independent rows."
        )
    if study.choices.reveal == "none":
        said.append(
            "Words from texts stand as anchors, since a word may be a name. Who has the texts and the key "
            "can tell which word an anchor is; reveal: words shows those in at least "
            f"{plural(study.choices.suppress_below, 'distinct text')}."
        )
    else:
        said.append(
            "Words are shown because reveal asks for it, those in at least "
            f"{plural(study.choices.suppress_below, 'distinct text')}. Patterns of personal data were "
            "left out, but no pattern finds a name."
        )
    return said


def _vector_limits(held: Texts) -> list[str]:
    if held.embedder is None:
        return ["No embeddings were compared: no model for them was named."]
    digest = f" ({held.embedder.digest})" if held.embedder.digest else ", a function, which has no digest"
    said = [
        f"Embeddings are those of {held.embedder.source}{digest}, of at most {MOST_TEXTS:,} distinct texts "
        "a side. What the model does not take in, the classifier can't see."
    ]
    if held.embedded.empty:
        said.append("There were too few distinct texts to compare their embeddings.")
    return said
