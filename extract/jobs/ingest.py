"""Steps of the nightly ingest, each a function that an Airflow task calls with a run id.

choose_sources >> discover >> land >> read_batch (mapped over publishers) >> plan_batches >> read_batch (mapped) >>
stage_read >> close. They exchange data through the ledger and the disk, never through Airflow, which passes run ids and
hashes only. Each step is idempotent.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError

from extract.archive.object_store import DamagedError, StoreError
from extract.archive.readings import drop_reading, keep_reading, load_reading
from extract.archive.stored_documents import fetch_archived, forget_copies, sweep_parts
from extract.entities import Answer, CacheEntry, Landing, Publication, Reading
from extract.errors import LedgerError, Reason, Refused, SandboxError, SourceError, describe_error
from extract.jobs.answered_documents import Answered, wake_answered
from extract.jobs.batches import count_pages, count_target_pages, make_batches, name_child
from extract.ledger import Ledger
from extract.locks import LockedError
from extract.publishers import Publisher, load_publishers
from extract.publishers.secrets import Secret
from extract.reading.reader_version import READER_VERSION
from extract.settings import Settings
from extract.sources.discovery import LISTING_FINDINGS, UNLISTED, check_discovery, discover_source
from extract.sources.landing import land_publications
from extract.sources.page_fetch import CacheLookup, drop_old_validators
from extract.sources.site import Discovery

if TYPE_CHECKING:
    from extract.reading.sandbox import ReadText, Sandbox

log = logging.getLogger(__name__)
_NO_STATES: Mapping[str, str] = MappingProxyType({})
_MAPPED = re.compile(r"publisher\.(discover|land|read)_(\d+)")
PUBLISHERS_AT_ONCE = 4  # of one task: a slow site must not hold up the others
MOST_GROUPS = 200  # tasks among which the publishers of a night are divided
MOST_NAMED = 10  # incomplete documents that the night's log names
LEDGER_AWAY = (OperationalError, InterfaceError)  # no publisher's fault: the task is tried again


def choose_sources(
    settings: Settings, run_id: str, *, inbox: str | None = None, publisher: str | None = None
) -> list[list[str]]:
    """Open the run and return the codes of the publishers to look at, in groups: a mapped task each.

    `publisher` narrows the run to one publisher file, `inbox` to the file `inbox`. Up to MOST_GROUPS, a group is one
    publisher.
    """
    _open_run(Ledger(settings.ledger_url or ""), run_id)
    codes = [one.code for one in _choose(load_publishers(settings.publishers_dir), inbox, publisher) if one.source]
    groups = min(len(codes), MOST_GROUPS)
    return [codes[number::groups] for number in range(groups)]


def _open_run(ledger: Ledger, run_id: str) -> None:
    for abandoned in ledger.start_run(run_id):
        log.warning("run %s was killed before it closed: what it loaded is counted as its own", abandoned)


def discover(
    settings: Settings,
    run_id: str,
    *,
    inbox: str | None = None,
    publisher: str | None = None,
    only: Sequence[str] | None = None,
) -> int:
    """Record every publication at the configured sources; return how many.

    `publisher` narrows the run to one publisher file, `only` to several; `inbox` is the folder that the file `inbox`
    watches this time. A source that cannot be listed keeps no other from being listed; `close` then fails and names it.
    """
    ledger = Ledger(settings.ledger_url or "")
    _open_run(ledger, run_id)
    chosen = [
        one
        for one in _choose(load_publishers(settings.publishers_dir), inbox, publisher)
        if one.source is not None and (only is None or one.code in only)
    ]

    def look(one: Publisher) -> int:
        """List one source and record the result; return the number of its publications."""
        try:
            found = discover_source(one, settings, inbox, _cache_lookup(ledger, one.code, settings))
            return _note_discovery(ledger, run_id, one, found)
        except LEDGER_AWAY:
            raise
        except Exception as error:  # what the ledger cannot hold, for example: only this publisher fails
            log.exception("%s", one.code)
            ledger.note_finding(run_id, one.code, "not_listed", one.code, describe_error(error))
            return 0

    with ThreadPoolExecutor(PUBLISHERS_AT_ONCE) as pool:
        seen = sum(pool.map(look, chosen))
    log.info("%d publications seen at %d sources", seen, len(chosen))
    return seen


def _cache_lookup(ledger: Ledger, code: str, settings: Settings) -> CacheLookup:
    """Return a function that loads cache entries of this publisher by address; old ones lose their validators."""

    def look_up(urls: list[str]) -> dict[str, CacheEntry]:
        """Return the cache entries of these addresses, by address."""
        moment = datetime.now(UTC)
        known = ledger.cache_entries(code, urls)
        return {url: drop_old_validators(one, moment, settings.refetch_days) for url, one in known.items()}

    return look_up


def _note_discovery(ledger: Ledger, run_id: str, publisher: Publisher, found: Discovery) -> int:
    """Record the listing of a source and findings about it; return the number of publications."""
    seen = [*found.publications, *(publication for publication, _ in found.unreached)]
    before = ledger.seen_before(run_id, publisher.code)
    ledger.sight(run_id, seen)
    ledger.note_landings(run_id, [Landing(publication, error=error) for publication, error in found.unreached])
    ledger.keep_cache_entries(publisher.code, found.cache_entries)
    ledger.forget_findings(run_id, publisher.code, LISTING_FINDINGS)
    for finding in check_discovery(publisher, found, before):
        log.warning("%s: %s: %s", publisher.code, finding.code, finding.detail)
        ledger.note_finding(run_id, publisher.code, finding.code, publisher.code, finding.detail)
    return len(seen)


def _choose(publishers: tuple[Publisher, ...], inbox: str | None, code: str | None) -> tuple[Publisher, ...]:
    wanted = code or ("inbox" if inbox else None)
    if wanted is None:
        return publishers
    chosen = tuple(one for one in publishers if one.code == wanted)
    if not chosen:
        raise SourceError(f"no publisher file {wanted}.yml; there are {', '.join(p.code for p in publishers)}")
    return chosen


def land(settings: Settings, run_id: str, *, only: Sequence[str] | None = None) -> int:
    """Fetch the bytes of every publication that this run has not landed yet; return how many were landed.

    `only` narrows it to some publishers. A publication that cannot be landed becomes refused or failed in the ledger,
    with its reason, and stops no other.
    """
    ledger = Ledger(settings.ledger_url or "")
    sweep_parts(settings.archive)
    publishers = {one.code: one for one in load_publishers(settings.publishers_dir)}
    waiting: dict[str, list[Publication]] = {}
    for publication in ledger.unlanded(run_id):
        if only is None or publication.publisher in only:
            waiting.setdefault(publication.publisher, []).append(publication)

    def fetch(code: str) -> int:
        """Land the publications of one publisher; return how many were landed."""
        publisher = publishers.get(code)
        if publisher is None:
            return _note_landings(ledger, run_id, [Landing(p, error=_no_file(code)) for p in waiting[code]])
        steps = land_publications(publisher, waiting[code], _cache_lookup(ledger, code, settings), settings, run_id)
        return sum(_note_landings(ledger, run_id, landings) for landings in steps)

    with ThreadPoolExecutor(PUBLISHERS_AT_ONCE) as pool:
        landed = sum(pool.map(fetch, waiting))
    count_pages(settings, ledger, only)  # while the bytes are here: the machine that plans may have none
    return landed


def _note_landings(ledger: Ledger, run_id: str, landings: list[Landing]) -> int:
    for one in landings:
        if one.error is not None:
            log.warning("%s: %s", one.publication.url, one.error)
    try:
        ledger.note_landings(run_id, landings)
    except LEDGER_AWAY:
        raise
    except Exception as error:  # what the ledger cannot hold of one of them must not cost the others
        if len(landings) == 1:
            log.exception("%s", landings[0].publication.url)
            ledger.note_landings(run_id, [Landing(landings[0].publication, error=LedgerError(describe_error(error)))])
            return 0
        return sum(_note_landings(ledger, run_id, [one]) for one in landings)
    return sum(one.landed is not None for one in landings)


def _no_file(code: str) -> SourceError:
    return SourceError(f"the publisher file {code}.yml is gone since its source was listed")


def plan_batches(settings: Settings, run_id: str | None = None) -> list[list[str]]:
    """Return the hashes to read, in batches of bounded number and pages: one mapped task each.

    Includes documents of earlier runs that are still unread or failed, and none that the run `run_id` has tried
    already, while others landed.
    """
    ledger = Ledger(settings.ledger_url or "")
    _reland_lost(settings, ledger)
    wake_answered(ledger, load_publishers(settings.publishers_dir))
    count_pages(settings, ledger)
    waiting = ledger.to_read(READER_VERSION, settings.read_attempts, untried_in=run_id)
    return make_batches(waiting, settings.batch_documents, settings.batch_pages)


def plan_first_batch(settings: Settings, publishers: Collection[str]) -> list[str]:
    """Return one batch of new documents of these publishers, to be read while other publishers still land.

    The rest, documents with new answers and documents whose rows are lost are planned when all have landed.
    """
    waiting = Ledger(settings.ledger_url or "").to_read(READER_VERSION, settings.read_attempts, publishers)
    return next(iter(make_batches(waiting, settings.batch_documents, settings.batch_pages)), [])


def _reland_lost(settings: Settings, ledger: Ledger) -> None:
    """Schedule documents whose rows the build database has lost: it was removed, or is an older copy.

    Skipped while another writer works: the next run looks again, and a build refuses meanwhile.
    """
    from extract.warehouse.staging import find_lost, open_warehouse

    if not ledger.held():
        return
    at_once = settings.model_copy(update={"writer_wait_seconds": 0})
    with contextlib.suppress(LockedError), open_warehouse(at_once) as engine:
        lost = find_lost(engine, ledger.held())
        if lost:
            log.warning("%d staged documents are not in the build database: they are read again", len(lost))
            ledger.note_lost(lost)


def read_batch(settings: Settings, batch: Iterable[str]) -> int:
    """Read documents in a sandbox and keep the readings for the stage step; return how many were read.

    Documents that an earlier attempt at the batch has read are skipped. A document that must not be loaded becomes
    refused in the ledger, one that fails for another cause failed; neither stops the others.
    """
    from extract.reading.sandbox import Sandbox

    ledger = Ledger(settings.ledger_url or "")
    publishers = load_publishers(settings.publishers_dir)
    forget_copies(settings)
    done = 0
    share, confined = settings.second_reader_share, settings.sandbox == "on"
    with Sandbox(settings.limits(), second_reader_share=share, reader=settings.reader, confined=confined) as sandbox:
        for sha256 in batch:
            known = ledger.document(sha256)
            if known["state"] in ("read", "staged") and known["reread"] != "wanted":
                continue  # by another run beside this one, or before a retry of this task
            child = name_child(publishers, known["publisher"], sha256)
            answered = Answered(ledger, publishers, known)
            secrets, names = _passwords(publishers, known), ledger.names(sha256)
            read = partial(_read_one, settings, sandbox, sha256, secrets, child, names)
            try:
                reading = answered.read(read)
                keep_reading(settings, sha256, reading.text, answered.used)
            except (StoreError, SandboxError):  # no document's fault: the task is tried again
                raise
            except Exception as error:  # a failure of one document must not fail the batch
                log.warning("%s: %s", sha256[:12], error, exc_info=not isinstance(error, Refused))
                told = (sha256, READER_VERSION, error, settings.read_attempts, answered.used)
                if _note_outcome(ledger, sha256, partial(ledger.note_unread, *told)) and isinstance(error, Refused):
                    _note_questions(ledger, sha256, error)
            else:
                note = partial(ledger.note_read, sha256, READER_VERSION, reading.page_count, answered.used)
                done += _note_outcome(ledger, sha256, note)
    return done


def _note_outcome(ledger: Ledger, sha256: str, note: Callable[[], None]) -> bool:
    """Record the outcome of reading; False where another run has staged the document in the meantime."""
    try:
        note()
    except LedgerError:
        if ledger.document(sha256)["state"] != "staged":
            raise
        log.info("%s: another run was faster", sha256[:12])
        return False
    return True


def _note_questions(ledger: Ledger, sha256: str, refusal: Refused) -> None:
    """Record the questions of a refused document; texts that the ledger cannot hold lose only the questions."""
    try:
        ledger.note_questions(sha256, refusal.held)
    except LEDGER_AWAY:
        raise
    except Exception:
        log.exception("the questions of %s", sha256[:12])


def _passwords(publishers: tuple[Publisher, ...], known: dict[str, Any]) -> tuple[Secret, ...]:
    return next((one.passwords for one in publishers if one.code == known["publisher"]), ())


def _read_one(
    settings: Settings,
    sandbox: Sandbox,
    sha256: str,
    passwords: tuple[Secret, ...],
    child: str,
    names: Sequence[str],
    answers: Sequence[Answer] = (),
) -> ReadText:
    """Read a document without a password first, then with each that the publisher file names; raises Refused."""
    path = fetch_archived(settings, sha256)
    read = partial(sandbox.read_text, path, reader=settings.reader, publisher=child, answers=answers, names=names)
    try:
        return read()
    except Refused as refusal:
        if refusal.reason is not Reason.PASSWORD:
            raise
        locked = refusal
    for secret in passwords:
        try:
            return read(password=secret.reveal())
        except Refused as refusal:
            if refusal.reason is not Reason.PASSWORD:
                raise
    raise locked


def stage_read(settings: Settings, run_id: str) -> int:
    """Load every document that is read into the raw schema, one transaction each; return how many.

    The rows of a document that a newer reader refuses are removed first. A document whose rows the database cannot hold
    ends failed; a broken or full database fails the step.
    """
    from extract.warehouse.staging import open_warehouse, remove_document

    ledger = Ledger(settings.ledger_url or "")
    publishers = load_publishers(settings.publishers_dir)
    staged = 0
    if not ledger.to_stage() and not ledger.to_remove():
        return 0
    with open_warehouse(settings) as engine:
        for sha256 in ledger.to_remove():
            log.warning("%s: refused by reader %s, its rows are removed", sha256[:12], READER_VERSION)
            remove_document(engine, sha256)
            ledger.note_removed(sha256)
        for sha256 in ledger.to_stage():  # as it is now: a writer that was waited for may have staged some of it
            try:
                rows_fingerprint, reading = _stage_one(settings, ledger, engine, publishers, sha256)
            except (DataError, IntegrityError, ValueError, TypeError, FileNotFoundError, DamagedError) as error:
                log.exception("%s cannot be staged", sha256[:12])
                ledger.note_unread(sha256, READER_VERSION, error)
            else:
                pages = count_target_pages(reading)
                ledger.note_staged(sha256, run_id, rows_fingerprint, reading.held, pages)
                drop_reading(settings, sha256, ledger.document(sha256)["answers_used"] or "")
                staged += 1
    return staged


def _stage_one(
    settings: Settings, ledger: Ledger, engine: Engine, publishers: tuple[Publisher, ...], sha256: str
) -> tuple[str, Reading]:
    """Stage one document; return the fingerprint of its rows, and its reading."""
    from extract.reading.untrusted import trust_reading
    from extract.warehouse.frames import Origin, make_frames
    from extract.warehouse.staging import stage_frames

    known = ledger.document(sha256)
    reading = trust_reading(load_reading(settings, sha256, known["answers_used"] or ""), sha256)
    origin = Origin(known["first_url"], known["first_seen_at"], known["printed_on"], known["publisher"])
    fingerprint = stage_frames(engine, sha256, make_frames(reading, origin, publishers, known["reader_version"]))
    ledger.note_questions(sha256, reading.held, reading.settled)
    log.info("%s: %d rows staged", sha256[:12], len(reading.records))
    return fingerprint, reading


def close(
    settings: Settings, run_id: str, states: Mapping[str, str] = _NO_STATES, groups: Sequence[Sequence[str]] = ()
) -> dict[str, int]:
    """Set the outcome of each publication and return the counts.

    `states`: of the run's tasks, as Airflow names them; `groups`: the publishers of each mapped group. Raises
    LedgerError if the counts do not add up to what was seen, if a publication failed, or if a task of the run did.
    """
    ledger = Ledger(settings.ledger_url or "")
    failed_tasks = _note_failed_tasks(ledger, run_id, states, groups)
    counts = ledger.close_run(run_id)
    log.info(
        "seen %(seen)d = loaded %(loaded)d + unchanged %(unchanged)d + refused %(refused)d + failed %(failed)d", counts
    )
    held = _describe_held(ledger)
    if held:
        log.warning("%s", held)
    if failed_tasks:
        raise LedgerError(f"tasks failed: {', '.join(failed_tasks)}; see their logs")
    unlisted = [one for one in ledger.findings(run_id) if one["code"] in UNLISTED]
    if unlisted:
        raise LedgerError("; ".join(f"{one['publisher']} could not be listed: {one['detail']}" for one in unlisted))
    if counts["failed"]:
        raise LedgerError(f"{counts['failed']} of {counts['seen']} publications failed; `jixiao status` names them")
    return counts


def _describe_held(ledger: Ledger) -> str:
    """Name the loaded documents of which projects are held back; '' where there are none."""
    incomplete = ledger.incomplete()
    if not incomplete:
        return ""
    named = ", ".join(f"{one['first_url']} ({one['held']})" for one in incomplete[:MOST_NAMED])
    more = f" and {len(incomplete) - MOST_NAMED} more" if len(incomplete) > MOST_NAMED else ""
    return f"{sum(one['held'] for one in incomplete)} projects are held back of loaded documents: {named}{more}"


def _note_failed_tasks(
    ledger: Ledger, run_id: str, states: Mapping[str, str], groups: Sequence[Sequence[str]]
) -> list[str]:
    """Return the names of failed tasks; a task of one publisher becomes a finding of that publisher."""
    failed = []
    for task, state in sorted(states.items()):
        mapped = _MAPPED.fullmatch(task)
        if state not in ("failed", "upstream_failed"):
            continue
        if mapped is None or int(mapped[2]) >= len(groups):
            failed.append(task)
        elif state == "failed":  # upstream_failed: told of the task before it
            codes = groups[int(mapped[2])]
            failed.append(f"publisher.{mapped[1]} of {', '.join(codes)}")
            if mapped[1] == "read":
                continue
            finding = {"discover": "not_listed", "land": "not_landed"}[mapped[1]]
            for code in codes:
                ledger.note_finding(run_id, code, finding, code, f"the task publisher.{mapped[1]} failed: see its log")
    return failed
