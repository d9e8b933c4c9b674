"""Add the number of pages of a document on which something was read, which is what reading it again costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a ledger to this version."""
    op.add_column("documents", sa.Column("target_pages", sa.Integer))


def downgrade() -> None:
    """Bring a ledger back to the version before."""
    op.drop_column("documents", "target_pages")
