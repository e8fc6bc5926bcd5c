"""How to check an incident's evidence and make it again: versions, fingerprints, commands."""

from __future__ import annotations

import shlex

from raikit.release.bundle.facts import Facts, plain


def reproduce_text(facts: Facts) -> str:
    """Return, as Markdown, what the evidence was made from and the commands that make it again.

    Parameters
    ----------
    facts : Facts
        Of the incident run.

    Returns
    -------
    str
        Versions of system, prompt, data and code as far as the record knows them.
    """
    record, origin = facts.record, facts.record.provenance
    git = ", ".join(f"{key} {value}" for key, value in origin.git.items() if value not in (None, "", []))
    folder = shlex.quote(f"outputs/{facts.release}")
    lines = [
        f"# Making this evidence again: {plain(facts.release)}, run {plain(record.run)}",
        "",
        "## Versions",
        "",
        f"- system: {plain(facts.system)}",
        *(f"- system {plain(key)}: {plain(record.system[key])}" for key in _more(facts)),
        *(
            f"- input {plain(item.name)}: {plain(item.source)}, {item.rows:,} rows, {item.fingerprint}"
            for item in record.inputs
        ),
        f"- template: {plain(record.template)} {origin.template_version}, {origin.template_sha256}",
        f"- code: {plain(git) or 'not under git'}",
        f"- raikit {origin.raikit}, Python {origin.python}, "
        + ", ".join(f"{name} {version}" for name, version in sorted(origin.packages.items())),
        "",
        "## The evidence before",
        "",
        f"- {plain(facts.baseline)}" if facts.baseline else "- the release file names no `baseline`",
        "",
        "## Commands",
        "",
        "```sh",
        "sha256sum -c SHA256SUMS                   # this bundle is as it was made",
        f"raikit verify {folder}                    # the evidence folder is as it was published",
        f"raikit verify {folder} --reproduce        # its results come out again from the same data",
        *([f"raikit diff {shlex.quote(facts.baseline)} {folder}"] if facts.baseline else []),
        "```",
    ]
    return "\n".join(lines) + "\n"


def _more(facts: Facts) -> list[str]:
    """Return what else the release file says of the system: a model, a prompt's version."""
    return [key for key in facts.record.system if key not in ("name", "version", "purpose")]
