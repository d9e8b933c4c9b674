"""Render the report into a folder of static files, atomically."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import shutil
from collections import defaultdict
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from extract.files import name_next
from extract.ledger import Ledger
from extract.publishers import load_publishers
from extract.report.asked import list_asked
from extract.report.charts import COLOURS, draw_change_classes, draw_runs, draw_waterfalls
from extract.report.linked_pages import Drawer, Sheets, link_rows
from extract.report.night import REASON_WORDS, read_night
from extract.report.page_images import forget_pictures
from extract.report.release_queries import MOST_ROWS, Figures, open_published, open_release
from extract.report.safe_text import clean_text
from extract.settings import Settings
from extract.translations import load_chinese

log = logging.getLogger(__name__)
TEMPLATES = Path(__file__).with_name("templates")
LEGENDS = (
    *("raised", "lowered", "new", "dropped", "unchanged", "not_comparable", "unread"),
    *("added", "up", "down", "loaded", "refused", "failed"),
)


def write_release_report(settings: Settings, folder: Path, release: dict[str, Any]) -> None:
    """Write `folder`/report for a release that is about to be served.

    Where the report fails, a page with the error replaces it and the release is published all the same. A full disk is
    raised as an error.
    """
    target = folder / "report"
    try:
        with open_release(settings, folder) as figures:
            _write(settings, target, figures, release, is_behind=False)
    except OSError:
        raise
    except Exception as error:
        log.exception("the report of release %s cannot be written", release["release_id"])
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        page = _environment().get_template("failed.html.jinja")
        _save(target / "index.html", page.render(release=release, error=f"{type(error).__name__}: {error}"))


def refresh_night_report(settings: Settings) -> None:
    """Write the night report at the end of a run, logging errors instead of raising them."""
    try:
        write_night_report(settings)
    except Exception:
        log.exception("the nightly report cannot be written; `jixiao report` tries again")


def write_night_report(settings: Settings) -> Path:
    """Write the newest page and swap the link JIXIAO_HOME/report to it; return its index.html."""
    from extract.releases.shelves import served_release
    from extract.warehouse.fingerprints import is_behind

    release = served_release(settings)
    behind = is_behind(settings)
    reports = settings.home / "reports"
    stamp = f"{name_next(reports)}-{os.getpid()}"
    part, final = reports / f".{stamp}", reports / stamp
    try:
        with open_published(settings, release) if release else nullcontext() as figures:
            _write(settings, part, figures, release, is_behind=behind)
        os.rename(part, final)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    link = settings.home / f".report-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("reports") / final.name)
    os.replace(link, settings.night_report.parent)
    for old in sorted(reports.iterdir())[:-2]:  # links of the report before still work in an open browser
        shutil.rmtree(old, ignore_errors=True)
    forget_pictures(settings, 4 * settings.report_pages)
    return settings.night_report


def _write(
    settings: Settings, target: Path, figures: Figures | None, release: dict[str, Any] | None, *, is_behind: bool
) -> None:
    target.mkdir(parents=True)
    sheets = Sheets(settings.report_pages)
    night = read_night(settings, is_behind=is_behind)
    for place, row in enumerate(night["troubled"]):  # a third of the pictures at most: cells need theirs
        row["href"] = sheets.link(row["sha256"], row["page"]) if place < settings.report_pages // 3 else None
    environment = _environment()
    shown: dict[str, Any] = {
        "night": night,
        "asked": list_asked(settings, target, sheets),
        "release": release,
        "written_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "most": MOST_ROWS,
        "publisher_names": {one.code: one.name for one in load_publishers(settings.publishers_dir)},
        "runs_chart": draw_runs(night["runs"], _words()),
    }
    if figures and release:
        shown |= _read_release(figures, release, sheets)
    _render(settings, environment, target, sheets, shown, figures)


def _read_release(figures: Figures, release: dict[str, Any], sheets: Sheets) -> dict[str, Any]:
    """Query the release, each figure with its link; the order of links is the order in which pages are drawn."""
    projects, targets, findings = figures.project_changes(), figures.target_changes(), figures.findings()
    changes, editions = figures.changes_of_release(release), figures.edition_changes()
    documents, notes = figures.documents(), figures.document_findings()
    held, checks, departments = figures.held_back(), figures.differing_checks(), figures.department_targets()
    now, before = ("href", "sha256", "page"), ("prior_href", "prior_sha256", "prior_page")
    link_rows(sheets, projects.rows, (*now, "budget_key"), (*before, "prior_budget_key"))
    link_rows(sheets, targets.rows, (*now, "target_key"), (*before, "prior_target_key"))
    for finding in findings.rows:
        link_rows(sheets, finding["cells"], (*now, "key"))
    for row in (*held.rows, *checks.rows, *departments.rows):
        row["href"] = sheets.link(row["sha256"], row["page"]) if row["sha256"] else None
    for row in (*editions.rows, *notes.rows):
        row["href"] = sheets.link(row["sha256"], row["page"])
    new_documents = figures.new_documents(changes["since"])
    for row in (*documents.rows, *new_documents.rows):  # the first page of each comes last: cells matter more
        row["href"] = sheets.link(row["sha256"], 1)
    counts = figures.change_classes()
    return {
        "completeness": figures.completeness(),
        "totals": figures.total_completeness(),
        "held": held,
        "checks": checks,
        "agreeing": figures.agreeing_checks(),
        "departments": departments,
        "documents": documents,
        "new_documents": new_documents,
        "changes": changes,
        "editions": editions,
        "projects": projects,
        "targets": targets,
        "copied": figures.copied_shares(),
        "findings": findings,
        "finding_counts": figures.finding_counts(),
        "notes": notes,
        "waterfalls": draw_waterfalls(projects.rows, _words()),
        "classes": counts,
        "classes_chart": draw_change_classes(counts, _words()),
    }


def _render(
    settings: Settings,
    environment: jinja2.Environment,
    target: Path,
    sheets: Sheets,
    shown: dict[str, Any],
    figures: Figures | None,
) -> None:
    _save(target / "index.html", environment.get_template("index.html.jinja").render(shown))
    page = environment.get_template("document.html.jinja")
    by_hash: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in figures.parts_of([sha256 for sha256, _ in sheets.documents()]) if figures else []:
        by_hash[row["sha256"]].append(row)
    ledger = Ledger(settings.ledger_url or "")
    wanted = [(sha256, number) for sha256, pages in sheets.documents() for number in pages]
    facts = figures.facts_on(wanted) if figures else {}
    with closing(Drawer(settings, target, settings.report_megabytes << 20)) as drawer:
        for sha256, pages in sheets.documents():
            drawn = [drawer.draw(sha256, number, facts.get((sha256, number), [])) for number in pages]
            parts = by_hash[sha256]
            known = None if parts else ledger.document(sha256)
            text = page.render(sha256=sha256, pages=drawn, parts=parts, known=known, release=shown["release"])
            _save(target / "documents" / f"{sha256[:16]}.html", text)


def load_templates() -> None:
    """Compile the templates of the pages."""
    for name in ("index.html.jinja", "document.html.jinja"):
        _environment().get_template(name)


def _words() -> dict[str, str]:
    """Return the words of a chart's legend, in both languages: a chart is drawn once."""
    plain = {kind: kind.replace("_", " ") for kind in LEGENDS}
    return {kind: f"{load_chinese()[word]} {word}" for kind, word in plain.items()}


@cache
def _environment() -> jinja2.Environment:
    """Return a Jinja environment that escapes everything, shows every character, and has both languages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, Markup) or not isinstance(value, str) else clean_text(value),
    )
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    environment.globals.update(
        t=_in_both_languages,
        printed=_mark_printed,
        reasons=REASON_WORDS,
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
        is_web=lambda url: str(url).startswith(("https://", "http://")),
        colours=COLOURS,
        svg=Markup,  # what vl-convert drew: it escapes what it was given
    )
    return environment


@cache
def _in_both_languages(text: str) -> Markup:
    """Return an English text beside its Chinese; the page's switch hides one. Raises KeyError without it."""
    return Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh-CN">{}</span>').format(
        text, load_chinese()[text]
    )


@lru_cache(maxsize=10_000)
def _mark_printed(text: str | None) -> Markup:
    """Mark a printed text as Chinese that may turn its line around; nothing becomes a dash."""
    return Markup('<bdi lang="zh-CN">{}</bdi>').format(clean_text(text)) if text else Markup("–")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
