"""Add cache entries of addresses, findings about sources, and people's decisions about refused documents.

That the counts of a run add up becomes a constraint, and so do the states of a document.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDS_UP = "finished_at IS NULL OR seen = loaded + unchanged + refused + failed"
OUTCOMES = "outcome IN ('loaded', 'unchanged', 'refused', 'failed')"
STATES = "state IN ('landed', 'read', 'staged', 'refused', 'failed', 'dropped')"


def upgrade() -> None:
    """Bring a ledger to this version."""
    with op.batch_alter_table("runs") as runs:
        runs.add_column(sa.Column("run_no", sa.Integer))
        runs.create_check_constraint("counts_add_up", ADDS_UP)
    op.execute("UPDATE runs SET run_no = (SELECT count(*) FROM runs AS r WHERE r.started_at <= runs.started_at)")
    unnamed = {
        "uq": "%(table_name)s_%(column_0_name)s_url_key"
    }  # what PostgreSQL calls it, for SQLite calls it nothing
    with op.batch_alter_table("sightings", naming_convention=unnamed) as sightings:
        sightings.add_column(sa.Column("version", sa.String))
        sightings.drop_constraint("sightings_run_id_url_key", type_="unique")
        sightings.create_unique_constraint(
            "seen_once", ["run_id", "publisher", "url"]
        )  # two publishers may link to one
        sightings.create_check_constraint("known_outcome", OUTCOMES)
    with op.batch_alter_table("documents") as documents:
        documents.add_column(sa.Column("decision", sa.String))
        documents.create_check_constraint("known_state", STATES)
    _new_tables()


def _new_tables() -> None:
    op.create_table(
        "fetches",
        sa.Column("publisher", sa.String, primary_key=True),
        sa.Column("url", sa.String, primary_key=True),
        *(sa.Column(name, sa.String) for name in ("etag", "last_modified", "version")),
        sa.Column("sha256", sa.String(64)),
        sa.Column("size", sa.Integer),
        sa.Column("reason", sa.String),
        sa.Column("detail", sa.Text),
        sa.Column("found", sa.Text),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("fetched_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "findings",
        sa.Column("run_id", sa.String(250), primary_key=True),
        *(sa.Column(name, sa.String, primary_key=True) for name in ("publisher", "code", "subject")),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("found_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("reason", sa.String),
    )
    op.create_index("ix_decisions_sha256", "decisions", ["sha256"])


def downgrade() -> None:
    """Bring a ledger back to the version before."""
    for table in ("decisions", "findings", "fetches"):
        op.drop_table(table)
    op.execute("UPDATE documents SET state = 'refused' WHERE state = 'dropped'")
    with op.batch_alter_table("documents") as documents:
        documents.drop_constraint("known_state", type_="check")
        documents.drop_column("decision")
    with op.batch_alter_table("sightings") as sightings:
        sightings.drop_constraint("known_outcome", type_="check")
        sightings.drop_constraint("seen_once", type_="unique")
        sightings.create_unique_constraint("sightings_run_id_url_key", ["run_id", "url"])
        sightings.drop_column("version")
    with op.batch_alter_table("runs") as runs:
        runs.drop_constraint("counts_add_up", type_="check")
        runs.drop_column("run_no")
