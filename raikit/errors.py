"""The errors that raikit raises on purpose: each message says where, what came and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence


class RaikitError(Exception):
    """Base of every error raised on purpose; the command line prints it as one sentence."""


class InputError(RaikitError, ValueError):
    """Something a person gave (a file, a column, a parameter, a rule) can't be used.

    Examples
    --------
    >>> print(InputError.joined(["a.csv: no rows", "label: no column 'emplyed'"]))
    a.csv: no rows
    label: no column 'emplyed'
    """

    @classmethod
    def joined(cls, problems: Sequence[str]) -> InputError:
        """Return one error that lists every problem, a line each.

        Parameters
        ----------
        problems : sequence of str
            One sentence a problem.

        Returns
        -------
        InputError
            Not raised, so that the caller's line shows in a traceback.
        """
        return cls("\n".join(problems))

    def _render_traceback_(self) -> list[str]:
        """Show the sentences alone in a notebook: IPython asks; the fix is in them, not in our frames."""
        return [f"{type(self).__name__}: {self}"]


class RunError(RaikitError, RuntimeError):
    """A notebook did not complete, or what it left can't be believed."""
