"""Signatures: in-toto statements about an evidence folder in DSSE envelopes, signed with ed25519."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit.errors import InputError

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
_MAKE = "make one with: openssl genpkey -algorithm ed25519 -out key.pem"


@dataclass(frozen=True)
class Signed:
    """An envelope whose signature was checked.

    Parameters
    ----------
    statement : dict
        What was signed.
    keyid : str
        Of the key that signed it: the SHA-256 of the public key's DER form.
    """

    statement: dict[str, Any]
    keyid: str


def sign(statement: dict[str, Any], private: Path) -> tuple[bytes, str]:
    """Return a signed envelope.

    Parameters
    ----------
    statement : dict
        An in-toto statement; the public key is added to its predicate, so that a changed envelope is
        found even by someone who was given no key.
    private : pathlib.Path
        An ed25519 private key, PEM (PKCS #8), not encrypted.

    Returns
    -------
    envelope : bytes
        The file's content.
    keyid : str
        Of the key.

    Raises
    ------
    InputError
        If the key can't be used.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner

    key = _private(private)
    public = _public_of(key.public_key())
    predicate = {**statement["predicate"], "signer": {"keyid": public.keyid, "public": _pem(public)}}
    payload = json.dumps({**statement, "predicate": predicate}, sort_keys=True).encode()
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(key, public))
    return _written(envelope), public.keyid


def opened(content: bytes, *, where: str) -> Signed:
    """Check an envelope against the key that it names itself.

    Parameters
    ----------
    content : bytes
        The file, which must be byte for byte as `sign` writes it.
    where : str
        Named in the error.

    Returns
    -------
    Signed
        Who that key belongs to is for the reader to know: compare ``keyid``.

    Raises
    ------
    InputError
        If anything in it was changed.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError

    try:
        envelope = Envelope.from_dict(json.loads(content))
        statement = json.loads(envelope.payload)
        public = _load_public(statement["predicate"]["signer"]["public"].encode())
        envelope.verify([public], 1)
        same = len(envelope.signatures) == 1 and _written(envelope) == content
        named = statement["predicate"]["signer"]["keyid"] == public.keyid and statement["_type"] == STATEMENT
    except (VerificationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: no valid signature ({type(error).__name__})") from None
    except Exception as error:  # the library has errors of its own for each broken field
        raise InputError(f"{where}: no signature that can be read ({type(error).__name__})") from None
    if not same or not named or envelope.payload_type != PAYLOAD_TYPE:
        raise InputError(f"{where}: changed: not as it was signed")
    return Signed(statement, public.keyid)


def public_keyid(path: Path) -> str:
    """Return the id of a public key.

    Parameters
    ----------
    path : pathlib.Path
        PEM, as ``openssl pkey -pubout`` writes it.

    Returns
    -------
    str
        SHA-256 of its DER form.

    Raises
    ------
    InputError
        If it is no ed25519 public key.
    """
    try:
        return _load_public(path.read_bytes()).keyid
    except OSError:
        raise InputError(f"{path}: no such key file") from None
    except ValueError:
        raise InputError(f"{path}: not an ed25519 public key in PEM form") from None


def _private(path: Path) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError:
        raise InputError(f"{path}: no such key file; {_MAKE}") from None
    except (ValueError, TypeError):
        raise InputError(f"{path}: not a private key in PEM form without a password; {_MAKE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{path}: not an ed25519 key; {_MAKE}")
    return key


def _load_public(text: bytes) -> SSlibKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(text)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an ed25519 key")
    return _public_of(key)


def _public_of(key: Any) -> SSlibKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from securesystemslib.signer import SSlibKey

    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SSlibKey.from_crypto(key, keyid=hashlib.sha256(der).hexdigest())


def _pem(public: SSlibKey) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = bytes.fromhex(public.keyval["public"])
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _written(envelope: Envelope) -> bytes:
    """Return the one form in which an envelope is written, so that no byte of it can be another."""
    signatures = [
        {"keyid": keyid, "sig": base64.b64encode(bytes.fromhex(held.signature)).decode()}
        for keyid, held in envelope.signatures.items()
    ]
    form = {
        "payload": base64.b64encode(envelope.payload).decode(),
        "payloadType": envelope.payload_type,
        "signatures": signatures,
    }
    return (json.dumps(form, indent=1) + "\n").encode()
