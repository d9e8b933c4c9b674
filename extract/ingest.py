"""The steps of the nightly ingest, each a function that an Airflow task calls with a run id.

discover >> land >> plan_batches >> read_batch (mapped) >> stage_read >> close. What passes between them is in the
ledger and on disk, never in Airflow: run ids and hashes only. Each may be repeated at any time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from extract.entities import LandedPdf, Publication
from extract.errors import JixiaoError, LedgerError, Refused, SourceError
from extract.ledger import Ledger
from extract.publishers import FolderSource, Publisher, load_publishers
from extract.settings import Settings
from extract.sources.archive import archive_path, land_bytes, write_whole
from extract.sources.folder import discover_folder, read_file

log = logging.getLogger(__name__)
MEGABYTE = 1 << 20
MOST_BATCHES = 1000  # Airflow maps at most 1,024 items


def discover(settings: Settings, run_id: str, *, inbox: str | None = None, publisher: str | None = None) -> int:
    """Write down every publication at the configured sources; returns how many.

    `publisher` narrows the run to one publisher file; `inbox` is the folder that the file `inbox` watches this time.
    """
    ledger = Ledger(settings.ledger_url or "")
    ledger.start_run(run_id)
    chosen = _choose(load_publishers(settings.publishers_dir), inbox, publisher)
    found: list[Publication] = []
    for one in chosen:
        if one.source is None:
            continue
        found.extend(_discover_source(one.code, one.source, settings, inbox))
    ledger.sight(run_id, found)
    log.info("%d publications seen at %d sources", len(found), sum(one.source is not None for one in chosen))
    return len(found)


def _choose(publishers: tuple[Publisher, ...], inbox: str | None, code: str | None) -> tuple[Publisher, ...]:
    wanted = code or ("inbox" if inbox else None)
    if wanted is None:
        return publishers
    chosen = tuple(one for one in publishers if one.code == wanted)
    if not chosen:
        raise SourceError(f"no publisher file {wanted}.yml; there are {', '.join(p.code for p in publishers)}")
    return chosen


def _discover_source(code: str, source: FolderSource, settings: Settings, inbox: str | None) -> list[Publication]:
    own = source.path is not None
    folder = Path(source.path or inbox or settings.inbox or "").expanduser().absolute()
    if not own and not inbox:
        folder.mkdir(parents=True, exist_ok=True)
    return discover_folder(folder, code, source.pattern)


def land(settings: Settings, run_id: str) -> int:
    """Fetch the bytes of every publication that this run has not landed yet; returns how many were landed.

    What cannot be landed ends refused or failed in the ledger, with its reason; the rest goes on.
    """
    ledger = Ledger(settings.ledger_url or "")
    landed = 0
    for publication in ledger.unlanded(run_id):
        try:
            document = _land_one(publication, settings)
        except (JixiaoError, OSError) as error:
            log.warning("%s: %s", publication.url, error)
            ledger.note_unlanded(run_id, publication.url, error)
        else:
            ledger.note_landed(run_id, publication, document)
            landed += 1
    return landed


def _land_one(publication: Publication, settings: Settings) -> LandedPdf:
    limit = settings.max_file_megabytes * MEGABYTE
    data = read_file(publication.url, publication.listing, settings.settle_seconds, limit)
    return land_bytes(settings.archive, data)


def plan_batches(settings: Settings) -> list[list[str]]:
    """The hashes to read, in batches of bounded number and size: one mapped task each.

    Whatever waits is read, whenever it was seen: what failed yesterday must get in today.
    """
    from extract.reading import READER_VERSION

    ledger = Ledger(settings.ledger_url or "")
    waiting = ledger.to_read(READER_VERSION, settings.read_attempts)
    batches: list[list[str]] = []
    size = 0
    for sha256, bytes_ in waiting:
        size += bytes_
        if not batches or len(batches[-1]) >= settings.batch_documents or size > settings.batch_megabytes * MEGABYTE:
            batches.append([])
            size = bytes_
        batches[-1].append(sha256)
    while len(batches) > MOST_BATCHES:
        batches = [batches[i] + (batches[i + 1] if i + 1 < len(batches) else []) for i in range(0, len(batches), 2)]
    return batches


def read_batch(settings: Settings, batch: Iterable[str]) -> int:
    """Read documents in a sandbox and leave what they say for the stage step; returns how many were read.

    A document that must not be loaded ends refused, one that fails for another cause failed; the rest goes on.
    """
    from extract.pages.sandbox import Sandbox
    from extract.reading import READER_VERSION, reading_to_json
    from extract.stage import readings_path

    ledger = Ledger(settings.ledger_url or "")
    done = 0
    with Sandbox(settings.limits()) as sandbox:
        for sha256 in batch:
            try:
                reading = sandbox.read(archive_path(settings.archive, sha256), reader=settings.reader)
                write_whole(readings_path(settings, sha256), reading_to_json(reading).encode())
            except Exception as error:  # one document's trouble must not become the batch's
                log.warning("%s: %s", sha256[:12], error, exc_info=not isinstance(error, Refused))
                ledger.note_unread(sha256, READER_VERSION, error)
            else:
                ledger.note_read(sha256, READER_VERSION)
                done += 1
    return done


def stage_read(settings: Settings, run_id: str) -> int:
    """Load every document that is read into the raw schema, one transaction each; returns how many.

    A document whose rows the database cannot hold ends failed; a broken or full database fails the step.
    """
    from extract.reading import READER_VERSION
    from extract.stage import open_warehouse, readings_path

    ledger = Ledger(settings.ledger_url or "")
    publishers = load_publishers(settings.publishers_dir)
    waiting = ledger.to_stage()
    staged = 0
    if not waiting:
        return 0
    with open_warehouse(settings) as engine:
        for sha256 in waiting:
            try:
                _stage_one(settings, ledger, engine, publishers, sha256)
            except (DataError, IntegrityError, ValueError, TypeError, FileNotFoundError) as error:
                log.exception("%s cannot be staged", sha256[:12])
                ledger.note_unread(sha256, READER_VERSION, error)
            else:
                ledger.note_staged(sha256, run_id)
                readings_path(settings, sha256).unlink(missing_ok=True)
                staged += 1
    return staged


def _stage_one(
    settings: Settings, ledger: Ledger, engine: Engine, publishers: tuple[Publisher, ...], sha256: str
) -> None:
    from extract.frames import Origin, make_frames
    from extract.reading import reading_from_json
    from extract.stage import readings_path, stage_frames

    known = ledger.document(sha256)
    reading = reading_from_json(readings_path(settings, sha256).read_text(encoding="utf-8"))
    origin = Origin(known["first_url"], known["first_seen_at"], known["printed_on"])
    stage_frames(engine, sha256, make_frames(reading, origin, publishers, known["reader_version"]))
    log.info("%s: %d rows staged", sha256[:12], len(reading.records))


def close(settings: Settings, run_id: str, failed_tasks: Sequence[str] = ()) -> dict[str, int]:
    """Decide what became of each publication and return the counts.

    Raises LedgerError if they do not add up to what was seen, if a publication failed, or if a task of the run did.
    """
    counts = Ledger(settings.ledger_url or "").close_run(run_id)
    log.info(
        "seen %(seen)d = loaded %(loaded)d + unchanged %(unchanged)d + refused %(refused)d + failed %(failed)d", counts
    )
    if failed_tasks:
        raise LedgerError(f"tasks failed: {', '.join(failed_tasks)}; their logs say why")
    if counts["failed"]:
        raise LedgerError(f"{counts['failed']} of {counts['seen']} publications failed; `jixiao status` names them")
    return counts
