"""A test double of the *inlet* (the seam to intake), with its real rules: one transaction for each call."""

import asyncio
from collections.abc import Callable, Sequence

from msgspec import Struct

from earful.channels.contract import Job, Known, RawDelivery, Receipt
from earful.model.message import Change, Direction, IncomingMessage
from earful.model.time import Instant, instant


class StoreDown(Exception):
    """The commit did not happen."""


class Kept(Struct, kw_only=True):
    """A message as a store would have it."""

    message: IncomingMessage
    edits: int = 0
    deleted: bool = False


class MemoryInlet:
    """Keeps what it is given, each message once, and moves cursors only together with it.

    `fail_next` lets that many calls raise before anything is kept, as a store that is down would.
    """

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Kept] = {}
        self.cursors: dict[str, str] = {}
        self.deliveries: list[RawDelivery] = []
        self.troubles: list[str] = []
        self.signs_of_life = 0
        self.gaps: list[tuple[Instant, str]] = []
        self.duplicates = 0
        self.fail_next = 0
        self._changed = asyncio.Condition()

    async def accept(
        self,
        delivery: RawDelivery,
        messages: Sequence[IncomingMessage],
        *,
        cursors: dict[str, str] | None = None,
    ) -> Receipt:
        """All or nothing."""
        await asyncio.sleep(0)
        if self.fail_next:
            self.fail_next -= 1
            raise StoreDown("the disk is full")
        accepted = changed = duplicates = 0
        for message in messages:
            outcome = self._take(message)
            accepted += outcome == "new"
            changed += outcome == "changed"
            duplicates += outcome == "duplicate"
        self.duplicates += duplicates
        self.deliveries.append(delivery)
        self.cursors.update(cursors or {})
        await self._wake()
        return Receipt(accepted=accepted, changed=changed, duplicates=duplicates)

    def _take(self, message: IncomingMessage) -> str:
        key = (message.namespace, message.native_id)
        known = self.kept.get(key)
        if message.change is Change.DELETE:
            if known is None:
                self.kept[key] = Kept(message=message, deleted=True)
                return "changed"
            outcome = "duplicate" if known.deleted else "changed"
            known.deleted = True
            return outcome
        if known is None:
            self.kept[key] = Kept(message=message)
            return "new"
        if message.change is Change.EDIT and not known.deleted and message.text != known.message.text:
            known.message, known.edits = message, known.edits + 1
            return "changed"
        return "duplicate"

    async def cursor(self, name: str) -> str | None:
        """As last committed."""
        return self.cursors.get(name)

    async def alive(self) -> None:
        """Counted."""
        self.signs_of_life += 1
        await self._wake()

    async def trouble(self, what: str) -> None:
        """Kept."""
        self.troubles.append(what)
        await self._wake()

    async def wanted(self) -> list[str]:
        """Everything came whole."""
        return []

    async def recent(self, since: Instant, limit: int) -> list[Known]:
        """What customers wrote and is still there, the newest first."""
        found = [
            Known(namespace=one.namespace, native_id=one.native_id, occurred_at=instant(one.occurred_at))
            for one in (each.message for each in reversed(self.kept.values()) if not each.deleted)
            if one.direction is Direction.INBOUND and instant(one.occurred_at) >= since
        ]
        return found[:limit]

    async def gap(self, since: Instant, why: str) -> None:
        """Kept."""
        self.gaps.append((since, why))

    async def no_gap(self) -> None:
        """All of them are filled."""
        self.gaps.clear()

    async def job(self) -> Job | None:
        """Nobody asked for history."""
        return None

    def messages(self) -> list[IncomingMessage]:
        """Everything kept, in the order in which it first came."""
        return [each.message for each in self.kept.values()]

    async def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for what a test expects; says what is there instead when it never comes."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            state = [(m.native_id, m.text[:60]) for m in self.messages()]
            raise AssertionError(
                f"not within {seconds} s; kept {state}, cursors {self.cursors}, troubles {self.troubles}"
            ) from None

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()
