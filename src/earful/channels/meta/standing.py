"""What a channel of Meta does while deliveries come by themselves: prove that they can, and fetch what came as ids."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NewType

import msgspec
from msgspec import Struct

from earful.channels.contract import Inlet, RawDelivery
from earful.channels.kit.backoff import Backoff
from earful.channels.kit.oauth import GrantRefused, missing_scopes
from earful.channels.kit.running import broke, keep_up
from earful.channels.kit.stopping import Stopped, pause
from earful.channels.meta.errors import Kind
from earful.channels.meta.graph import FAULTS, Graph, GraphRefused
from earful.channels.meta.settings import MetaSecrets
from earful.model.message import IncomingMessage

LOOK_SECONDS = 5.0
"""How often it is looked whether something is to be fetched: a look at our own store."""
PROOF_SECONDS = 300.0
SUBSCRIBE_SECONDS = 3600.0
"""How often Meta is told again where to deliver: another channel of the app may have been told of, and gone."""
LATER_SECONDS = 60.0
STRANGE_SECONDS = 3600.0

Problem = NewType("Problem", str)
"""What is wrong, in words for an admin; empty when all is well."""
Fetched = tuple[RawDelivery, Sequence[IncomingMessage]]
Prove = Callable[[], Awaitable[Problem]]
Fetch = Callable[[str], Awaitable[Fetched]]
"""Fetches `kind:id`; an empty answer when it is gone."""


class Callback(Struct, frozen=True, kw_only=True):
    """Where an app is told to deliver what."""

    app_id: str
    object: str
    fields: Sequence[str]


async def stand_by(
    inlet: Inlet,
    stop: asyncio.Event,
    graph: Graph,
    *,
    subscribe: Callable[[], Awaitable[None]],
    prove: Prove,
    fetch: Fetch | None,
    explain: Callable[[Exception], str],
) -> None:
    """Subscribe, prove and fetch until `stop`."""
    pace = graph.tools.pace

    async def once(backoff: Backoff) -> None:
        looks = 0
        while True:
            if looks % round(SUBSCRIBE_SECONDS / LOOK_SECONDS) == 0:
                await subscribe()
            if looks % round(PROOF_SECONDS / LOOK_SECONDS) == 0:
                problem = await prove()
                await (inlet.trouble(problem) if problem else inlet.alive())
            backoff.reset()
            looks += 1
            if fetch is not None:
                await fetch_wanted(inlet, fetch)
            if await pause(stop, LOOK_SECONDS * pace):
                raise Stopped

    await keep_up(inlet, stop, once, explain)


async def fetch_wanted(inlet: Inlet, fetch: Fetch) -> None:
    """Fetch what came as ids only, each by itself."""
    for what in await inlet.wanted():
        try:
            await inlet.fetched(what, *await fetch(what))
        except GraphRefused as fault:
            if fault.gone:
                await inlet.fetched(what, RawDelivery(transport="api", body=b""), [])
            else:
                await inlet.not_fetched(what, str(fault), fault.after_seconds or LATER_SECONDS)
        except FAULTS as fault:
            await inlet.not_fetched(what, f"{type(fault).__name__}: {fault}", LATER_SECONDS)
        except msgspec.MsgspecError as fault:
            await inlet.not_fetched(
                what, f"It has a shape that this version does not know: {fault}", STRANGE_SECONDS
            )


async def tell_where(graph: Graph, secrets: MetaSecrets, callback: Callback, hook_url: str) -> None:
    """Tell Meta to deliver to us, where the app is known; otherwise an admin does so in the app's settings.

    Source: "App Subscriptions" (Graph API). Meta asks `hook_url` for the challenge before it answers.
    """
    if not callback.app_id:
        return
    fields = {
        "object": callback.object,
        "callback_url": hook_url,
        "verify_token": secrets.verify_token,
        "fields": ",".join(callback.fields),
        "include_values": "true",
    }
    token = f"{callback.app_id}|{secrets.app_secret}"
    await graph.post(f"{callback.app_id}/subscriptions", fields, token)


async def permission_problems(graph: Graph, wanted: Sequence[str]) -> list[str]:
    """Permissions that the token lacks, by name. Raises FAULTS."""
    listed = (await graph.listed("me/permissions", {})).data
    held = [msgspec.json.decode(one, type=_Permission) for one in listed]
    granted = tuple(one.permission for one in held if one.status == "granted")
    return [
        f"The token lacks the permission {name}. Add it to the system user and make a new token."
        for name in missing_scopes(tuple(wanted), granted)
    ]


class _Permission(Struct):
    permission: str
    status: str = ""


def explained(fault: Exception, network: str, lost_after: str) -> str:
    """A fault in words for an admin."""
    kept = f"Meta keeps trying to deliver for {lost_after}."
    if isinstance(fault, GrantRefused):
        return f"{fault} {kept}"
    if isinstance(fault, GraphRefused):
        if fault.kind is Kind.TOKEN:
            return f"{network} does not accept the access token any more. Connect the account again. {fault}"
        if fault.kind is Kind.PERMISSION:
            return f"A permission is missing: {fault} Add it to the app and connect the account again. {kept}"
        return f"{network} refused a request: {fault} {kept}"
    return broke(network, fault, kept)
