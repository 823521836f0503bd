"""Channels: their health, connecting one, switching it, looking whether it works."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from earful.channels import registry
from earful.channels.contract import Capabilities
from earful.desk.channels import forms
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.desk.users.rules import Permission
from earful.model.message import Network
from earful.model.time import HOUR, MINUTE, Instant
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, page, parts_of, shell
from earful.web.views import ChannelHealth

READ = [needs(Permission.CHANNELS_READ)]
MANAGE = [needs(Permission.CHANNELS_MANAGE)]
LATE = 30 * MINUTE
"""A connected channel without a proof of life for longer is late."""


def health_of(channel: Channel, numbers: channels.Numbers, can: Capabilities, now: Instant) -> ChannelHealth:
    """How a channel does, in one word and some numbers."""
    alive = channel.last_alive_at
    late = channel.connected and (now - (alive or channel.created_at)) > LATE
    state = "ok"
    if not channel.enabled:
        state = "off"
    elif channel.trouble:
        state = "trouble"
    elif late:
        state = "late"
    abilities = ["public replies"] if can.public_reply else []
    abilities += ["private replies"] if can.private_reply else []
    if channel.settings.get("playground"):
        abilities.append("simulated")
    return ChannelHealth(
        id=channel.id,
        name=channel.name,
        network=channel.network,
        health=state,
        alive_at=alive,
        received_today=numbers.received_today,
        received_total=numbers.received_total,
        sent_today=numbers.sent_today,
        waiting_to_send=numbers.waiting,
        trouble=channel.trouble,
        trouble_at=channel.trouble_at,
        can=abilities or ["read only"],
    )


@get("/channels", guards=READ, include_in_schema=False)
async def channels_page(request: Ask) -> Response[str]:
    """Every channel and how it does."""
    parts = parts_of(request)
    now = parts.clock()

    def read(tx: Tx) -> list[ChannelHealth]:
        numbers = channels.numbers(tx, now - 24 * HOUR)
        return [
            health_of(one, numbers.get(one.id, channels.Numbers()), parts.capabilities(one.id), now)
            for one in channels.listed(tx)
        ]

    notice = request.query_params.get("notice", "")[:300]
    listed = await parts.store.read(read)
    return page(request, "channels.html", shell=await shell(request, "channels", notice), channels=listed)


async def _form_page(
    request: Ask,
    network: str,
    given: dict[str, str] | None = None,
    wrong: tuple[str, str] = ("", ""),
    *,
    status: int = 200,
) -> Response[str]:
    chosen = forms.offer(network)
    if chosen is not None:
        chosen = forms.filled(chosen, given or {}, wrong)
    problems = [wrong[1]] if wrong[1] else []
    return page(
        request,
        "channel_form.html",
        status=status,
        shell=await shell(request, "channels"),
        offers=forms.offers(),
        chosen=chosen,
        problems=problems,
        channel_name="",
        action="/channels",
    )


@get("/channels/new", guards=MANAGE, include_in_schema=False)
async def new_channel(request: Ask) -> Response[str]:
    """Choose a network, then fill in what it asks for."""
    return await _form_page(request, request.query_params.get("network", ""))


@post("/channels", guards=MANAGE, status_code=200, include_in_schema=False)
async def create_channel(request: Ask) -> Response[Any]:
    """Keep and connect a channel."""
    given = await form(request)
    try:
        channel = await connect(request, given)
    except registry.SettingsRefused as error:
        return await _form_page(
            request, given.get("network", ""), given, (error.field, str(error)), status=422
        )
    except channels.InvalidChannelError as error:
        return await _form_page(request, given.get("network", ""), given, ("name", str(error)), status=422)
    return go(f"/channels/{channel.id}")


async def connect(request: Ask, given: dict[str, str]) -> Channel:
    """Keep what a sent form says as a channel.

    Raises registry.SettingsRefused or InvalidChannelError, which name the field.
    """
    parts, who = parts_of(request), who_asks(request)
    chosen = given.get("network", "")
    network = Network(chosen) if chosen in set(Network) else Network.CHAT
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    if network in registry.NETWORKS:
        settings, secrets = forms.settings_of(network, given)
        registry.check(network, settings, secrets)
    elif given.get("of", "") in set(Network):
        network = Network(given["of"])
    channel = await parts.store.write(
        lambda tx: channels.create(
            tx,
            parts.vault,
            who,
            network=network,
            name=given.get("name", ""),
            handle=str(settings.get("address") or settings.get("account") or ""),
            settings=settings,
            secrets=secrets,
            account=registry.account(network, settings),
            now=parts.clock(),
        )
    )
    parts.reconnect()
    return channel


@get("/channels/{channel_id:str}", guards=MANAGE, include_in_schema=False)
async def one_channel(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """A channel's address for webhooks, its secret to be replaced, and its settings without secrets."""
    parts = parts_of(request)
    channel = await parts.store.read(lambda tx: channels.get(tx, channel_id))
    if channel is None:
        return go("/channels?notice=This+channel+does+not+exist.")
    return page(
        request,
        "channel.html",
        shell=await shell(request, "channels", request.query_params.get("notice", "")[:300]),
        channel=channel,
        hook=f"{parts.settings.address}/hooks/{channel.name}",
        api=f"{parts.settings.address}/api/v1/messages?channel={channel.name}",
        secret="",
    )


@post("/channels/{channel_id:str}/secret", guards=MANAGE, status_code=200, include_in_schema=False)
async def replace_secret(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """A new webhook secret, shown once; the one before stays valid until the next."""
    parts, who = parts_of(request), who_asks(request)
    try:
        secret = await parts.store.write(
            lambda tx: channels.replace_secret(tx, parts.vault, who, channel_id, parts.clock())
        )
    except channels.InvalidChannelError as error:
        return go(f"/channels?notice={error}")
    channel = await parts.store.read(lambda tx: channels.get(tx, channel_id))
    return page(
        request,
        "channel.html",
        shell=await shell(request, "channels"),
        channel=channel,
        hook=f"{parts.settings.address}/hooks/{channel.name if channel else ''}",
        api=f"{parts.settings.address}/api/v1/messages?channel={channel.name if channel else ''}",
        secret=secret,
    )


@post(
    ["/channels/{channel_id:str}/on", "/channels/{channel_id:str}/off"],
    guards=MANAGE,
    status_code=200,
    include_in_schema=False,
)
async def switch(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Switch a channel on or off; its history stays."""
    parts, who = parts_of(request), who_asks(request)
    on = request.url.path.endswith("/on")
    try:
        await parts.store.write(lambda tx: channels.switch(tx, who, channel_id, on=on, now=parts.clock()))
    except channels.InvalidChannelError as error:
        return go(f"/channels?notice={error}")
    parts.reconnect()
    return go("/channels")


@post("/channels/{channel_id:str}/check", guards=MANAGE, status_code=200, include_in_schema=False)
async def check(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Try a channel's credentials now."""
    parts = parts_of(request)
    connector = parts.connectors.get(channel_id)
    if connector is None:
        return go("/channels?notice=Nothing+to+check:+messages+are+handed+in,+or+the+channel+is+off.")
    found = await connector.check()
    return go(f"/channels?notice={'; '.join(found) or 'All is well: the network answers.'}")


HANDLERS: list[Any] = [channels_page, new_channel, create_channel, one_channel, replace_secret, switch, check]
