"""Sends what is due to outgoing webhooks: signed, a few at a time to each, never into the private network."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable

import httpx2
import structlog

from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.http import ResponseTooLarge, client, fetch, retry_after
from earful.desk.webhooks import rules, service
from earful.model.time import Instant
from earful.store.secrets import KeyLostError, Vault
from earful.store.store import Store

logger = structlog.get_logger()
AT_ONCE, AT_ONCE_EACH = 16, 4
"""Tries at the same time: of all webhooks, and of one, so that a slow receiver keeps nobody waiting."""
POLL_SECONDS = 1.0
_ANSWER_BYTES = 64_000


class WebhookSender:
    """A task of the event loop that owns no state: everything it must remember is in the deliveries."""

    def __init__(
        self, store: Store, vault: Vault, clock: Callable[[], Instant], *, allow_private: bool
    ) -> None:
        self._store, self._vault, self._clock = store, vault, clock
        self._http = client(allow_private=allow_private, timeout_seconds=rules.TRY_SECONDS)
        self._busy: dict[str, str] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is being sent then is finished."""
        tasks: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            try:
                for delivery_id, webhook_id in await self._next():
                    self._busy[delivery_id] = webhook_id
                    task = asyncio.create_task(self.one(delivery_id))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            except Exception:
                logger.exception("webhooks.look_failed")
            try:
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)
            except TimeoutError:
                continue
        if tasks:
            await asyncio.wait(tasks)
        await self._http.aclose()

    async def _next(self) -> list[tuple[str, str]]:
        """What may be sent now, the longest due first."""
        now = self._clock()
        found = await self._store.read(lambda tx: service.due(tx, now, 20 * AT_ONCE))
        load = Counter(self._busy.values())
        chosen: list[tuple[str, str]] = []
        for delivery_id, webhook_id in found:
            room = len(self._busy) + len(chosen) < AT_ONCE and load[webhook_id] < AT_ONCE_EACH
            if room and delivery_id not in self._busy:
                load[webhook_id] += 1
                chosen.append((delivery_id, webhook_id))
        return chosen

    async def one(self, delivery_id: str) -> None:
        """Try one delivery once."""
        try:
            now = self._clock()
            parcel = await self._store.write(lambda tx: service.claim(tx, self._vault, delivery_id, now))
            if parcel is not None:
                done, patience = await self._try(parcel)
                luck = random.random()  # noqa: S311  (spreads tries, hides nothing)
                await self._store.write(
                    lambda tx: service.tried(
                        tx, parcel, done, self._clock(), luck=luck, retry_after_ms=patience
                    )
                )
        except KeyLostError as error:
            logger.error("webhooks.key_lost", delivery=delivery_id, why=str(error))
        except Exception:
            # The lease runs out, and the delivery is tried again.
            logger.exception("webhooks.failed", delivery=delivery_id)
        finally:
            self._busy.pop(delivery_id, None)

    async def _try(self, parcel: service.Parcel) -> tuple[service.Try, int | None]:
        """One request; what became of it, and the patience that the receiver asks for in milliseconds."""
        at, begun = self._clock(), time.monotonic()
        status, patience = None, None
        try:
            async with asyncio.timeout(rules.TRY_SECONDS):
                answer = await fetch(
                    self._http, "POST", parcel.url, content=parcel.body, headers=parcel.headers,
                    max_bytes=_ANSWER_BYTES,
                )  # fmt: skip
            status, said = answer.status_code, answer.text
            seconds = retry_after(answer.headers, at)
            patience = None if seconds is None else round(seconds * 1000)
        except AddressRefused as error:
            said = str(error)
        except TimeoutError:
            said = f"No answer within {rules.TRY_SECONDS:.0f} seconds."
        except ResponseTooLarge as error:
            said = str(error)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            said = f"{type(error).__name__}: {error}"
        spent = round((time.monotonic() - begun) * 1000)
        return service.Try(at=at, milliseconds=spent, status=status, said=said), patience
