"""The ledger's tables, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata = MetaData()

runs = Table(  # one row per run of the ingest DAG
    "runs",
    metadata,
    Column("run_id", String(250), primary_key=True),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Column("seen", Integer),
    Column("loaded", Integer),
    Column("unchanged", Integer),
    Column("refused", Integer),
    Column("failed", Integer),
)

sightings = Table(  # one row per publication seen in a run
    "sightings",
    metadata,
    Column("sighting_id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(250), nullable=False, index=True),
    Column("publisher", String, nullable=False),
    Column("url", String, nullable=False),
    Column("title", String),
    Column("printed_on", Date),
    Column("listing", String),
    Column("seen_at", DateTime, nullable=False),
    Column("sha256", String(64), index=True),
    Column("outcome", String),  # loaded unchanged refused failed
    Column("reason", String),
    Column("detail", Text),
    UniqueConstraint("run_id", "url"),
)

documents = Table(  # one row per content, by its hash
    "documents",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("state", String, nullable=False, index=True),  # landed read staged refused failed
    Column("publisher", String, nullable=False),
    Column("first_url", String, nullable=False),
    Column("title", String),
    Column("printed_on", Date),
    Column("first_seen_at", DateTime, nullable=False),
    Column("reader_version", String),
    Column("reason", String),
    Column("page", Integer),
    Column("detail", Text),
    Column("staged_run", String(250)),
    Column("staged_at", DateTime),
)

attempts = Table(  # one row per attempt to read a document
    "attempts",
    metadata,
    Column("attempt_id", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("ended_at", DateTime, nullable=False),
    Column("outcome", String, nullable=False),  # read refused failed
    Column("reader_version", String, nullable=False),
    Column("reason", String),
    Column("page", Integer),
    Column("detail", Text),
)

releases = Table(  # one row per published release
    "releases",
    metadata,
    Column("release_id", String, primary_key=True),
    Column("published_at", DateTime, nullable=False),
    Column("source_documents", Integer, nullable=False),
    Column("row_counts", Text, nullable=False),  # JSON object: table -> rows
    Column("checksum", String, nullable=False),
    Column("inputs", String, nullable=False),  # fingerprint of everything the release was built from
)
