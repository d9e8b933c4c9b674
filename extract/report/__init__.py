"""Report: the nightly page with charts and images of printed cells.

releases/<id>/report/   written while a release is published, served as current/report: that release, for ever
JIXIAO_HOME/report      the newest page: written again at the end of every run, so that a night which publishes nothing
                        still shows what it refused; a link that is swapped in one step
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from extract.report.charts import load_drawing
from extract.report.writing import load_templates, refresh_night_report, write_night_report, write_release_report
from extract.settings import Settings

__all__ = ["load_pages", "refresh_night_report", "write_night_report", "write_release_pages", "write_release_report"]


def load_pages() -> None:
    """Load what pages need and what takes a second or two to start: the program that draws charts, and templates.

    Run it in a thread while something else has to be waited for; pages are the same without it.
    """
    load_templates()
    load_drawing()


def write_release_pages(settings: Settings, folder: Path, release: dict[str, Any]) -> None:
    """Write the pages beside the data of a release: its report, and the documentation of its models."""
    from extract.report.model_docs import write_model_docs

    write_model_docs(settings, folder)
    write_release_report(settings, folder, release)
