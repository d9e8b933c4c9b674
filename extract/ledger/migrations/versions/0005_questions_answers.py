"""Add the questions of readers where a document can be read in several ways, and people's answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SCOPES = "scope IN ('document', 'publisher')"


def upgrade() -> None:
    """Bring a ledger to this version."""
    op.create_table(
        "questions",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("near", sa.Text, nullable=False),
        sa.Column("box", sa.Text),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("layout", sa.String(16), nullable=False),
        sa.Column("is_general", sa.Boolean, nullable=False),
        sa.Column("printed_publisher", sa.Text, nullable=False),
        sa.Column("reader_version", sa.String, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("asked_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "answers",
        sa.Column("answer_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(16), nullable=False, index=True),
        sa.Column("scope", sa.String, sa.CheckConstraint(SCOPES, name="known_scope"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("publisher", sa.String, nullable=False),
        sa.Column("printed_publisher", sa.Text, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("answered_by", sa.String, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("answered_at", sa.DateTime, nullable=False),
    )
    op.add_column("documents", sa.Column("answers_used", sa.String(16)))


def downgrade() -> None:
    """Bring a ledger back to the version before."""
    op.drop_column("documents", "answers_used")
    op.drop_table("answers")
    op.drop_table("questions")
