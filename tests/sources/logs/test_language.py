"""Languages of the prompts of a log: texts whose language their writer knows; needs the extra `language`."""

from __future__ import annotations

import pandas as pd
import pytest

from raikit.sources.logs import language
from raikit.sources.logs.language import languages
from raikit.sources.table import open_table

SAID = {
    "de": "Wie wird das Wetter morgen in Berlin sein?",
    "en": "What will the weather be like tomorrow in the city?",
    "es": "¿Qué tiempo hará mañana en la ciudad de Madrid?",
}


def test_without_the_extra_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "find_spec", lambda name: None)
    assert languages(open_table(pd.DataFrame({"prompt": list(SAID.values())}))) == ()


def test_the_sample_is_stated_and_declared_languages_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("py3langid")
    monkeypatch.setattr(language, "SAMPLE", 3)
    rows = pd.DataFrame({"prompt": [*SAID.values(), "Hi"], "language": ["de-DE", "en", "en", "en"]})
    counted, compared = languages(open_table(rows))
    assert "on 3 of 3 prompts of at least 20 characters: de 1, en 1, es 1." in counted
    assert compared == "3 of those declare their language; detected as another one: 1."
