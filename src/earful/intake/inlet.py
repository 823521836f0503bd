"""The way in for one channel: what `channels.contract.Inlet` promises."""

from collections.abc import Callable, Sequence

from earful.channels.contract import Job, Known, RawDelivery, Receipt
from earful.intake import service, store
from earful.intake.ledger import service as jobs
from earful.intake.ledger import store as ledger
from earful.log.contract import Log
from earful.model.ids import new_id
from earful.model.message import IncomingMessage
from earful.model.time import SECOND, Instant
from earful.store.store import Store
from earful.store.tx import Tx

WANTED_AT_ONCE = 20


class ChannelInlet:
    """The way in for one channel: what `channels.contract.Inlet` promises."""

    def __init__(self, store_: Store, log: Log, channel_id: str, clock: Callable[[], Instant]) -> None:
        self._store = store_
        self._log = log
        self._channel_id = channel_id
        self._clock = clock

    async def accept(
        self,
        delivery: RawDelivery,
        messages: Sequence[IncomingMessage],
        *,
        cursors: dict[str, str] | None = None,
    ) -> Receipt:
        """Keep a delivery; returns after commit."""
        verb = service.accept(self._log, self._channel_id, delivery, messages, self._clock(), cursors)
        return await self._store.write(verb)

    async def cursor(self, name: str) -> str | None:
        """The cursor as last committed."""
        return await self._store.read(lambda tx: store.cursor(tx, self._channel_id, name))

    async def alive(self) -> None:
        """Note a proof of life."""
        now = self._clock()
        await self._store.write(lambda tx: store.note_alive(tx, self._channel_id, now))

    async def trouble(self, what: str) -> None:
        """Note what is wrong, in words."""
        now = self._clock()
        await self._store.write(lambda tx: store.note_trouble(tx, self._channel_id, what, now))

    async def wanted(self) -> list[str]:
        """What is to be fetched now."""
        now = self._clock()
        rows = await self._store.read(lambda tx: store.wanted_now(tx, self._channel_id, now, WANTED_AT_ONCE))
        return [row["what"] for row in rows]

    async def fetched(self, what: str, delivery: RawDelivery, messages: Sequence[IncomingMessage]) -> Receipt:
        """Keep what was fetched, and that it was."""
        keep = service.accept(self._log, self._channel_id, delivery, messages, self._clock())

        def write(tx: Tx) -> Receipt:
            store.fetched(tx, self._channel_id, what)
            return keep(tx)

        return await self._store.write(write)

    async def not_fetched(self, what: str, why: str, after_seconds: float) -> None:
        """Ask again later."""
        due_at = self._clock() + round(after_seconds * SECOND)
        await self._store.write(lambda tx: store.fetch_later(tx, self._channel_id, what, due_at, why))

    async def recent(self, since: Instant, limit: int) -> list[Known]:
        """What customers wrote since then and is still there."""
        rows = await self._store.read(lambda tx: store.recent(tx, self._channel_id, since, limit))
        return [
            Known(namespace=row["namespace"], native_id=row["native_id"], occurred_at=row["occurred_at"])
            for row in rows
        ]

    async def gap(self, since: Instant, why: str) -> None:
        """Messages may be missing."""
        values = {
            "id": new_id(self._clock()),
            "channel_id": self._channel_id,
            "since": since,
            "why": why[:1_000],
        }
        await self._store.write(lambda tx: ledger.open_gap(tx, values))

    async def no_gap(self) -> None:
        """Nothing is missing any more."""
        now = self._clock()
        await self._store.write(lambda tx: ledger.fill_gaps(tx, self._channel_id, now))

    async def job(self) -> Job | None:
        """What is asked of the channel."""
        return await self._store.read(lambda tx: jobs.job(tx, self._channel_id))

    async def job_moved(
        self, job_id: str, delivery: RawDelivery, messages: Sequence[IncomingMessage], *, place: str
    ) -> Receipt:
        """Keep a page and the place to go on from."""
        keep = service.accept(self._log, self._channel_id, delivery, messages, self._clock())

        def write(tx: Tx) -> Receipt:
            receipt = keep(tx)
            found = receipt.accepted + receipt.changed
            ledger.move_job(tx, job_id, looked_at=len(messages), found=found, place=place)
            return receipt

        return await self._store.write(write)

    async def job_ended(self, job_id: str, error: str = "") -> None:
        """It is over."""
        state, now = "failed" if error else "done", self._clock()
        await self._store.write(lambda tx: ledger.end_job(tx, job_id, state, error[:1_000], now))
