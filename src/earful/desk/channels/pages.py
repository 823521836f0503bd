"""Channels: their health, connecting one, switching it, looking whether it works."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from earful.channels import registry
from earful.desk.channels import forms, health
from earful.desk.channels import service as channels
from earful.desk.channels.consent_pages import BACK
from earful.desk.channels.service import Channel
from earful.desk.chat import service as chat
from earful.desk.users.rules import Permission
from earful.intake import counts
from earful.intake.ledger import reading as ledger
from earful.intake.ledger import service as jobs
from earful.intake.ledger.reading import Detail
from earful.model.message import Network
from earful.model.time import DAY, Instant
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, page, parts_of, shell

READ = [needs(Permission.CHANNELS_READ)]
MANAGE = [needs(Permission.CHANNELS_MANAGE)]
MOST_DAYS = 3_650


@get("/channels", guards=READ, include_in_schema=False)
async def channels_page(request: Ask) -> Response[str]:
    """Every channel and how it does."""
    parts = parts_of(request)
    now = parts.clock()

    notice = request.query_params.get("notice", "")[:300]
    listed = await parts.store.read(lambda tx: health.of_all(tx, parts.capabilities, now, parts.allowed))
    shown = await shell(request, "channels", notice)
    return page(request, "channels.html", shell=shown, channels=listed, playground=parts.playground())


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
        back="",
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
    return go(f"/channels/{channel.id}{'/chat' if chat.settings_of(channel) else ''}")


async def connect(request: Ask, given: dict[str, str]) -> Channel:
    """Keep what a sent form says as a channel.

    Raises registry.SettingsRefused or InvalidChannelError, which name the field.
    """
    parts, who = parts_of(request), who_asks(request)
    chosen = given.get("network", "")
    network = Network.CHAT
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    if chosen in set(registry.NETWORKS):
        network = Network(chosen)
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


async def _channel_page(request: Ask, channel_id: str, *, secret: str = "") -> Response[Any]:
    parts, now = parts_of(request), parts_of(request).clock()

    def read(tx: Tx) -> tuple[Channel, health.ChannelHealth, Detail, bool, counts.Posts | None] | None:
        channel = channels.get(tx, channel_id)
        if channel is None:
            return None
        consent = registry.consent(channel.network, channel.settings, {}) is not None
        found = next(
            one for one in health.of_all(tx, parts.capabilities, now, parts.allowed) if one.id == channel_id
        )
        can = registry.capabilities(channel.network)
        counted = counts.posts(tx, channel_id) if can is not None and can.metrics_only else None
        return channel, found, ledger.detail(tx, channel_id), consent, counted

    shown = await parts.store.read(read)
    if shown is None:
        return go("/channels?notice=This+channel+does+not+exist.")
    channel, found, detail, by_consent, counted = shown
    return page(
        request,
        "channel.html",
        shell=await shell(request, "channels", request.query_params.get("notice", "")[:300]),
        channel=channel,
        health=found,
        detail=detail,
        running=[one for one in detail.jobs if one.state == "running"],
        hook=f"{parts.settings.address}/hooks/{channel.name}",
        api=f"{parts.settings.address}/api/v1/messages?channel={channel.name}",
        secret=secret,
        consent_back=f"{parts.settings.address}{BACK}" if by_consent else "",
        counted=counted,
        connected_with=forms.shown(channel.network, channel.settings),
        editable=forms.is_editable(channel.network, channel.settings),
        templates=parts.capabilities(channel_id).templates,
        web_chat=chat.settings_of(msgspec.structs.replace(channel, enabled=True)) is not None,
    )


@get("/channels/{channel_id:str}", guards=MANAGE, include_in_schema=False)
async def one_channel(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """A channel's ledger, its address for webhooks, its secret to be replaced, its settings without secrets."""
    return await _channel_page(request, channel_id)


@post("/channels/{channel_id:str}/jobs", guards=MANAGE, status_code=200, include_in_schema=False)
async def ask_job(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Ask a channel to fetch what is older, or to compare all that is there."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    kind, days = given.get("kind", ""), given.get("days", "")
    if kind not in jobs.JOBS or not parts.capabilities(channel_id).history:
        return go(f"/channels/{channel_id}?notice=This+channel+cannot+do+that.")
    now = parts.clock()
    since = Instant(now - int(days) * DAY) if days.isdigit() and 0 < int(days) <= MOST_DAYS else None
    await parts.store.write(lambda tx: jobs.ask(tx, who, channel_id, kind, since, now))
    return go(f"/channels/{channel_id}")


@post(
    "/channels/{channel_id:str}/jobs/{job_id:str}/stop",
    guards=MANAGE,
    status_code=200,
    include_in_schema=False,
)
async def stop_job(request: Ask, channel_id: FromPath[str], job_id: FromPath[str]) -> Response[Any]:
    """Stop a job; what it brought stays."""
    parts, who = parts_of(request), who_asks(request)
    await parts.store.write(lambda tx: jobs.give_up(tx, who, job_id, parts.clock()))
    return go(f"/channels/{channel_id}")


@post("/channels/{channel_id:str}/read-again", guards=MANAGE, status_code=200, include_in_schema=False)
async def read_again(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Read again what could not be read."""
    parts, who = parts_of(request), who_asks(request)
    await parts.store.write(lambda tx: jobs.read_again(tx, who, channel_id, None, parts.clock()))
    parts.keeper.read_soon()
    return go(f"/channels/{channel_id}")


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
    return await _channel_page(request, channel_id, secret=secret)


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


HANDLERS: list[Any] = [
    channels_page, new_channel, create_channel, one_channel, replace_secret, switch, check, ask_job, stop_job,
    read_again,
]  # fmt: skip
