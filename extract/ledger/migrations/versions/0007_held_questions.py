"""Add the question that a held-back project waits for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a ledger to this version."""
    op.add_column("held_back", sa.Column("question", sa.String(16)))


def downgrade() -> None:
    """Bring a ledger back to the version before."""
    op.drop_column("held_back", "question")
