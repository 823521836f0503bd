"""The SQL of users, sessions, sign-in links, failures and tokens."""

from typing import Any

from sqlalchemy import delete, func, insert, select, update

from earful.store.tables import audit, case_counts, sessions, sign_in_failures, sign_in_links, tokens, users
from earful.store.tx import Row, Tx, read_once


def insert_user(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a user."""
    tx.execute(insert(users).values(row))


def update_user(tx: Tx, user_id: str, values: dict[str, Any]) -> None:
    """Change a user."""
    tx.execute(update(users).where(users.c.id == user_id).values(values))


def by_email(tx: Tx, email: str) -> Row | None:
    """A user by e-mail, which is stored in lower case."""
    return tx.row(select(users).where(users.c.email == email))


def by_id(tx: Tx, user_id: str) -> Row | None:
    """A user by id."""
    return tx.row(select(users).where(users.c.id == user_id))


@read_once
def all_users(tx: Tx) -> list[Row]:
    """Everybody, by name."""
    return tx.rows(select(users).order_by(func.lower(users.c.name)))


def any_user(tx: Tx) -> bool:
    """Whether anybody exists: without, the welcome page opens."""
    return tx.row(select(users.c.id).limit(1)) is not None


def insert_session(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a session."""
    tx.execute(insert(sessions).values(row))


def session(tx: Tx, token_hash: bytes) -> Row | None:
    """A session with its user."""
    query = (
        select(sessions.c.token_hash, sessions.c.expires_at, sessions.c.seen_at, users)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_hash == token_hash)
    )
    return tx.row(query)


def touch_session(tx: Tx, token_hash: bytes, now: int) -> None:
    """Note that a session is in use."""
    tx.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def drop_session(tx: Tx, token_hash: bytes) -> None:
    """End a session."""
    tx.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def drop_sessions_of(tx: Tx, user_id: str) -> None:
    """End every session of a user."""
    tx.execute(delete(sessions).where(sessions.c.user_id == user_id))


def drop_expired(tx: Tx, now: int, failures_before: int) -> None:
    """Forget what has run out."""
    tx.execute(delete(sessions).where(sessions.c.expires_at < now))
    tx.execute(delete(sign_in_links).where(sign_in_links.c.expires_at < now))
    tx.execute(delete(sign_in_failures).where(sign_in_failures.c.at < failures_before))


def insert_link(tx: Tx, row: dict[str, Any]) -> None:
    """Keep a sign-in link."""
    tx.execute(insert(sign_in_links).values(row))


def use_link(tx: Tx, token_hash: bytes, now: int) -> str | None:
    """Use a link up; the user's id, or None when it was used, expired or never given."""
    used = tx.execute(
        update(sign_in_links)
        .where(
            sign_in_links.c.token_hash == token_hash,
            sign_in_links.c.used_at.is_(None),
            sign_in_links.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(sign_in_links.c.user_id)
    )
    found: str | None = used.scalar()
    return found


def insert_failure(tx: Tx, key: str, now: int) -> None:
    """Count a failed sign-in."""
    tx.execute(insert(sign_in_failures).values(key=key, at=now))


def failures(tx: Tx, key: str, since: int) -> int:
    """Failed sign-ins of a key since an instant."""
    query = select(func.count()).where(sign_in_failures.c.key == key, sign_in_failures.c.at > since)
    return int(tx.value(query) or 0)


def insert_token(tx: Tx, row: dict[str, Any]) -> None:
    """Keep an API token (its hash)."""
    tx.execute(insert(tokens).values(row))


def token(tx: Tx, token_hash: bytes) -> Row | None:
    """A token that was not revoked."""
    return tx.row(select(tokens).where(tokens.c.token_hash == token_hash, tokens.c.revoked_at.is_(None)))


def all_tokens(tx: Tx) -> list[Row]:
    """Every token, newest first."""
    return tx.rows(select(tokens).order_by(tokens.c.created_at.desc()))


def revoke_token(tx: Tx, token_id: str, now: int) -> bool:
    """Revoke; False when it was not in force."""
    done = tx.execute(
        update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    return bool(done.rowcount)


def touch_token(tx: Tx, token_id: str, now: int) -> None:
    """Note that a token is in use."""
    tx.execute(update(tokens).where(tokens.c.id == token_id).values(used_at=now))


def last_seen(tx: Tx) -> dict[str, int]:
    """When each user was last here."""
    query = select(sessions.c.user_id, func.max(sessions.c.seen_at).label("at")).group_by(sessions.c.user_id)
    return {row["user_id"]: int(row["at"]) for row in tx.rows(query)}


def open_cases(tx: Tx) -> dict[str, int]:
    """Open cases of each user, from the kept counts."""
    query = (
        select(case_counts.c.assignee_id, func.sum(case_counts.c.n).label("open"))
        .where(case_counts.c.status == "open", case_counts.c.assignee_id != "")
        .group_by(case_counts.c.assignee_id)
    )
    return {row["assignee_id"]: int(row["open"]) for row in tx.rows(query)}


def audit_rows(tx: Tx, before: int | None, limit: int) -> list[Row]:
    """Lines of the audit log, newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    return tx.rows(query if before is None else query.where(audit.c.id < before))
