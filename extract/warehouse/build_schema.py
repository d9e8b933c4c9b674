"""Define the tables of the raw schema that record which rows the last build saw and which partitions changed since."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Numeric, PrimaryKeyConstraint, String, Table

from extract.warehouse.raw_columns import metadata, part_columns

project_proposals = (
    Table(  # one row per pair of similar projects of neighbouring years; written by `project_similarity`
        "project_proposals",
        metadata,
        Column("publisher_code", String, nullable=False),
        Column("from_year", Integer, nullable=False),
        Column("to_year", Integer, nullable=False),
        Column("from_sha256", String(64), nullable=False),
        Column("from_part_no", Integer, nullable=False),
        Column("from_project_no", Integer, nullable=False),
        Column("to_sha256", String(64), nullable=False),
        Column("to_part_no", Integer, nullable=False),
        Column("to_project_no", Integer, nullable=False),
        Column("name_similarity", Numeric(6, 4), nullable=False),  # 0 … 1
        Column("indicator_share", Numeric(6, 4), nullable=False),  # 2 * common indicators / those of both projects
        Column("target_share", Numeric(6, 4), nullable=False),  # common indicators of equal target / common indicators
        Column("amount_similarity", Numeric(6, 4), nullable=False),
        Column("is_same_category", Boolean, nullable=False),
        Column("score", Numeric(6, 4), nullable=False),
        PrimaryKeyConstraint(
            "from_sha256",
            "from_part_no",
            "from_project_no",
            "to_sha256",
            "to_part_no",
            "to_project_no",
            name="project_proposals_pk",
        ),
    )
)

changed_partitions = Table(  # one row per partition that the build at work, or the last one, builds again
    "changed_partitions",
    metadata,
    Column("publisher_code", String, nullable=False),
    Column("code_scope", String, nullable=False),  # as int_documents_keyed has it: the region, else the publisher
    PrimaryKeyConstraint("publisher_code", "code_scope"),
)

changed_documents = Table(  # one row per staged PDF of those partitions, whether or not it changed itself
    "changed_documents",
    metadata,
    Column("sha256", String(64), primary_key=True),
)

built_documents = Table(  # one row per part that the marts hold; an empty fingerprint: a build of it did not end
    "built_documents",
    metadata,
    *part_columns(),
    Column("publisher_code", String, nullable=False),
    Column("code_scope", String, nullable=False),
    Column("rows_fingerprint", String, nullable=False),
    PrimaryKeyConstraint("sha256", "part_no", "publisher_code", "code_scope"),
)

built_rules = Table(  # one row: by which models, seeds, grammar and versions all marts were built; none: not all were
    "built_rules",
    metadata,
    Column("rules_fingerprint", String, primary_key=True),
)

built_inputs = Table(  # one row: all that the last good build began with, as `fingerprints.fingerprint_inputs` names it
    "built_inputs",
    metadata,
    Column("inputs_fingerprint", String, primary_key=True),
)

mart_sums = Table(  # one row per mart, fiscal year (null: the mart has none) and partition that the marts hold
    "mart_sums",
    metadata,
    Column("mart_name", String, nullable=False),
    Column("fiscal_year", Integer),
    Column("partition_key", String),  # what the mart's partition column holds: a publisher_key or a code_scope
    Column("row_count", BigInteger, nullable=False),
    Column("checksum", Numeric(38, 0), nullable=False),  # the sum of the rows' digests, as `dialect` makes them
)
