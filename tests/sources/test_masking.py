"""Masking, on a labelled set of `references/personal_texts.py`; what patterns can't find stays."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raikit.sources.masking import masked, spans

_WHERE = Path(__file__).parents[1] / "references" / "personal_texts.py"
EACH = 60


def _made() -> ModuleType:
    spec = importlib.util.spec_from_file_location("personal_texts", _WHERE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SET = _made()
TEXTS = SET.labelled(EACH)


@pytest.mark.parametrize("kind", ["e-mail", "phone", "card", "SSN", "IBAN", "IP address", "secret"])
def test_usual_forms_are_found(kind: str) -> None:
    left = [one for one in TEXTS if one.kind == kind and not one.hidden(masked(one.text))]
    assert not left


@pytest.mark.parametrize("kind", ["name", "address", "e-mail in words"])
def test_what_the_page_says_it_cannot_find_is_not_found(kind: str) -> None:
    held = [one for one in TEXTS if one.kind == kind]
    assert sum(one.hidden(masked(one.text)) for one in held) < EACH / 10


def test_ordinary_sentences_stay_as_they_are() -> None:
    assert [masked(text) for text in SET.HARMLESS] == list(SET.HARMLESS)


def test_key_files_and_passwords() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
    assert masked(f"Mine: {key}, thanks") == "Mine: [secret], thanks"
    assert masked("postgres://me:hunter2@db/x") == "postgres://me:[secret]@db/x"
    assert masked('{"api_key": "abcd1234"}') == '{"api_key": "[secret]"}'


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_survived_and_spans_lie_in_it(text: str) -> None:
    assert all(0 <= span.start < span.end <= len(text) for span in spans(text))
    assert isinstance(masked(text), str)


def test_a_long_text_takes_no_time_to_speak_of() -> None:
    for text in ("1 " * 20_000, "a1" * 20_000, "a@" * 20_000, ":" * 40_000, "A1" + "1111 " * 10_000):
        assert masked(text)  # a pattern that backtracks without end would not come back
