"""Sentences with personal data and secrets planted in them by this script: a labelled set.

Nothing in it is real: values are drawn, from ranges set aside for examples where there are such. It measures
what masking finds of what is written in these ways, which are usual ones; it is no sample of any traffic.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from typing import NamedTuple

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MIXED = _LETTERS + _LETTERS.upper() + "0123456789"
_FIRST = (
    "Anna",
    "Bogdan",
    "Chen",
    "Dilnoza",
    "Emeka",
    "Fatima",
    "Giulia",
    "Hiroshi",
    "Ines",
    "João",
    "Nguyen",
)
_LAST = (
    "Adeyemi",
    "Brown",
    "Costa",
    "Dubois",
    "Eriksson",
    "García",
    "Haddad",
    "Ivanova",
    "Kowalska",
    "Müller",
)
_STREETS = ("Station Road", "High Street", "Elm Avenue", "Rue de la Paix", "Hauptstraße", "Via Roma")
_SENTENCES = (
    "Please write a letter to {} about the weather in spring.",
    "The customer ({}) asked for a refund of 45.50 on 2026-03-14.",
    '{{"contact": "{}", "note": "call back"}}',
    "Is {} the right one? I think so.",
    "{}",
    "Anfrage von {}, bitte bis Freitag beantworten!",
    "From: {}\nTo: support\nIt does not work since version 2.4.1.",
    "see also https://example.org/help?id={}&page=2",
)


class Labelled(NamedTuple):
    """A text, and what is planted in it."""

    text: str
    value: str
    kind: str
    bare: str

    def hidden(self, shown: str) -> bool:
        """Tell whether no four characters of the value are left, but those that stand in the sentence too."""
        parts = {self.value[at : at + 4] for at in range(max(len(self.value) - 3, 1))}
        left = re.sub(r"\[[\w -]+\]", " ", shown)
        return not any(part in left and part not in self.bare for part in parts)


def digits(draw: random.Random, count: int) -> str:
    return "".join(draw.choices("0123456789", k=count))


def _email(draw: random.Random) -> str:
    first, last = draw.choice(["anna", "bo.li", "c_d", "e-f", "g+tag"]), digits(draw, draw.randint(0, 4))
    hosts = ["example.com", "mail.example.co.uk", "sub.example.org", "EXAMPLE.NET"]
    return f"{first}{last}@{draw.choice(hosts)}"


def _shaped(*shapes: str) -> Callable[[random.Random], str]:
    """Return a maker of values in which each 9 is a digit."""
    return lambda draw: "".join(digits(draw, 1) if sign == "9" else sign for sign in draw.choice(shapes))


def _card(draw: random.Random) -> str:
    start = draw.choice(["4", "51", "37", "6011"])
    body = start + digits(draw, (15 if start == "37" else 16) - 1 - len(start))
    places = [int(each) for each in body][::-1]
    total = sum(sum(divmod(2 * each, 10)) if place % 2 == 0 else each for place, each in enumerate(places))
    whole = body + str(-total % 10)  # Luhn's check digit
    between = draw.choice(["", " ", "-"])
    return between.join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _iban(draw: random.Random) -> str:
    country, length = draw.choice([("DE", 18), ("FR", 23), ("GB", 18), ("NL", 14), ("ES", 20)])
    body = ("ABNA" if country in ("GB", "NL") else "") + digits(
        draw, length - (4 if country in ("GB", "NL") else 0)
    )
    moved = "".join(str(int(sign, 36)) for sign in f"{body}{country}00")
    whole = f"{country}{98 - int(moved) % 97:02d}{body}"  # ISO 13616
    between = draw.choice(["", " "])
    return between.join(whole[at : at + 4] for at in range(0, len(whole), 4))


def _ip(draw: random.Random) -> str:
    if draw.random() < 0.3:
        return "2001:db8:" + ":".join(f"{draw.randrange(65536):x}" for _ in range(6))
    return ".".join(str(draw.randrange(1, 255)) for _ in range(4))


def _secret(draw: random.Random) -> str:
    def drawn(count: int, signs: str = _MIXED) -> str:
        return "".join(draw.choices(signs, k=count - 1)) + draw.choice("0123456789")

    token = base64.urlsafe_b64encode(drawn(24).encode()).decode().rstrip("=")
    return draw.choice(
        [
            "sk-" + drawn(32),
            "ghp_" + drawn(36),
            "AKIA" + drawn(16, "ABCDEFGHIJKLMNOP"),
            f"xoxb-{digits(draw, 11)}-{drawn(24)}",
            "AIza" + drawn(35),
            f"eyJhbGciOiJIUzI1NiJ9.{token}.{drawn(43)}",
            drawn(40, "0123456789abcdef"),
            "sk_live_" + drawn(24),
        ]
    )


MAKERS: dict[str, Callable[[random.Random], str]] = {
    "e-mail": _email,
    "phone": _shaped("+1 212 555 9999", "(212) 555-9999", "212-555-9999", "+44 20 7946 0999",
                     "+49 30 1234599", "2125559999", "+33 1 99 99 99 99", "212.555.9999"),
    "card": _card,
    "SSN": _shaped("999-99-9999", "999 99 9999"),
    "IBAN": _iban,
    "IP address": _ip,
    "secret": _secret,
    "e-mail in words": lambda draw: _email(draw).replace("@", " at ").replace(".", " dot "),
    "name": lambda draw: f"{draw.choice(_FIRST)} {draw.choice(_LAST)}",
    "address": lambda draw: f"{draw.randint(1, 99)} {draw.choice(_STREETS)}",
}  # fmt: skip


def labelled(each: int, *, seed: int = 7) -> list[Labelled]:
    """Return `each` texts of every kind."""
    draw = random.Random(seed)
    made = []
    for kind, make in MAKERS.items():
        for _ in range(each):
            value = make(draw)
            sentence = draw.choice(_SENTENCES)
            made.append(Labelled(sentence.format(value), value, kind, sentence.format("")))
    return made


HARMLESS = (
    "The meeting is on 2026-03-14 at 10:30, room 204.",
    "Revenue rose from 1.2 to 1.4 million, or 16.7 percent, between 2019 and 2024.",
    "Version 2.4.1 fixes issue 1234; see chapter 3, page 17.",
    "It takes 15 minutes at 180 degrees, and serves 4 to 6.",
    "She scored 98 of 100 points; the record is 1,005.",
    "The internationalisation of user-interface components is a long-standing wish.",
)  # fmt: skip
