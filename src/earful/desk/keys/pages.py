"""The keyboard page of one's own settings."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post

from earful.desk.keys import rules, service
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell

SIGNED_IN = [needs(Permission.CASES_READ)]
PATH = "/settings/keys"


async def _show(request: Ask, problem: str = "", wrong: str = "", given: str = "") -> Response[str]:
    around = await shell(request, "settings", request.query_params.get("notice", "")[:200])
    before = request.query_params.get("before", "")
    said = None
    if before.isdecimal() and len(before) < 16:
        said = {"text": "Saved", "undo": {"url": f"{PATH}/undo", "values": {"place": before}}}
    return page(
        request,
        "settings/keys.html",
        status=422 if problem else 200,
        shell=around,
        own=around.own_keys,
        fixed=rules.FIXED,
        problem=problem,
        wrong=wrong,
        given=given,
        told=said,
    )


@get(PATH, guards=SIGNED_IN, include_in_schema=False)
async def keys_page(request: Ask) -> Response[str]:
    """Every command with its keys."""
    session_of(request)
    return await _show(request)


async def _change(
    request: Ask, verb: Callable[[Tx], int], command: str = "", given: str = ""
) -> Response[Any]:
    try:
        before = await parts_of(request).store.write(verb)
    except service.RefusedError as error:
        return await _show(request, str(error), command, given)
    return go(f"{PATH}?before={before}" + (f"#key-{command}" if command else ""))


@post(PATH, guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def change(request: Ask) -> Response[Any]:
    """`command` and its `keys`; empty for none. A clash is told with its reason, and nothing is changed."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    command, typed = data.get("command", "")[:40], data.get("keys", "")[:40]
    return await _change(
        request, lambda tx: service.change(tx, who, command, typed, parts.clock()), command, typed
    )


@post(f"{PATH}/reset", guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def reset(request: Ask) -> Response[Any]:
    """The keys of a `command` as they came; without, of all."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    command = data.get("command", "")[:40]
    return await _change(request, lambda tx: service.reset(tx, who, command, parts.clock()), command)


@post(f"{PATH}/letters", guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def letters(request: Ask) -> Response[Any]:
    """Single letters do something (`on`), or nothing."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    on = bool(data.get("on"))
    return await _change(request, lambda tx: service.letters(tx, who, parts.clock(), on=on))


@post(f"{PATH}/undo", guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def undo(request: Ask) -> Response[Any]:
    """Put the keys back that were in force at a `place`."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    place = data.get("place", "")
    seq = int(place) if place.isdecimal() and len(place) < 16 else -1
    try:
        await parts.store.write(lambda tx: service.take_back(tx, who, seq, parts.clock()))
    except service.RefusedError as error:
        return await _show(request, str(error))
    return Response(b"", headers={"HX-Refresh": "true"}) if is_htmx(request) else go(PATH)


HANDLERS: list[Any] = [keys_page, change, reset, letters, undo]
