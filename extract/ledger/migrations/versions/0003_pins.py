"""Add pins, by which a person has an earlier release served until the pin is ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a ledger to this version."""
    op.create_table(
        "pins",
        sa.Column("pin_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("release_id", sa.String, nullable=False),
        sa.Column("pinned_by", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("pinned_at", sa.DateTime, nullable=False),
        sa.Column("unpinned_by", sa.String),
        sa.Column("unpinned_at", sa.DateTime),
    )


def downgrade() -> None:
    """Bring a ledger back to the version before."""
    op.drop_table("pins")
