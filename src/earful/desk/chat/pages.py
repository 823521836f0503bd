"""The desk's side of the web chat: how to put it on a site, how it looks, its secret; and visitors who are blocked."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.channels import registry
from earful.channels.chat.settings import ChatSettings
from earful.desk.calendars import service as calendars
from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.channels import forms
from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.desk.chat import rules, service
from earful.desk.chat.panel import panel
from earful.desk.chat.rooms import Rooms
from earful.desk.users.rules import Permission
from earful.model.message import Network
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.security import POLICY
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, shell, told
from earful.web.views import Choice, Field

MANAGE = [needs(Permission.CHANNELS_MANAGE)]
WRITE = [needs(Permission.CASES_WRITE)]
SEND = [needs(Permission.REPLIES_SEND)]
FRAMED = "; ".join(f"{name} {value}" for name, value in {**POLICY, "frame-src": "'self'"}.items())
"""The preview is the widget itself, so this page frames the chat's."""
WRONG = {
    "allowed_origins": "Write each page's origin as https://shop.example.com, with commas between: no path and no *.",
    "colour": "Write the colour as # and six hexadecimal digits: #0b6b62.",
}


class View(Struct, frozen=True, kw_only=True):
    """The page."""

    id: str
    name: str
    snippet: str
    script: str
    settings: ChatSettings
    fields: list[Field]
    has_secret: bool
    contrast: str
    ink: str
    visitors: int
    problem: str = ""
    secret: str = ""
    told: dict[str, Any] | None = None


def _fields(tx: Tx, given: Mapping[str, str], wrong: tuple[str, str]) -> list[Field]:
    """The form of a web chat without its name and its secret; hours are chosen by the calendars' names."""
    shown = [
        one
        for one in forms.fields(Network.CHAT, dict(given), wrong)
        if one.kind != "secret" and one.name != "name"
    ]
    hours = [Choice(value="", label="No hours promised")]
    hours += [Choice(value=one.calendar.id, label=one.calendar.name) for one in calendars.listed(tx)]
    return [
        msgspec.structs.replace(one, kind="choice", choices=hours) if one.name == "calendar" else one
        for one in shown
    ]


def _given(settings: ChatSettings) -> dict[str, str]:
    return {name: _text(value) for name, value in msgspec.to_builtins(settings).items()}


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _found(tx: Tx, channel_id: str) -> tuple[Channel, ChatSettings] | None:
    channel = channels.get(tx, channel_id)
    if channel is None or channel.network is not Network.CHAT:
        return None
    settings = service.settings_of(msgspec.structs.replace(channel, enabled=True))
    return None if settings is None else (channel, settings)


async def _show(
    request: Ask, channel_id: str, *, given: dict[str, str] | None = None, wrong: tuple[str, str] = ("", ""),
    secret: str = "", said: dict[str, Any] | None = None,
) -> Response[Any]:  # fmt: skip
    parts = parts_of(request)

    def read(tx: Tx) -> View | None:
        found = _found(tx, channel_id)
        if found is None:
            return None
        channel, settings = found
        script = f"{parts.settings.address}/chat/{channel.name}/widget.js"
        row = channels.find(tx, channel.name)
        kept = parts.vault.unseal(row["secrets"]) if row is not None else {}
        ink = rules.ink_on(settings.colour)
        return View(
            id=channel.id,
            name=channel.name,
            snippet=f'<script src="{script}" async></script>',
            script=f"/chat/{channel.name}/widget.js",
            settings=settings,
            fields=_fields(tx, given if given is not None else _given(settings), wrong),
            has_secret=bool(kept.get("identity_secret")),
            contrast=f"{rules.contrast(settings.colour, ink):.1f}",
            ink="white" if ink == "#ffffff" else "black",
            visitors=service.visitors(tx, channel.id, 0),
            problem=wrong[1],
            secret=secret,
            told=said,
        )

    view = await parts.store.read(read)
    if view is None:
        return go("/channels?notice=This+is+no+web+chat.")
    around = await shell(request, "channels")
    status = 422 if view.problem else 200
    headers = {"content-security-policy": FRAMED}
    return page(request, "chat/setup.html", status=status, headers=headers, shell=around, view=view)


@get("/channels/{channel_id:str}/chat", guards=MANAGE, include_in_schema=False)
async def setup(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """The snippet, a preview, the settings and the secret of a web chat."""
    return await _show(request, channel_id)


@post("/channels/{channel_id:str}/chat", guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Put the form's settings in force. `before`: settings as JSON, to take a save back."""
    given = await form(request)
    parts, who = parts_of(request), who_asks(request)
    try:
        if given.get("before"):
            settings = msgspec.json.decode(given["before"], type=dict[str, Any])
        else:
            origins = re.sub(r"/(?=\s*(,|$))", "", given.get("allowed_origins", ""))
            settings, _ = forms.settings_of(Network.CHAT, given | {"allowed_origins": origins})
        registry.check(Network.CHAT, settings, {})
    except registry.SettingsRefused as error:
        words = WRONG.get(error.field, str(error))
        return await _show(request, channel_id, given=given, wrong=(error.field, words))
    except msgspec.MsgspecError as error:
        raise ProblemError(422, "These are no settings; nothing was changed.") from error

    def verb(tx: Tx) -> dict[str, object] | None:
        found = _found(tx, channel_id)
        if found is None:
            return None
        channels.change_settings(tx, who, channel_id, settings, parts.clock())
        return found[0].settings

    before = await parts.store.write(verb)
    parts.reconnect()
    if is_htmx(request) or before is None:
        return Response(b"", status_code=200, headers={"HX-Refresh": "true"})
    undo = {"url": f"/channels/{channel_id}/chat", "values": {"before": msgspec.json.encode(before).decode()}}
    return await _show(request, channel_id, said={"text": "Saved", "undo": undo})


@post("/channels/{channel_id:str}/chat/secret", guards=MANAGE, status_code=200, include_in_schema=False)
async def new_secret(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """A new identity secret, shown once. What was signed with the one before is not believed any more."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> str:
        if _found(tx, channel_id) is None:
            return ""
        secret = channels.new_secret().removeprefix(channels.SECRET_PREFIX)
        channels.keep_secret(tx, parts.vault, who, channel_id, "identity_secret", secret, parts.clock())
        return secret

    return await _show(request, channel_id, secret=await parts.store.write(verb))


@post(
    ["/cases/{case_id:str}/chat/block", "/cases/{case_id:str}/chat/unblock"],
    guards=WRITE,
    status_code=200,
    include_in_schema=False,
)
async def block(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """A `visitor` of the case may not write any more, or may again."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    on = request.url.path.endswith("/block")

    def verb(tx: Tx) -> dict[str, str]:
        try:
            service.block(tx, who, case_id, data.get("visitor", ""), on=on, now=parts.clock())
        except service.RefusedError as error:
            raise cases.RefusedError(str(error)) from error
        words = "This visitor cannot write any more" if on else "This visitor can write again"
        back = f"/cases/{case_id}/chat/{'unblock' if on else 'block'}"
        return told(words, back, {"visitor": data.get("visitor", "")})

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/chat/writing", guards=SEND, status_code=204, include_in_schema=False)
async def writing(request: Ask, case_id: FromPath[str]) -> None:
    """A colleague writes a private reply: the visitors' open pages show that somebody is, without a name."""
    found = await parts_of(request).store.read(lambda tx: panel(tx, case_id, parts_of(request).clock()))
    rooms: Rooms = request.app.state.rooms
    for guest in found:
        if not guest.blocked:
            rooms.writes(guest.id)


HANDLERS: list[Any] = [setup, save, new_secret, block, writing]
