"""Seal and approval: statements about a whole evidence folder, each signed by somebody's key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from raikit.errors import InputError, RunError
from raikit.evidence.provenance import now
from raikit.release.gate import gate
from raikit.release.pack import SUMS, read_manifest, sum_problems
from raikit.release.signing import STATEMENT, Signed, opened, public_keyid, sign
from raikit.release.whole_file import write_whole
from raikit.sources.fingerprint import file_sha256

SEAL = "seal.dsse.json"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
APPROVAL = "urn:raikit:approval:v1"


def seal(folder: Path, key: Path) -> Path:
    """Sign what an evidence folder holds and what was decided; it is never replaced afterwards.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>``.
    key : pathlib.Path
        An ed25519 private key, PEM.

    Returns
    -------
    pathlib.Path
        ``seal.dsse.json``: an in-toto ``test-result`` statement over ``SHA256SUMS``.

    Raises
    ------
    InputError
        If there is no evidence, it is sealed already, or the key can't be used.
    RunError
        If the folder is not as it was published.
    """
    manifest = read_manifest(folder)
    if (folder / SEAL).exists():
        raise InputError(f"{folder}: is sealed already")
    found = gate(folder)
    if found.problems:
        raise RunError("\n".join(found.problems))
    failed = [item.rule for item in found.decisions if item.status != "pass" and not item.accepted]
    warned = [item.rule for item in found.decisions if item.status != "pass" and item.accepted]
    predicate = {
        "result": "FAILED" if manifest["exit_status"] else "WARNED" if warned else "PASSED",
        "configuration": [_described(folder, name) for name in ("release.yaml", "policy.yaml")],
        "passedTests": [item.rule for item in found.decisions if item.status == "pass"],
        "warnedTests": warned,
        "failedTests": failed,
        "release": manifest["release"],
        "system": manifest["system"],
        "verdict": manifest["verdict"],
        "at": now(),
    }
    content, _ = sign(_statement(folder, TEST_RESULT, predicate), key)
    return _write(folder / SEAL, content)


def approve(folder: Path, key: Path, approver: str) -> Path:
    """Sign that somebody else approves of a sealed folder.

    Parameters
    ----------
    folder : pathlib.Path
        Sealed.
    key : pathlib.Path
        An ed25519 private key, PEM; another than the seal's.
    approver : str
        Who approves, by name or address; part of what is signed. Not who ran the release.

    Returns
    -------
    pathlib.Path
        ``approval.<key>.dsse.json``: a statement over ``SHA256SUMS`` and the seal.

    Raises
    ------
    InputError
        If the folder is not sealed, or by the same key, or by the person who ran it.
    RunError
        If the folder is not as it was sealed.
    """
    manifest = read_manifest(folder)
    name = " ".join(approver.split())
    if not name:
        raise InputError("approver: empty; allowed is a name or an address")
    if name.casefold() == str(manifest.get("runner", "")).casefold():
        raise InputError(f"approver: {name!r} ran this release; another person must approve of it")
    problems, seals, _ = signature_problems(folder)
    problems = sum_problems(folder) + problems
    if problems:
        raise RunError("\n".join(problems))
    if not seals:
        raise InputError(f"{folder}: is not sealed; `raikit seal` comes first")
    about = {"release": manifest["release"], "verdict": manifest["verdict"]}
    predicate = {**about, "approver": name, "at": now()}
    statement = _statement(folder, APPROVAL, predicate)
    statement["subject"].append(_described(folder, SEAL))
    content, keyid = sign(statement, key)
    if keyid == seals[0].keyid:
        raise InputError(f"{key}: sealed this folder; another person's key must approve of it")
    return _write(folder / _approval_name(keyid), content)


def signature_problems(folder: Path) -> tuple[list[str], list[Signed], list[Signed]]:
    """Check every signature in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        ``outputs/<release>``; its sums are checked elsewhere.

    Returns
    -------
    problems : list of str
        A sentence each.
    seals, approvals : list of Signed
        Those without a problem.
    """
    problems: list[str] = []
    seals: list[Signed] = []
    approvals: list[Signed] = []
    for path in sorted(folder.glob("*.dsse.json")):
        try:
            held = opened(path.read_bytes(), where=path.name)
        except (InputError, OSError) as error:
            problems.append(str(error))
            continue
        is_seal = path.name == SEAL
        if not is_seal and path.name != _approval_name(held.keyid):
            problems.append(f"{path.name}: extra, neither a seal nor an approval by its key")
        elif why := _other(folder, held.statement, is_seal=is_seal):
            problems.append(f"{path.name}: {why}")
        else:
            (seals if is_seal else approvals).append(held)
    return problems, seals, approvals


def missing_signatures(
    seals: Sequence[Signed], approvals: Sequence[Signed], keys: Sequence[Path]
) -> list[str]:
    """Return which of the keys' signatures are not there.

    Parameters
    ----------
    seals, approvals : sequence of Signed
        Without a problem.
    keys : sequence of pathlib.Path
        Public keys that must have signed: one of them the seal, each other one an approval.

    Returns
    -------
    list of str
        A sentence each; empty without keys. With keys there must be both a seal and an approval by them,
        so that one that was removed is missed.
    """
    if not keys:
        return []
    named = {public_keyid(path): path for path in keys}
    sealed = {held.keyid for held in seals} & named.keys()
    approved = {held.keyid for held in approvals} & named.keys() - sealed
    problems = [] if sealed else ["no seal by the keys that were given"]
    problems += [] if approved else ["no approval by the keys that were given"]
    return problems + [
        f"no signature by {path.name} (key {keyid[:12]})"
        for keyid, path in named.items()
        if keyid not in sealed | approved
    ]


def _statement(folder: Path, kind: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    subject = [_described(folder, SUMS)]
    return {"_type": STATEMENT, "subject": subject, "predicateType": kind, "predicate": dict(predicate)}


def _described(folder: Path, name: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": file_sha256(folder / name)}}


def _other(folder: Path, statement: Mapping[str, Any], *, is_seal: bool) -> str | None:
    """Return why a signed statement is not about this folder; None where it is."""
    if statement.get("predicateType") != (TEST_RESULT if is_seal else APPROVAL):
        return "signed, but for another purpose"
    names = [SUMS] if is_seal else [SUMS, SEAL]
    try:
        subject = [_described(folder, name) for name in names]
    except OSError:
        return "signed, but a file that it is about is missing"
    if json.dumps(statement.get("subject"), sort_keys=True) != json.dumps(subject, sort_keys=True):
        return "signed, but about other content than this folder's"
    return None


def _approval_name(keyid: str) -> str:
    return f"approval.{keyid[:12]}.dsse.json"


def _write(path: Path, content: bytes) -> Path:
    try:
        return write_whole(path, content)
    except OSError as error:
        raise RunError(f"{path}: can't be written: {error.strerror}") from None
