"""ties between persons and why, suggestions, marks, flags, and cases put together or apart"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")

# The first link of a person is that of the account that they were first seen as.
_FIRST_SEEN = (
    "UPDATE people SET author_id = (\n"
    "  SELECT author_id FROM person_links WHERE person_id = people.id ORDER BY linked_at, id LIMIT 1\n"
    ")"
)
_OPENED_BY = (
    "UPDATE cases SET author_id = (\n"
    "  SELECT author_id FROM messages\n"
    "  WHERE case_id = cases.id AND direction = 'inbound' AND author_id IS NOT NULL\n"
    "  ORDER BY occurred_at, id LIMIT 1\n"
    ")"
)
# Links that were made until now all came by a handoff.
_TIED = (
    "INSERT INTO person_ties (id, first_id, second_id, origin, evidence, reason, user_id, at)\n"
    "SELECT person_links.id, person_links.person_id, people.id, 'handoff', '[]', person_links.evidence, '',\n"
    "  person_links.linked_at\n"
    "FROM person_links\n"
    "JOIN people ON people.author_id = person_links.author_id\n"
    "WHERE person_links.unlinked_at IS NULL AND person_links.person_id <> people.id"
)


def upgrade() -> None:
    """Forward."""
    op.add_column("people", sa.Column("author_id", KEY, nullable=True))
    op.add_column("people", sa.Column("named", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.create_index("ix_people_author_id", "people", ["author_id"], unique=False)
    op.add_column("cases", sa.Column("author_id", KEY, nullable=True))
    op.create_table(
        "person_ties",
        sa.Column("id", KEY, nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("second_id", KEY, nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(["first_id"], ["people.id"], name=op.f("fk_person_ties_first_id_people")),
        sa.ForeignKeyConstraint(["second_id"], ["people.id"], name=op.f("fk_person_ties_second_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_ties")),
    )
    op.create_index("ix_person_ties_first_id", "person_ties", ["first_id"], unique=False)
    op.create_index("ix_person_ties_second_id", "person_ties", ["second_id"], unique=False)
    op.create_table(
        "person_hints",
        sa.Column("id", KEY, nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("second_id", KEY, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("strength", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False, server_default="[]"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", KEY, nullable=True),
        sa.Column("tie_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["first_id"], ["people.id"], name=op.f("fk_person_hints_first_id_people")),
        sa.ForeignKeyConstraint(["second_id"], ["people.id"], name=op.f("fk_person_hints_second_id_people")),
        sa.ForeignKeyConstraint(
            ["tie_id"], ["person_ties.id"], name=op.f("fk_person_hints_tie_id_person_ties")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_hints")),
    )
    op.create_index(
        "uq_person_hints_first_id_second_id", "person_hints", ["first_id", "second_id"], unique=True
    )
    op.create_index("ix_person_hints_second_id", "person_hints", ["second_id"], unique=False)
    op.create_index("ix_person_hints_state", "person_hints", ["state", "strength", "at"], unique=False)
    op.create_table(
        "person_marks",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("stop", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_marks_person_id_people")),
        sa.PrimaryKeyConstraint("kind", "digest", "person_id", "role", name=op.f("pk_person_marks")),
    )
    op.create_index("ix_person_marks_person_id", "person_marks", ["person_id"], unique=False)
    op.create_table(
        "person_flags",
        sa.Column("id", KEY, nullable=False),
        sa.Column("author_id", KEY, nullable=False),
        sa.Column("flag", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("cleared_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["authors.id"], name=op.f("fk_person_flags_author_id_authors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_flags")),
    )
    op.create_index("ix_person_flags_author_id", "person_flags", ["author_id"], unique=False)
    op.create_table(
        "case_merges",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("kept_id", KEY, nullable=False),
        sa.Column("other_id", KEY, nullable=False),
        sa.Column("other_number", sa.BigInteger(), nullable=False),
        sa.Column("kept_author_id", KEY, nullable=False),
        sa.Column("other_author_id", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("journal", sa.Text(), nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_merges")),
    )
    op.create_index("ix_case_merges_kept_id", "case_merges", ["kept_id"], unique=False)
    op.create_index("ix_case_merges_other_id", "case_merges", ["other_id"], unique=False)
    op.create_index("ix_case_merges_other_number", "case_merges", ["other_number"], unique=False)
    for statement in (_FIRST_SEEN, _OPENED_BY, _TIED):
        op.execute(statement)


def downgrade() -> None:
    """Back."""
    for table in ("case_merges", "person_flags", "person_marks", "person_hints", "person_ties"):
        op.drop_table(table)
    with op.batch_alter_table("cases") as batch:
        batch.drop_column("author_id")
    op.drop_index("ix_people_author_id", table_name="people")
    with op.batch_alter_table("people") as batch:
        batch.drop_column("named")
        batch.drop_column("author_id")
