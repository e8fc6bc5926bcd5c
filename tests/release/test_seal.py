"""Seal, approval and verification: any change is found, and only the right keys count."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from raikit.errors import InputError, RunError
from raikit.release.seal import approve, seal
from raikit.release.signing import opened, sign
from raikit.release.verify import verify
from raikit.report.summary import ReleaseSummary
from raikit.sources.fingerprint import file_sha256

NAMES = ("sealer", "approver", "stranger")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of key pairs, in the form that openssl writes."""
    folder = tmp_path_factory.mktemp("keys")
    for name in NAMES:
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pem").write_bytes(private)
        (folder / f"{name}.pub").write_bytes(public)
    return folder


@pytest.fixture(scope="module")
def pack(released: tuple[Path, ReleaseSummary], keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is sealed and approved; tests that change it put it back."""
    folder = shutil.copytree(released[0], tmp_path_factory.mktemp("pack") / "r1")
    seal(folder, keys / "sealer.pem")
    approve(folder, keys / "approver.pem", "B. Other")
    return folder


@pytest.fixture
def own(pack: Path) -> Iterator[Path]:
    """A copy to be changed."""
    with tempfile.TemporaryDirectory() as held:
        yield shutil.copytree(pack, Path(held) / "r1")


def both(keys: Path) -> list[Path]:
    return [keys / "sealer.pub", keys / "approver.pub"]


def envelope(folder: Path, name: str = "seal") -> Path:
    return next(folder.glob(f"{name}*.dsse.json"))


def test_a_sealed_and_approved_pack(pack: Path, keys: Path):
    found = verify(pack, both(keys))
    assert (found.problems, len(found.seals), len(found.approvals)) == ((), 1, 1)
    assert found.approvers == ("B. Other",)
    statement = json.loads(base64.b64decode(json.loads(envelope(pack).read_text())["payload"]))
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert statement["predicate"]["result"] == "PASSED"
    assert statement["predicate"]["passedTests"] == ["small.rate"]


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_every_single_byte_is_covered(pack: Path, data: st.DataObject):
    path = data.draw(st.sampled_from(sorted(pack.iterdir())))
    held = path.read_bytes()
    at = data.draw(st.integers(0, len(held) - 1))
    kind = data.draw(st.sampled_from(["change", "delete", "insert"]))
    byte = bytes([data.draw(st.integers(0, 255))])
    new = held[:at] + (b"" if kind == "delete" else byte) + held[at + (kind != "insert") :]
    if new == held:
        return
    path.write_bytes(new)
    try:
        assert verify(pack).problems, (path.name, at, kind)
    finally:
        path.write_bytes(held)


def test_every_byte_of_the_envelopes(pack: Path):
    # Not a sample: this is the part that no sum covers.
    for path in pack.glob("*.dsse.json"):
        held = path.read_bytes()
        assert opened(held, where=path.name).statement
        for at in range(len(held)):
            with pytest.raises(InputError):
                opened(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :], where=path.name)


def test_each_file_missing_added_or_swapped(own: Path, keys: Path):
    files = sorted(own.iterdir())
    for path in files:
        held = path.read_bytes()
        path.unlink()
        assert verify(own, both(keys)).problems, path.name
        path.write_bytes(held)
    for name in ("more.txt", ".hidden", "more.dsse.json"):
        (own / name).write_text("x")
        assert any(name in line for line in verify(own).problems)
        (own / name).unlink()
    for one, two in pairwise(files):
        held = one.read_bytes(), two.read_bytes()
        one.write_bytes(held[1])
        two.write_bytes(held[0])
        assert verify(own).problems, (one.name, two.name)
        one.write_bytes(held[0])
        two.write_bytes(held[1])
    assert verify(own, both(keys)).problems == ()


def test_only_the_keys_that_are_asked_for_count(own: Path, keys: Path):
    seal_missing, approval_missing = (
        f"no {what} by the keys that were given" for what in ("seal", "approval")
    )
    assert verify(own, [keys / "sealer.pub"]).problems == (approval_missing,)
    assert verify(own, [keys / "approver.pub"]).problems == (seal_missing,)
    found = verify(own, [keys / "stranger.pub"]).problems
    assert found[:2] == (seal_missing, approval_missing)
    assert (
        verify(own, [*both(keys), keys / "stranger.pub"]).problems[0].startswith("no signature by stranger")
    )
    envelope(own, "approval").unlink()
    assert verify(own).problems == ()
    assert verify(own, both(keys)).problems[0] == approval_missing
    envelope(own).unlink()
    assert seal_missing in verify(own, both(keys)).problems


def test_a_statement_signed_again_by_another(own: Path, keys: Path):
    statement = json.loads(base64.b64decode(json.loads(envelope(own).read_text())["payload"]))
    statement["predicate"]["result"] = "PASSED"
    content, _ = sign(statement, keys / "stranger.pem")
    envelope(own).write_bytes(content)
    found = verify(own, both(keys))
    assert "no seal by the keys that were given" in found.problems
    assert any("about other content" in line for line in found.problems)  # the approval names the first seal


def test_a_swapped_envelope(own: Path, keys: Path, released: tuple[Path, ReleaseSummary], tmp_path: Path):
    other = shutil.copytree(released[0], tmp_path / "other")
    (other / "SHA256SUMS").write_text("".join(reversed((other / "SHA256SUMS").read_text().splitlines(True))))
    seal(other, keys / "sealer.pem")  # the same key, about another folder
    envelope(own).write_bytes(envelope(other).read_bytes())
    assert any("about other content" in line for line in verify(own).problems)
    envelope(own).write_bytes(envelope(own, "approval").read_bytes())
    assert "seal.dsse.json: signed, but for another purpose" in verify(own).problems


def test_openssl_alone_verifies_as_the_readme_says(own: Path, keys: Path, tmp_path: Path):
    text = (Path(__file__).parents[2] / "README.md").read_text()
    script = next(part for part in text.split("```bash\n") if part.startswith("cd outputs/demo")).split(
        "```"
    )[0]
    for name, status in (("sealer", 0), ("stranger", 1)):
        said = script.replace("/tmp/", f"{tmp_path}/").replace("outputs/demo", str(own))
        said = "set -e\n" + said.replace("key.pub", str(keys / f"{name}.pub"))
        done = subprocess.run(["bash", "-c", said], capture_output=True, text=True)
        assert done.returncode == status, done.stderr
    (own / "SHA256SUMS").write_text("")
    done = subprocess.run(["bash", "-c", said.replace("stranger", "sealer")], capture_output=True)
    assert done.returncode == 1


def test_what_cannot_be_signed(own: Path, keys: Path, released: tuple[Path, ReleaseSummary], tmp_path: Path):
    with pytest.raises(InputError, match="is sealed already"):
        seal(own, keys / "sealer.pem")
    with pytest.raises(InputError, match="another person's key"):
        approve(own, keys / "sealer.pem", "A. Sealer")
    with pytest.raises(InputError, match="approver: empty"):
        approve(own, keys / "stranger.pem", " ")
    other = shutil.copytree(released[0], tmp_path / "other")
    with pytest.raises(InputError, match="is not sealed"):
        approve(other, keys / "approver.pem", "B. Other")
    with pytest.raises(InputError, match="not a private key"):
        seal(other, keys / "sealer.pub")
    with pytest.raises(InputError, match="no such key file; make one with: openssl genpkey"):
        seal(other, keys / "none.pem")
    (other / "small.html").write_text("")
    with pytest.raises(RunError, match=r"small\.html: changed"):
        seal(other, keys / "sealer.pem")


def test_who_ran_it_cannot_approve(keys: Path, released: tuple[Path, ReleaseSummary], tmp_path: Path):
    other = shutil.copytree(released[0], tmp_path / "other")
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(manifest | {"runner": "runner@example.com"}))
    rows = [row.split("  ") for row in (other / "SHA256SUMS").read_text().splitlines()]
    (other / "SHA256SUMS").write_text("".join(f"{file_sha256(other / name)}  {name}\n" for _, name in rows))
    seal(other, keys / "sealer.pem")
    with pytest.raises(InputError, match="ran this release"):
        approve(other, keys / "approver.pem", "Runner@Example.com")
    assert approve(other, keys / "approver.pem", "B. Other").is_file()
