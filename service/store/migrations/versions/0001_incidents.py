"""Incidents, what people decided, and the record."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_REFUSALS = {
    "sqlite": (
        "CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, 'the record only grows'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger AS "
        "$$ BEGIN RAISE EXCEPTION 'the record only grows'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
    ),
}


def upgrade() -> None:
    """Make the tables. The database itself refuses to change or delete a link of the record."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("reference", sa.String(100), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_reference", "audit", ["reference"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("deadline", sa.String(27), nullable=True),
        sa.Column("escalated_at", sa.String(27), nullable=True),
        sa.Column("mark", sa.String(20), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("twice", sa.Boolean(), nullable=False),
        sa.Column("claimed_by", sa.String(100), nullable=True),
        sa.Column("claimed_until", sa.String(27), nullable=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("updated_at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.UniqueConstraint("reference", name="uq_incidents_reference"),
    )
    op.create_index("ix_incidents_deadline", "incidents", ["state", "deadline"], unique=False)
    op.create_index("ix_incidents_escalated", "incidents", ["state", "escalated_at"], unique=False)
    op.create_index("ix_incidents_priority", "incidents", ["state", "priority"], unique=False)
    op.create_index("ix_incidents_updated", "incidents", ["updated_at"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(100), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("reading", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("destination", sa.String(50), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("factors", sa.Text(), nullable=True),
        sa.Column("suggestion", sa.String(10), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.String(27), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_decisions_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_at", "decisions", ["at"], unique=False)
    op.create_index("ix_decisions_incident", "decisions", ["incident_id"], unique=False)
    op.create_table(
        "looks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(100), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_looks_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_looks"),
    )
    op.create_index("ix_looks_incident_reviewer", "looks", ["incident_id", "reviewer"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("sender", sa.String(100), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("stop_cues", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_versions_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.UniqueConstraint("incident_id", "number", name="uq_versions_incident_id_number"),
    )
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("destination", sa.String(50), nullable=False),
        sa.Column("offered_at", sa.String(27), nullable=False),
        sa.Column("deadline", sa.String(27), nullable=False),
        sa.Column("answer", sa.String(10), nullable=True),
        sa.Column("answered_at", sa.String(27), nullable=True),
        sa.Column("answered_by", sa.String(200), nullable=True),
        sa.Column("recorded_by", sa.String(100), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_handovers_decision_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_handovers_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
    )
    op.create_index("ix_handovers_incident", "handovers", ["incident_id"], unique=False)
    op.create_table(
        "second_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("settled_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["first_id"], ["decisions.id"], name="fk_second_readings_first_id"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_second_readings_incident_id"),
        sa.ForeignKeyConstraint(["second_id"], ["decisions.id"], name="fk_second_readings_second_id"),
        sa.ForeignKeyConstraint(["settled_id"], ["decisions.id"], name="fk_second_readings_settled_id"),
        sa.PrimaryKeyConstraint("id", name="pk_second_readings"),
        sa.UniqueConstraint("first_id", name="uq_second_readings_first_id"),
    )
    op.create_index("ix_second_readings_open", "second_readings", ["second_id", "first_id"], unique=False)
    for verb in ("UPDATE", "DELETE"):
        for statement in _REFUSALS[op.get_bind().dialect.name]:
            op.execute(statement.format(verb=verb))
    head = sa.table("audit_head", *(sa.column(name) for name in ("id", "entries", "hash", "salt")))
    op.bulk_insert(head, [{"id": 1, "entries": 0, "hash": "0" * 64, "salt": secrets.token_hex(32)}])
