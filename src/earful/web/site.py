"""What every page handler needs: a rendered page with its shell, and what a form said."""

import json
from typing import Any

from litestar import Request, Response
from litestar.exceptions import PermissionDeniedException
from litestar.response import Redirect
from litestar.template.base import csrf_token

from earful.desk.keys import service as keys
from earful.desk.notices import service as notices
from earful.desk.routing import settings as routing
from earful.desk.users.service import Session
from earful.parts import Parts
from earful.store.tx import Tx
from earful.web.render import Renderer
from earful.web.views import Shell

HTML = "text/html; charset=utf-8"
Ask = Request[Any, Any, Any]


def parts_of(request: Ask) -> Parts:
    """The running parts."""
    parts: Parts = request.app.state.parts
    return parts


def session_of(request: Ask) -> Session:
    """Who is signed in. Raises PermissionDeniedException for a token: pages are for people."""
    if not isinstance(request.user, Session):
        raise PermissionDeniedException("Pages are for people; programs use /api/v1. Nothing was done.")
    return request.user


def page(
    request: Ask, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> Response[str]:
    """A rendered template."""
    renderer: Renderer = request.app.state.renderer
    text = renderer.render(template, now=parts_of(request).clock(), **values)
    return Response(text, status_code=status, media_type=HTML, headers=headers or {})


async def shell(request: Ask, section: str, notice: str = "") -> Shell:
    """What surrounds a signed-in page."""
    return await parts_of(request).store.read(lambda tx: shell_in(tx, request, section, notice))


def shell_in(tx: Tx, request: Ask, section: str, notice: str = "") -> Shell:
    """What surrounds a signed-in page, for who reads more: live updates continue after the place that is read here,
    so this comes first."""
    parts, session = parts_of(request), session_of(request)
    user_id = session.user.id
    place = parts.log.end(tx)
    return Shell(
        user=session.user,
        workspace=parts.workspace,
        csrf_token=token(request),
        section=section,
        live_seq=str(place),
        notice=notice,
        away=routing.is_away(tx, user_id, parts.clock()),
        unread=notices.unread(tx, user_id),
        own_keys=keys.of(tx, user_id),
    )


def token(request: Ask) -> str:
    """The CSRF token of this browser."""
    made: str = csrf_token({"request": request})
    return made


async def form(request: Ask) -> dict[str, str]:
    """The fields of a form; the last of a repeated one."""
    data = await request.form()
    return {name: value for name, value in data.multi_items() if isinstance(value, str)}


async def repeated(request: Ask, name: str) -> list[str]:
    """All values of a repeated field of a form, in order."""
    return [one for one in (await request.form()).getall(name, []) if isinstance(one, str)]


def is_htmx(request: Ask) -> bool:
    """Whether the page's own scripts ask, and want a fragment."""
    return "hx-request" in request.headers


def told(
    text: str,
    undo_url: str = "",
    undo: dict[str, str] | None = None,
    *,
    undo_for: int | None = None,
    insert: str = "",
) -> dict[str, str]:
    """The header that makes the page say what was done, with how to take it back (for so many milliseconds).

    `insert`: words that the composer puts behind what is written.
    """
    done: dict[str, Any] = {"text": text}
    if undo_url:
        done["undo"] = {"url": undo_url, "values": undo or {}}
        if undo_for is not None:
            done["undo"]["for"] = undo_for
    placed = {"earful:insert": {"text": insert}} if insert else {}
    # A header is ASCII, so json.dumps escapes what is not.
    return {"HX-Trigger": json.dumps({"earful:done": done} | placed)}


def undo_note(request: Ask, path: str) -> dict[str, Any] | None:
    """What a page says of a save that brought it here (`saved`, `undo` in its address), with how to take it back.

    `POST {path}/restore` with `seq` puts the version of `undo` in force again. None when nothing was saved.
    """
    query = request.query_params
    before = query.get("undo", "")
    if not (before.isascii() and before.isdecimal() and len(before) < 19):
        return None
    return {
        "text": query.get("saved", "Saved")[:60],
        "undo": {"url": f"{path}/restore", "values": {"seq": before}},
    }


def version_in(data: dict[str, str]) -> int:
    """The version (`seq`) that a form wants back; -1, which there never was, for one that is no number."""
    seq = data.get("seq", "")
    return int(seq) if seq.isascii() and seq.isdecimal() and len(seq) < 19 else -1


def go(path: str) -> Response[Any]:
    """Where a form without scripts ends."""
    return Redirect(path, status_code=303)
