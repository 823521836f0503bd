"""Sends what is due, one reply of a case after the other, and looks for what may be out."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec
import structlog

from earful.channels.contract import Connector, Reply, SendPostponed, SendRefused, SendUnknown
from earful.desk.attaching import service as attaching
from earful.log.contract import Log
from earful.model.desk import SendState
from earful.model.time import Instant
from earful.outbox import leaving, rules, service, waiting
from earful.store.store import Store

logger = structlog.get_logger()
AT_ONCE = 16
POLL_SECONDS = 1.0


class Sender:
    """A task of the event loop that owns no state: everything it must remember is in the outbox."""

    def __init__(
        self,
        store: Store,
        log: Log,
        connectors: Mapping[str, Connector],
        clock: Callable[[], Instant],
        *,
        read_file: Callable[[str], bytes | None],
    ) -> None:
        """`read_file` gives the content of a file by its digest."""
        self._store = store
        self._log = log
        self._connectors = connectors
        self._clock = clock
        self._read_file = read_file
        self._busy: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is being sent then is finished."""
        tasks: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            now = self._clock()
            try:
                due = await self.due(now)
            except Exception:
                logger.exception("outbox.look_failed")
                due = []
            for reply_id, state in due:
                if reply_id not in self._busy and len(tasks) < AT_ONCE:
                    self._busy.add(reply_id)
                    task = asyncio.create_task(self.one(reply_id, state))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            try:
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)
            except TimeoutError:
                continue
        if tasks:
            await asyncio.wait(tasks)

    async def due(self, now: Instant) -> list[tuple[str, SendState]]:
        """What is to be sent or looked for now; replies that were cut off are found first."""
        await self._store.write(lambda tx: service.recover(tx, self._log, now))
        await self._store.write(lambda tx: waiting.release(tx, self._log, now))
        return await self._store.read(lambda tx: service.due(tx, now, AT_ONCE))

    async def one(self, reply_id: str, state: SendState) -> None:
        """Send one reply, or look for it."""
        try:
            await (self._send(reply_id) if state is SendState.QUEUED else self._look(reply_id))
        except Exception:
            # The row stays as it is: `sending` runs out of its lease and becomes unknown.
            logger.exception("outbox.failed", reply=reply_id)
        finally:
            self._busy.discard(reply_id)

    async def _send(self, reply_id: str) -> None:
        store, log, clock = self._store, self._log, self._clock
        channel_id, due_at = await store.read(lambda tx: service.channel_of(tx, reply_id))
        connector = self._connectors.get(channel_id)
        if connector is None:
            if clock() - due_at < rules.PATIENCE:
                return
            why = "The channel is switched off or not connected; switch it on and try again."
            await store.write(lambda tx: service.refuse_queued(tx, log, reply_id, why, clock()))
            return
        try:
            can = connector.capabilities
            reply = await store.write(lambda tx: leaving.claim(tx, log, reply_id, can, clock()))
        except service.RefusedReplyError as error:
            why = str(error)
            await store.write(lambda tx: service.refuse_queued(tx, log, reply_id, why, clock()))
            return
        if reply is None:
            return
        whole = await self._with_content(reply)
        if whole is None:
            why = "A file of this reply is not kept any more; nothing was sent. Take it back and add the file again."
            await store.write(lambda tx: service.refused(tx, log, reply_id, why, clock()))
            return
        try:
            async with asyncio.timeout(rules.SEND_SECONDS):
                proof = await connector.send(whole)
        except SendRefused as error:
            why = str(error)
            await store.write(lambda tx: service.refused(tx, log, reply_id, why, clock()))
        except SendPostponed as error:
            why, after = str(error), error.after_seconds
            await store.write(lambda tx: service.postponed(tx, log, reply_id, why, after, clock()))
        except Exception as error:  # noqa: BLE001 - whatever it was, the reply may be out
            why = str(error) if isinstance(error, SendUnknown) else f"{type(error).__name__}: {error}"
            await store.write(lambda tx: service.unknown(tx, log, reply_id, why, clock()))
        else:
            await store.write(lambda tx: service.sent(tx, log, reply_id, proof, clock()))

    async def _with_content(self, reply: Reply) -> Reply | None:
        """The reply with the content of its files; None when one is not there."""
        if not reply.files:
            return reply
        digests = await self._store.read(lambda tx: attaching.digests_of(tx, reply.client_id))
        files = []
        for file, digest in zip(reply.files, digests, strict=True):
            content = await asyncio.to_thread(self._read_file, digest)
            if content is None:
                return None
            files.append(msgspec.structs.replace(file, content=content))
        return msgspec.structs.replace(reply, files=files)

    async def _look(self, reply_id: str) -> None:
        store, log, clock = self._store, self._log, self._clock
        found = await store.read(lambda tx: leaving.find_reply(tx, reply_id))
        if found is None:
            return
        channel_id, reply = found
        connector = self._connectors.get(channel_id)
        if connector is None:
            why = "The channel is not connected, so nobody can look whether this is out."
            await store.write(lambda tx: service.still_unknown(tx, log, reply_id, why, clock()))
            return
        try:
            proof = await connector.find(reply)
        except Exception as error:  # noqa: BLE001 - any fault means that we still do not know
            why = str(error)
            await store.write(lambda tx: service.still_unknown(tx, log, reply_id, why, clock()))
            return
        if proof is None:
            await store.write(lambda tx: service.not_there(tx, log, reply_id, clock()))
        else:
            await store.write(lambda tx: service.sent(tx, log, reply_id, proof, clock()))
