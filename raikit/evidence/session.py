"""The evidence of one notebook while it runs: what it read, found and states."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raikit import __version__
from raikit.errors import InputError
from raikit.evidence import provenance
from raikit.evidence.lean_imports import import_jsonschema
from raikit.evidence.parameters import used_parameters
from raikit.evidence.policy import Policy, load_policy
from raikit.evidence.record import (
    SCHEMA,
    SCRAP,
    Finding,
    Input,
    Note,
    Provenance,
    Record,
    Result,
    dump_record,
    load_record,
)
from raikit.evidence.results import to_results
from raikit.evidence.waiting import show_waiting
from raikit.sources.fingerprint import remember_digests

if TYPE_CHECKING:
    import pandas as pd

    from raikit.sources.table import Table

CONTEXT = "RAIKIT_CONTEXT"  # names a JSON file that the release wrote for this kernel


def begin(template: str, namespace: Mapping[str, Any]) -> Evidence:
    """Start the evidence of a notebook: the first call after its parameters cell.

    Parameters
    ----------
    template : str
        The question's name, for example ``"fairness"``.
    namespace : mapping
        ``globals()``: the declared parameters and their values are read from it and recorded.

    Returns
    -------
    Evidence
        Collects inputs, results, findings, limits and notes until `Evidence.finish`.

    Raises
    ------
    InputError
        If a parameter's value is not of its declared type, all problems at once.

    Examples
    --------
    >>> evidence = begin("fairness", {"In": ["min_n: int = 30"], "min_n": 30})
    >>> evidence.parameters
    {'min_n': 30}
    """
    import pandas as pd

    parameters, problems = used_parameters(namespace)
    if problems:
        raise InputError.joined([f"{template}: {problem}" for problem in problems])
    pd.set_option("display.max_colwidth", None)  # a page must not cut a finding in the middle
    show_waiting()
    return Evidence(template, parameters, _context())


def _context() -> dict[str, Any]:
    path = os.environ.get(CONTEXT)
    held: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    remember_digests(held.get("digests", ()))
    return held


class Evidence:
    """What a notebook read, found and states; `finish` glues it as the record.

    Parameters
    ----------
    template : str
        The question's name.
    parameters : dict
        As declared and used.
    context : dict
        Of the release: ``nonce``, ``run``, ``system``, ``policy``, ``agreed``, ``needs``; empty when a
        person runs the notebook by hand.
    """

    def __init__(self, template: str, parameters: dict[str, Any], context: dict[str, Any]) -> None:
        self.template = template
        self.parameters = parameters
        self._context = context
        self._started = provenance.now()
        self._system: dict[str, Any] = dict(context.get("system") or {})
        self._inputs: dict[str, Input] = {}
        self._results: dict[str, Result] = {}
        self._findings: dict[str, Finding] = {}
        self._limits: list[str] = []
        if parameters.get("reveal") == "redacted":
            from raikit.evidence.masking import recall_limit

            self.limit(recall_limit())
        self._unapproved: list[str] = list(context.get("refused") or [])
        if self._unapproved:
            self.limit(
                f"No results by {', '.join(self._unapproved)}: this system's tier asks for an approval of "
                "each sensitive attribute, and none holds."
            )
        self._notes: list[Note] = []

    @property
    def agreed(self) -> dict[str, Any]:
        """Slices and primary metric that were agreed before the run; empty by hand."""
        return dict(self._context.get("agreed") or {})

    @property
    def run(self) -> str:
        """The run's name in the release; by hand the template's."""
        return str(self._context.get("run") or self.template)

    @property
    def results(self) -> list[Result]:
        """The results so far, in the order of adding."""
        return list(self._results.values())

    @property
    def baseline(self) -> str:
        """The items that the release's baseline kept of this run; empty without a baseline, and by hand."""
        return str(self._context.get("baseline") or "")

    def keep(self, study: Any, table: Table) -> pd.DataFrame:
        """Keep what a later run is compared with, and failing prompts as a suite for those who may read them.

        Parameters
        ----------
        study : SafetyStudy
            From `raikit.safety`.
        table : Table
            The answers that it counted.

        Returns
        -------
        pandas.DataFrame
            What is kept where: items as anchors in the evidence folder, texts in the restricted one. By hand
            nothing is written.
        """
        from raikit.evidence.kept import keep

        kept = keep(study, table, self._context)
        for text in kept["said"]:
            self.finding(text, severity="info")
        return kept

    def needed(self, records: Sequence[str] = ()) -> dict[str, pd.DataFrame]:
        """Return the results of the runs that this one needs.

        Parameters
        ----------
        records : sequence of str
            Record files of a person who runs the notebook by hand; a release knows them from `needs`.

        Returns
        -------
        dict of str to pandas.DataFrame
            In the result form, by the run's name; empty when none is needed.

        Raises
        ------
        InputError
            If a file named here can't be read.
        """
        import pandas as pd

        paths = [*dict(self._context.get("needs") or {}).values(), *records]
        missing = [path for path in paths if not Path(path).is_file()]
        if missing:
            raise InputError(f"{self.template}: records: {missing[0]}: no such file; allowed: a run's record")
        held = [load_record(Path(path).read_text(encoding="utf-8"), where=str(path)) for path in paths]
        return {record.run: pd.DataFrame([each.model_dump() for each in record.results]) for record in held}

    @property
    def policy(self) -> Policy | None:
        """The release's policy; None when a person runs the notebook by hand."""
        held = self._context.get("policy")
        return None if held is None else Policy.model_validate_json(json.dumps(held))

    def alarm_budget(self, given: float) -> float:
        """Return how many false pages a quarter the owner puts up with.

        Parameters
        ----------
        given : float
            A parameter's value: holds where no alert of the policy on this run states a budget.

        Returns
        -------
        float
            The strictest that an alert states; see `raikit.evidence.budgets.budget_of`.
        """
        from raikit.evidence.alert_pages import policy_of
        from raikit.evidence.budgets import budget_of

        return budget_of(policy_of(self), self.run, given).value

    def open(self, name: str, source: Any, *, log_format: str = "") -> Table:
        """Open a table and record it as an input.

        Parameters
        ----------
        name : str
            What the record calls it, for example ``"data"``.
        source : str, list of str or table
            See `raikit.open_table`; a `Table` that is open already, from `raikit.open_log` for instance, is
            taken as it is.
        log_format : str, default=""
            Where the source is an evaluation log: its format, or "auto"; see `raikit.open_log`. Empty for a
            table.

        Returns
        -------
        Table
            Its limits are stated, and a demo's own system becomes the record's.

        Examples
        --------
        >>> import pandas as pd
        >>> evidence = begin("fairness", {})
        >>> table = evidence.open("data", pd.DataFrame({"sex": ["F", "M", "F"], "hired": [1, 0, 1]}))
        >>> table.rows, [held.name for held in evidence.record().inputs]
        (3, ['data'])
        """
        from raikit.sources.references import is_reference, resolve
        from raikit.sources.table import Table, open_table

        meant = resolve(source) if is_reference(source) else source
        if log_format and not isinstance(meant, Table):
            from raikit.sources.logs.opening import open_log

            meant = open_log(meant, log_format=log_format, name=name)
        table = meant if isinstance(meant, Table) else open_table(meant, name=name)
        if is_reference(source):
            table = replace(table, source=source)  # the record names the reference, never what it stands for
        self._inputs[name] = Input.model_validate(table.as_input() | {"about": list(table.about)})
        self.limit(*table.limits)
        if not self._system and table.system:
            self._system = dict(table.system)
        return table

    def dated(self, name: str, period: str) -> None:
        """Record the first and last day of an input, part of its identity.

        Parameters
        ----------
        name : str
            As it was opened; one that wasn't is passed over.
        period : str
            "2015-01-01 to 2015-06-30"; empty where it isn't known.
        """
        if name in self._inputs and period:
            self._inputs[name] = self._inputs[name].model_copy(update={"period": period})

    def secret(self, reference: str) -> str:
        """Return the value that a reference stands for; it must not reach any output.

        Parameters
        ----------
        reference : str
            ``env:NAME`` or ``file:PATH``.

        Returns
        -------
        str
            A release fails the run when this value is found in what it would publish.

        Raises
        ------
        InputError
            If it stands for nothing.
        """
        from raikit.sources.references import resolve

        return resolve(reference)

    def add(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Record results; a result of the same id replaces the earlier one.

        Parameters
        ----------
        frame : pandas.DataFrame
            In the result form: at least ``metric``, ``n``, ``estimate``, ``low``, ``high``, one row a
            result; ``slice`` (a dict), ``compared``, ``confidence``, ``method``, ``status`` and ``counts``
            where they apply.

        Returns
        -------
        pandas.DataFrame
            The same frame, so that the call can be the last line of a cell.

        Raises
        ------
        InputError
            If a column is missing or a value is none that a record can hold.

        Examples
        --------
        >>> import pandas as pd
        >>> own = {"metric": ["own_rate"], "n": [20], "estimate": [0.9], "low": [0.7], "high": [0.97]}
        >>> evidence = begin("fairness", {})
        >>> frame = evidence.add(pd.DataFrame(own))
        >>> evidence.results[0].id, evidence.results[0].status  # fewer than min_n = 30
        ('own_rate', 'small')
        """
        defaults = {
            "confidence": self.parameters.get("confidence", 0.95),
            "min_n": self.parameters.get("min_n", 30),
        }
        self._results.update({result.id: result for result in to_results(frame, **defaults)})
        return frame

    def finding(
        self, text: str, *, severity: str = "medium", results: Sequence[str] = (), recommendation: str = ""
    ) -> None:
        """State a finding that rests on results.

        Parameters
        ----------
        text : str
            One or two sentences; numbers come from results, never typed.
        severity : {"high", "medium", "low", "info"}
            For the order on the page.
        results : sequence of str
            Ids of the results it rests on; each must have been added.
        recommendation : str
            What to do, if anything.

        Raises
        ------
        InputError
            If a result is not in the record.
        """
        unknown = [name for name in results if name not in self._results]
        if unknown:
            raise InputError(f"finding: no result {unknown[0]!r} has been added")
        stem = re.sub(r"[^a-z0-9]+", "-", " ".join(text.lower().split()[:6])).strip("-")
        name = f"{len(self._findings) + 1}-{stem}"
        if not any(held.text == text for held in self._findings.values()):
            self._findings[name] = Finding.model_validate(
                {"id": name, "severity": severity, "text": text, "results": list(results)}
                | {"recommendation": recommendation}
            )

    def limit(self, *texts: str) -> None:
        """State what this evidence cannot tell.

        Parameters
        ----------
        *texts : str
            A sentence each; a repeated one is kept once.
        """
        self._limits += [text for text in dict.fromkeys(texts) if text not in self._limits]

    def note(self, text: str, *, author: str) -> None:
        """Add a person's note: what fair means here, a mitigation, an interpretation.

        Parameters
        ----------
        text : str
            Shown as written, with the name, visibly not generated.
        author : str
            Who says so.

        Raises
        ------
        InputError
            If text or author is empty.

        Examples
        --------
        >>> evidence = begin("fairness", {})
        >>> evidence.note("Fair means here that nobody is refused for a trait.", author="Ada Example")
        >>> [held.author for held in evidence.record().notes]
        ['Ada Example']
        """
        if not text.strip() or not author.strip():
            raise InputError("note: text and author must not be empty")
        kept = [held for held in self._notes if (held.author, held.text) != (author, text)]
        self._notes = [*kept, Note(author=author, at=provenance.now(), text=text)]

    def state(self, study: Any) -> pd.DataFrame:
        """Generate the findings and limits that follow from a study.

        Parameters
        ----------
        study : object
            What `raikit.fairness` and its siblings return.

        Returns
        -------
        pandas.DataFrame
            The findings so far: severity, finding, recommendation.

        Examples
        --------
        >>> import pandas as pd
        >>> import raikit
        >>> rows = pd.DataFrame({"sex": ["F", "M"] * 200, "hired": [1, 0] * 200, "said": [1, 1, 0, 0] * 100})
        >>> evidence = begin("fairness", {})
        >>> table = evidence.open("data", rows)
        >>> study = raikit.fairness(table, label="hired", prediction="said", sensitive_features=["sex"])
        >>> rates, gaps = evidence.add(study.rates()), evidence.add(study.gaps())
        >>> list(evidence.state(study).columns)
        ['severity', 'finding', 'recommendation']
        """
        import pandas as pd

        wording = import_module(f"raikit.evidence.{study.question}")
        wording.state(study, self)
        rows = [(held.severity, held.text, held.recommendation) for held in self._findings.values()]
        return pd.DataFrame(rows, columns=["severity", "finding", "recommendation"])

    def conclude(self, policy: str = "") -> pd.DataFrame:
        """Show what a policy would decide; never recorded.

        Parameters
        ----------
        policy : str
            A policy file. In a release it may be empty: the release decides after the notebook.

        Returns
        -------
        pandas.DataFrame
            A row a rule: rule, metric, decision, reason, about how many more rows would decide.

        Raises
        ------
        InputError
            If the policy can't be used.

        Examples
        --------
        >>> begin("fairness", {}).conclude()["decisions"].to_list()
        ['no policy was named']
        """
        import pandas as pd

        from raikit.evidence.decide import decide

        if not policy:
            said = (
                "the release decides when this notebook is done" if self._context else "no policy was named"
            )
            return pd.DataFrame({"decisions": [said]})
        decisions = decide(load_policy(Path(policy)), self.results, run=self.run)
        rows = [(held.rule, held.metric, held.status, held.reason, held.needed) for held in decisions]
        columns = ["rule", "metric", "would be", "reason", "more rows needed"]
        return pd.DataFrame(rows, columns=columns).astype({"more rows needed": "Int64"})

    def finish(self) -> None:
        """Glue the record: the last call of a notebook.

        Raises
        ------
        InputError
            If no input was opened and no result added: there is nothing to record.

        Examples
        --------
        >>> begin("fairness", {}).finish()
        Traceback (most recent call last):
        raikit.errors.InputError: fairness: nothing was opened and no result added, so there is no record
        """
        if not self._inputs and not self._results:
            raise InputError(
                f"{self.template}: nothing was opened and no result added, so there is no record"
            )
        import_jsonschema()
        import scrapbook

        scrapbook.glue(SCRAP, dump_record(self.record()), encoder="text", display=False)

    def record(self) -> Record:
        """Return the record as it stands.

        Returns
        -------
        Record
            Without decisions; the release makes them.
        """
        return Record(
            schema=SCHEMA,
            template=self.template,
            run=self.run,
            nonce=self._context.get("nonce"),
            system=self._system,
            agreed=self.agreed,
            parameters=self.parameters,
            inputs=list(self._inputs.values()),
            results=self.results,
            findings=list(self._findings.values()),
            limits=self._limits,
            notes=self._notes,
            provenance=Provenance(
                raikit=__version__,
                python=provenance.python_version(),
                packages=provenance.package_versions(),
                helpers=provenance.helper_files(Path.cwd()),
                unapproved=self._unapproved,
                git=provenance.git_state(Path.cwd()),
                started=self._started,
                finished=provenance.now(),
            ),
        )
