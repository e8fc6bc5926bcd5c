"""What a column's name says: split into words, in any case and script; words that tell a role or a topic."""

from __future__ import annotations

import re
import unicodedata

# Words that stand alone ("age", not "wage"); those of five letters and more also as a beginning ("disab").
_TOPICS: dict[str, tuple[str, ...]] = {
    "sex or gender": ("sex", "sexe", "sexo", "gender", "genre", "genero", "geschlecht", "male", "female",
                      "woman", "women", "man", "men", "pregnan", "trans", "lgbt", "lgbtq", "sexual",
                      "maternity"),
    "race or ethnicity": ("race", "races", "racial", "raza", "ethnic", "ethnie", "etnia", "hispan", "latino",
                          "latina", "latinx", "black", "white", "asian", "african", "minorit", "tribe",
                          "tribal", "caste", "skin", "ancest", "roma", "indigen", "aborigin", "hisp", "eth"),
    "age": ("age", "ages", "aged", "agep", "edad", "alter", "altersgrupp", "altersklass", "geburt",
            "birth", "birthday", "dob", "yob", "born", "old", "elder", "senior"),
    "disability": ("disab", "handicap", "impair", "behinder", "discapac", "deaf", "blind", "hearing",
                   "vision", "cognitiv"),
    "nationality or origin": ("nativ", "nation", "national", "nationalit", "citizen", "immigr", "migrant",
                              "foreign", "origin", "herkunft", "staatsangeh", "refugee", "country"),
    "religion": ("religio", "faith", "church", "muslim", "jewish", "christian", "hindu"),
    "family status": ("marit", "married", "marri", "divorc", "widow", "spouse", "parental", "family"),
    "language": ("language", "tongue", "sprache", "idioma"),
    "military service": ("veteran", "milit"),
    "union or politics": ("union", "politic", "party"),
    "health": ("health", "hiv", "genetic", "diagnos"),
}  # fmt: skip
# Codes of the census, which stand for a whole name, and words of scripts without spaces, found anywhere.
_CODES = {
    "rac1p": "race or ethnicity", "dis": "disability", "mar": "family status", "cit": "nationality or origin",
    "mil": "military service", "anc": "race or ethnicity", "dear": "disability", "deye": "disability",
    "drem": "disability", "personal_status": "family status",
}  # fmt: skip
_ANYWHERE = {
    "性别": "sex or gender", "性別": "sex or gender", "年龄": "age", "年齢": "age", "年齡": "age",
    "种族": "race or ethnicity", "民族": "race or ethnicity", "人種": "race or ethnicity",
    "国籍": "nationality or origin", "пол": "sex or gender", "возраст": "age", "障害": "disability",
    "宗教": "religion",
}  # fmt: skip
_WHOLE = {"alter", "black", "party", "trans", "union", "white", "women"}  # no beginnings: "alternative"
_THINGS = {"house", "building", "vehicle", "car", "account", "property", "file", "page", "image", "wine"}

LABEL = (
    frozenset({"label", "target", "y", "truth", "actual", "ground", "outcome", "groundtruth"}),
    frozenset({
        "approve", "approved", "default", "defaulted", "churn", "churned", "fraud", "hired", "employed",
        "late", "cancelled", "survived", "readmitted", "response", "denied", "reject", "rejected", "accepted",
        "granted", "income", "class", "diagnosis", "repaid", "converted", "passed",
    }),
)  # fmt: skip
PREDICTION = (
    frozenset({"prediction", "predicted", "predict", "pred", "yhat", "preds", "forecast", "vorhersage"}),
    frozenset({"decision", "decided", "classified", "flagged", "recommended", "selected"}),
)
SCORE = (
    frozenset({"score", "scores", "probability", "prob", "proba", "probabilities", "likelihood", "phat"}),
    frozenset({"predicted", "prediction", "pred", "risk", "pd", "confidence"}),
)
_IDENTITY = {
    "id",
    "ids",
    "uuid",
    "guid",
    "ssn",
    "email",
    "mail",
    "phone",
    "telephone",
    "tel",
    "mobile",
    "name",
}
_IDENTITY |= {
    "names",
    "surname",
    "firstname",
    "lastname",
    "address",
    "iban",
    "passport",
    "serial",
    "serialno",
}
_IDENTITY |= {"url", "ip", "key", "hash", "token", "nr", "kennung", "identifier"}


def about(name: str) -> frozenset[str]:
    """Return the words of a column's name.

    Parameters
    ----------
    name : str
        As in the data.

    Returns
    -------
    frozenset of str
        Lower case, without accents, split where case and digits change; and all of them joined.

    Examples
    --------
    >>> sorted(about("customerID")), sorted(about("Âge (années)"))
    (['customer', 'customerid', 'id'], ['age', 'ageannees', 'annees'])
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    words = re.findall(r"[^\W\d_]+", spaced.casefold())
    return frozenset(words) | ({"".join(words)} if len(words) > 1 else set())


def sensitive_topic(name: str) -> str:
    """Return what trait of a person a column's name speaks of.

    Parameters
    ----------
    name : str
        As in the data.

    Returns
    -------
    str
        "sex or gender", "age" and so on; "" for none.

    Examples
    --------
    >>> sensitive_topic("Applicant Age"), sensitive_topic("RAC1P"), sensitive_topic("wage")
    ('age', 'race or ethnicity', '')
    """
    folded = name.casefold().strip()
    if folded in _CODES:
        return _CODES[folded]
    words = about(name)
    for topic, terms in _TOPICS.items():
        for term in terms:
            begins = len(term) >= 5 and term not in _WHOLE and any(word.startswith(term) for word in words)
            if begins or term in words:
                return "" if words & _THINGS else topic
    return next((topic for part, topic in _ANYWHERE.items() if part in folded), "")


def names_identity(name: str) -> bool:
    """Tell whether a column's name speaks of an identifier.

    Parameters
    ----------
    name : str
        As in the data.

    Returns
    -------
    bool
        True for ``customer_id``, ``E-Mail`` and the like.

    Examples
    --------
    >>> names_identity("customerID"), names_identity("E-Mail"), names_identity("paid")
    (True, True, False)
    """
    return bool(about(name) & _IDENTITY)
