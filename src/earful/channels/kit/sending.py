"""One request that sends something: whatever happens, it is clear whether it may be out."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2

from earful.channels.contract import Reply, SendPostponed, SendRefused, SendUnknown, Sent
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.budget import Budget, Priority
from earful.channels.kit.http import ResponseTooLarge, fetch, postponed
from earful.model.message import IncomingMessage
from earful.model.time import Instant

SHORT_WAIT = 5.0
"""A limit that opens within so many seconds is waited for; otherwise the reply goes back into the queue."""


async def send_request(
    http: httpx2.AsyncClient,
    method: str,
    url: str,
    *,
    now: Instant,
    explain: Callable[[httpx2.Response], str],
    wait: Callable[[httpx2.Response], float | None] = lambda _: None,
    meaning: Callable[[httpx2.Response], int] = lambda response: response.status_code,
    **arguments: Any,
) -> httpx2.Response:
    """The answer to a request that the network took (2xx).

    `explain` finds the network's own words in a refusal, `wait` the seconds that it asks for, where it says so in the
    body and not in a header, `meaning` the status of an answer, where the network says no with a 200.

    Raises SendPostponed when nothing was sent and another try may help, SendRefused when it cannot, and SendUnknown
    when the request left and nobody knows.
    """
    try:
        response = await fetch(http, method, url, **arguments)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, AddressRefused) as fault:
        raise SendPostponed(f"The network could not be reached ({fault}); nothing was sent.") from None
    except (httpx2.HTTPError, ResponseTooLarge) as fault:
        raise SendUnknown(
            f"The network did not answer in time ({type(fault).__name__}). The reply may be out."
        ) from None
    status = meaning(response)
    if status < 300:
        return response
    words = explain(response) or f"{response.request.url.host} answered {status}"
    if status in (429, 503):
        later = postponed(response, now)
        why = (
            str(later) if response.status_code == status else f"{words}; nothing was sent, it is tried again."
        )
        raise SendPostponed(why, after_seconds=wait(response) or later.after_seconds)
    if status == 401:
        raise SendPostponed(f"{words}; nothing was sent, the reply is kept. Connect the account again.")
    if status >= 500:
        raise SendUnknown(f"{words}. The reply may be out.")
    raise SendRefused(f"{words}; nothing was sent.")


async def afford_reply(budget: Budget, limit: str, cost: int = 1) -> None:
    """Count a reply against a limit, waiting a moment where that helps. Raises SendPostponed."""
    seconds = budget.wait(limit, cost, Priority.REPLY)
    if seconds > SHORT_WAIT:
        raise SendPostponed(
            f"The network's limit “{limit}” is used up; the reply goes out when it opens.",
            after_seconds=seconds,
        )
    if seconds > 0:
        await asyncio.sleep(seconds)
    budget.spend(limit, cost)


def sent_as(said: IncomingMessage, reply: Reply) -> Sent:
    """What the network made of a reply, or has of it, as the proof that it is out."""
    return Sent(
        native_id=said.native_id,
        namespace=said.namespace,
        occurred_at=said.occurred_at,
        permalink=said.permalink,
        thread=reply.to.thread,
    )
