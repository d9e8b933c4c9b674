"""Find the partitions that a build must build again, by comparing the raw schema with the last good build.

No key, edition, link or check crosses a partition: it is the publishers of one region (codes are local to it), or one
publisher where no region is known; publishers that share a PDF share a partition too. Changes are found by comparing
fingerprints of rows, never by times, so a document that came late, came back or went away, and a build that was
killed, are all found.

    plan_build   marks the changed partitions as not built, in one transaction     raw.changed_*, raw.built_documents
                 and copies their staged rows                                      changed.*
    dbt          replaces their rows in every mart, and leaves a copy of them      changed.*
    mart_sums    counts and checksums of the partitions that were built            raw.mart_sums
    note_built   records the documents, partitions and rules of the marts          raw.built_*
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, literal, select, text, union, update

from extract.warehouse import build_schema, raw_schema
from extract.warehouse.mart_sums import forget_sums

Name = tuple[str, str]
"""What a partition is made of: ("publisher", code) or ("scope", code_scope)."""

UNKNOWN = "unknown"
"""Fingerprint of a document that was staged before fingerprints were kept; staging it again gives it one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Scope of one build: everything, or only the partitions that changed."""

    is_full: bool
    rules_fingerprint: str
    publishers: int
    documents: int


def plan_build(engine: Engine, rules_fingerprint: str, *, full: bool = False) -> Plan:
    """Record the partitions that the build works on; they count as not built until `note_built`.

    Everything is built again where the marts were built by other rules (models, seeds, grammar, versions) than
    `rules_fingerprint`, where they were never built, or where `full` asks for it.
    """
    with engine.begin() as connection:
        built_by = connection.scalar(select(build_schema.built_rules.c.rules_fingerprint))
        is_full = full or built_by != rules_fingerprint
        changed = _find_changed(connection, is_full)
        for table in (build_schema.changed_partitions, build_schema.changed_documents):
            connection.execute(delete(table))
        if changed:
            connection.execute(insert(build_schema.changed_partitions), changed)
        connection.execute(_insert_documents())
        if is_full:
            connection.execute(delete(build_schema.built_rules))
        _mark_unbuilt(connection)
        forget_sums(connection, is_full=is_full)
        _drop_changed(connection)
        if not is_full:
            _copy_changed(connection)
        documents = connection.scalar(select(func.count()).select_from(build_schema.changed_documents)) or 0
    return Plan(is_full, rules_fingerprint, len({one["publisher_code"] for one in changed}), documents)


def note_built(engine: Engine, plan: Plan, inputs_fingerprint: str) -> None:
    """Record after a successful build that its partitions, rules and inputs are those of the marts."""
    built, staged = build_schema.built_documents, _staged_parts()
    with engine.begin() as connection:
        connection.execute(delete(built) if plan.is_full else delete(built).where(_is_changed(built)))
        fresh = staged.subquery()
        rows = select(fresh) if plan.is_full else select(fresh).where(_is_changed(fresh))
        connection.execute(insert(built).from_select([column.name for column in built.columns], rows))
        _drop_changed(connection)
        connection.execute(delete(build_schema.built_inputs))
        connection.execute(insert(build_schema.built_inputs), [{"inputs_fingerprint": inputs_fingerprint}])
        if plan.is_full:
            connection.execute(delete(build_schema.built_rules))
            connection.execute(insert(build_schema.built_rules), [{"rules_fingerprint": plan.rules_fingerprint}])


def _copy_changed(connection: Connection) -> None:
    """Copy the staged rows of the changed partitions: a raw table is read as a whole, once and not for each model."""
    connection.execute(text("CREATE SCHEMA changed"))
    for table in raw_schema.DOCUMENT_TABLES:
        connection.execute(
            text(
                f"CREATE TABLE changed.{table.name} AS SELECT * FROM raw.{table.name} "
                "WHERE sha256 IN (SELECT sha256 FROM raw.changed_documents)"
            )
        )


def _drop_changed(connection: Connection) -> None:
    """Drop the copies of the changed partitions' rows, also those that a killed build left."""
    connection.execute(text("DROP SCHEMA IF EXISTS changed CASCADE"))


def close_partitions(pairs: Iterable[tuple[Name, Name]], touched: Iterable[Name]) -> set[Name]:
    """Return every name that is connected to the touched ones over the pairs, themselves included."""
    neighbours: dict[Name, set[Name]] = defaultdict(set)
    for one, other in pairs:
        neighbours[one].add(other)
        neighbours[other].add(one)
    found = set(touched)
    waiting = list(found)
    while waiting:
        fresh = neighbours[waiting.pop()] - found
        found |= fresh
        waiting.extend(fresh)
    return found


def _staged_parts() -> Select[Any]:
    """Select sha256, part_no, publisher_code, code_scope and rows_fingerprint of every staged part."""
    documents, known = raw_schema.documents.c, raw_schema.document_fingerprints.c
    return select(
        documents.sha256,
        documents.part_no,
        documents.publisher_code,
        func.coalesce(documents.region_code, documents.publisher_code).label("code_scope"),
        func.coalesce(known.rows_fingerprint, literal(UNKNOWN)).label("rows_fingerprint"),
    ).select_from(raw_schema.documents.outerjoin(raw_schema.document_fingerprints, documents.sha256 == known.sha256))


def _find_changed(connection: Connection, is_full: bool) -> list[dict[str, str]]:
    staged, built = _staged_parts().subquery("staged"), build_schema.built_documents
    both = union(
        *(select(each.c.publisher_code, each.c.code_scope, each.c.sha256) for each in (staged, built))
    ).subquery("known")
    places = [tuple(row) for row in connection.execute(select(both.c.publisher_code, both.c.code_scope).distinct())]
    if is_full:
        found = {("publisher", publisher_code) for publisher_code, _ in places}
    else:
        differing = [one.except_(other).subquery() for one, other in permutations((select(staged), select(built)))]
        touched = [
            ("publisher", publisher_code)
            for each in differing
            for publisher_code in connection.scalars(select(each.c.publisher_code).distinct())
        ]
        found = close_partitions(_pairs(connection, both, places), touched)
    return [
        {"publisher_code": publisher_code, "code_scope": code_scope}
        for publisher_code, code_scope in sorted(places)
        if ("publisher", publisher_code) in found
    ]


def _pairs(connection: Connection, both: Any, places: Iterable[tuple[str, str]]) -> list[tuple[Name, Name]]:
    """Return pairs of names in one partition: a publisher and its code scope, two publishers of one PDF."""
    shared = (
        select(func.min(both.c.publisher_code), func.max(both.c.publisher_code), both.c.sha256)
        .group_by(both.c.sha256)
        .having(func.min(both.c.publisher_code) != func.max(both.c.publisher_code))
    ).subquery("shared")
    together = select(both.c.sha256, both.c.publisher_code).join(shared, both.c.sha256 == shared.c.sha256)
    return [(("publisher", publisher_code), ("scope", code_scope)) for publisher_code, code_scope in places] + [
        (("publisher", publisher_code), ("file", sha256)) for sha256, publisher_code in connection.execute(together)
    ]


def _is_changed(table: Any) -> Any:
    return table.c.publisher_code.in_(select(build_schema.changed_partitions.c.publisher_code))


def _insert_documents() -> Any:
    changed = select(raw_schema.documents.c.sha256).distinct().where(_is_changed(raw_schema.documents))
    return insert(build_schema.changed_documents).from_select(["sha256"], changed)


def _mark_unbuilt(connection: Connection) -> None:
    """Mark partitions as not built: until the build ends, the marts hold a mixture."""
    built, staged = build_schema.built_documents, _staged_parts().subquery("staged")
    connection.execute(update(built).where(_is_changed(built)).values(rows_fingerprint=""))
    place = [column.name for column in built.primary_key]
    missing = (
        select(*(staged.c[name] for name in place))
        .where(_is_changed(staged))
        .except_(select(*(built.c[name] for name in place)))
        .subquery("missing")
    )
    rows = select(*(missing.c[name] for name in place), literal("").label("rows_fingerprint"))
    connection.execute(insert(built).from_select([*place, "rows_fingerprint"], rows))
