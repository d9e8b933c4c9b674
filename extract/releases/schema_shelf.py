"""Keep releases as schemas of PostgreSQL, and `published` as views on the served one, in one transaction.

    parts.<…>           the rows of one part of a table, shared by all releases that hold them (`postgres_schema`)
    release_<id>        a view a table on its parts, never changed again
    published.<table>   a view on the served release's table; what BI tools and people read
    releases.kept       manifests
    releases.served     one row each time that another release was served, the last one counts

PostgreSQL finds names by the newest catalogue even in a transaction whose rows are older: after a mere renaming such a
reader would find the tables of the new release and no row in them. So each view asks `releases.served`, which follows
the reader's snapshot, and shows an old snapshot the release before.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from extract.releases.manifest import Contents, as_json, from_json
from extract.releases.model import Release, find_release
from extract.releases.postgres_schema import (
    PARTS,
    copy_comments,
    list_columns,
    list_kinds,
    part_tables,
    schema_of,
    survey_build,
    write_schema,
)
from extract.releases.reader_role import ensure_reader, grant_reading
from extract.settings import Settings

log = logging.getLogger(__name__)
PUBLISHED = "published"
SETUP = (
    "CREATE SCHEMA IF NOT EXISTS releases",
    f"CREATE SCHEMA IF NOT EXISTS {PARTS}",
    "CREATE TABLE IF NOT EXISTS releases.kept (release_id text PRIMARY KEY, manifest text NOT NULL)",
    "ALTER TABLE releases.kept ADD COLUMN IF NOT EXISTS parts text",
    "CREATE TABLE IF NOT EXISTS releases.served (served_no integer PRIMARY KEY, release_id text NOT NULL, "
    "before text, served_at timestamp NOT NULL)",
)
LAST = "SELECT served_no, release_id, before FROM releases.served ORDER BY served_no DESC LIMIT 1"
WAS_SERVED = "EXISTS (SELECT 1 FROM releases.served WHERE served_no = {})"
# The count keeps the planner from evaluating the text, and so failing, in every query.
TOO_OLD = (
    "CAST(concat('this transaction is older than the releases that are kept, begin another one; served so far\\: ', "
    "(SELECT count(*) FROM releases.served)) AS boolean)"
)


class SchemaShelf:
    """Releases as schemas of one database: one transaction from `with` to its end, which commits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept = ""
        self._contents: Contents = {}

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            engine = create_engine(self._settings.warehouse_url or "")
            opening.callback(engine.dispose)
            self._connection = opening.enter_context(engine.begin())
            self._opened = opening.pop_all()
        return self

    def __exit__(self, *trouble: Any) -> None:
        self._opened.__exit__(*trouble)

    def served(self) -> Release | None:
        """Return the manifest of the served release."""
        last = self._last()
        found = [one for one in self.kept() if last and one["release_id"] == last.release_id]
        return found[0] if found else None

    def kept(self) -> list[Release]:
        """Return the manifests of all kept releases, oldest first."""
        if not self._is_set_up():
            return []
        manifests = self._connection.scalars(text("SELECT manifest FROM releases.kept ORDER BY release_id"))
        releases = [json.loads(manifest) for manifest in manifests]
        return [{**one, "published_at": datetime.fromisoformat(one["published_at"])} for one in releases]

    def prepare(self) -> None:
        """Create the schemas and the reader role; a killed publish left nothing, since the server rolled it back."""
        for statement in SETUP:
            self._connection.execute(text(statement))
        ensure_reader(self._connection, self._settings)

    def survey(self, before: Release | None) -> Contents:
        """Sum up the build's marts, split as in the release before."""
        return survey_build(self._connection, self._settings, self._read_contents(before))

    @contextlib.contextmanager
    def write(self, contents: Contents, inputs: str, before: Release | None) -> Iterator[Release]:
        """Write and check the schema of a release, which is dropped unless it is kept."""
        self._contents = contents
        earlier = self._read_contents(before)
        savepoint = self._connection.begin_nested()
        try:
            release = write_schema(self._connection, self._settings, contents, inputs, before, earlier)
            yield release
            if self._kept == release["release_id"]:
                savepoint.commit()
        finally:
            if savepoint.is_active:
                savepoint.rollback()

    def folder_of_pages(self) -> Path | None:
        """Return None: a schema has no folder."""
        return None

    def keep(self, release: Release) -> None:
        """Insert the manifest of a written release."""
        manifest = json.dumps(release, ensure_ascii=False, default=datetime.isoformat)
        self._connection.execute(
            text("INSERT INTO releases.kept (release_id, manifest, parts) VALUES (:release_id, :manifest, :parts)"),
            {"release_id": release["release_id"], "manifest": manifest, "parts": as_json(self._contents)},
        )
        grant_reading(self._connection, schema_of(release["release_id"]))
        self._kept = release["release_id"]

    def serve(self, release_id: str) -> None:
        """Create the views of `published` on a kept release, and record that it is served."""
        find_release(self.kept(), release_id)
        last = self._last()
        served_no, before = (last.served_no + 1, last.release_id) if last else (1, None)
        row = {"served_no": served_no, "release_id": release_id, "before": before}
        self._connection.execute(
            text("INSERT INTO releases.served VALUES (:served_no, :release_id, :before, :served_at)"),
            {**row, "served_at": datetime.now(UTC).replace(tzinfo=None)},
        )
        if list_columns(self._connection, PUBLISHED):
            self._connection.execute(text(f"ALTER SCHEMA {PUBLISHED} RENAME TO retired_{served_no}"))
        self._connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {PUBLISHED}"))
        old = list_columns(self._connection, schema_of(before)) if before else {}
        for table, columns in list_columns(self._connection, schema_of(release_id)).items():
            query = _select(f'{schema_of(release_id)}."{table}"', columns, columns, WAS_SERVED.format(served_no))
            if before and table in old:
                was = f"CASE WHEN {WAS_SERVED.format(served_no - 1)} THEN true ELSE {TOO_OLD} END"
                earlier = f"NOT {WAS_SERVED.format(served_no)} AND {was}"
                query += " UNION ALL " + _select(f'{schema_of(before)}."{table}"', columns, old[table], earlier)
            self._connection.execute(text(f'CREATE VIEW {PUBLISHED}."{table}" AS {query}'))
        copy_comments(self._connection, schema_of(release_id), PUBLISHED)
        grant_reading(self._connection, PUBLISHED)

    def prune(self, count: int) -> None:
        """Drop older releases; one that is being read is dropped by a later run."""
        last = self._last()
        retired = text(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'retired\_%' ORDER BY oid")
        for schema in self._connection.scalars(retired).all():
            self._drop(schema)
        for release in self.kept()[:-count]:
            release_id = release["release_id"]
            if release_id not in (last.release_id, last.before) and self._drop(schema_of(release_id)):
                self._connection.execute(
                    text("DELETE FROM releases.kept WHERE release_id = :release_id"), {"release_id": release_id}
                )
        self._drop_parts()

    def _drop(self, schema: str) -> bool:
        """Drop a schema with its views and tables, unless a session reads them or an object depends on them."""
        names: dict[str, list[str]] = {"VIEW": [], "TABLE": []}
        for name, kind in list_kinds(self._connection, schema).items():
            names[kind].append(f'{schema}."{name}"')
        drops = [f"DROP {kind} {', '.join(some)}" for kind, some in names.items() if some]
        return self._run(f"schema {schema}", *drops, f"DROP SCHEMA {schema}")

    def _drop_parts(self) -> None:
        """Drop the parts that no kept release holds."""
        written = self._connection.scalars(text("SELECT parts FROM releases.kept WHERE parts IS NOT NULL"))
        wanted = part_tables(from_json(one) for one in written)
        unwanted = [f'{PARTS}."{name}"' for name in sorted(set(list_kinds(self._connection, PARTS)) - wanted)]
        if unwanted:
            self._run(f"{len(unwanted)} parts", f"DROP TABLE {', '.join(unwanted)}")

    def _run(self, what: str, *statements: str) -> bool:
        """Run statements that wait for no reader; False where they failed."""
        try:
            with self._connection.begin_nested():
                self._connection.execute(text("SET LOCAL lock_timeout = '2s'"))
                for statement in statements:
                    self._connection.execute(text(statement))
        except DBAPIError as error:
            log.warning("%s stays for now: %s", what, error.orig)
            return False
        return True

    def _read_contents(self, release: Release | None) -> Contents | None:
        """Read the recorded contents of a release; None without a release, or if an earlier version recorded none."""
        if release is None:
            return None
        query = text("SELECT parts FROM releases.kept WHERE release_id = :release_id")
        written = self._connection.scalar(query, {"release_id": release["release_id"]})
        return from_json(written) if written else None

    def _is_set_up(self) -> bool:
        return bool(self._connection.scalar(text("SELECT to_regclass('releases.served') IS NOT NULL")))

    def _last(self) -> Any:
        return self._connection.execute(text(LAST)).one_or_none() if self._is_set_up() else None


def _select(relation: str, wanted: Mapping[str, str], there: Mapping[str, str], condition: str) -> str:
    """Write the columns of a release's table as another release has them; missing ones are null."""
    columns = []
    for name, kind in wanted.items():
        value = f't."{name}"' if name in there else "NULL"
        if there.get(name) != kind:
            value = f"CAST(CAST({value} AS text) AS {kind})"
        columns.append(f'{value} AS "{name}"')
    return f"SELECT {', '.join(columns)} FROM {relation} AS t WHERE {condition}"
