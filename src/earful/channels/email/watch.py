"""Watching a mailbox: what is new, in order, each mail kept before the next is fetched."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

import msgspec
import structlog
from msgspec import Struct

from earful.channels.contract import Inlet, RawDelivery
from earful.channels.email.limits import IDLE_RENEW_SECONDS
from earful.channels.email.mailbox import FolderState, Mailbox, StoredMail
from earful.channels.email.parse import as_history, identity_of, parse, unreadable
from earful.channels.email.settings import EmailSettings
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.stopping import Stopped, pause
from earful.model.message import IncomingMessage
from earful.model.time import instant, moment

log = structlog.get_logger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

_FIRST_IDLE_SECONDS = 3.0
"""An announcement may hide in the same packet as the start of IDLE; a short first round uncovers it."""
_RESYNC_DAYS = 3
"""How far before the last mail a rebuilt folder is read again; clocks and INTERNALDATE are not exact."""

_LATE = timedelta(days=1)
"""A mail that took this long to arrive is still news; an older one in a rebuilt folder is history."""


class FolderCursor(Struct, frozen=True):
    """How far a folder is read. `seen_at` is the instant of the last step, for a folder that is rebuilt."""

    uidvalidity: int
    last_uid: int
    seen_at: int = 0


class Watch:
    """One session, from log-in until the connection breaks or `stop` is set."""

    def __init__(
        self,
        box: Mailbox,
        pool: ThreadPoolExecutor,
        settings: EmailSettings,
        *,
        inlet: Inlet,
        stop: asyncio.Event,
        now: Callable[[], datetime],
    ) -> None:
        self._box = box
        self._pool = pool
        self._settings = settings
        self._inlet = inlet
        self._stop = stop
        self._now = now
        self._identity = identity_of(settings)

    async def run(self, backoff: Backoff) -> None:
        """Bring in what is new, wait for news, for ever."""
        sent = await self._do(self._box.sent_folder, self._settings.sent_folder)
        first, *others = self._settings.folders
        # The first folder comes last, so that it is the selected one when IDLE begins.
        order = [*others, *([sent] if sent and sent not in self._settings.folders else []), first]
        calm = False
        while True:
            brought = 0
            for folder in order:
                brought += await self._bring(folder, folder_is_sent=folder == sent)
            await self._inlet.alive()
            backoff.reset()
            longest = float(min(self._settings.poll_seconds, IDLE_RENEW_SECONDS))
            await self._news(longest if calm else min(longest, _FIRST_IDLE_SECONDS))
            calm = not brought

    async def _bring(self, folder: str, *, folder_is_sent: bool) -> int:
        """Hand in what is new in a folder; how many mails that were."""
        state: FolderState = await self._do(self._box.open, folder)
        name = f"imap:{folder}"
        kept = await self._inlet.cursor(name)
        cursor = msgspec.json.decode(kept, type=FolderCursor) if kept else None
        if cursor is None or cursor.uidvalidity != state.uid_validity:
            return await self._start_over(folder, state, cursor, folder_is_sent=folder_is_sent)
        uids = await self._do(self._box.after, cursor.last_uid)
        for uid in uids:
            mail = await self._do(self._box.fetch, uid)
            if mail is None:
                continue
            message = self._parse(mail, folder_is_sent=folder_is_sent)
            moved = FolderCursor(state.uid_validity, uid, instant(self._now()))
            await self._inlet.accept(_delivery(mail, folder, state), [message], cursors={name: _json(moved)})
            self._check_stop()
        return len(uids)

    async def _start_over(
        self,
        folder: str,
        state: FolderState,
        cursor: FolderCursor | None,
        *,
        folder_is_sent: bool,
    ) -> int:
        """Read a folder that is new to us, or whose UIDs lost their meaning (RFC 9051, 2.3.1.1).

        In the second case the days around the last step are read again and known mails fall out by their
        Message-ID; what was written well before that step starts no automation. The cursor moves only at the
        end: whoever dies on the way begins again.
        """
        if cursor is None:
            days, from_ = self._settings.history_days, self._now()
            quiet_before = from_
        else:
            days, from_ = _RESYNC_DAYS, moment(cursor.seen_at)
            quiet_before = from_ - _LATE
        uids: list[int] = []
        if cursor is not None or days:
            uids = await self._do(self._box.since, (from_ - timedelta(days=days)).date())
        last = max(state.uid_next - 1, *uids) if uids else state.uid_next - 1
        for uid in uids:
            mail = await self._do(self._box.fetch, uid)
            if mail is None:
                continue
            message = self._parse(mail, folder_is_sent=folder_is_sent)
            if message.occurred_at < quiet_before:
                message = as_history(message)
            await self._inlet.accept(_delivery(mail, folder, state), [message])
            self._check_stop()
        moved = FolderCursor(state.uid_validity, last, instant(self._now()))
        empty = RawDelivery(transport="mailbox", body=b"", verified_by="imap-login")
        await self._inlet.accept(empty, [], cursors={f"imap:{folder}": _json(moved)})
        return len(uids)

    def _parse(self, mail: StoredMail, *, folder_is_sent: bool) -> IncomingMessage:
        try:
            message = parse(
                mail.raw,
                identity=self._identity,
                received_at=mail.received_at,
                folder_is_sent=folder_is_sent,
            )
        except Exception as fault:  # one mail that we cannot read must not stop the next
            log.exception("mail could not be read", uid=mail.uid)
            return unreadable(mail.raw, received_at=mail.received_at, why=type(fault).__name__)
        if mail.cut:
            message.context["cut"] = True
        return message

    async def _news(self, seconds: float) -> None:
        """Wait for an announcement, or `seconds`; the thread is free meanwhile.

        Raises Stopped.
        """
        self._check_stop()
        if not self._box.can_idle:
            await pause(self._stop, seconds)
            self._check_stop()
            return
        await self._do(self._box.idle)
        await _readable(self._box.fileno(), self._stop, seconds)
        self._check_stop()
        await self._do(self._box.idle_done)

    def _check_stop(self) -> None:
        """Raises Stopped between two mails, never inside one."""
        if self._stop.is_set():
            raise Stopped

    async def _do(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run in the one thread that owns the session."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: work(*arguments, **named))


async def _readable(fd: int, stop: asyncio.Event, seconds: float) -> None:
    """Until the socket has something to say, `stop` is set, or the time is over."""
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()
    loop.add_reader(fd, woken.set)
    waits = [asyncio.ensure_future(woken.wait()), asyncio.ensure_future(stop.wait())]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        loop.remove_reader(fd)
        for wait in waits:
            wait.cancel()
            with suppress(asyncio.CancelledError):
                await wait


def _delivery(mail: StoredMail, folder: str, state: FolderState) -> RawDelivery:
    return RawDelivery(
        transport="mailbox",
        body=mail.raw,
        headers={"folder": folder, "uid": str(mail.uid), "uidvalidity": str(state.uid_validity)},
        native_delivery_id=f"{folder}/{state.uid_validity}/{mail.uid}"[:998],
        verified_by="imap-login",
    )


def _json(cursor: FolderCursor) -> str:
    return msgspec.json.encode(cursor).decode()
