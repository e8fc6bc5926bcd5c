"""Write avid-report.schema.json: the JSON Schema of avidtools' own report model.

    python -m venv /tmp/avid && /tmp/avid/bin/pip install avidtools==0.1.2 "pydantic<3"
    /tmp/avid/bin/python tests/references/make_avid_schema.py

Its package is imported by its two modules alone: they need pydantic and nothing else.
"""

from __future__ import annotations

import json
from pathlib import Path

from avidtools.datamodels.report import Report

schema = Report.model_json_schema()
target = Path(__file__).with_name("avid-report.schema.json")
target.write_text(json.dumps(schema, indent=1) + "\n")
