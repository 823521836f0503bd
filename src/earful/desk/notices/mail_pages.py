"""The desk's own mail server under Settings, and the link that ends mails."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from earful.channels.contract import SendPostponed, SendRefused, SendUnknown
from earful.desk.notices import mails, sender
from earful.desk.notices.digest import Mail
from earful.desk.notices.mails import SECURITY, MailServer
from earful.desk.users.rules import Permission
from earful.model.ids import new_id
from earful.model.time import moment
from earful.store.audit import record
from earful.store.secrets import KeyLostError
from earful.web.access import PUBLIC, needs, who_asks
from earful.web.site import Ask, form, go, page, parts_of, session_of, shell

MANAGE = [needs(Permission.CHANNELS_MANAGE)]
PATH = "/settings/mail"
STOP = "/notices/stop/{link:str}"


async def _show(
    request: Ask, problem: str = "", given: MailServer | None = None, said: str = ""
) -> Response[str]:
    found = await parts_of(request).store.read(mails.server)
    return page(
        request,
        "settings/mail.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings", said or request.query_params.get("notice", "")[:200]),
        server=given or found or MailServer(),
        there=found is not None,
        security=SECURITY,
        me=session_of(request).user.email,
        problem=problem,
    )


@get(PATH, guards=MANAGE, include_in_schema=False)
async def mail_page(request: Ask) -> Response[str]:
    """The account that the desk itself sends from."""
    return await _show(request)


@post(PATH, guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Keep the account; an empty `password` keeps the one before. An empty `host` sends no mails any more."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    port = data.get("port", "").strip()
    wanted = MailServer(
        host=data.get("host", "").strip()[:200],
        port=int(port) if port.isdecimal() and len(port) < 6 else 0,
        security=data.get("security", ""),
        username=data.get("username", "").strip()[:200],
        address=data.get("address", "").strip()[:200],
        sender=" ".join(data.get("sender", "").split())[:100] or "Earful",
    )
    if not wanted.host:
        wanted = MailServer()
    password = data.get("password", "")[:500]
    try:
        await parts.store.write(lambda tx: mails.save(tx, parts.vault, who, wanted, password, parts.clock()))
    except mails.RefusedError as error:
        return await _show(request, f"{error} Nothing was saved.", wanted)
    return go(f"{PATH}?notice=Saved.")


@post(f"{PATH}/test", guards=MANAGE, status_code=200, include_in_schema=False)
async def test(request: Ask) -> Response[Any]:
    """Send one mail to who asks, now, and say how it went."""
    parts, who, user = parts_of(request), who_asks(request), session_of(request).user
    found = await parts.store.read(mails.server)
    if found is None:
        return await _show(request, "Name a mail server first.")
    words = "This desk can send mails. Nothing else is in this one."
    now = parts.clock()
    try:
        settings, secrets = mails.account(found, parts.vault)
        mail = sender.compose(
            Mail(subject=f"[{parts.workspace}] A test", text=words + "\n", html=f"<p>{words}</p>"),
            settings, to=user.email, name=user.name, mail_id=new_id(now), stop="", now=moment(now),
        )  # fmt: skip
        private = parts.settings.allow_private_addresses
        await sender.hand_over(settings, secrets, mail, user.email, allow_private=private)
    except (SendPostponed, SendRefused, SendUnknown, KeyLostError) as error:
        return await _show(request, str(error))
    await parts.store.write(lambda tx: record(tx, who, "mail.test", user.id, now))
    return await _show(request, said=f"Sent to {user.email}; look into that mailbox.")


@get(STOP, opt=PUBLIC, include_in_schema=False)
async def stop_page(request: Ask, link: FromPath[str]) -> Response[str]:
    """Ask before mails are ended: programs that look at every link of a mail must not end them."""
    if mails.user_of(parts_of(request).vault, link) is None:
        raise NotFoundException("This link is not complete. Copy all of it, or change it in your settings.")
    return page(request, "notices/stop.html", link=link, done=False)


@post(STOP, opt=PUBLIC, exclude_from_csrf=True, status_code=200, include_in_schema=False)
async def stop(request: Ask, link: FromPath[str]) -> Response[str]:
    """End the mails to whom the link was sent; once or twice (RFC 8058: from the mail program, without a cookie)."""
    parts = parts_of(request)
    user_id = mails.user_of(parts.vault, link)
    if user_id is None:
        raise NotFoundException("This link is not complete. Copy all of it, or change it in your settings.")
    await parts.store.write(lambda tx: mails.stop(tx, user_id, parts.clock()))
    return page(request, "notices/stop.html", link=link, done=True)


HANDLERS: list[Any] = [mail_page, save, test, stop_page, stop]
