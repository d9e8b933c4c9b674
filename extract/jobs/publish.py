"""Publish audited marts as the served release: written privately, checked, kept, and served in one step.

A rollback serves an earlier release and pins it: newer ones are still built, audited and kept, but readers get none of
them until `unpin`. So no run undoes a person's decision, and no release of the runs in between is lost.
"""

from __future__ import annotations

import logging
from threading import Thread
from typing import Any

from extract.ledger import Ledger
from extract.locks import hold_writer
from extract.releases.manifest import checksum_of
from extract.releases.mirror import mirror_release
from extract.releases.model import Release, ReleaseError, Shelf, find_release
from extract.releases.shelves import open_shelf
from extract.report import load_pages, write_release_pages
from extract.settings import Settings
from extract.warehouse.fingerprints import built_inputs

log = logging.getLogger(__name__)


def publish(settings: Settings) -> dict[str, Any]:
    """Publish the build and return the release, with `published` and `served`.

    Equal rows are not published again: then the newest release is returned. Until the last step readers see the
    release before; a failure at any moment leaves nothing else behind.
    """
    with hold_writer(settings):
        ledger = Ledger(settings.ledger_url or "")
        with open_shelf(settings) as shelf:
            newest, inputs = _finish_interrupted(shelf, ledger), built_inputs(settings)
            contents = shelf.survey(newest)
            if newest is not None and newest["checksum"] == checksum_of(contents):
                ledger.note_inputs(newest["release_id"], inputs)
                log.info("nothing changed: release %s stays", newest["release_id"])
                mirror_release(settings, shelf.served(), shelf.kept())
                return {**newest, "published": False, "served": shelf.served() == newest}
            folder = shelf.folder_of_pages()
            if folder is not None:
                Thread(target=load_pages).start()  # while rows are written
            with shelf.write(contents, inputs, newest) as release:
                if folder is not None:
                    write_release_pages(settings, folder, release)
                shelf.keep(release)
            pin = ledger.pin()
            if pin is None:
                shelf.serve(release["release_id"])
        ledger.note_release(release)
        with open_shelf(settings) as shelf:
            shelf.prune(settings.keep_releases)
            mirror_release(settings, shelf.served(), shelf.kept())
    if pin is None:
        log.info("release %s is served", release["release_id"])
    else:
        log.warning("release %s is kept, but %s is pinned: %s", release["release_id"], pin["release_id"], pin["why"])
    return {**release, "published": True, "served": pin is None}


def _finish_interrupted(shelf: Shelf, ledger: Ledger) -> Release | None:
    """Complete a publish or rollback that was killed half-way; return the newest complete release."""
    shelf.prepare()
    kept = shelf.kept()
    for release in kept:  # the shelf is the truth, the ledger follows
        ledger.note_release(release)
    if not kept:
        return None
    served, pin = shelf.served(), ledger.pin()
    wanted = pin["release_id"] if pin else kept[-1]["release_id"]
    if (served is None or served["release_id"] != wanted) and wanted in {one["release_id"] for one in kept}:
        shelf.serve(wanted)
    return kept[-1]


def list_releases(settings: Settings) -> list[dict[str, Any]]:
    """List every kept release, newest first, with `served` and `pinned`."""
    pin = Ledger(settings.ledger_url or "").pin() or {}
    with open_shelf(settings) as shelf:
        served = shelf.served() or {}
        kept = shelf.kept()
    return [
        {
            **one,
            "served": one["release_id"] == served.get("release_id"),
            "pinned": one["release_id"] == pin.get("release_id"),
        }
        for one in reversed(kept)
    ]


def roll_back(settings: Settings, release_id: str | None, by: str, why: str) -> Release:
    """Serve an earlier release, by default the one before the served one, and pin it; return it.

    The pin is recorded first, so that the next publish finishes a rollback that was killed.
    """
    with hold_writer(settings), open_shelf(settings) as shelf:
        kept, served = shelf.kept(), shelf.served()
        if release_id is None:
            earlier = [one for one in kept if served and one["release_id"] < served["release_id"]]
            if not earlier:
                raise ReleaseError("no earlier release is kept; `jixiao releases` lists those that are")
            release_id = earlier[-1]["release_id"]
        release = find_release(kept, release_id)
        Ledger(settings.ledger_url or "").pin_release(release["release_id"], by, why)
        shelf.serve(release["release_id"])
        mirror_release(settings, release, kept)
    log.warning("release %s is served and pinned by %s: %s", release["release_id"], by, why)
    return release


def unpin(settings: Settings, by: str) -> Release | None:
    """Serve the newest kept release again, and those that follow; return it."""
    with hold_writer(settings), open_shelf(settings) as shelf:
        ledger = Ledger(settings.ledger_url or "")
        ledger.unpin_release(by)
        newest = _finish_interrupted(shelf, ledger)
        mirror_release(settings, newest, shelf.kept())
        return newest
