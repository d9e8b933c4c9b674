"""Add the rereading of loaded documents, the fingerprint of their rows, and the number of pages of a document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STEPS = "reread IN ('wanted', 'read', 'refused')"


def upgrade() -> None:
    """Bring a ledger to this version."""
    # no batch: SQLite adds and drops columns itself, and a table made anew would lose its other constraints
    op.add_column("documents", sa.Column("reread", sa.String, sa.CheckConstraint(STEPS, name="known_reread")))
    op.add_column("documents", sa.Column("rows_fingerprint", sa.String(32)))
    op.add_column("documents", sa.Column("pages", sa.Integer))


def downgrade() -> None:
    """Bring a ledger back to the version before."""
    for name in ("pages", "rows_fingerprint", "reread"):
        op.drop_column("documents", name)
