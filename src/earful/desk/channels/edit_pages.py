"""Changing what a channel is connected with: another token, another word to watch, without a new channel."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from earful.channels import registry
from earful.desk.channels import forms
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.desk.users.rules import Permission
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, page, parts_of, shell

MANAGE = [needs(Permission.CHANNELS_MANAGE)]
NOT_HERE = "/channels?notice=This+channel+has+no+settings+to+change."


async def _editable(request: Ask, channel_id: str) -> Channel | None:
    """The channel, where it has a form of its own."""
    found = await parts_of(request).store.read(lambda tx: channels.get(tx, channel_id))
    return found if found is not None and forms.is_editable(found.network, found.settings) else None


async def _form(
    request: Ask, channel: Channel, given: dict[str, str], wrong: tuple[str, str] = ("", "")
) -> Response[str]:
    return page(
        request,
        "channel_form.html",
        status=422 if wrong[1] else 200,
        shell=await shell(request, "channels"),
        offers=[],
        chosen=forms.again(channel.network, given, wrong),
        problems=[wrong[1]] if wrong[1] else [],
        channel_name=channel.name,
        action=f"/channels/{channel.id}/settings",
        back=f"/channels/{channel.id}",
    )


@get("/channels/{channel_id:str}/settings", guards=MANAGE, include_in_schema=False)
async def settings_page(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """What the channel is connected with, to be changed; secrets stay where they are left empty."""
    channel = await _editable(request, channel_id)
    if channel is None:
        return go(NOT_HERE)
    given = {name: forms.written(value) for name, value in channel.settings.items()}
    return await _form(request, channel, given)


@post("/channels/{channel_id:str}/settings", guards=MANAGE, status_code=200, include_in_schema=False)
async def change(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Connect with what was sent; the history, the webhook secret and the place in the network stay."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    channel = await _editable(request, channel_id)
    if channel is None:
        return go(NOT_HERE)
    try:
        settings, secrets = forms.settings_of(channel.network, given, kept=True)
        await parts.store.write(
            lambda tx: channels.change(
                tx, parts.vault, who, channel_id, settings=settings, secrets=secrets, now=parts.clock()
            )
        )
    except registry.SettingsRefused as error:
        return await _form(request, channel, given, (error.field, str(error)))
    parts.reconnect()
    return go(f"/channels/{channel_id}?notice=Saved.+The+channel+connects+anew.")


HANDLERS: list[Any] = [settings_page, change]
