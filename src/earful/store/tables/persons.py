"""Who is the same person and how we know, what is flagged, and cases that were put together or apart."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, SmallInteger, String, Table, Text

from earful.store.tables.columns import At, Key, metadata

# "These two are one person." Each side is a person that an account was first seen as, which never changes; who
# is one person now follows from the ties that stand. Taking one back sets undone_at; no row is ever removed.
person_ties = Table(
    "person_ties",
    metadata,
    Column("id", Key, primary_key=True),
    Column("first_id", Key, ForeignKey("people.id"), nullable=False),
    Column("second_id", Key, ForeignKey("people.id"), nullable=False),
    # `suggestion`, `hand` or `handoff`.
    Column("origin", String, nullable=False),
    # JSON: a list of evidence; empty for a tie made by hand, which has a reason.
    Column("evidence", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
    Column("undone_at", At),
    Column("undone_by", Key),
    Index("ix_person_ties_first_id", "first_id"),
    Index("ix_person_ties_second_id", "second_id"),
)

# "Perhaps these two are one person." `first_id` sorts before `second_id`.
person_hints = Table(
    "person_hints",
    metadata,
    Column("id", Key, primary_key=True),
    Column("first_id", Key, ForeignKey("people.id"), nullable=False),
    Column("second_id", Key, ForeignKey("people.id"), nullable=False),
    # `suggested`, `accepted` or `refused`.
    Column("state", String, nullable=False),
    Column("strength", SmallInteger, nullable=False),
    Column("evidence", Text, nullable=False),
    # JSON: keys of evidence on which somebody refused; it never suggests again.
    Column("refused", Text, nullable=False, server_default="[]"),
    Column("at", At, nullable=False),
    Column("decided_at", At),
    Column("decided_by", Key),
    Column("tie_id", Key, ForeignKey("person_ties.id")),
    Index("uq_person_hints_first_id_second_id", "first_id", "second_id", unique=True),
    Index("ix_person_hints_second_id", "second_id"),
    Index("ix_person_hints_state", "state", "strength", "at"),
)

# What may tell that two accounts are one person's. Only keyed digests: no number or address is kept here.
person_marks = Table(
    "person_marks",
    metadata,
    Column("kind", String, primary_key=True),
    Column("digest", Key, primary_key=True),
    Column("person_id", Key, ForeignKey("people.id"), primary_key=True),
    # `is`: it is theirs, as the address they write from; `says`: it stands in what they wrote.
    Column("role", String, primary_key=True),
    # Where it stands, and the span there in code points; empty for a handle or an address written from.
    Column("message_id", Key, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("stop", BigInteger, nullable=False),
    Column("at", At, nullable=False),
    Index("ix_person_marks_person_id", "person_id"),
)

# Flags are set on an account, so that they go with it when persons are linked and taken apart.
person_flags = Table(
    "person_flags",
    metadata,
    Column("id", Key, primary_key=True),
    Column("author_id", Key, ForeignKey("authors.id"), nullable=False),
    Column("flag", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("set_at", At, nullable=False),
    # From then on it no longer counts; None for never.
    Column("ends_at", At),
    Column("cleared_at", At),
    Column("cleared_by", Key),
    Index("ix_person_flags_author_id", "author_id"),
)

# Cases put together (`merge`) or apart (`split`) by hand, with what moved, so that it can be taken back exactly.
case_merges = Table(
    "case_merges",
    metadata,
    Column("id", Key, primary_key=True),
    Column("kind", String, nullable=False),
    # Of a merge: the case that has everything; of a split: the case that the other came from.
    Column("kept_id", Key, nullable=False),
    # Of a merge: the case that is no more; of a split: the new one.
    Column("other_id", Key, nullable=False),
    Column("other_number", BigInteger, nullable=False),
    # The accounts that the two cases are of.
    Column("kept_author_id", Key, nullable=False),
    Column("other_author_id", Key, nullable=False),
    Column("reason", Text, nullable=False),
    # JSON: the row of the other case, what moved by its keys, and rows that had no place.
    Column("journal", Text, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("at", At, nullable=False),
    Column("undone_at", At),
    Column("undone_by", Key),
    Index("ix_case_merges_kept_id", "kept_id"),
    Index("ix_case_merges_other_id", "other_id"),
    Index("ix_case_merges_other_number", "other_number"),
)
