"""What text from data may be shown: short labels as they are, everything else as an anchor.

An anchor is a keyed hash (HMAC): a plain hash of a known prompt or a phone number is found by trying them
all. The key stays on the machine; who has it can find the row again, and packs under one key can be paired.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from raikit.errors import InputError

ANCHOR = "#[0-9a-f]{16}"  # the form of one, as a regular expression
MOST_LEVELS, LONGEST = 50, 64  # of a column and of a value that are shown as labels
_SHORTEST_KEY = 16  # bytes
_ALLOWED = "'env:NAME', 'file:PATH', or empty for the key in your configuration folder"
# Anybody may know it: anchors of public demo rows are the same on every machine, and hide nothing.
_DEMO = b"raikit demo: this key is public, its anchors hide nothing"

_PATTERNS = {
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
    "SSN": re.compile(r"\b\d{3}[- ]\d{2}[- ]\d{4}\b"),
    "phone": re.compile(
        r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})(?:[ .-]?\d{2,4}){2,4}(?![\w.])"
    ),
}
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]*(?::[0-9a-fA-F]*){2,}")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")  # its digits are no phone
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
# Keys of an API by their beginnings; a name of words and hyphens, as models have them, is none.
_API_KEY = re.compile(
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}\b|AIza[\w-]{30,}|ya29\.[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}|github_pat_\w{16,}|"
    r"(?:gh[pousr]|glpat|hf|npm|pypi|sk|pk|rk|xox[abeoprs])[_-](?:[a-z\d]{2,8}[_-])*(?=[a-zA-Z]*\d)[a-zA-Z\d]{16,})"
)
_PHONE_DIGITS = range(9, 16)  # fewer are a year range or a code, more are no phone number (ITU E.164)


@dataclass(frozen=True)
class AnchorKey:
    """A key for anchors.

    Attributes
    ----------
    secret : bytes
        Never shown or recorded.
    id : str
        What a record may say of the key: it tells keys apart and gives nothing away.
    public : bool
        True for the key of the demo data.
    """

    secret: bytes = field(repr=False)
    id: str
    public: bool = False


def anchor_key(given: str = "", *, source: str = "") -> AnchorKey:
    """Return the key that a reference names.

    Parameters
    ----------
    given : str, default=""
        "env:NAME", "file:PATH", or empty: for demo data the public key, else the file `anchor.key` in the
        user's configuration folder, which is made once, readable by the user only.
    source : str, default=""
        Of the table; "demo:…" for demo data.

    Returns
    -------
    AnchorKey
        With its id.

    Raises
    ------
    InputError
        If the reference is of another form, names nothing, or the key is shorter than 16 bytes or readable by
        other users.

    Examples
    --------
    >>> key = anchor_key(source="demo:refusals")
    >>> key.public, anchor("a prompt", key)
    (True, '#005a25c6385d8eed')
    """
    kind, _, name = given.partition(":")
    if not given and source.startswith("demo:"):
        return _key(_DEMO, public=True)
    if not given:
        return _key(_own_file().read_bytes().strip())
    if kind == "env" and name:
        if name not in os.environ:
            raise InputError(f"anchor_key: no environment variable {name!r}; allowed: {_ALLOWED}")
        secret = os.environ[name].encode()
    elif kind == "file" and name:
        secret = _private(Path(name).expanduser()).read_bytes().strip()
    else:
        # What came is not repeated: it may be the key itself.
        raise InputError(f"anchor_key: not a reference to a key; allowed: {_ALLOWED}")
    if len(secret) < _SHORTEST_KEY:
        raise InputError(f"anchor_key: {given}: {len(secret)} bytes; a key has at least {_SHORTEST_KEY}")
    return _key(secret)


def _key(secret: bytes, *, public: bool = False) -> AnchorKey:
    name = hmac.new(secret, b"raikit anchor key id", hashlib.sha256).hexdigest()[:12]
    return AnchorKey(secret, name, public)


def _own_file() -> Path:
    """Return the user's own key file, made on the first call."""
    from platformdirs import user_config_path

    path = user_config_path("raikit") / "anchor.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_name(f".anchor.key.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(whole, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(whole, path)  # the first of several kernels wins, and its key is never seen half-written
        except FileExistsError:
            pass
        finally:
            whole.unlink()
    return _private(path)


def _private(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"anchor_key: {path}: no such file; allowed: {_ALLOWED}")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"anchor_key: {path}: other users can read it; chmod 600 it, or make a new key")
    return path


def anchor(value: Any, key: AnchorKey) -> str:
    r"""Return the anchor of a value: the same for the same text under the same key.

    Parameters
    ----------
    value : object
        A text, or anything JSON can hold; hashed as canonical JSON of Unicode NFC.
    key : AnchorKey
        From `anchor_key`.

    Returns
    -------
    str
        "#" and 16 hexadecimal digits (64 bits).

    Examples
    --------
    >>> key = anchor_key(source="demo:refusals")
    >>> anchor("caf\u00e9", key) == anchor("cafe\u0301", key)
    True
    """
    text = json.dumps(_canonical(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hmac.new(key.secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return "#" + digest[:16]


def _canonical(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {str(_canonical(name)): _canonical(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(held) for held in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def labels(values: Iterable[Any], *, key: AnchorKey | None = None) -> dict[Any, str]:
    """Return how each value of a column is shown.

    Parameters
    ----------
    values : iterable
        The distinct values of one column; None stands for missing.
    key : AnchorKey, optional
        For anchors, when any is needed; by default the user's own.

    Returns
    -------
    dict of value to str
        The values themselves when there are at most 50, each of at most 64 characters and none with a pattern
        of personal data; else an anchor for each.

    Examples
    --------
    >>> labels(["AA", "US", None])
    {'AA': 'AA', 'US': 'US', None: 'missing'}
    >>> key = anchor_key(source="demo:flights")
    >>> labels(["AA", "someone@example.com"], key=key)["AA"]
    '#f7099d3e17279a15'
    """
    distinct = list(dict.fromkeys(values))
    texts = {value: "missing" if value is None else str(value) for value in distinct}
    fine = len(distinct) <= MOST_LEVELS and all(
        len(text) <= LONGEST and not personal_data(text) for text in texts.values()
    )
    if fine:
        return texts
    key = key or anchor_key()
    return {value: text if value is None else anchor(value, key) for value, text in texts.items()}


def personal_data(text: str) -> str:
    """Return the kind of personal data that a text seems to hold.

    Patterns find no names and no addresses: an empty answer is no promise.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        "e-mail", "IP address", "SSN", "card", "IBAN", "phone" or "key" (of an API); empty when none fits.

    Examples
    --------
    >>> personal_data("call +1 212 555 0123"), personal_data("2015-07-01"), personal_data("18 to 64")
    ('phone', '', '')
    >>> personal_data("sk-1f2e3d4c5b6a79880123"), personal_data("sk-learn-1-gradient-boosting")
    ('key', '')
    """
    if _API_KEY.search(text):
        return "key"
    if any(_luhn(found[0]) for found in _CARD.finditer(text)):
        return "card"
    if any(_checks_as_iban(found[0]) for found in _IBAN.finditer(text)):
        return "IBAN"
    if any(is_address(found[0]) for found in _ADDRESS.finditer(text)):
        return "IP address"
    for kind, pattern in _PATTERNS.items():
        for found in pattern.finditer(_DATE.sub(" ", text)):
            if kind != "phone" or len(re.sub(r"\D", "", found[0])) in _PHONE_DIGITS:
                return kind
    return ""


def is_address(text: str) -> bool:
    """Tell an IP address from what only looks like one.

    Parameters
    ----------
    text : str
        Version 4 or 6.

    Returns
    -------
    bool
        False for "::", which stands between other words too.

    Examples
    --------
    >>> is_address("10.0.0.1"), is_address("10.0.0.999"), is_address("::")
    (True, False, False)
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text != "::"


def _luhn(text: str) -> bool:
    digits = [int(digit) for digit in re.sub(r"\D", "", text)][::-1]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0


def _checks_as_iban(text: str) -> bool:
    compact = text.replace(" ", "")
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
