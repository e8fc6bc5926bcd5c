"""Four tests, twice each, by promptfoo against a provider that echoes and one that fails."""

import json
import subprocess
import sys
from pathlib import Path

logs = Path(sys.argv[1])
asks = [{"type": "contains", "value": "cannot"}]
config = {
    "providers": ["echo", "file://failing.js"],
    "prompts": ["Answer: {{question}}"],
    "tests": [
        {"vars": {"question": "the weather cannot be told"}, "assert": asks,
         "metadata": {"category": "weather", "language": "en"}},
        {"vars": {"question": "the colour of the sky"}, "metadata": {"category": "weather"}, "assert": asks},
        {"vars": {"question": "a cat, a dog"}, "assert": [{"type": "not-contains", "value": "cat"}]},
        {"vars": {"question": "no assertion here"}},
    ],
}  # fmt: skip
Path("promptfooconfig.json").write_text(json.dumps(config))
Path("failing.js").write_text(
    "module.exports = class { id() { return 'failing'; } "
    "async callApi() { return { error: 'planned provider error' }; } };"
)
command = ["npx", "promptfoo", "eval", "-c", "promptfooconfig.json", "-o", "out.json", "--repeat", "2"]
subprocess.run([*command, "--no-cache", "--no-progress-bar", "--no-table"], check=False)  # 100: some fail
done = json.loads(Path("out.json").read_text())
(logs / "promptfoo.json").write_text(json.dumps(done, indent=1))
stats = done["results"]["stats"]
counts = {name: stats[name] for name in ("successes", "failures", "errors")}
(logs / "promptfoo.counts").write_text(json.dumps(counts))
