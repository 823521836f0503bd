"""Who is told what: mentions in notes, who follows a case, notices, and the mails that carry them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from earful.store.tables.columns import At, Key, metadata

# Whom a note names, and where in its text (code points). A team is one row without a user.
note_mentions = Table(
    "note_mentions",
    metadata,
    Column("note_id", Key, ForeignKey("notes.id"), primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("stop", Integer, nullable=False),
    Column("user_id", Key, nullable=False, server_default=""),
    Column("team_id", Key, nullable=False, server_default=""),
)

# No foreign key to cases here and in notices: they move when cases become one.
case_follows = Table(
    "case_follows",
    metadata,
    Column("case_id", Key, primary_key=True),
    Column("user_id", Key, ForeignKey("users.id"), primary_key=True),
    Column("at", At, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
    Column("kind", String, nullable=False),
    # What becomes one notice within a minute: a case, an act on many cases, or a queue.
    Column("topic", Key, nullable=False),
    Column("case_id", Key, nullable=False, server_default=""),
    # The place in the case: `n-NOTE`, `m-MESSAGE` or empty.
    Column("place", Key, nullable=False, server_default=""),
    Column("actor_id", Key, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("count", Integer, nullable=False, server_default="1"),
    Column("at", At, nullable=False),
    Column("read_at", At),
    Column("app", Boolean, nullable=False),
    Column("browser", Boolean, nullable=False),
    Column("mail", Boolean, nullable=False),
    Column("mail_id", Key),
    Index("ix_notices_user_id", "user_id", "at", "id"),
    Index(
        "ix_notices_unread",
        "user_id",
        "topic",
        "at",
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
    Index("ix_notices_case_id", "case_id"),
    Index("ix_notices_at", "at"),
)

# A mail of the desk to a colleague: its row is the truth. `slot`: what it is for, once.
notice_mails = Table(
    "notice_mails",
    metadata,
    Column("id", Key, primary_key=True),
    Column("user_id", Key, ForeignKey("users.id"), nullable=False),
    Column("slot", Key, nullable=False),
    Column("state", String, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("made_at", At, nullable=False),
    # While it is handed over: when whoever does that must be gone.
    Column("due_at", At),
    Column("sent_at", At),
    Index("ix_notice_mails_made_at", "made_at"),
    Index("uq_notice_mails_user_id_slot", "user_id", "slot", unique=True),
    Index(
        "ix_notice_mails_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)
