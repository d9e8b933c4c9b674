"""Create the ledger as it was before it had migrations; a ledger of that time counts as migrated to here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a ledger to this version."""
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(250), primary_key=True),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        *(sa.Column(name, sa.Integer) for name in ("seen", "loaded", "unchanged", "refused", "failed")),
    )
    op.create_table(
        "sightings",
        sa.Column("sighting_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(250), nullable=False),
        sa.Column("publisher", sa.String, nullable=False),
        sa.Column("url", sa.String, nullable=False),
        sa.Column("title", sa.String),
        sa.Column("printed_on", sa.Date),
        sa.Column("listing", sa.String),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("outcome", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("detail", sa.Text),
        sa.UniqueConstraint("run_id", "url"),
    )
    _documents()
    _attempts_and_releases()
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


INDEXES = (
    ("sightings", "run_id"),
    ("sightings", "sha256"),
    ("documents", "state"),
    ("attempts", "sha256"),
)


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("publisher", sa.String, nullable=False),
        sa.Column("first_url", sa.String, nullable=False),
        sa.Column("title", sa.String),
        sa.Column("printed_on", sa.Date),
        sa.Column("first_seen_at", sa.DateTime, nullable=False),
        sa.Column("reader_version", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("page", sa.Integer),
        sa.Column("detail", sa.Text),
        sa.Column("staged_run", sa.String(250)),
        sa.Column("staged_at", sa.DateTime),
    )


def _attempts_and_releases() -> None:
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("ended_at", sa.DateTime, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("reader_version", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("page", sa.Integer),
        sa.Column("detail", sa.Text),
    )
    op.create_table(
        "releases",
        sa.Column("release_id", sa.String, primary_key=True),
        sa.Column("published_at", sa.DateTime, nullable=False),
        sa.Column("source_documents", sa.Integer, nullable=False),
        sa.Column("row_counts", sa.Text, nullable=False),
        sa.Column("checksum", sa.String, nullable=False),
        sa.Column("inputs", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Bring a ledger back to the version before."""
    for table in ("releases", "attempts", "documents", "sightings", "runs"):
        op.drop_table(table)
