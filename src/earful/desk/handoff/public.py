"""The customer's page behind a link: no sign-in, no script needed, nothing of the public history on it."""

import secrets
import uuid
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.chat import service as chats
from earful.desk.handoff import arriving, service
from earful.desk.handoff.arriving import NONCE, Written
from earful.desk.handoff.panel import mail_address
from earful.desk.handoff.rules import Fault, Way
from earful.desk.triage import settings as triage
from earful.model.message import Direction
from earful.store.audit import EARFUL
from earful.store.tx import Row, Tx
from earful.web.access import PUBLIC, address_of
from earful.web.site import Ask, form, go, page, parts_of, token

COOKIE_LENGTH = 90 * 86_400
"""Seconds that a browser is known as the one that came first."""


class Line(Struct, frozen=True, kw_only=True):
    """One message of the page's conversation."""

    text: str
    at: int
    ours: bool


class View(Struct, frozen=True, kw_only=True):
    """The page. `fault`: why the link opens nothing; the customer can write all the same."""

    brand: str
    csrf_token: str
    nonce: str
    action: str
    fault: str = ""
    agent: str = ""
    lines: list[Line] = []
    written: Written | None = None
    problem: str = ""
    sent: bool = False
    mail_known: bool = False
    mail_to: str = ""
    code: str = ""


def _cookie_name(link: str) -> str:
    return f"earful_h_{service.digest(link)[:12]}"


def _view(tx: Tx, request: Ask, link: str, row: Row | None, fault: Fault | None, **more: Any) -> View:
    parts = parts_of(request)
    names = triage.brand_in_force(tx, parts.settings.brand).names
    brand = names[0] if names else parts.workspace
    more = {"nonce": str(uuid.uuid4())} | more
    plain = View(brand=brand, csrf_token=token(request), action=f"/h/{link}", **more)
    if row is None or fault is not None:
        return _with(plain, fault=(fault or Fault.UNKNOWN).value)
    lines = [
        Line(text=one["text"], at=one["occurred_at"], ours=one["direction"] == Direction.OUTBOUND)
        for one in arriving.conversation(tx, row)
    ]
    return _with(plain, agent=row["user_name"], lines=lines, mail_to=mail_address(tx), code=row["code"])


def _with(view: View, **changes: Any) -> View:
    return View(**{name: getattr(view, name) for name in View.__struct_fields__} | changes)


@get("/h/{link:str}", opt=PUBLIC, include_in_schema=False)
async def look(request: Ask, link: FromPath[str]) -> Response[Any]:
    """The page of a link, or the chat. Looking binds nothing: networks fetch links to show a preview of them."""
    parts = parts_of(request)
    visitor = service.digest(request.cookies.get(_cookie_name(link), ""))
    secret, now = parts.vault.derive(service.PURPOSE), parts.clock()
    sent, plain = "sent" in request.query_params, "plain" in request.query_params

    def read(tx: Tx) -> tuple[View, str, str]:
        row, fault = arriving.behind(tx, secret, link, visitor, now)
        chat = chats.first(tx) if row is not None and row["way"] == Way.CHAT and not plain else None
        fresh = row["id"] if row is not None and fault is None and row["opened_at"] is None else ""
        return _view(tx, request, link, row, fault, sent=sent), fresh, chat.name if chat is not None else ""

    view, fresh, chat = await parts.store.read(read)
    # Only a person's browser says that it navigates; a preview does not count as opened.
    if fresh and request.headers.get("sec-fetch-mode") == "navigate":
        await parts.store.write(lambda tx: service.opened(tx, parts.log, fresh, now))
    # Who was here before is known by a key that only the chat's page has, so it says what is wrong with a link.
    if chat and view.fault in ("", Fault.USED):
        return go(f"/chat/{chat}/with/{link}")
    return _page(request, view)


def _page(request: Ask, view: View, status: int = 200) -> Response[str]:
    headers = {"x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}
    if status == 200 and view.fault:
        status = 404 if view.fault == Fault.UNKNOWN else 410
    return page(request, "handoff/page.html", status=status, headers=headers, view=view)


@post("/h/{link:str}", opt=PUBLIC, status_code=200, include_in_schema=False)
async def write(request: Ask, link: FromPath[str]) -> Response[Any]:
    """The customer writes `text`, and may leave a `mail` address. Its `nonce` makes a second press one message."""
    parts, data = parts_of(request), await form(request)
    name = _cookie_name(link)
    cookie = request.cookies.get(name, "") or secrets.token_urlsafe(24)
    visitor, now = service.digest(cookie), parts.clock()
    nonce = data.get("nonce", "") if NONCE.fullmatch(data.get("nonce", "")) else str(uuid.uuid4())
    written = Written(text=data.get("text", ""), nonce=nonce, mail=data.get("mail", "").strip())
    secret = parts.vault.derive(service.PURPOSE)
    where = service.digest(f"{secret}{address_of(request)}")[:32]

    def verb(tx: Tx) -> View | None:
        row, fault = arriving.behind(tx, secret, link, visitor, now)
        wrong = written.problem(needs_mail=row is None or fault is not None)
        if wrong is None:
            channel_id = service.ensure_channel(tx, parts.vault, EARFUL, now)
            try:
                if row is None or fault is not None:
                    stranger = fault or Fault.UNKNOWN
                    arriving.write_as_stranger(tx, parts.log, channel_id, stranger, written, where, now)
                    return _view(tx, request, link, None, stranger, sent=True)
                arriving.write(tx, parts.log, channel_id, row, visitor, written, where, now)
            except service.RefusedError as error:
                wrong = str(error)
        if wrong is None:
            return None
        return _view(tx, request, link, row, fault, written=written, problem=wrong, nonce=nonce)

    view = await parts.store.write(verb)
    if view is not None and view.problem:
        return _page(request, view, 422)
    parts.reconnect()
    if view is not None:
        return _page(request, view)
    answer = go(f"/h/{link}?sent")
    answer.set_cookie(
        Cookie(
            key=name,
            value=cookie,
            path="/h/",
            max_age=COOKIE_LENGTH,
            httponly=True,
            samesite="lax",
            secure=parts.settings.secure_cookies,
        )
    )
    return answer


HANDLERS: list[Any] = [look, write]
