"""What helps to answer: macros, replies that somebody else reads first, and what solved cases were told."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text

from earful.store.tables.columns import At, Key, metadata, serial

# `visibility`: mine, role (everybody of the owner's role) or all.
macros = Table(
    "macros",
    metadata,
    Column("id", Key, primary_key=True),
    Column("owner_id", Key, ForeignKey("users.id"), nullable=False),
    Column("visibility", String, nullable=False),
    Column("role", String, nullable=False),
    Column("title", String, nullable=False),
    # JSON: language -> text.
    Column("texts", Text, nullable=False),
    # JSON: what it does beside its text.
    Column("actions", Text, nullable=False),
    Column("used", Integer, nullable=False, server_default="0"),
    Column("used_at", At),
    Column("changed_at", At, nullable=False),
    Column("deleted_at", At),
    Index("ix_macros_owner_id", "owner_id"),
)

# A reply that needs a second pair of eyes. Whether it still waits is the state of its row in the outbox.
reply_approvals = Table(
    "reply_approvals",
    metadata,
    Column("reply_id", Key, ForeignKey("outbox.id"), primary_key=True),
    Column("because", Text, nullable=False),
    Column("asked_at", At, nullable=False),
    # `approved`, `changed` or `sent_back`; empty while nobody has decided.
    Column("verdict", String, nullable=False, server_default=""),
    Column("decided_by", Key, ForeignKey("users.id")),
    Column("decided_at", At),
    Column("note", Text, nullable=False, server_default=""),
    # What its author had written, where the approver changed it.
    Column("before", Text, nullable=False, server_default=""),
    Index("ix_reply_approvals_asked_at", "asked_at"),
)

# Follows the log, so it may name a case a moment longer than there is one.
# One answer of each solved case, without private data, and the words of its question: an inverted index that is
# the same on both databases.
solved = Table(
    "solved",
    metadata,
    serial("doc"),
    Column("case_id", Key, nullable=False, unique=True),
    Column("message_id", Key, nullable=False),
    Column("answer", Text, nullable=False),
    Column("language", String, nullable=False),
    Column("network", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("private", SmallInteger, nullable=False),
    Column("answered_at", At, nullable=False),
    Index("ix_solved_message_id", "message_id"),
)

solved_terms = Table(
    "solved_terms",
    metadata,
    Column("term", BigInteger, primary_key=True),
    Column("doc", BigInteger, primary_key=True),
    # Share of the document's length that the term has, in thousandths.
    Column("weight", SmallInteger, nullable=False),
    Index("ix_solved_terms_doc", "doc"),
)

solved_words = Table(
    "solved_words",
    metadata,
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("docs", Integer, nullable=False),
)
