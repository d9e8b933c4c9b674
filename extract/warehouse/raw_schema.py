"""Define the raw schema, one SQLAlchemy table each: written by `staging`, read by dbt's sources.

Text is as printed, keys are natural (the hash of the bytes and ordinals inside the document), so staging a document
again gives the same rows. The same definitions serve DuckDB and PostgreSQL.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, PrimaryKeyConstraint, String, Table

from extract.warehouse.raw_columns import (
    QUESTION,
    YUAN,
    box_columns,
    held_columns,
    metadata,
    part_columns,
    place_columns,
    quantity_columns,
)

documents = Table(  # one row per part of a PDF: its tables of one publisher, fiscal year and kind
    "documents",
    metadata,
    *part_columns(),
    Column("publisher_code", String, nullable=False),
    Column("publisher_name", String, nullable=False),
    Column("region_code", String),
    Column("title", String, nullable=False),
    Column("fiscal_year", Integer, nullable=False),
    Column("document_kind", String, nullable=False),
    Column("page_count", Integer, nullable=False),
    Column("record_count", Integer, nullable=False),
    Column("layout", String, nullable=False),  # canonical columns in printed order, joined by |
    Column("headers", String, nullable=False),  # the words printed above them, joined by |
    Column("layout_fingerprint", String(32), nullable=False),
    Column("reader", String, nullable=False),
    Column("reader_count", Integer, nullable=False),
    Column("reader_version", String, nullable=False),
    Column("source_url", String, nullable=False),
    Column("published_on", Date),
    Column("first_seen_at", DateTime, nullable=False),  # UTC, from the ledger, never the clock of the build
    Column("parent_code", String),  # of the publisher that this one is a part of; null if unknown
    Column("parent_name", String),
    PrimaryKeyConstraint("sha256", "part_no"),
)

projects = Table(  # one row per project of a part
    "projects",
    metadata,
    *part_columns(),
    Column("project_no", Integer, nullable=False),
    Column("unit_text", String),
    Column("department_text", String),
    Column("project_text", String),
    Column("project_code_text", String),
    Column("category_text", String),
    Column("overall_goal_text", String),
    Column("annual_goal_text", String),
    *place_columns(),
    PrimaryKeyConstraint("sha256", "part_no", "project_no"),
)

amounts = Table(  # one row per amount printed for a project
    "amounts",
    metadata,
    *part_columns(),
    Column("project_no", Integer, nullable=False),
    Column("amount_kind", String, nullable=False),  # year total adjusted executed
    Column("amount_text", String, nullable=False),
    Column("amount_yuan", YUAN, nullable=False),
    *place_columns(),
    PrimaryKeyConstraint("sha256", "part_no", "project_no", "amount_kind"),
)

records = Table(  # one row per indicator row; record_no counts through the part, row_no on the page
    "records",
    metadata,
    *part_columns(),
    Column("record_no", Integer, nullable=False),
    Column("project_no", Integer, nullable=False),
    Column("table_no", Integer, nullable=False),
    Column("page", Integer, nullable=False),
    Column("row_no", Integer, nullable=False),
    *box_columns(),
    Column("level1_text", String),
    Column("level2_text", String),
    Column("indicator_text", String),
    Column("sign_text", String),
    Column("value_text", String),
    Column("measure_unit_text", String),
    Column("weight_text", String),
    Column("score_text", String),
    Column("actual_text", String),
    Column("deviation_text", String),
    PrimaryKeyConstraint("sha256", "part_no", "record_no"),
)

targets = Table(  # one row per value printed for an indicator row; `horizon` is the period that it is for
    "targets",
    metadata,
    *part_columns(),
    Column("record_no", Integer, nullable=False),
    Column("horizon", String, nullable=False),  # annual cycle adjusted prior actual
    Column("target_text", String, nullable=False),
    *place_columns(),
    PrimaryKeyConstraint("sha256", "part_no", "record_no", "horizon"),
)

target_values = Table(  # one row per distinct printed text and version of the grammar that read it
    "target_values",
    metadata,
    Column("target_text", String, nullable=False),
    Column("grammar_version", String, nullable=False),
    *quantity_columns(),
    Column("is_percent", Boolean, nullable=False),
    Column("value_type", String, nullable=False),
    Column("is_implicit", Boolean, nullable=False),
    Column("is_suspect", Boolean, nullable=False),
    Column("date_low", String),
    Column("date_high", String),
    PrimaryKeyConstraint("target_text", "grammar_version"),
)

goal_promises = Table(  # one row per number that a goal's text promises; promise_no 0 marks the text as read
    "goal_promises",
    metadata,
    Column("goal_text", String, nullable=False),
    Column("grammar_version", String, nullable=False),
    Column("promise_no", Integer, nullable=False),
    Column("promise_text", String, nullable=False),  # the clause as printed
    *quantity_columns(),
    PrimaryKeyConstraint("goal_text", "grammar_version", "promise_no"),
)

findings = Table(  # one row per thing a person should know of a loaded document
    "findings",
    metadata,
    Column("sha256", String(64), nullable=False),
    Column("finding_no", Integer, nullable=False),
    Column("finding_code", String, nullable=False),
    Column("page", Integer),
    Column("detail", String, nullable=False),
    PrimaryKeyConstraint("sha256", "finding_no"),
)

project_titles = Table(  # one row per project whose own form or table prints a title above itself
    "project_titles",
    metadata,
    *part_columns(),
    Column("project_no", Integer, nullable=False),
    Column("title_text", String, nullable=False),
    PrimaryKeyConstraint("sha256", "part_no", "project_no"),
)

departments = Table(  # one row per form of a whole department; form_no counts with the projects of its part
    "departments",
    metadata,
    *part_columns(),
    Column("form_no", Integer, nullable=False),
    Column("title_text", String),
    Column("unit_text", String),
    Column("department_text", String),
    Column("overall_goal_text", String),
    Column("annual_goal_text", String),
    Column("amount_text", String),
    Column("amount_yuan", YUAN),  # of the year
    *place_columns(),
    PrimaryKeyConstraint("sha256", "part_no", "form_no"),
)

department_targets = Table(  # one row per value printed for an indicator row of a whole department
    "department_targets",
    metadata,
    *part_columns(),
    Column("record_no", Integer, nullable=False),  # counts through the department's rows of the part
    Column("horizon", String, nullable=False),  # annual cycle adjusted prior actual
    Column("form_no", Integer, nullable=False),
    Column("level1_text", String),
    Column("level2_text", String),
    Column("indicator_text", String),
    Column("weight_text", String),
    Column("target_text", String, nullable=False),
    Column("page", Integer, nullable=False),
    Column("row_no", Integer, nullable=False),
    *box_columns(),
    PrimaryKeyConstraint("sha256", "part_no", "record_no", "horizon"),
)

held_back = Table(  # one row per project or department form of a loaded document that is held back
    "held_back",
    metadata,
    Column("sha256", String(64), nullable=False),
    Column("held_no", Integer, nullable=False),
    Column("part_no", Integer),  # null for an unread place that belongs to no known part
    Column("project_no", Integer),
    *held_columns(),
    PrimaryKeyConstraint("sha256", "held_no"),
)

cross_checks = Table(  # one row per two places of one document that should be equal
    "cross_checks",
    metadata,
    Column("sha256", String(64), nullable=False),
    Column("check_no", Integer, nullable=False),
    Column("check_kind", String, nullable=False),  # listed_amount weights
    Column("page", Integer, nullable=False),  # of `printed_text`
    Column("project_page", Integer, nullable=False),
    Column("project_text", String, nullable=False),
    Column("expected_text", String, nullable=False),
    Column("printed_text", String, nullable=False),
    Column("is_agreeing", Boolean, nullable=False),
    PrimaryKeyConstraint("sha256", "check_no"),
)

releases = Table(  # one row per release published so far, copied from the ledger before a build
    "releases",
    metadata,
    Column("release_id", String, primary_key=True),
    Column("published_at", DateTime, nullable=False),
    Column("source_documents", Integer, nullable=False),
    Column("row_counts", String, nullable=False),  # JSON object: table -> rows
    Column("checksum", String, nullable=False),
)

publishers = Table(  # one row per publisher that a publisher file names, or a document as the parent of its own
    "publishers",
    metadata,
    Column("publisher_code", String, primary_key=True),
    Column("publisher_name", String, nullable=False),
    Column("region_code", String),
    Column("parent_code", String),
)

expected_publications = Table(  # one row per publisher, fiscal year and kind that a publisher file expects
    "expected_publications",
    metadata,
    Column("publisher_code", String, nullable=False),
    Column("fiscal_year", Integer, nullable=False),
    Column("document_kind", String, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("due_on", Date, nullable=False),  # last day of the season
    Column("as_of", Date, nullable=False),  # on which this was last known to change
    PrimaryKeyConstraint("publisher_code", "fiscal_year", "document_kind"),
)

unloaded_publications = Table(  # one row per publication seen and not loaded
    "unloaded_publications",
    metadata,
    Column("publication_no", Integer, primary_key=True, autoincrement=False),  # one URL may have brought two contents
    Column("source_url", String, nullable=False),
    Column("sha256", String(64)),  # null where no bytes came
    Column("publisher_code", String),  # null if several publishers share the source
    Column("fiscal_year", Integer),
    Column("document_kind", String),
    Column("state", String, nullable=False),  # refused waiting
    Column("reason", String),
)

unloaded_held_back = Table(  # one row per project of a publication seen and not loaded that has a reason of its own
    "unloaded_held_back",
    metadata,
    Column("publication_no", Integer, nullable=False),
    Column("held_no", Integer, nullable=False),
    *held_columns(),
    PrimaryKeyConstraint("publication_no", "held_no"),
)

ADDED = (
    *(publishers.c.parent_code, documents.c.parent_code, documents.c.parent_name),
    *(table.c[name] for table in (held_back, unloaded_held_back) for name in QUESTION),
)
"""Columns that a raw schema of an earlier version lacks; null in its rows."""

DOCUMENT_TABLES = (
    documents,
    projects,
    amounts,
    records,
    targets,
    findings,
    project_titles,
    departments,
    department_targets,
    held_back,
    cross_checks,
)
"""Everything that belongs to one document: replaced together, by its hash, in one transaction."""

document_fingerprints = Table(  # one row per staged PDF: equal where every row that it left above is equal
    "document_fingerprints",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("rows_fingerprint", String(32), nullable=False),
)
