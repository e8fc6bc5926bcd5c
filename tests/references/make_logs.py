"""Write the golden logs in `logs/` with the real tools, each in an environment of its own.

Run by hand, with Python 3.11 and (for promptfoo) Node: `python tests/references/make_logs.py [TOOL …]`.
Models are stand-ins: no text here comes from a language model, and nothing is asked of a network while a tool
runs. `counts.json` holds what each tool itself reported of its run; the tests compare with that.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LOGS = HERE / "logs"
TOOLS = {
    "inspect_ai": "inspect-ai==0.3.285",
    "garak": "garak==0.17.1",
    "promptfoo": "promptfoo@0.121.20",
    "lm_eval": "lm-eval==0.4.13",
    "pyrit": "pyrit==1.1.0",
    "pyrit_export-csv": "pyrit==0.9.0",
    "pyrit_export-json": "pyrit==0.10.0",
    "deepeval": "deepeval==4.3.1",
    "openai_evals": "evals==3.0.1.post1",
}
# All that evals asks for is 1.1 GB, with TensorFlow: these are what its command imports.
IMPORTED = {
    "openai_evals": "openai<2 blobfile requests backoff pydantic pyyaml tqdm numpy zstandard lz4 tiktoken "
    "snowflake-connector-python setuptools termcolor"
}
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
}


def make(tool: str, folder: Path) -> None:
    environment = os.environ | QUIET
    environment |= {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    environment |= {"PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo")}
    if tool == "promptfoo":
        subprocess.run(["npm", "install", "--silent", TOOLS[tool]], cwd=folder, check=True)
        command = [sys.executable]
    else:
        subprocess.run([sys.executable, "-m", "venv", "env"], cwd=folder, check=True)
        install = ["env/bin/python", "-m", "pip", "install", "--quiet"]
        if tool in IMPORTED:
            subprocess.run([*install, *IMPORTED[tool].split()], cwd=folder, check=True)
            install.append("--no-deps")
        subprocess.run([*install, TOOLS[tool]], cwd=folder, check=True)
        command = [str(folder / "env/bin/python")]
    # A copy: some tools write the path of the script into the log, and that is nobody's business.
    writer = (
        Path(shutil.copytree(HERE / "log_writers", folder / "log_writers")) / f"{tool.split('-')[0]}_log.py"
    )
    subprocess.run([*command, str(writer), str(LOGS)], cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    counts_file = LOGS / "counts.json"
    LOGS.mkdir(exist_ok=True)
    for name in sys.argv[1:] or TOOLS:
        with tempfile.TemporaryDirectory(prefix="raikit-logs-") as place:
            make(name, Path(place))
    held = {path.stem: json.loads(path.read_text()) for path in sorted(LOGS.glob("*.counts"))}
    known = json.loads(counts_file.read_text()) if counts_file.exists() else {}
    counts_file.write_text(json.dumps(known | held, indent=1, sort_keys=True) + "\n")
    for path in LOGS.glob("*.counts"):
        path.unlink()
