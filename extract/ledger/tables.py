"""Define the tables of the ledger, for SQLite and PostgreSQL alike; migrations/ brings a database to this state."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

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
    Column("run_no", Integer),  # in the order of starting, whatever the clock says
    CheckConstraint("finished_at IS NULL OR seen = loaded + unchanged + refused + failed", name="counts_add_up"),
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
    Column("version", String),
    UniqueConstraint("run_id", "publisher", "url", name="seen_once"),
    CheckConstraint("outcome IN ('loaded', 'unchanged', 'refused', 'failed')", name="known_outcome"),
)

fetches = Table(  # one row per address of a publisher: what its last answer left for the next night
    "fetches",
    metadata,
    Column("publisher", String, primary_key=True),
    Column("url", String, primary_key=True),
    Column("etag", String),
    Column("last_modified", String),
    Column("version", String),
    Column("sha256", String(64)),
    Column("size", Integer),
    Column("reason", String),
    Column("detail", Text),
    Column("found", Text),  # JSON: what a listing or detail page said
    Column("headers", Text, nullable=False),  # JSON object of the answer that brought the bytes
    Column("fetched_at", DateTime, nullable=False),
)

findings = Table(  # one row per thing that a person should know about a source, per run
    "findings",
    metadata,
    Column("run_id", String(250), primary_key=True),
    Column("publisher", String, primary_key=True),
    Column("code", String, primary_key=True),  # not_listed listing_empty listing_shrank file_shrank gone
    Column("subject", String, primary_key=True),  # an address, or the publisher's code
    Column("detail", Text, nullable=False),
    Column("found_at", DateTime, nullable=False),
)

documents = Table(  # one row per content, by its hash
    "documents",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("state", String, nullable=False, index=True),  # landed read staged refused failed dropped
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
    Column("decision", String),  # accept: a person has seen the refusal; forgotten when it is read again
    Column("reread", String),  # of a staged document: wanted read refused; its rows stay until they are replaced
    Column("rows_fingerprint", String(32)),  # of its rows in the raw schema
    Column("pages", Integer),  # as pdfium counts them; 1 where it cannot open the file
    Column("target_pages", Integer),  # those of them on which something was read or held back, once it is staged
    Column("answers_used", String(16)),  # fingerprint of the answers that its last reading was given
    CheckConstraint("state IN ('landed', 'read', 'staged', 'refused', 'failed', 'dropped')", name="known_state"),
    CheckConstraint("reread IN ('wanted', 'read', 'refused')", name="known_reread"),
)

decisions = Table(  # one row per decision of a person about a refused or an outdated document; never changed
    "decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("action", String, nullable=False),  # retry accept drop
    Column("decided_by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("decided_at", DateTime, nullable=False),
    Column("reason", String),  # of the refusal that was decided on; null where the document was loaded
)

questions = Table(  # one row per question of a document's last reading, or that was answered for it
    "questions",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("key", String(16), primary_key=True),
    Column("kind", String, nullable=False),  # year header_word same_column amount first_row
    Column("page", Integer, nullable=False),
    Column("asked", Text, nullable=False),  # the printed text in question
    Column("near", Text, nullable=False),  # what stands below or beside it
    Column("box", Text),  # JSON array of points
    Column("choices", Text, nullable=False),  # JSON array of objects: value text page box
    Column("layout", String(16), nullable=False),
    Column("is_general", Boolean, nullable=False),  # an answer may hold for other documents of the publisher
    Column("printed_publisher", Text, nullable=False),
    Column("reader_version", String, nullable=False),
    Column("answer", Text, nullable=False),  # that the last reading rests on; '' where it rests on none
    Column("held", Integer, nullable=False),  # projects that wait for the answer; 0: nothing waits
    Column("asked_at", DateTime, nullable=False),
)

answers = Table(  # one row per answer of a person; never changed, the latest to a question counts
    "answers",
    metadata,
    Column("answer_id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(16), nullable=False, index=True),
    Column("scope", String, nullable=False),  # document publisher
    Column("sha256", String(64), nullable=False),  # the document that asked
    Column("publisher", String, nullable=False),  # the code of its source
    Column("printed_publisher", Text, nullable=False),  # folded; '' where all of the source is one publisher's
    Column("kind", String, nullable=False),
    Column("asked", Text, nullable=False),
    Column("choice", Text, nullable=False),
    Column("answered_by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("answered_at", DateTime, nullable=False),
    CheckConstraint("scope IN ('document', 'publisher')", name="known_scope"),
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

held_back = Table(  # one row per project that is held back, of loaded and of refused documents; by the last reading
    "held_back",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("held_no", Integer, primary_key=True),  # in printed order, from 1
    Column("scope", String, nullable=False),  # project department
    Column("page", Integer, nullable=False),
    Column("last_page", Integer, nullable=False),
    Column("project", String),  # as printed; null for an unread place that belongs to no known project
    Column("unit", String),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("question", String(16)),  # key of the first question that it waits for; null where nothing is asked
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

pins = Table(  # one row per rollback: the release that is served whatever is published, until it is unpinned
    "pins",
    metadata,
    Column("pin_id", Integer, primary_key=True, autoincrement=True),
    Column("release_id", String, nullable=False),
    Column("pinned_by", String, nullable=False),
    Column("why", Text, nullable=False),
    Column("pinned_at", DateTime, nullable=False),
    Column("unpinned_by", String),
    Column("unpinned_at", DateTime),
)
