"""The audit log: who did what to what, from where. Rows are only ever added."""

from msgspec import Struct
from sqlalchemy import insert

from earful.store.tables import audit
from earful.store.tx import Tx


class Because(Struct, frozen=True, kw_only=True):
    """The automation rule by which Earful acts."""

    rule: str
    """Its id."""
    version: int
    depth: int
    """How many rules led to this act, one after the other."""
    words: str
    """Its name, version and condition in words."""


class Who(Struct, frozen=True, kw_only=True):
    """Who acts: a user (or a token, as `token:ID`), and from which address."""

    id: str
    name: str = ""
    address: str = ""
    within: str = ""
    """Id of the act on many cases that this is a part of; empty for none."""
    because: Because | None = None
    """The rule that makes Earful act; None for a person, and for what Earful does by itself."""


EARFUL = Who(id="", name="Earful")
"""The desk itself: consumers, timers, start-up."""


def record(tx: Tx, who: Who, action: str, subject: str, now: int, detail: str = "") -> None:
    """Add one line, in the transaction of the act. Never put message texts or secrets in `detail`."""
    if who.because is not None:
        detail = f"{detail} (rule {who.because.rule} v{who.because.version})".strip()
    if who.within:
        detail = f"{detail} (of {who.within})".strip()
    tx.execute(
        insert(audit).values(
            at=now, actor=who.id, action=action, subject=subject, address=who.address, detail=detail
        )
    )
