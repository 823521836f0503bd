"""Saved views, and which cases each has: kept by a consumer, so that opening one never looks for them."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from earful.store.tables.columns import At, Key, metadata

views = Table(
    "views",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String, nullable=False),
    Column("icon", String, nullable=False),
    # JSON, as `docs/reference/conditions.md` has it.
    Column("condition", Text, nullable=False),
    Column("sort", String, nullable=False),
    # A user's id, or `token:ID`.
    Column("owner_id", Key, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    # Its members now. Another condition or order makes another list; the old one is cleared in the background.
    Column("list_id", Key, nullable=False, unique=True),
    # Cases up to this number have been looked at, of those that there were at the start.
    Column("filled_to", BigInteger, nullable=False),
    Column("fill_to", BigInteger, nullable=False),
    Column("created_at", At, nullable=False),
    Column("changed_at", At, nullable=False),
    Column("deleted_at", At),
)

# No foreign key to cases: a case that was merged into another leaves when the consumer hears of it.
view_members = Table(
    "view_members",
    metadata,
    Column("case_id", Key, primary_key=True),
    Column("list_id", Key, primary_key=True),
    # Whose view has it: empty for everybody's, else only this user's.
    Column("who", Key, nullable=False),
    # Everybody's but this user's.
    Column("except_id", Key, nullable=False),
    # Where it stands, highest first.
    Column("first", BigInteger, nullable=False),
    Column("second", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Index("ix_view_members_place", "list_id", "who", "first", "second", "number"),
)

view_counts = Table(
    "view_counts",
    metadata,
    Column("list_id", Key, primary_key=True),
    Column("who", Key, primary_key=True),
    Column("except_id", Key, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

# When the clock alone may change whether a case belongs.
view_checks = Table(
    "view_checks",
    metadata,
    Column("case_id", Key, primary_key=True),
    Column("list_id", Key, primary_key=True),
    Column("at", At, nullable=False),
    Index("ix_view_checks_at", "at"),
    Index("ix_view_checks_list_id", "list_id"),
)
