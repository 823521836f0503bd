"""The widget's script and the page in its frame: what they say, how they look, and who may frame them."""

from typing import Any

import msgspec
from litestar import Response
from msgspec import Struct

from earful.channels.chat.settings import ChatSettings
from earful.desk.calendars import hours
from earful.desk.calendars import service as calendars
from earful.desk.channels.service import Channel
from earful.desk.chat import rules
from earful.desk.handoff.panel import mail_address
from earful.desk.triage import settings as triage
from earful.model.time import Instant
from earful.store.tx import Tx
from earful.web.assets import STATIC
from earful.web.security import POLICY
from earful.web.site import Ask, page, parts_of

LOADER = STATIC / "chat" / "loader.js"
SCRIPT_CACHE = "public, max-age=300"
GREETING = "How can we help?"
AWAY = "We are not here now. Write all the same; we answer from:"
LIGHT, DARK = "#ffffff", "#1b1f22"
"""The grounds of both themes, as frame.css has them."""

WORDS = {
    "you": "You",
    "sending": "Sending …",
    "sent": "Sent",
    "failed": "Not sent.",
    "again": "Try again",
    "writing": "Somebody is writing …",
    "waiting": "No connection. What you wrote is kept here and goes out by itself.",
    "remove": "Remove {name}",
    "large": "{name} is larger than 8 MB; it was not added.",
    "many": "At most five files go with one message.",
    "uploading": "Uploading {name} …",
    "picture": "Picture: {name}",
    "saved": "Saved. If you leave, the answer goes to {email}.",
    "by_mail": "If you leave, the answer goes to {email}.",
    "stay": "The answer will stand here: keep this page open, or come back to it in this browser.",
    "leave": "The answer will stand here. Leave your address below to get it by mail as well.",
    "renewed": "This chat begins anew, because somebody else was signed in here.",
}
"""What the page's script says."""


class View(Struct, frozen=True, kw_only=True):
    """The page."""

    channel: str
    title: str
    greeting: str
    away: str
    colour: str
    opens_at: int | None
    attachments: bool
    alone: bool = False
    plain: str = ""
    """Where it goes on without scripts."""


def policy(settings: ChatSettings) -> str:
    """The page's own content security policy: ours, with frames allowed on the channel's pages."""
    own = {
        **POLICY,
        "img-src": "'self' blob:",
        "frame-ancestors": " ".join(["'self'", *settings.allowed_origins]),
    }
    return "; ".join(f"{name} {value}" for name, value in own.items())


def script(request: Ask, channel: Channel, settings: ChatSettings) -> Response[str]:
    """The loader with what it needs to know of the channel."""
    config = {
        "channel": channel.name,
        "title": settings.title or _("Chat with us", request),
        "unread": _("Chat with us: {n} new", request),
        "side": settings.side,
        "colour": settings.colour,
        "ink": rules.ink_on(settings.colour),
    }
    body = f"({LOADER.read_text().strip()})({msgspec.json.encode(config).decode()});\n"
    headers = {"cache-control": SCRIPT_CACHE, "cross-origin-resource-policy": "cross-origin"}
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)


def look(settings: ChatSettings) -> Response[str]:
    """The channel's colour, with what can be read on it and instead of it in both themes."""
    colour = settings.colour
    accent = f"light-dark({rules.readable(colour, LIGHT)}, {rules.readable(colour, DARK)})"
    body = f":root {{ --brand: {colour}; --ink: {rules.ink_on(colour)}; --accent: {accent}; }}\n"
    return Response(body, media_type="text/css; charset=utf-8", headers={"cache-control": SCRIPT_CACHE})


def _(words: str, request: Ask) -> str:
    translated: str = request.app.state.renderer.gettext(words)
    return translated


def opens_at(tx: Tx, calendar_id: str, now: Instant) -> int | None:
    """When somebody is there again; None while somebody is, or where no hours are promised."""
    if not calendar_id:
        return None
    try:
        calendar = calendars.find(tx, calendar_id).calendar
    except calendars.NotFoundError:
        return None
    return None if hours.is_open(calendar, now) else hours.next_opening(calendar, now)


async def page_of(
    request: Ask,
    channel: Channel,
    settings: ChatSettings,
    *,
    link: str = "",
    headers: dict[str, str] | None = None,
) -> Response[str]:
    """The page; with `link` on its own, for the customer whom a handoff invited."""
    parts = parts_of(request)
    now = parts.clock()

    def read(tx: Tx) -> tuple[str, int | None, bool]:
        names = triage.brand_in_force(tx, parts.settings.brand).names
        brand = names[0] if names else parts.workspace
        return brand, opens_at(tx, settings.calendar, now), bool(mail_address(tx))

    brand, opens, mails = await parts.store.read(read)
    view = View(
        channel=channel.name,
        title=settings.title or brand,
        greeting=settings.greeting or _(GREETING, request),
        away=settings.away or _(AWAY, request),
        colour=settings.colour,
        opens_at=opens,
        attachments=settings.attachments,
        alone=bool(link),
        plain=f"/h/{link}?plain" if link else "",
    )
    config: dict[str, Any] = {
        "channel": channel.name,
        "mails": mails,
        "link": link,
        "words": {name: _(words, request) for name, words in WORDS.items()},
    }
    told = {
        "content-security-policy": policy(settings),
        # The policy says who may frame it; this older header could only forbid all.
        "x-frame-options": "",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
    }
    return page(request, "chat/frame.html", headers=told | (headers or {}), view=view, config=config)
