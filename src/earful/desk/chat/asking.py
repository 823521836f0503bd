"""Who asks, of which chat, and may they now: what all routes of visitors have in common."""

from typing import Any

import msgspec
from litestar import Response
from msgspec import Struct

from earful.channels.chat.settings import ChatSettings
from earful.desk.channels.service import Channel
from earful.desk.chat import rules, service
from earful.desk.chat.service import Visitor
from earful.intake import service as intake
from earful.web.access import PUBLIC
from earful.web.brakes import Brakes, TooFast
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

VISITOR = PUBLIC | {"visitor": True, "exclude_from_csrf": True}
"""Open to everybody; the bearer token is a visitor's key, not a program's, and there is no cookie."""
LONGEST_BODY = 65_536


class Chat(Struct, frozen=True):
    """A web chat that is on."""

    channel: Channel
    settings: ChatSettings


async def chat_of(request: Ask, name: str) -> Chat:
    """The web chat of a name. Raises ProblemError (404)."""
    parts = parts_of(request)
    known = parts.known.fresh(name) or await parts.store.read(lambda tx: parts.known.find(tx, name))
    settings = service.settings_of(known.channel) if known is not None else None
    if known is None or settings is None:
        raise ProblemError(404, "There is no such chat, or it is switched off.")
    return Chat(known.channel, settings)


def key_of(request: Ask) -> str:
    """The browser's key. Raises ProblemError (401)."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not rules.KEY.fullmatch(key):
        raise ProblemError(401, "This browser has no key for the chat; load the page again.")
    return key


async def visitor_of(request: Ask, chat: Chat) -> Visitor:
    """Who asks. Raises ProblemError (401) for a key that is not known."""
    parts, key, now = parts_of(request), key_of(request), parts_of(request).clock()
    found = await parts.store.read(lambda tx: service.known(tx, chat.channel.id, key, now))
    if found is None:
        raise ProblemError(401, "Nobody has written with this key yet.")
    return found


async def slow_down(request: Ask, chat: Chat, what: str, who: str) -> None:
    """Count one. Raises ProblemError (429)."""
    brakes: Brakes = request.app.state.brakes
    try:
        brakes.spend(what, f"{chat.channel.id} {who}")
    except TooFast as error:
        await refuse(request, chat, "too fast")
        raise ProblemError(429, str(error), headers={"retry-after": str(error.seconds)}) from error


async def refuse(request: Ask, chat: Chat, reason: str) -> None:
    """Count a refusal, for the ledger."""
    parts = parts_of(request)
    await parts.store.write(intake.refuse(f"chat/{chat.channel.name}", reason, parts.clock()))


async def body_of(request: Ask, kind: Any) -> Any:
    """The body as a value. Raises ProblemError."""
    raw = await request.body()
    if len(raw) > LONGEST_BODY:
        raise ProblemError(413, "This is too large; nothing was sent.")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemError(422, f"This cannot be read; nothing was sent: {error}") from error


def said(value: object, status: int = 200) -> Response[bytes]:
    """A JSON answer."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")
