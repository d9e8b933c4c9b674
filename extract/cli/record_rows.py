"""Convert readings, grids, the ledger and the settings to the rows that the command prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from extract.cli.output import Format, as_json, print_rows
from extract.entities import Column, Held, Reading, Scope
from extract.errors import Refused
from extract.settings import Settings
from extract.translations import say

if TYPE_CHECKING:
    from extract.ledger import Ledger

USERINFO = re.compile(r"//[^/@\s]*@")
SECRET_ARGUMENT = re.compile(r"([?&][^=&]*(?:pass|secret|key|token)[^=&]*)=[^&]*", re.IGNORECASE)
ALWAYS = tuple(Column)[:11]  # printed as null where the form has no such column
APART = (
    Column.SIGN,
    Column.VALUE,
    Column.MEASURE_UNIT,
    Column.WEIGHT,
    Column.ACTUAL_VALUE,
    Column.SCORE,
    Column.PROJECT_CODE,
    Column.DEPARTMENT,
)
READ_COLUMNS = ("file", "page", "row", *ALWAYS, "amount_yuan")


def rows_of(file: Path, reading: Reading) -> Iterator[dict[str, Any]]:
    """Yield one object per indicator row, in printed order, as contract and README promise."""
    parts = {part.part: part for part in reading.parts}
    for record in reading.records:
        part = parts[record.part]
        amount = record.amounts.get(Column.AMOUNT)
        row: dict[str, Any] = {
            "file": str(file),
            "sha256": reading.sha256,
            "title": record.title or part.title,
            "publisher": part.publisher,
            "fiscal_year": part.fiscal_year,
            "scope": record.scope.value,
            "project_no": record.project_no,
            "table": record.table,
            "page": record.page,
            "row": record.row,
            "bbox": [round(side, 2) for side in record.box],
        }
        for column in ALWAYS:
            row[column.value] = record.cells[column].text if column in record.cells else None
        row["amount_yuan"] = None if amount is None else format(amount, "f")
        row.update({c.value: record.cells[c].text for c in APART if c in record.cells})
        yield row


def describe_reading(file: Path | str, reading: Reading) -> str:
    """Return one line on a document: pages with targets, projects, rows, what is held back, how it proves itself."""
    pages = {cell.page for record in reading.records for cell in record.cells.values()}
    pages |= {page for one in reading.held for page in range(one.page, one.last_page + 1)}
    projects = {(record.part, record.project_no) for record in reading.records if record.scope is Scope.PROJECT}
    agree = sum(check.agrees for check in reading.cross_checks)
    return say(
        "{file}: {pages} pages with targets, {projects} projects, {rows} rows, {held} held back; "
        "cross-checks: {agree} agree, {differ} differ",
        file=file,
        pages=len(pages),
        projects=len(projects),
        rows=len(reading.records),
        held=len(reading.held),
        agree=agree,
        differ=len(reading.cross_checks) - agree,
    )


def refusal_lines(file: Path | str, error: Refused) -> list[str]:
    """Return one JSON object for a refused document, or one for each of its projects where each has its own reason."""
    if error.held:
        return held_lines(file, error.held)
    return [as_json({"file": str(file), "refused": error.reason.value, "page": error.page, "detail": error.detail})]


def held_lines(file: Path | str, held: tuple[Held, ...]) -> list[str]:
    """Return one JSON object for each project that is held back."""
    return [
        as_json(
            {
                "file": str(file),
                "refused": one.reason.value,
                "page": one.page,
                "last_page": one.last_page,
                "project": one.project,
                "unit": one.unit,
                "scope": one.scope.value,
                "detail": one.detail,
            }
        )
        for one in held
    ]


def status_of(ledger: Ledger, settings: Settings) -> dict[str, Any]:
    """Return the ledger in one object; the counts are those of the last run, and they add up."""
    from extract.ledger import OUTCOMES
    from extract.reading.reader_version import READER_VERSION
    from extract.releases.shelves import served_release
    from extract.sources.freshness import check_freshness
    from extract.warehouse.fingerprints import is_behind

    last, newest = ledger.last_run(), ledger.newest_run()
    states = ledger.documents_by_state()
    release = served_release(settings)
    behind = is_behind(settings)
    incomplete = ledger.incomplete()
    return {
        **{name: last[name] if last else 0 for name in ("seen", *OUTCOMES)},
        "run_id": last["run_id"] if last else None,
        "finished_at": last["finished_at"] if last else None,
        "running_since": newest["started_at"] if newest and newest["finished_at"] is None else None,
        "sandbox": describe_sandbox(settings),
        "documents": states,
        "waiting": sum(states.get(state, 0) for state in ("landed", "read", "failed")),
        "questions": ledger.count_questions(),
        "outdated": len(ledger.outdated(READER_VERSION)),
        "rereads": ledger.rereads(),
        "release": release and {k: release[k] for k in ("release_id", "published_at", "row_counts", "checksum")},
        "release_is_behind": behind,
        "pin": ledger.pin(),
        "incomplete": [
            {"id": one["sha256"][:12], "file": one["first_url"], "held_back": one["held"]} for one in incomplete
        ],
        "refusals": [_describe_refusal(one) for one in ledger.troubled()],
        "findings": ledger.findings(last["run_id"] if last else None),
        "publishers": [asdict(one) for one in check_freshness(settings, is_behind=behind)],
    }


def _describe_refusal(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["sha256"][:12] if one["sha256"] else None,
        "file": one["first_url"],
        "state": one["state"],
        "reason": one["reason"],
        "page": one["page"],
        "held_back": one["held"],
        "detail": one["detail"],
    }


def describe_sandbox(settings: Settings) -> dict[str, Any]:
    """Return how far this kernel can confine the reading process, and what prevents reading."""
    from extract.isolation.confine import describe_kernel

    kernel = describe_kernel()
    trouble = None
    if settings.sandbox == "off":
        trouble = "JIXIAO_SANDBOX=off: PDFs are read by a process that is not confined"
    elif kernel.missing:
        trouble = f"no PDF is read: {kernel.missing}"
    return {"setting": settings.sandbox, "landlock": kernel.landlock, "seccomp": kernel.seccomp, "trouble": trouble}


def print_status(found: dict[str, Any]) -> None:
    """Print the status for people."""
    from extract.ledger import OUTCOMES

    console = Console(highlight=False)
    names = ("seen", *OUTCOMES, "waiting")
    console.print(say("last run {run}", run=found["run_id"] or say("– none yet")), markup=False)
    print_rows([{name: found[name] for name in names}], names, Format.TABLE)
    release = found["release"]
    if release:
        behind = say("; staged documents wait for the next build") if found["release_is_behind"] else ""
        console.print(say("release {release}", release=release["release_id"]) + behind, markup=False)
    if found["questions"]:
        told = "questions that wait for an answer: {count}; `jixiao questions` lists them"
        console.print(say(told, count=found["questions"]), markup=False)
    if found["outdated"] or found["rereads"]:
        console.print(describe_outdated(found["outdated"], found["rereads"]), markup=False)
    sandbox = found["sandbox"]
    confined = say("PDFs are read in confined processes: Landlock {abi}, seccomp", abi=sandbox["landlock"])
    console.print(sandbox["trouble"] or confined, markup=False)
    if pin := found["pin"]:
        pinned = "pinned by {by} since {since} UTC: {why}"
        console.print(say(pinned, by=pin["pinned_by"], since=pin["pinned_at"], why=pin["why"]), markup=False)
    if found["incomplete"]:
        console.print(describe_incomplete([one["held_back"] for one in found["incomplete"]]), markup=False)
        print_rows(found["incomplete"], ("id", "file", "held_back"), Format.TABLE)
    if found["refusals"]:
        print_rows(found["refusals"], ("id", "file", "state", "reason", "page", "held_back", "detail"), Format.TABLE)
    if found["publishers"]:
        columns = ("publisher", "documents", "last_new_at", "waiting", "alerts")
        rows = [{**one, "alerts": "\n".join(one["alerts"]) or None} for one in found["publishers"]]
        print_rows(rows, columns, Format.TABLE)


def describe_incomplete(held: Sequence[int]) -> str:
    """Describe how many projects of how many loaded documents are held back; `held` counts per document."""
    told = "{projects} projects of {documents} loaded documents are held back; `jixiao refusals show ID` names them"
    return say(told, projects=sum(held), documents=len(held))


def describe_outdated(outdated: int, waiting: int) -> str:
    """Describe how many loaded documents another reader version read, and how many are being reread."""
    told = "{outdated} loaded documents are of an older reader; {waiting} are read again by the next run"
    return say(told, outdated=outdated, waiting=waiting)


def setting_rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield every setting with its value; passwords inside URLs are hidden."""
    from sqlalchemy.engine import make_url

    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if name in ("ledger_url", "warehouse_url"):
            value = make_url(value).render_as_string(hide_password=True)
        elif name.endswith("_url") and isinstance(value, str):
            value = USERINFO.sub("//***@", value)
        if name.endswith("_url") and isinstance(value, str):
            value = SECRET_ARGUMENT.sub(r"\1=***", value)
        yield {
            "variable": f"JIXIAO_{name.upper()}",
            "value": "" if value is None else str(value),
            "default": "" if field.default is None else str(field.default),
            "meaning": field.description,
        }


def print_trace(found: dict[str, Any]) -> None:
    """Print a traced fact for people: what it is, where it was printed, and the same cell in other editions."""
    flat = {
        "kind": found["kind"],
        "key": found["key"],
        "printed": found["printed"],
        **(found["reading"] or {}),
        **(found["names"] or {}),
        "page": found["page"],
        "row": found["row"],
        "box (points)": found["bbox"] and " ".join(f"{side:g}" for side in found["bbox"]),
        **found["document"],
        "archive": found["archive"],
        "picture": found.get("picture"),
    }
    shown = {name: format(value, ",f") if isinstance(value, Decimal) else value for name, value in flat.items()}
    rows = [{"what": name, "is": str(value)} for name, value in shown.items() if value is not None]
    print_rows(rows, ("what", "is"), Format.TABLE)
    if found["other_editions"]:
        Console(highlight=False).print(say("other editions"))
        print_rows(found["other_editions"], tuple(found["other_editions"][0]), Format.TABLE)
