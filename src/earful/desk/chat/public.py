"""What visitors' browsers ask for: the widget, the page in its frame, and the few verbs of a chat. No cookie is used:
a browser makes itself a key and sends it as a bearer token, so no other page can speak for it."""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct

from earful.channels.chat import identity as identities
from earful.desk.channels import service as channels
from earful.desk.chat import frame, invited, rules, service
from earful.desk.chat.asking import (
    VISITOR,
    body_of,
    chat_of,
    key_of,
    refuse,
    said,
    slow_down,
    visitor_of,
)
from earful.desk.chat.rooms import Rooms
from earful.desk.chat.rules import Said
from earful.desk.chat.service import Visitor
from earful.desk.handoff import rules as handoff_rules
from earful.desk.handoff.service import PURPOSE as HANDOFF
from earful.desk.media import service as media
from earful.store.tx import Tx
from earful.web.access import address_of
from earful.web.live import STREAM_HEADERS, Hub
from earful.web.live import frame as told_frame
from earful.web.problems import ProblemError
from earful.web.site import Ask, go, parts_of

STATES = ("delivered", "read")
RECEIPTS_AT_ONCE = 50


@get("/chat/{channel:str}/widget.js", opt=VISITOR, include_in_schema=False)
async def widget(request: Ask, channel: FromPath[str]) -> Response[str]:
    """The script for the customer's site: a button, and a frame with the chat behind it."""
    chat = await chat_of(request, channel)
    return frame.script(request, chat.channel, chat.settings)


@get("/chat/{channel:str}", opt=VISITOR, include_in_schema=False)
async def chat_page(request: Ask, channel: FromPath[str]) -> Response[str]:
    """The page in the frame. Only pages of the channel's origins may frame it."""
    chat = await chat_of(request, channel)
    return await frame.page_of(request, chat.channel, chat.settings)


@get("/chat/{channel:str}/look.css", opt=VISITOR, include_in_schema=False)
async def look(request: Ask, channel: FromPath[str]) -> Response[str]:
    """The channel's colours."""
    chat = await chat_of(request, channel)
    return frame.look(chat.settings)


@get("/chat/{channel:str}/with/{link:str}", opt=VISITOR, include_in_schema=False)
async def invited_page(request: Ask, channel: FromPath[str], link: FromPath[str]) -> Response[Any]:
    """The chat on a page of its own, for the customer whom a handoff invited."""
    chat = await chat_of(request, channel)
    if handoff_rules.read_link(parts_of(request).vault.derive(HANDOFF), link) is None:
        return go(f"/h/{quote(link, safe='')}")
    return await frame.page_of(request, chat.channel, chat.settings, link=link)


class Opening(Struct, frozen=True, kw_only=True):
    """A page opens. `identity`: what the site signed; `link`: of a handoff. Both are empty for a stranger."""

    identity: str = ""
    link: str = ""


class Opened(Struct, frozen=True, kw_only=True):
    """What a page begins with. `renew`: forget the key, it is somebody else's; `fault`: why the identity was not
    believed, for the developer of the site."""

    lines: list[service.Line] = []
    place: int = 0
    known: bool = False
    signed: bool = False
    name: str = ""
    email: str = ""
    renew: bool = False
    fault: str = ""
    elsewhere: str = ""
    """Where a link leads that does not open this chat: a page that says why, and what to do."""


@post(
    "/chat/{channel:str}/session",
    opt=VISITOR,
    status_code=200,
    include_in_schema=False,
)
async def session(request: Ask, channel: FromPath[str]) -> Response[bytes]:
    """Begin, or go on. Nothing is kept of a stranger who has not written."""
    chat, key, asked = await chat_of(request, channel), key_of(request), await body_of(request, Opening)
    parts, now = parts_of(request), parts_of(request).clock()
    await slow_down(request, chat, "address", address_of(request))
    identity, fault = None, ""
    if asked.identity:
        secret = await parts.store.read(lambda tx: _secret(tx, request, chat.channel.name))
        try:
            identity = identities.read(asked.identity, secret, chat.channel.name, now)
        except identities.IdentityRefused as error:
            fault = str(error)
            await refuse(request, chat, "identity")

    def verb(tx: Tx) -> Opened:
        visitor = service.known(tx, chat.channel.id, key, now)
        if asked.link and not invited.is_open(tx, parts.vault.derive(HANDOFF), asked.link, key, now):
            return Opened(elsewhere=f"/h/{asked.link}?plain")
        if not service.belongs(visitor, identity):
            return Opened(renew=True, fault=fault)
        if identity is not None:
            visitor = service.sign_in(tx, chat.channel.id, key, identity, now)
        if visitor is None:
            return Opened(fault=fault)
        service.here(tx, visitor, now)
        found = service.shown(tx, visitor)
        return Opened(
            lines=found.lines,
            place=found.place,
            known=True,
            signed=bool(visitor.user_id),
            name=visitor.name,
            email=visitor.email,
            fault=fault,
        )

    return said(await parts.store.write(verb))


def _secret(tx: Tx, request: Ask, name: str) -> str:
    row = channels.find(tx, name)
    kept = parts_of(request).vault.unseal(row["secrets"]) if row is not None else {}
    return kept.get("identity_secret", "")


@get("/chat/{channel:str}/messages", opt=VISITOR, include_in_schema=False)
async def messages(request: Ask, channel: FromPath[str], after: int = 0) -> Response[bytes]:
    """What came since a place: for pages without a stream."""
    chat = await chat_of(request, channel)
    visitor = await visitor_of(request, chat)
    parts, now = parts_of(request), parts_of(request).clock()
    await slow_down(request, chat, "address", address_of(request))

    def verb(tx: Tx) -> service.Shown:
        service.here(tx, visitor, now)
        return service.shown(tx, visitor, min(max(after, 0), now))

    return said(await parts.store.write(verb))


@post(
    "/chat/{channel:str}/messages",
    opt=VISITOR,
    status_code=200,
    include_in_schema=False,
)
async def write(request: Ask, channel: FromPath[str]) -> Response[bytes]:
    """Say something. The same id again is the same message, however often it is sent."""
    chat, key, asked = await chat_of(request, channel), key_of(request), await body_of(request, Said)
    parts, now = parts_of(request), parts_of(request).clock()
    secret = parts.vault.derive(HANDOFF)
    wrong = asked.problem()
    if asked.website:
        await refuse(request, chat, "bot field")
        wrong = "This was not sent; write to us another way."
    if wrong is not None:
        raise ProblemError(422, wrong)
    await slow_down(request, chat, "address", address_of(request))
    await slow_down(request, chat, "message", service.digest(key))
    if await parts.store.read(lambda tx: service.known(tx, chat.channel.id, key, now)) is None:
        await slow_down(request, chat, "new", address_of(request))

    def verb(tx: Tx) -> Visitor:
        if asked.link:
            return invited.say(tx, parts.log, secret, chat.channel.id, key, asked, now)
        visitor = service.meet(tx, chat.channel.id, key, now)
        files = media.uploaded(tx, visitor.id, asked.files)
        return service.say(tx, parts.log, visitor, asked, files, now)

    try:
        await parts.store.write(verb)
    except service.RefusedError as error:
        raise ProblemError(403, str(error)) from error
    return said({"id": asked.id, "at": now})


@get("/chat/{channel:str}/live", opt=VISITOR, include_in_schema=False)
async def live(request: Ask, channel: FromPath[str], after: int = 0) -> Stream:
    """`text/event-stream` of `line`; goes on from `Last-Event-ID`."""
    chat = await chat_of(request, channel)
    visitor = await visitor_of(request, chat)
    named = request.headers.get("last-event-id", "")
    place = int(named) if named.isascii() and named.isdecimal() and len(named) < 16 else max(after, 0)
    rooms: Rooms = request.app.state.rooms
    place = min(place, parts_of(request).clock())
    return Stream(rooms.follow(visitor, place), media_type="text/event-stream", headers=STREAM_HEADERS)


@post("/chat/{channel:str}/writing", opt=VISITOR, status_code=204, include_in_schema=False)
async def writing(request: Ask, channel: FromPath[str]) -> None:
    """The visitor is writing: open pages of the desk are told, and nothing is kept."""
    chat, key = await chat_of(request, channel), key_of(request)
    await slow_down(request, chat, "writing", service.digest(key))
    visitor = await visitor_of(request, chat)
    found = await parts_of(request).store.read(lambda tx: service.cases_of(tx, visitor))
    hub: Hub = request.app.state.hub
    for case_id in found:
        hub.tell(told_frame("visitor", msgspec.json.encode({"case_id": case_id}).decode()))


class Receipt(Struct, frozen=True, kw_only=True):
    """Answers that a page has shown, or that somebody has looked at."""

    ids: list[str]
    state: str


@post(
    "/chat/{channel:str}/receipts",
    opt=VISITOR,
    status_code=204,
    include_in_schema=False,
)
async def receipts(request: Ask, channel: FromPath[str]) -> None:
    """Answers were shown, or read."""
    chat, asked = await chat_of(request, channel), await body_of(request, Receipt)
    if asked.state not in STATES or not all(len(one) < 60 for one in asked.ids):
        raise ProblemError(422, "This is no receipt; nothing was kept.")
    visitor = await visitor_of(request, chat)
    parts = parts_of(request)
    ids = asked.ids[:RECEIPTS_AT_ONCE]
    await parts.store.write(
        lambda tx: service.report(tx, parts.log, visitor, ids, asked.state, parts.clock())
    )


class Address(Struct, frozen=True, kw_only=True):
    """Where answers may go."""

    email: str
    name: str = ""


@post(
    "/chat/{channel:str}/address",
    opt=VISITOR,
    status_code=200,
    include_in_schema=False,
)
async def address(request: Ask, channel: FromPath[str]) -> Response[bytes]:
    """Leave an address for answers that nobody is there to read."""
    chat, asked = await chat_of(request, channel), await body_of(request, Address)
    wrong = rules.address_problem(asked.email.strip())
    if wrong is not None:
        raise ProblemError(422, wrong)
    visitor = await visitor_of(request, chat)
    await slow_down(request, chat, "address", address_of(request))
    try:
        await parts_of(request).store.write(
            lambda tx: service.leave_address(tx, visitor, asked.email.strip(), asked.name)
        )
    except service.RefusedError as error:
        raise ProblemError(422, str(error)) from error
    return said({"email": asked.email.strip()})


HANDLERS: list[Any] = [
    widget,
    chat_page,
    invited_page,
    look,
    session,
    messages,
    write,
    live,
    writing,
    receipts,
    address,
]
