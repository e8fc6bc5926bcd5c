"""Write `presidio_sentences.jsonl`: personal data in sentences, made and labelled by presidio-evaluator.

Run by hand, with Python 3.11 or newer: `python tests/references/make_personal_sentences.py`. Microsoft's
generator runs in an environment of its own, with its own templates, names and labels. The choice alone is
ours: no hospitals, for which it would ask a network, and a sentence is kept while there are too
few values of a kind in it. Some values differ from one draw to the next. The patterns of masking were mended
after a look at the draw of seed 7; what is kept here, and measured, is of seed 8. Names and addresses are
those of Fake Name Generator (CC BY-SA 3.0 US).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

OUTPUT = Path(__file__).parent / "presidio_sentences.jsonl"
PACKAGES = (
    "faker==40.63.0", "numpy==2.4.6", "pandas==3.1.1", "presidio-analyzer==2.2.366", "presidio-anonymizer",
    "python-dotenv", "requests", "scikit-learn", "spacy==3.8.18", "tqdm", "plotly", "xmltodict",
)  # fmt: skip
GENERATOR = "presidio-evaluator==0.3.2"  # without transformers and the rest of what its models need
EACH = 200  # values of a kind
MAKE = """
import json, random, sys
import numpy as np
from presidio_evaluator.data_generator import PresidioSentenceFaker
from presidio_evaluator.data_generator import presidio_sentence_faker as made
from presidio_evaluator.data_generator.faker_extensions import HospitalProvider
each = int(sys.argv[1])
kinds = {"PERSON": "name", "STREET_ADDRESS": "street address", "EMAIL_ADDRESS": "e-mail",
         "PHONE_NUMBER": "phone", "CREDIT_CARD": "card", "US_SSN": "SSN", "IBAN_CODE": "IBAN",
         "IP_ADDRESS": "IP address", "US_DRIVER_LICENSE": "driver's licence"}
lines = made.presidio_templates_file_path.read_text().splitlines()
random.seed(8)
np.random.seed(8)
faker = PresidioSentenceFaker(
    "en_US", lower_case_ratio=0.05, random_seed=8,
    sentence_templates=[line.strip() for line in lines if line.strip() and "hospital" not in line],
    entity_providers=[
        one for one in made.presidio_additional_entity_providers if one is not HospitalProvider
    ],
)
held = dict.fromkeys(kinds.values(), 0)
with open("out.jsonl", "w", encoding="utf-8") as file:
    for sample in faker.generate_new_fake_sentences(40 * each):
        found = sorted(sample.spans, key=lambda one: one.start_position)
        spans = [[one.start_position, one.end_position, kinds[one.entity_type]]
                 for one in found if one.entity_type in kinds]
        if all(held[kind] >= each for *_, kind in spans):
            continue
        for *_, kind in spans:
            held[kind] += 1
        file.write(json.dumps({"text": sample.full_text, "spans": spans}, ensure_ascii=False) + "\\n")
print(held)
"""

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="raikit-sentences-") as place:
        subprocess.run([sys.executable, "-m", "venv", "env"], cwd=place, check=True)
        install = ["env/bin/python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *PACKAGES], cwd=place, check=True)
        subprocess.run([*install, "--no-deps", GENERATOR], cwd=place, check=True)
        command = ["env/bin/python", "-c", MAKE, str(EACH)]
        subprocess.run(command, cwd=place, env=os.environ | {"PYTHONHASHSEED": "7"}, check=True)
        OUTPUT.write_bytes((Path(place) / "out.jsonl").read_bytes())
