"""Write one page that explains every table and column of the dbt project: releases/<id>/docs.

Made from the artefacts of the last `dbt build`, and reused until a model changes, since dbt starts slowly.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from extract.files import copy_file, write_whole
from extract.settings import PROJECT, Settings
from extract.warehouse.build import dbt_environment, run_dbt
from extract.warehouse.fingerprints import fingerprint_models

log = logging.getLogger(__name__)


def write_model_docs(settings: Settings, folder: Path) -> None:
    """Write `folder`/docs/index.html, nothing where dbt has built nothing; errors are logged, not raised."""
    target = Path(dbt_environment(settings)["DBT_TARGET_PATH"])
    if not (target / "manifest.json").exists():
        return
    kept = settings.home / "dbt" / f"docs-{fingerprint_models(settings)}.html"
    try:
        if not kept.exists():
            run_dbt(settings, "docs", "generate", "--static", "--no-compile")
            page = (target / "static_index.html").read_text(encoding="utf-8")
            for old in kept.parent.glob("docs-*.html"):
                old.unlink()
            write_whole(kept, _without_places(settings, target, page).encode())
        (folder / "docs").mkdir(parents=True, exist_ok=True)
        copy_file(kept, folder / "docs" / "index.html")
    except Exception:
        log.exception("the documentation of the models cannot be written")


def _without_places(settings: Settings, target: Path, page: str) -> str:
    """Remove the paths of this machine from the page."""
    for place, name in ((target, "target"), (settings.dbt_dir, "dbt_project"), (PROJECT, "."), (settings.home, "home")):
        for printed in (str(place), json.dumps(str(place))[1:-1]):  # dbt writes JSON: other letters than ASCII escaped
            page = page.replace(printed, name)
    return page
