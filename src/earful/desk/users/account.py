"""Pages about oneself, and the audit log."""

import asyncio
from typing import Any

from litestar import Response, get, post

from earful.desk.users import rules
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, set_session, who_asks
from earful.web.site import Ask, form, go, page, parts_of, session_of, shell
from earful.web.views import AuditLine

SIGNED_IN = [needs(Permission.CASES_READ)]
LINES = 100


async def _me(request: Ask, problem: str = "", notice: str = "") -> Response[str]:
    session = session_of(request)
    row = await parts_of(request).store.read(lambda tx: users.row_for_sign_in(tx, session.user.email))
    return page(
        request,
        "settings/me.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings", notice),
        sign_off=row["sign_off"] if row else "",
        has_password=bool(row and row["password_hash"]),
        length=rules.PASSWORD_LENGTH,
        problem=problem,
    )


@get("/settings/me", guards=SIGNED_IN, include_in_schema=False)
async def me(request: Ask) -> Response[str]:
    """Sign-off and password."""
    return await _me(request, notice=request.query_params.get("notice", "")[:200])


@post("/settings/me", guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def change_sign_off(request: Ask) -> Response[Any]:
    """`sign_off`."""
    parts, who, user = parts_of(request), who_asks(request), session_of(request).user
    data = await form(request)
    await parts.store.write(
        lambda tx: users.change_user(tx, who, user.id, sign_off=data.get("sign_off", ""), now=parts.clock())
    )
    return go("/settings/me?notice=Saved.")


@post("/settings/me/password", guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def change_password(request: Ask) -> Response[Any]:
    """`old` and `new`; every session ends, and this browser gets a fresh one."""
    parts, who, user = parts_of(request), who_asks(request), session_of(request).user
    data = await form(request)
    row = await parts.store.read(lambda tx: users.row_for_sign_in(tx, user.email))
    known = row is not None and bool(row["password_hash"])
    if known and not await asyncio.to_thread(users.check_password, row, data.get("old", "")):
        return await _me(request, "The present password is not right; nothing was changed.")

    def change(tx: Tx) -> str:
        now = parts.clock()
        users.change_user(tx, who, user.id, password=data.get("new", ""), now=now)
        agent = request.headers.get("user-agent", "")
        return users.start_session(tx, user.id, agent=agent, address=who.address, now=now)

    try:
        cookie = await parts.store.write(change)
    except users.InvalidError as error:
        return await _me(request, str(error))
    response = go("/settings/me?notice=The password was changed; every other session has ended.")
    return set_session(response, parts, cookie)


@get("/settings/audit", guards=[needs(Permission.AUDIT_READ)], include_in_schema=False)
async def audit(request: Ask) -> Response[str]:
    """The newest lines of the audit log; `before` goes back."""
    parts = parts_of(request)
    before = request.query_params.get("before", "")
    found = await parts.store.read(
        lambda tx: users.audit_lines(tx, int(before) if before.isdigit() else None, LINES)
    )
    lines = [
        AuditLine(at=one.at, who=one.who, action=one.action, detail=one.detail, address=one.address)
        for one in found
    ]
    return page(
        request,
        "settings/audit.html",
        shell=await shell(request, "settings"),
        lines=lines,
        older=found[-1].number if len(found) == LINES else 0,
    )


HANDLERS: list[Any] = [me, change_sign_off, change_password, audit]
