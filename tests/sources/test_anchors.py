"""Anchors and labels: expected hashes by the standard library's hmac alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from pathlib import Path

import pytest

from raikit.errors import InputError
from raikit.sources.anchors import anchor, anchor_key, labels, personal_data


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_an_anchor_is_the_hmac_of_the_json_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_THE_TEST", "0123456789abcdef")
    key = anchor_key("env:KEY_OF_THE_TEST")
    expected = hmac.new(b"0123456789abcdef", b'"a \\"prompt\\""', hashlib.sha256).hexdigest()
    assert anchor('a "prompt"', key) == "#" + expected[:16]
    assert not key.public


def test_key_order_and_unicode_form_make_no_difference() -> None:
    key = anchor_key(source="demo:x")
    assert anchor({"a": 1, "b": "\u00e9"}, key) == anchor({"b": "e\u0301", "a": 1}, key)
    assert anchor("1", key) != anchor(1, key)


def test_own_key_is_made_once_and_is_private(home: Path) -> None:
    first, second = anchor_key(), anchor_key()
    assert first == second
    files = [path for path in home.rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["anchor.key"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert files[0].read_bytes().strip().decode() not in repr(first)


def test_a_key_that_others_can_read_is_refused(home: Path) -> None:
    path = home / "shared.key"
    path.write_text("0123456789abcdef0123456789abcdef")
    path.chmod(0o644)
    with pytest.raises(InputError, match="other users can read it"):
        anchor_key(f"file:{path}")
    path.chmod(0o600)
    assert anchor_key(f"file:{path}").id


@pytest.mark.parametrize("given", ["0123456789abcdef-itself", "env:", "file:", "env:NO_SUCH_VARIABLE_HERE"])
def test_anything_but_a_reference_is_refused(given: str) -> None:
    with pytest.raises(InputError, match=r"^anchor_key: ") as raised:
        anchor_key(given)
    assert "0123456789abcdef" not in str(raised.value)


def test_a_short_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "SHORT_KEY", "short")
    with pytest.raises(InputError, match="at least 16"):
        anchor_key("env:SHORT_KEY")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jo.smith+x@mail.example.org now", "e-mail"),
        ("192.168.1.1", "IP address"),
        ("fe80::1ff:fe23:4567:890a", "IP address"),
        ("078-05-1120", "SSN"),
        ("4111 1111 1111 1111", "card"),
        ("DE89 3704 0044 0532 0130 00", "IBAN"),
        ("GB82WEST12345698765432", "IBAN"),
        ("(212) 555-0123", "phone"),
        ("+44 20 7946 0958", "phone"),
    ],
)
def test_patterns_find_what_they_are_for(text: str, kind: str) -> None:
    # the card, SSN and IBANs are the numbers that their issuers publish as examples
    assert personal_data(text) == kind


@pytest.mark.parametrize(
    "text",
    ["US", "18 to 64", "2015-07-01", "2015-07-01 12:30:00", "1,407", "12.5 to 13.25", "3.14159265358979",
     "American Indian or Alaska Native, tribe not specified", "10:30", "x::y", "2015-01-01 to 2015-12-31"],
)  # fmt: skip
def test_ordinary_labels_stay(text: str) -> None:
    assert personal_data(text) == ""
    assert labels([text]) == {text: text}


def test_columns_of_texts_become_anchors() -> None:
    key = anchor_key(source="demo:x")
    for values in ([f"level {i}" for i in range(51)], ["x" * 65, "a"], ["a@b.org", "a"]):
        shown = labels(values, key=key)
        assert set(shown) == set(values)
        assert all(text.startswith("#") and len(text) == 17 for text in shown.values())
    assert labels([f"level {i}" for i in range(50)])["level 7"] == "level 7"
