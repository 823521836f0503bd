"""How one is told of what, under one's own settings."""

from typing import Any

from litestar import Response, get, post

from earful.desk.notices import mails, rules, service
from earful.desk.notices.rules import MAILS, WAYS, Kind, Wishes
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell

SIGNED_IN = [needs(Permission.CASES_READ)]
PATH = "/settings/notices"
_FOR_LEADS = frozenset({Kind.QUEUE, Kind.APPROVE})


async def _show(request: Ask, wishes: Wishes | None = None, problem: str = "") -> Response[str]:
    parts, user = parts_of(request), session_of(request).user
    before = request.query_params.get("before", "")
    said = None
    if before.isdecimal() and len(before) < 16:
        said = {"text": "Saved", "undo": {"url": f"{PATH}/undo", "values": {"place": before}}}
    found, has_mail, troubled = await parts.store.read(
        lambda tx: (
            service.wishes(tx, user.id),
            mails.server(tx) is not None,
            mails.troubled(tx, user.id, parts.clock()),
        )
    )
    return page(
        request,
        "settings/notices.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings", request.query_params.get("notice", "")[:200]),
        wishes=wishes or found,
        kinds=[one for one in Kind if user.role is not Role.AGENT or one not in _FOR_LEADS],
        is_lead=user.role is not Role.AGENT,
        ways=WAYS,
        mails=MAILS,
        has_mail=has_mail,
        troubled=troubled,
        problem=problem,
        told=said,
    )


@get(PATH, guards=SIGNED_IN, include_in_schema=False)
async def settings_page(request: Ask) -> Response[str]:
    """Kinds and ways, quiet hours, mails."""
    return await _show(request)


def of_form(data: dict[str, str], before: Wishes) -> Wishes:
    """The wishes that a form says; a kind that it does not show stays as it is."""
    shown = [kind for kind in Kind if f"shown_{kind}" in data]
    ways = {kind: [way for way in WAYS if f"{kind}_{way}" in data] for kind in shown}
    changed = {kind.value: some for kind, some in ways.items() if set(some) != rules.DEFAULTS[kind]}
    hour = data.get("hour", "")
    return Wishes(
        ways={kind: some for kind, some in before.ways.items() if kind not in shown} | changed,
        quiet_from=data.get("quiet_from", "").strip()[:5],
        quiet_to=data.get("quiet_to", "").strip()[:5],
        zone=data.get("zone", "").strip()[:60],
        mails=data.get("mails", ""),
        hour=int(hour) if hour.isdecimal() and len(hour) < 3 else -1,
        weekly=bool(data.get("weekly")),
    )


@post(PATH, guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Keep what the form says; what cannot be kept comes back in it."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    known = await parts.store.read(lambda tx: service.wishes(tx, who.id))
    wanted = of_form(data, known)
    try:
        _, place = await parts.store.write(lambda tx: service.wish(tx, who, who.id, wanted, parts.clock()))
    except service.RefusedError as error:
        return await _show(request, wanted, f"{error} Nothing was saved.")
    return go(f"{PATH}?before={place}")


@post(f"{PATH}/undo", guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def undo(request: Ask) -> Response[Any]:
    """Put the wishes back that were in force at a `place`."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    place = data.get("place", "")
    seq = int(place) if place.isdecimal() and len(place) < 16 else -1

    def verb(tx: Tx) -> None:
        service.wish_again(tx, who, who.id, seq, parts.clock())

    try:
        await parts.store.write(verb)
    except service.RefusedError as error:
        return await _show(request, problem=str(error))
    return Response(b"", headers={"HX-Refresh": "true"}) if is_htmx(request) else go(PATH)


HANDLERS: list[Any] = [settings_page, save, undo]
