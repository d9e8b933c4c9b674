"""Fingerprint the inputs of a build, and compare them with those of the published release."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlalchemy.exc import ProgrammingError

from extract.ledger import Ledger
from extract.settings import Settings


def fingerprint_inputs(settings: Settings) -> str:
    """Return 32 hex digits of the rules, the rows of staged documents, and missing expected publications."""
    from extract.warehouse.coverage import coverage_inputs

    digest = hashlib.sha256((fingerprint_rules(settings) + coverage_inputs(settings)).encode())
    for sha256, rows in Ledger(settings.ledger_url or "").staged():
        digest.update(f"{sha256} {rows}\n".encode())
    return digest.hexdigest()[:32]


def fingerprint_rules(settings: Settings) -> str:
    """Return 32 hex digits of the rules from documents to marts: grammar, matching, partitions, dbt, models."""
    from extract import text
    from extract.values import GRAMMAR_VERSION
    from extract.warehouse import partitions, project_similarity

    digest = hashlib.sha256(GRAMMAR_VERSION.encode())
    for module in (project_similarity, partitions, text):
        digest.update(Path(module.__file__ or "").read_bytes())
    for package in ("dbt-core", "dbt-postgres") if settings.on_postgres else ("dbt-core", "dbt-duckdb", "duckdb"):
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    digest.update(fingerprint_models(settings).encode())
    return digest.hexdigest()[:32]


def fingerprint_models(settings: Settings) -> str:
    """Return 32 hex digits of the dbt project: models, tests, seeds, macros and their descriptions."""
    digest = hashlib.sha256()
    for path in sorted(settings.dbt_dir.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv"} and not {"target", "logs"} & set(path.parts):
            digest.update(f"{path.relative_to(settings.dbt_dir)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def is_behind(settings: Settings) -> bool:
    """Return True if the published warehouse cannot be read, or was built from other inputs than the present ones."""
    ledger = Ledger(settings.ledger_url or "")
    published = ledger.releases()
    if not published or not (settings.on_postgres or _is_served(settings)):
        return bool(ledger.staged())
    return bool(published[-1]["inputs"] != fingerprint_inputs(settings))


def _is_served(settings: Settings) -> bool:
    """Return True if `current` leads to a release with a readable manifest."""
    try:
        json.loads((settings.current / "release.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def built_inputs(settings: Settings) -> str:
    """Return the fingerprint of inputs at the start of the last build, so that later arrivals count as not built.

    It is stored in the build database, because the machine that publishes need not be the one that built.
    """
    from extract.warehouse import build_schema

    engine = create_engine(settings.warehouse_url or "")
    try:
        with engine.connect() as connection:
            found = connection.scalar(select(build_schema.built_inputs.c.inputs_fingerprint))
    except ProgrammingError:  # built by a version that did not keep it
        found = None
    finally:
        engine.dispose()
    return found or fingerprint_inputs(settings)
