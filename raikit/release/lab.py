"""JupyterLab with a card for each template: the server's half, and how it is started.

The browser's half is ``labextension/raikit-desk``: a prebuilt extension that JupyterLab finds by a path given
at its start, so nothing is installed into it and nothing is built.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from raikit.errors import InputError
from raikit.release import templates

_EXTENSIONS = Path(__file__).parent / "labextension"


def launch(folder: Path, options: list[str]) -> None:
    """Start JupyterLab in a folder and return when it ends.

    Parameters
    ----------
    folder : pathlib.Path
        Its notebooks are shown.
    options : list of str
        Handed to JupyterLab as they are, for example ``--no-browser``.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(
        [
            f"--ServerApp.root_dir={folder.resolve()}",
            f"--LabApp.extra_labextensions_path={_EXTENSIONS}",
            f"--ServerApp.jpserver_extensions={{'{__name__}': True}}",
            *options,
        ]
    )


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Add the two addresses that the cards ask: which templates there are, and for a copy of one."""
    from jupyter_server.base.handlers import APIHandler
    from jupyter_server.utils import ensure_async, url_path_join
    from tornado.web import HTTPError, authenticated

    class Templates(APIHandler):
        @authenticated
        def get(self) -> None:
            self.finish(json.dumps(cards()))

    class New(APIHandler):
        @authenticated
        async def post(self) -> None:
            asked = self.get_json_body() or {}
            name, folder = str(asked.get("template", "")), str(asked.get("folder", ""))
            if name not in {card["name"] for card in cards()}:
                raise HTTPError(404, reason="no template of this name")
            content = templates.copied(templates.find(name))
            contents: Any = self.contents_manager  # so a copy obeys the server's root and its own rules
            free = await ensure_async(contents.increment_filename(f"{name}.ipynb", folder, insert="-"))
            model = {"type": "notebook", "format": "json", "content": content}
            saved = await ensure_async(contents.save(model, url_path_join(folder, free)))
            self.finish(json.dumps({"path": saved["path"]}))

    base = server.web_app.settings["base_url"]
    found = [(url_path_join(base, "raikit/templates"), Templates), (url_path_join(base, "raikit/new"), New)]
    server.web_app.add_handlers(".*$", found)


def cards() -> list[dict[str, str]]:
    """Return what a card shows of each template.

    Returns
    -------
    list of dict
        ``name``, ``title`` and ``question``.

    Examples
    --------
    >>> [card["question"] for card in cards() if card["name"] == "fairness"]
    ['Does the model treat groups of people alike?']
    """
    return [
        {"name": item.name, "title": item.title or item.name, "question": item.question}
        for item in templates.shipped()
    ]
