"""Write `raikit/sources/harm_checks.csv`: what two published word-list checks say of the rated replies.

Run by hand: `python tests/references/make_harm_checks.py`. The packages are installed as
published, in an environment of their own, and asked about each reply as it is; no verdict is ours.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from raikit.sources import open_table

OUTPUT = Path(__file__).parents[2] / "raikit" / "sources" / "harm_checks.csv"
PACKAGES = ("alt-profanity-check==1.9.1", "scikit-learn==1.9.1", "better-profanity==0.7.0")
# Reads a JSON list of texts from a file, writes a JSON list of pairs: does each package flag the text?
ASK = """
import json, sys
from better_profanity import profanity
from profanity_check import predict
texts = json.load(open(sys.argv[1], encoding="utf-8"))
learned = [bool(each) for each in predict(texts)]
listed = [profanity.contains_profanity(each) for each in texts]
json.dump([learned, listed], open(sys.argv[2], "w"))
"""


def verdicts(texts: list[str]) -> list[list[bool]]:
    """Return what both packages say, run in an environment of their own."""
    with tempfile.TemporaryDirectory(prefix="raikit-checks-") as place:
        subprocess.run(["python3", "-m", "venv", "env"], cwd=place, check=True)
        install = ["env/bin/pip", "install", "--quiet", *PACKAGES]
        subprocess.run(install, cwd=place, check=True)
        (Path(place) / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        subprocess.run(["env/bin/python", "-c", ASK, "texts.json", "said.json"], cwd=place, check=True)
        said: list[list[bool]] = json.loads((Path(place) / "said.json").read_text())
        return said


if __name__ == "__main__":
    rows = open_table("demo:harm-ratings").to_pandas(["item", "response"])
    learned, listed = verdicts(rows["response"].tolist())
    with OUTPUT.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["item", "response_sha256", "alt_profanity_check", "better_profanity"])
        for item, response, first, second in zip(
            rows["item"], rows["response"], learned, listed, strict=True
        ):
            digest = hashlib.sha256(response.encode()).hexdigest()[:16]
            lines.writerow([item, digest, int(first), int(second)])
