"""Idempotency-Key (IETF HTTPAPI draft): the same request twice is one request with one answer."""

from msgspec import Struct
from sqlalchemy import delete, insert, select, text

from earful.model.time import DAY
from earful.store.tables import idempotency
from earful.store.tx import Tx


class Mark(Struct, frozen=True, kw_only=True):
    """A request that may come twice."""

    owner: str
    """Who sent it; keys of different senders do not meet."""
    key: str
    request_sha256: bytes


class OtherRequestError(ValueError):
    """The key was used for another request."""


def recall(tx: Tx, mark: Mark) -> bytes | None:
    """The answer that the request got the first time. Raises OtherRequestError for another body.

    The same key at the same time waits here for the first one's end.
    """
    if tx.is_postgresql:
        tx.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:mark, 0))"),
            {"mark": f"{mark.owner} {mark.key}"},
        )
    row = tx.row(
        select(idempotency.c.request_sha256, idempotency.c.response).where(
            idempotency.c.owner == mark.owner, idempotency.c.key == mark.key
        )
    )
    if row is None:
        return None
    if bytes(row["request_sha256"]) != mark.request_sha256:
        raise OtherRequestError(
            "This Idempotency-Key was used for another request; nothing was kept. Use a new key."
        )
    return bytes(row["response"])


def remember(tx: Tx, mark: Mark, status: int, response: bytes, now: int) -> None:
    """Keep the answer, in the transaction of what it reports, for a day."""
    tx.execute(delete(idempotency).where(idempotency.c.at < now - DAY))
    tx.execute(
        insert(idempotency).values(
            owner=mark.owner,
            key=mark.key,
            request_sha256=mark.request_sha256,
            status=status,
            response=response,
            at=now,
        )
    )
