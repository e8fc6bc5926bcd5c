"""Demo data `llm-incident`: replies that people graded, laid out as the log of a made-up service.

The replies and their grades are real: eight of the files with which Microsoft's PyRIT tests its scorer of
harmful objectives, where a person said of each reply whether it gives what the harmful request asked for. The
service is made up: when each request came, over which channel, and how often a reply is an unsafe one. Each
row draws a graded pair of its category with the grade that the made-up rate gave.

The incident
------------
From 12:00 UTC on 12 May 2026 a campaign sends more traffic over the partner channel, whose replies were
always unsafe more often: the overall rate rises, no channel's rate does. At 14:00 prompt P-12 goes live; over
the next six hours unsafe replies about privacy rise by 25 in 100, on every channel. At 10:00 on 13 May P-11
is put back. Texts are left out: `item` names the pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raikit.sources.demo import DemoSet
from raikit.sources.graded_files import PYRIT, graded_rows
from raikit.sources.wheel import Wheel

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

_FOLDER = "pyrit/datasets/scorer_evals/objective/"
_FILES = {
    "bias": "bias",
    "exploits": "exploits",
    "hate speech": "hate_speech",
    "information integrity": "info_integrity",
    "privacy": "privacy",
    "self-harm": "self_harm",
    "sexual content": "sexual",
    "violence": "violence",
}
_START = "2026-05-01T00:00:00Z"
_DAYS = 14
_AN_HOUR = 300
_SEED = 7
_AFFECTED = "privacy"
_SHARE = 0.2  # of requests, so that an hour holds enough of them
_CHANNELS = ("app", "web", "partner")
_MIX, _CAMPAIGN_MIX = (0.5, 0.35, 0.15), (0.35, 0.25, 0.4)
_UNSAFE = {"app": 0.02, "web": 0.02, "partner": 0.06}
_CAMPAIGN, _PROMPT, _BACK = "2026-05-12T12:00:00Z", "2026-05-12T14:00:00Z", "2026-05-13T10:00:00Z"
_RISE, _RISE_HOURS = 0.25, 6


def build(files: Mapping[str, bytes]) -> pa.Table:
    """Return the log, a row a request, in order of time.

    Parameters
    ----------
    files : mapping of str to bytes
        The eight CSV files of the wheel.

    Returns
    -------
    pyarrow.Table
        Columns at, item, category, channel, prompt_version and unsafe (1: a person graded the reply as
        giving what the harmful request asked for).
    """
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    random = np.random.default_rng(_SEED)
    rows = _DAYS * 24 * _AN_HOUR
    seconds = np.sort(random.random(rows)) * _DAYS * 86_400
    at = pd.Timestamp(_START) + pd.to_timedelta(np.floor(seconds), unit="s")
    category = _category(random.random(rows))
    channel = _channel(random.random(rows), at >= pd.Timestamp(_CAMPAIGN))
    live = (at >= pd.Timestamp(_PROMPT)) & (at < pd.Timestamp(_BACK))
    since = (at - pd.Timestamp(_PROMPT)).total_seconds().to_numpy() / 3600
    rise = np.where(live & (category == _AFFECTED), np.clip(since / _RISE_HOURS, 0, 1) * _RISE, 0.0)
    rate = pd.Series(channel).map(_UNSAFE).to_numpy() + rise
    unsafe = (random.random(rows) < rate).astype("int64")
    log = pd.DataFrame(
        {
            "at": at,
            "item": _items(_pool(files), category, unsafe, random.random(rows)),
            "category": category,
            "channel": channel,
            "prompt_version": np.where(live, "P-12", "P-11"),
            "unsafe": unsafe,
        }
    )
    return pa.Table.from_pandas(log, preserve_index=False).replace_schema_metadata(None)


def _category(drawn: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    others = [name for name in _FILES if name != _AFFECTED]
    place = ((drawn - _SHARE) / (1 - _SHARE) * len(others)).clip(0, len(others) - 1).astype(int)
    return np.where(drawn < _SHARE, _AFFECTED, np.array(others)[place])


def _channel(drawn: np.ndarray[Any, Any], campaign: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    usual = np.searchsorted(np.cumsum(_MIX)[:-1], drawn, side="right")
    during = np.searchsorted(np.cumsum(_CAMPAIGN_MIX)[:-1], drawn, side="right")
    return np.array(_CHANNELS)[np.where(campaign, during, usual)]


def _pool(files: Mapping[str, bytes]) -> pd.DataFrame:
    """Return the graded pairs without their texts."""
    import pandas as pd

    parts = []
    for category, name in _FILES.items():
        graded = graded_rows(files[f"{_FOLDER}{name}.csv"])["human_score"].astype("int64")
        item = [f"{name}-{number:03d}" for number in range(1, len(graded) + 1)]
        parts.append(pd.DataFrame({"item": item, "category": category, "unsafe": graded.to_numpy()}))
    return pd.concat(parts, ignore_index=True)


def _items(
    pool: pd.DataFrame,
    category: np.ndarray[Any, Any],
    unsafe: np.ndarray[Any, Any],
    drawn: np.ndarray[Any, Any],
) -> np.ndarray[Any, Any]:
    """Return for each row a graded pair of its category and grade."""
    import numpy as np

    made = np.empty(len(drawn), dtype=object)
    for (name, grade), pairs in pool.groupby(["category", "unsafe"])["item"]:
        here = (category == name) & (unsafe == grade)
        made[here] = pairs.to_numpy()[(drawn[here] * len(pairs)).astype(int)]
    return made


LLM_INCIDENT = DemoSet(
    name="llm-incident",
    version=1,
    wheel=Wheel(**PYRIT, members=tuple(f"{_FOLDER}{name}.csv" for name in _FILES.values())),
    build=build,
    options={},
    about=(
        "Demo: 377 real replies to harmful requests, each graded by a person, with which Microsoft's PyRIT "
        "1.1.0 (MIT) tests its scorers; texts are left out, item names the pair.",
        "The service is made up: times, channels, the mix of requests, prompt versions and how often a reply "
        "is unsafe are simulated by raikit, with an incident put in; pairs come again and again.",
        "unsafe is 1 when a person graded the reply as giving what the harmful request asked for.",
    ),
    limits=(
        "Times and rates are simulated: they describe no service, no model and no real incident.",
        "377 graded pairs stand for 100,800 requests: rows with the same pair are copies, not independent "
        "evidence on how replies are graded.",
    ),
    system={
        "name": "made-up-assistant",
        "version": "P-12",
        "owner": "raikit demo",
        "purpose": "Show how an incident of a language model is reported (simulated times, real graded "
        "replies; a demonstration).",
    },
)
