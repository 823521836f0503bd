"""The inbox's pages: list, case, and the fragments that keep both up to date."""

import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from earful.channels.kit.html import sanitise
from earful.desk.bulk import panel as bulk
from earful.desk.cases import merging
from earful.desk.cases import service as cases
from earful.desk.channels import service as channels
from earful.desk.chat import panel as chat
from earful.desk.handoff import panel as handoff
from earful.desk.inbox import service as inbox
from earful.desk.inbox import timeline
from earful.desk.notices import service as notices
from earful.desk.outcomes import panel as outcomes
from earful.desk.people import panel as people
from earful.desk.playbooks import panel as playbooks
from earful.desk.routing import panel as routing
from earful.desk.triage import topics
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.desk.users.service import Session
from earful.desk.views import service as saved_views
from earful.desk.windows import panel as windows
from earful.model.desk import InboxFilter
from earful.model.message import Network
from earful.model.rating import TOPICS
from earful.model.time import SECOND
from earful.outbox import panel as outbox
from earful.outbox.rules import audiences
from earful.parts import Parts
from earful.store.tx import Tx
from earful.web.access import needs
from earful.web.live import Hub
from earful.web.problems import ProblemError
from earful.web.site import Ask, go, is_htmx, page, parts_of, session_of, shell_in
from earful.web.views import CaseView, InboxView, SavedView

READ = [needs(Permission.CASES_READ)]
SEEN_AGAIN = 10 * SECOND
"""Who looks again so soon, and at nothing new, is not written down anew."""
_ID = re.compile(r"[0-9a-f-]{36}")


def filter_of(query: dict[str, str]) -> InboxFilter:
    """The filter that an address names; unknown values show everything rather than nothing."""
    network = query.get("network", "")
    view = query.get("view", "open")
    return InboxFilter(
        view=view if view in inbox.VIEWS or _ID.fullmatch(view) else "open",
        network=Network(network) if network in set(Network) else None,
        kind=query.get("kind", ""),
        topic=query.get("topic", ""),
        tag=query.get("tag", ""),
        search=query.get("q", "")[:200],
        alike=query.get("alike", "")[:40],
        order=query.get("order", "priority"),
    )


def query_of(request: Ask) -> dict[str, str]:
    """The address of the page that is open: htmx names it for its fragments."""
    current = request.headers.get("hx-current-url", "")
    found = {name: values[-1] for name, values in parse_qs(urlsplit(current).query).items()}
    return found | dict(request.query_params.items())


def rendering(parts: Parts) -> timeline.Rendering:
    """How the desk shows messages here."""
    return timeline.Rendering(capabilities=parts.capabilities, audiences=audiences, sanitise=sanitise)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a page of the inbox was asked for."""

    filter: InboxFilter
    number: int | None = None
    reply_to: str = ""
    newest: int = inbox.TIMELINE
    after: str = ""
    ids: tuple[str, ...] = ()


def asked(request: Ask, number: int | None = None) -> Asked:
    """Read the address."""
    query = query_of(request)
    before = query.get("before", "")
    return Asked(
        filter=filter_of(query),
        number=number,
        reply_to=query.get("to", ""),
        newest=int(before) if before.isdecimal() and len(before) < 6 else inbox.TIMELINE,
        after=query.get("after", ""),
        ids=tuple(query["ids"].split(",")) if query.get("ids") else (),
    )


def look(tx: Tx, parts: Parts, session: Session, hub: Hub, wanted: Asked) -> dict[str, Any]:
    """The values of an inbox page, read in one transaction."""
    user = session.user
    case = None
    if wanted.number is not None:
        detail = inbox.detail(
            tx,
            wanted.number,
            user,
            session.sign_off,
            rendering(parts),
            newest=wanted.newest,
            reply_to=wanted.reply_to,
        )
        if detail is None:
            raise NotFoundException(
                f"There is no case #{wanted.number}; it may have been merged into another."
            )
        everybody = users.colleagues(tx)
        case = CaseView(
            detail=detail,
            users=[*(u for u in everybody if u.id == user.id), *(u for u in everybody if u.id != user.id)],
            known_tags=inbox.tags(tx),
            present=hub.presence.at(detail.row.id, parts.clock(), apart_from=user.id),
        )
    counts = inbox.counts(tx, wanted.filter, user.id)
    saved = saved_views.seen_by(tx, user.id)
    of_saved = saved_views.counts(tx, saved, user.id)
    view = InboxView(
        filter=wanted.filter,
        page=inbox.page(tx, wanted.filter, user.id, wanted.after, ids=wanted.ids),
        counts=counts.views,
        saved=[
            SavedView(
                id=one.id,
                name=one.name,
                icon=one.icon,
                count=of_saved[one.id],
                shared=one.shared,
                percent=one.percent,
            )
            for one in saved
        ],
        networks=[network for network in Network if counts.networks.get(network)],
        topics=[*TOPICS, *topics.names(tx)],
        tags=inbox.tags(tx),
        has_channels=bool(channels.listed(tx)),
        selected=case.detail.row.id if case else "",
    )
    rows = [*view.page.rows, *([case.detail.row] if case else [])]
    around = {
        "inbox": view,
        "case": case,
        "bulk": bulk.panel(tx),
        "routing": routing.panel(tx, user.role),
        "flagged": people.marks(tx, rows, parts.clock()),
    }
    if case is None:
        return around
    standing = outcomes.panel(tx, case.detail, parts.clock())
    return around | {
        "standing": standing,
        "known": people.panel(tx, case.detail, parts.clock()),
        "invitations": handoff.panel(tx, case.detail),
        "guests": chat.panel(tx, case.detail.row.id, parts.clock()),
        "window": windows.panel(tx, case.detail, parts.capabilities),
        "replies": outbox.panel(tx, case.detail, session, rendering(parts)),
        "attached": outbox.files(tx, case.detail, session, rendering(parts)),
        "playbook": playbooks.panel(tx, case.detail, user, parts.workspace),
        "following": notices.follows(tx, case.detail.row.id, user.id),
    }


async def values(request: Ask, number: int | None = None) -> dict[str, Any]:
    """Shell, list and case for a template."""
    parts, session, wanted = parts_of(request), session_of(request), asked(request, number)
    hub: Hub = request.app.state.hub
    notice = request.query_params.get("notice", "")[:300]

    def read(tx: Tx) -> dict[str, Any]:
        around = shell_in(tx, request, "inbox", notice)
        return {"shell": around} | look(tx, parts, session, hub, wanted)

    try:
        return await parts.store.read(read)
    except NotFoundException:
        # It is a ValueError too, and keeps its own status.
        raise
    except ValueError as error:
        raise ProblemError(400, str(error)) from error


@get("/", guards=READ, include_in_schema=False)
async def home() -> Response[Any]:
    """The inbox is the home page."""
    return Response(b"", status_code=302, headers={"location": "/inbox"})


@get("/inbox", guards=READ, include_in_schema=False)
async def inbox_page(request: Ask) -> Response[str]:
    """The list, with no case open."""
    return page(request, "inbox/page.html", **await values(request))


@get("/inbox/rows", guards=READ, include_in_schema=False)
async def rows(request: Ask) -> Response[str]:
    """Rows of the list, for more, or for those named by `ids`."""
    return page(request, "inbox/rows.html", **await values(request))


@get("/inbox/case/{number:int}", guards=READ, include_in_schema=False)
async def case_page(request: Ask, number: FromPath[int]) -> Response[Any]:
    """A case beside the list; the asking user has then seen it. The number of a merged one leads to the kept one."""
    try:
        found = await values(request, number)
    except NotFoundException:
        kept = await parts_of(request).store.read(lambda tx: merging.where_is(tx, number))
        if kept is None:
            raise
        said = quote(f"#{number} was merged into this case, #{kept}.")
        return go(f"/inbox/case/{kept}?view=all&notice={said}")
    await _note_seen(request, found)
    if "case-area" in request.headers.get("hx-target", ""):
        return page(request, "inbox/case_area.html", fragment=True, **found)
    return page(request, "inbox/page.html", **found)


@get("/inbox/case/{number:int}/timeline", guards=READ, include_in_schema=False)
async def case_update(request: Ask, number: FromPath[int]) -> Response[str]:
    """The parts of an open case that change."""
    found = await values(request, number)
    await _note_seen(request, found)
    return page(request, "inbox/case_update.html", **found)


@get("/inbox/case/{number:int}/composer", guards=READ, include_in_schema=False)
async def composer(request: Ask, number: FromPath[int]) -> Response[str]:
    """The composer for answering another message of the case (`to`)."""
    found = await values(request, number)
    detail = found["case"].detail
    return page(request, "inbox/composer.html", detail=detail, row=detail.row, **found)


@get("/cases/{case_id:str}/why", guards=READ, include_in_schema=False)
async def why(request: Ask, case_id: FromPath[str]) -> Response[str]:
    """The contributions to a case's priority."""
    session_of(request)
    rating = await parts_of(request).store.read(lambda tx: inbox.leading_rating(tx, case_id))
    reasons = rating.reasons if rating else []
    return page(request, "inbox/why.html", reasons=reasons, priority=rating.priority if rating else 0)


async def _note_seen(request: Ask, found: dict[str, Any]) -> None:
    """Keep that a colleague sees the case, unless that is known and nothing came since."""
    parts, user = parts_of(request), session_of(request).user
    now, detail = parts.clock(), found["case"].detail
    case_id, seen_at = detail.row.id, detail.seen_at
    news = detail.row.unread or found["shell"].unread
    if seen_at is not None and now - seen_at < SEEN_AGAIN and not news:
        return

    def saw(tx: Tx) -> None:
        cases.saw(tx, user.id, case_id, now)
        notices.read(tx, parts.log, user.id, now, case_id=case_id)

    await parts.store.write(saw)


async def changed(request: Ask, number: FromPath[int], headers: dict[str, str]) -> Response[Any]:
    """The answer to a change of a case: fresh parts for the page's scripts, else back to the case."""
    if not is_htmx(request):
        return Response(b"", status_code=303, headers={"location": f"/inbox/case/{number}"})
    return page(request, "inbox/case_update.html", headers=headers, **await values(request, number))


HANDLERS: list[Any] = [home, inbox_page, rows, case_page, case_update, composer, why]
