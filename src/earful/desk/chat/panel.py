"""What a case's page shows of its visitors: where they are, how they can be reached, and whether they may write."""

from msgspec import Struct

from earful.channels.chat.limits import GONE
from earful.desk.chat import store
from earful.model.time import Instant
from earful.store.tx import Tx


class Guest(Struct, frozen=True, kw_only=True):
    """A visitor of the chat."""

    id: str
    name: str
    email: str
    signed: bool
    here: bool
    """Their page is open now."""
    seen_at: int
    page: str
    blocked: bool


def panel(tx: Tx, case_id: str, now: Instant) -> list[Guest]:
    """The visitors whose chats are in a case."""
    return [
        Guest(
            id=row["id"],
            name=row["name"] or f"Visitor {row['id'][-4:]}",
            email=row["email"],
            signed=bool(row["user_id"]),
            here=now - row["seen_at"] < GONE,
            seen_at=row["seen_at"],
            page=row["page"],
            blocked=row["blocked_at"] is not None,
        )
        for row in store.in_case(tx, case_id)
    ]
