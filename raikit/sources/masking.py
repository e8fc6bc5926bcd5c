"""Personal data and secrets masked in text by their patterns, on the careful side: what looks like one goes.

Patterns find no names and no postal addresses. With the extra `redaction` installed, Presidio's pattern
recognisers and detect-secrets look too; what is tested here is found without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from raikit.sources.anchors import is_address

_SURE_ENOUGH = 0.4  # of Presidio's scores, from 0 to 1: its weakest patterns fit any number
_PRESIDIO = {  # not its recogniser of e-mail: that asks a network for a list of domains
    "PhoneRecognizer": "phone",
    "CreditCardRecognizer": "card",
    "UsSsnRecognizer": "SSN",
    "IbanRecognizer": "IBAN",
    "IpRecognizer": "IP address",
    "CryptoRecognizer": "wallet",
    "UsItinRecognizer": "tax number",
    "NhsRecognizer": "NHS number",
}


class Span(NamedTuple):
    """Where something to be masked stands.

    Parameters
    ----------
    start, end : int
        Characters of the text.
    kind : str
        What takes its place, in brackets.
    """

    start: int
    end: int
    kind: str


_KEY = r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[ _-]?key|access[ _-]?key|client[ _-]?secret)"
_PATTERNS = [
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("secret", r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
        ("secret", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("secret", r"\b(?:gh[pousr]|github_pat|glpat|hf|npm|pypi|sk|pk|rk|xox[abeoprs])[_-][\w-]{16,}"),
        ("secret", r"\b(?:AIza[\w-]{30,}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,})"),
        ("secret", r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"),
        ("secret", r"(?i)\bbearer\s+[\w.~+/=-]{12,}"),
        ("secret", rf"(?i)\b{_KEY}\b[\"']?\s*(?:[:=]+|\bis\b)\s*[\"']?([^\s\"',;]{{4,}})"),
        ("secret", r"://[^\s/:@]+:([^\s/@]+)@"),
        ("secret", r"(?<![\w+/=-])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{32,}"),
        ("e-mail", r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
        ("IBAN", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
        ("IBAN", r"\b[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}\b"),
        ("card", r"(?<!\d)(?:\d[ .-]?){12,18}\d(?!\d)"),
        ("SSN", r"(?<!\d)\d{3}([- .]?)\d{2}\1\d{4}(?!\d)"),
        (
            "phone",
            r"(?<![\w.])(?:\+\d{1,3}[ ./-]?)?(?:\(\d{1,5}\)(?:\d{1,3}(?=[ ./-]))?|\d{1,5})"
            r"(?:[ ./-]?\d{2,5}){2,5}(?: ?(?:x|ext\.?) ?\d{1,6})?(?!\w)",
        ),
        ("phone", r"(?<!\d)\d{3}[ .-]\d{4}(?!\d)"),
    )
]
_WHOLE = {"SSN"}  # a group in this pattern is no part to be masked alone
_ADDRESS = re.compile(
    r"(?<![\w:.])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:])"
)
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_ESCAPED = re.compile(
    r"\\[nrt]"
)  # a line's end as JSON writes it: its letter would join the word that follows
_PHONE_DIGITS = range(7, 16)


def masked(text: str, *, finders: tuple[Callable[[str], Iterator[Span]], ...] = ()) -> str:
    """Return a text with the kind of what was found, in brackets, in its place.

    Parameters
    ----------
    text : str
        Any text.
    finders : tuple of callable, optional
        More than `spans` to look with; see `more_finders`.

    Returns
    -------
    str
        What overlaps is masked as one, under the kind found first.

    Examples
    --------
    >>> masked("Mail me@example.com or call +1 212 555 0123.")
    'Mail [e-mail] or call [phone].'
    >>> masked("password: hunter22, from 10.20.30.40")
    'password: [secret], from [IP address]'
    """
    # In the order of finding, never of hashes: of two kinds at one place the first holds each time.
    spotted = dict.fromkeys(span for find in (spans, *finders) for span in find(unescaped(text)))
    found = sorted(spotted, key=lambda span: (span.start, -span.end))
    parts, end = [], 0
    for span in found:
        if span.start >= end:
            parts += [text[end : span.start], f"[{span.kind}]"]
        end = max(end, span.end)
    return "".join([*parts, text[end:]])


def unescaped(text: str) -> str:
    r"""Return a text of the same length in which escaped ends of lines and tabs are blanks.

    Parameters
    ----------
    text : str
        As a log that quotes JSON in JSON holds it.

    Returns
    -------
    str
        Every other character stays at its place.

    Examples
    --------
    >>> unescaped(r"Phone:\n046-8275895")
    'Phone:  046-8275895'
    """
    return _ESCAPED.sub("  ", text)


def spans(text: str) -> Iterator[Span]:
    """Yield what looks like personal data or a secret.

    Parameters
    ----------
    text : str
        Any text.

    Yields
    ------
    Span
        In no order; they may overlap.

    Examples
    --------
    >>> [span.kind for span in spans("4111 1111 1111 1111")]
    ['card']
    """
    text = unescaped(text)
    for found in _ADDRESS.finditer(text):
        if is_address(found[0]):
            yield Span(*found.span(), "IP address")
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            if kind == "phone" and not _like_a_phone(found[0]):
                continue
            part = found.lastindex if found.lastindex and kind not in _WHOLE else 0
            yield Span(*found.span(part), kind)


def _like_a_phone(text: str) -> bool:
    number = re.split(r" ?[xe]", text)[0]  # without an extension
    return len(re.sub(r"\D", "", number)) in _PHONE_DIGITS and not _DATE.fullmatch(text)


@cache
def more_finders() -> tuple[Callable[[str], Iterator[Span]], ...]:
    """Return what else can look: Presidio's pattern recognisers and detect-secrets, where they are installed.

    Returns
    -------
    tuple of callable
        Each from a text to spans; empty without the extra `redaction`.
    """
    found = []
    if find_spec("presidio_analyzer"):
        found.append(_presidio())
    if find_spec("detect_secrets"):
        found.append(_detected_secrets)
    return tuple(found)


def _presidio() -> Callable[[str], Iterator[Span]]:
    from presidio_analyzer import predefined_recognizers

    held = [(kind, getattr(predefined_recognizers, name)()) for name, kind in _PRESIDIO.items()]

    def find(text: str) -> Iterator[Span]:
        for kind, recogniser in held:
            for each in recogniser.analyze(text, recogniser.supported_entities, None) or ():
                if each.score >= _SURE_ENOUGH:
                    yield Span(each.start, each.end, kind)

    return find


def _detected_secrets(text: str) -> Iterator[Span]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    # Those by entropy take any word of a single line; without filters nothing is verified on a network.
    names = [each.__name__ for each in get_mapping_from_secret_type_to_class().values()]
    plugins = [{"name": name} for name in names if "Entropy" not in name]
    with transient_settings({"plugins_used": plugins}):
        found = {each.secret_value for line in text.splitlines() for each in scan_line(line)}
    for value in filter(None, found):
        for place in re.finditer(re.escape(value), text):
            yield Span(*place.span(), "secret")
