"""Every page with Brewline's values and no database: for eyes, and for the browser tests.

cd tests && python -m web.preview [port]
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar, Request, Response, delete, get, post, put
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import ServerSentEvent, ServerSentEventMessage

from earful.desk.attaching.panel import Panel as AttachedPanel
from earful.desk.attaching.panel import Way
from earful.desk.channels.health import ChannelHealth
from earful.model.desk import CaseRow, InboxFilter, InboxPage
from earful.model.message import Network
from earful.model.time import DAY, HOUR, MINUTE
from earful.outbox.panel import Panel
from earful.web.assets import Assets
from earful.web.render import Renderer
from earful.web.shell import error_response, secure, static_route
from earful.web.views import (
    CaseView,
    Check,
    Choice,
    Field,
    InboxView,
    NetworkOffer,
    Present,
    Shell,
    TokenRow,
    UserRow,
)

from . import brewline

assets = Assets(fixed=False)
renderer = Renderer(assets)
listeners: list[asyncio.Queue[tuple[str, str]]] = []
drafts: list[dict[str, str]] = []
posted: list[tuple[str, dict[str, str]]] = []
arrived: list[CaseRow] = []
changes: dict[str, dict[str, Any]] = {}


def now() -> int:
    return int(time.time() * 1000)


def html(name: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> Response[str]:
    page = renderer.render(name, now=now(), **values)
    return Response(page, status_code=status, media_type="text/html; charset=utf-8", headers=headers)


def shell(section: str, **changed: Any) -> Shell:
    return Shell(
        user=brewline.KIM,
        workspace="Brewline",
        csrf_token="preview",
        section=section,
        live_seq="0-41",
        **changed,
    )


def all_rows() -> list[CaseRow]:
    known = [*arrived, *brewline.rows(now())]
    return [msgspec.structs.replace(r, **changes.get(r.id, {})) for r in known]


def inbox(request: Request[Any, Any, Any], selected: str = "") -> InboxView:
    q = request.query_params
    chosen = InboxFilter(
        view=q.get("view", "open"),
        network=Network(q["network"]) if q.get("network") else None,
        kind=q.get("kind", ""),
        topic=q.get("topic", ""),
        tag=q.get("tag", ""),
        search=q.get("q", ""),
        order=q.get("order", "priority"),
    )
    rows = all_rows()
    if chosen.view == "mine":
        rows = [r for r in rows if r.assignee_id == "u1"]
    if chosen.view == "snoozed":
        rows = []
    if chosen.search:
        rows = [r for r in rows if chosen.search.lower() in r.preview.lower()]
    if q.get("ids"):
        rows = [r for r in rows if r.id in q["ids"].split(",")]
    return InboxView(
        filter=chosen,
        page=InboxPage(rows=rows, next=""),
        selected=selected,
        counts={"open": len(all_rows()), "mine": 1, "unassigned": 8, "waiting": 14, "snoozed": 3},
        networks=sorted({r.network for r in all_rows()}),
        topics=["defect", "delivery", "billing"],
        tags=["aroma-one", "refund", "warranty"],
        has_channels=q.get("empty") != "1",
    )


def case_view(number: int, to: str = "m4") -> CaseView:
    detail = brewline.case(number, now(), reply_to=to)
    detail = msgspec.structs.replace(
        detail, row=msgspec.structs.replace(detail.row, **changes.get(detail.row.id, {}))
    )
    present = [Present(user_id="u3", name="Lena Fischer", state="reading")] if number == 1042 else []
    return CaseView(detail=detail, users=brewline.USERS, known_tags=["refund", "vip"], present=present)


REPLIES = Panel(
    waits={}, asked={}, decided=[], may_approve=True, me="u1", sign_off="^KD", in_parts=False, undo_seconds=10
)

TAKES = Way(
    takes="Up to 4 files, at most 16 MB each: pictures (PNG).",
    why_none="",
    problems=[],
    how="",
    describes=True,
)
ATTACHED = AttachedPanel(files=[], public=TAKES, private=TAKES)


def page_values(request: Request[Any, Any, Any], number: int | None) -> dict[str, Any]:
    case = case_view(number) if number else None
    return {
        "shell": shell("inbox"),
        "inbox": inbox(request, case.detail.row.id if case else ""),
        "case": case,
        "replies": REPLIES,
        "attached": ATTACHED,
    }


@get("/inbox")
async def inbox_page(request: Request[Any, Any, Any]) -> Response[str]:
    return html("inbox/page.html", **page_values(request, None))


@get("/inbox/rows")
async def inbox_rows(request: Request[Any, Any, Any]) -> Response[str]:
    return html("inbox/rows.html", shell=shell("inbox"), inbox=inbox(request))


@get("/inbox/case/{number:int}")
async def case_page(request: Request[Any, Any, Any], number: FromPath[int]) -> Response[str]:
    values = page_values(request, number)
    if "case-area" in request.headers.get("hx-target", ""):
        return html("inbox/case_area.html", fragment=True, **values)
    return html("inbox/page.html", **values)


@get("/inbox/case/{number:int}/timeline")
async def case_timeline(request: Request[Any, Any, Any], number: FromPath[int]) -> Response[str]:
    return html("inbox/case_update.html", **page_values(request, number))


@get("/inbox/case/{number:int}/composer")
async def case_composer(request: Request[Any, Any, Any], number: FromPath[int]) -> Response[str]:
    case = case_view(number, request.query_params.get("to", "m4"))
    return html(
        "inbox/composer.html",
        shell=shell("inbox"),
        case=case,
        detail=case.detail,
        row=case.detail.row,
        replies=REPLIES,
        attached=ATTACHED,
    )


@get("/cases/{case_id:str}/why")
async def why(case_id: FromPath[str]) -> Response[str]:
    rating = brewline.rating()
    return html("inbox/why.html", reasons=rating.reasons, priority=rating.priority)


@post("/inbox/case/{case_id:str}/presence", status_code=204)
async def presence(case_id: FromPath[str]) -> None:
    return None


@get("/palette")
async def palette() -> list[str]:
    """Nothing beside the page's own commands."""
    return []


@post("/cases/{case_id:str}/{act:str}")
async def act(request: Request[Any, Any, Any], case_id: FromPath[str], act: FromPath[str]) -> Response[str]:
    form = {k: str(v) for k, v in (await request.form()).items()}
    posted.append((f"{case_id}/{act}", form))
    if form.get("text") == "fail":
        raise HTTPException("The network is closed today. Your text is kept.", status_code=503)
    if act == "assign":
        user = next((u for u in brewline.USERS if u.id == form["assignee_id"]), None)
        changes.setdefault(case_id, {}).update(
            assignee_id=user.id if user else None, assignee_name=user.name if user else ""
        )
    done = {
        "earful:done": {"text": f"Done: {act}", "undo": {"url": f"/cases/{case_id}/{act}", "values": form}}
    }
    values = page_values(request, int(case_id[1:]))
    return html("inbox/case_update.html", 200, {"HX-Trigger": json.dumps(done)}, **values)


@get("/cases/{case_id:str}/files")
async def draft_files(case_id: FromPath[str]) -> Response[str]:
    return html("inbox/files_update.html", attached=ATTACHED, case_id=case_id)


@put("/cases/{case_id:str}/draft")
async def draft(request: Request[Any, Any, Any], case_id: FromPath[str]) -> dict[str, Any]:
    body = await request.json()
    drafts.append(body)
    risky = "5550" in body["text"] and body["audience"] == "public"
    warning = {
        "text": "This has a phone number in it, and everybody could read it.",
        "private_label": "Move private",
    }
    return {"saved_at": now(), "warnings": [warning] if risky else []}


@get("/live")
async def live() -> ServerSentEvent:
    queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    listeners.append(queue)

    async def follow() -> AsyncIterator[ServerSentEventMessage]:
        yield ServerSentEventMessage(comment="hello")
        while True:
            try:
                event, data = await asyncio.wait_for(queue.get(), 5)
                yield ServerSentEventMessage(event=event, data=data, id=str(now()))
            except TimeoutError:
                yield ServerSentEventMessage(comment="still here")

    return ServerSentEvent(follow())


@post("/preview/emit", status_code=204)
async def emit(request: Request[Any, Any, Any]) -> None:
    """A new case arrives (`new`), or anything else is told as it stands."""
    body = await request.json()
    if body.get("new"):
        arrived.insert(
            0,
            brewline.row(
                2000 + len(arrived),
                now(),
                person_name="Nadia Romero",
                handle="nadiar",
                preview="Is the Barista 3 dishwasher safe?",
                unread=True,
            ),
        )
        body = {"event": "case", "data": {"case_id": arrived[0].id, "seq": 42, "reason": "message"}}
    for queue in listeners:
        queue.put_nowait((body["event"], json.dumps(body["data"])))


@get("/preview/said")
async def said() -> dict[str, Any]:
    return {"drafts": drafts, "posted": posted}


@delete("/preview/said")
async def forget() -> None:
    for kept in (drafts, posted, arrived):
        kept.clear()
    changes.clear()


@get("/channels")
async def channels(request: Request[Any, Any, Any]) -> Response[str]:
    t = now()
    health = [
        ChannelHealth(
            id="ch1",
            name="@brewline",
            network=Network.X,
            health="trouble",
            alive_at=t - 3 * HOUR,
            received_today=412,
            received_total=88_213,
            sent_today=61,
            waiting_to_send=2,
            trouble="X no longer accepts our permission to write. Messages still arrive and two replies "
            "are kept in the queue. Sign in again in the settings of this channel.",
            trouble_at=t - 3 * HOUR,
            can=["public replies", "direct messages"],
        ),
        ChannelHealth(
            id="ch2",
            name="support@brewline.example",
            network=Network.EMAIL,
            health="ok",
            alive_at=t - 20_000,
            received_today=96,
            received_total=21_870,
            sent_today=74,
            can=["private replies"],
        ),
        ChannelHealth(
            id="ch3",
            name="@brewline@coffee.example",
            network=Network.MASTODON,
            health="late",
            alive_at=t - 31 * MINUTE,
            received_today=18,
            received_total=2_004,
            sent_today=9,
            trouble="No sign of life for 31 minutes; usual is one a minute. Nothing is lost: it is read "
            "again from where it stopped.",
            can=["public replies", "direct messages"],
        ),
        ChannelHealth(
            id="ch4",
            name="r/brewline",
            network=Network.REDDIT,
            health="off",
            alive_at=t - 9 * DAY,
            received_today=0,
            received_total=5_310,
            sent_today=0,
        ),
    ]
    return html(
        "channels.html",
        shell=shell("channels"),
        channels=[] if request.query_params.get("empty") else health,
        playground="",
    )


OFFERS = [
    NetworkOffer(
        network=Network.EMAIL,
        summary="A mailbox: reads new mail as it comes, answers by mail.",
        fields=[
            Field(name="name", label="Name", placeholder="Support mailbox", help="What colleagues call it."),
            Field(name="address", label="Address", kind="email", placeholder="support@example.org"),
            Field(
                name="imap_host",
                label="IMAP server",
                error="There is no server of that name. Check the spelling.",
                value="imap.brewlin.example",
            ),
            Field(
                name="security",
                label="Security",
                kind="choice",
                value="tls",
                choices=[Choice(value="tls", label="TLS"), Choice(value="starttls", label="STARTTLS")],
            ),
            Field(
                name="password", label="Password", kind="secret", help="Kept encrypted; never shown again."
            ),
            Field(
                name="history",
                label="Bring in the last 30 days",
                kind="switch",
                value="true",
                help="Shown as history; starts no automation.",
                required=False,
            ),
        ],
    ),
    NetworkOffer(
        network=Network.MASTODON, summary="Mentions, replies and direct messages of one account.", fields=[]
    ),
    NetworkOffer(
        network=Network.FEED, summary="Posts and comments of a blog or news feed. Read only.", fields=[]
    ),
    NetworkOffer(
        network=Network.CHAT, summary="Anything that speaks our API: your web chat, your app.", fields=[]
    ),
]


@get(["/channels/new", "/channels/{channel_id:str}"])
async def channel_form(request: Request[Any, Any, Any]) -> Response[str]:
    chosen = next((o for o in OFFERS if o.network == request.query_params.get("network")), None)
    return html(
        "channel_form.html",
        shell=shell("channels"),
        offers=OFFERS,
        chosen=chosen,
        problems=[],
        channel_name="",
        back="",
        action="/channels",
    )


@get(["/settings", "/settings/users"])
async def users() -> Response[str]:
    listed = [
        UserRow(
            user=u,
            active=u.id != "u3",
            last_seen_at=now() - i * 50 * MINUTE if i < 2 else None,
            open_cases=7 - 3 * i,
            sign_off=f"^{u.name[0]}{u.name.split()[1][0]}",
        )
        for i, u in enumerate(brewline.USERS)
    ]
    return html(
        "settings/users.html",
        shell=shell("settings", notice="Lena Fischer was disabled."),
        users=listed,
        can_edit=True,
    )


SCOPES = [
    Choice(value="messages:write", label="Send messages in"),
    Choice(value="cases:read", label="Read cases"),
]


@get("/settings/tokens")
async def tokens() -> Response[str]:
    listed = [
        TokenRow(
            id="t1",
            name="Web chat",
            prefix="ear_9fK2",
            scopes=["messages:write"],
            created_at=now() - 40 * DAY,
            created_by="Kim Dietrich",
            last_used_at=now() - 2 * MINUTE,
        ),
        TokenRow(
            id="t2",
            name="Warehouse export",
            prefix="ear_x71Q",
            scopes=["cases:read"],
            created_at=now() - 3 * DAY,
            created_by="Omar Haddad",
            last_used_at=None,
        ),
    ]
    return html(
        "settings/tokens.html",
        shell=shell("settings"),
        tokens=listed,
        scopes=SCOPES,
        secret="ear_x71Q-demo-secret-4b1f",
    )


@get("/settings/health")
async def health() -> Response[str]:
    checks = [
        Check(name="Store", state="ok", found="SQLite, 214 MB, integrity checked, 3 ms to write."),
        Check(
            name="Outbox",
            state="warning",
            found="Two replies wait for @brewline since 3 hours.",
            advice="Sign in to the channel again; they go out by themselves.",
        ),
        Check(
            name="Disk",
            state="failed",
            found="1.2 GB left of 40 GB; at this rate it is full in 4 days.",
            advice="Make room, or move the data folder to a larger disk.",
        ),
        Check(name="Log", state="ok", found="All consumers are within 40 events of the end."),
    ]
    return html("settings/health.html", shell=shell("settings"), checks=checks, checked_at=now() - 4000)


@get("/sign-in")
async def sign_in(request: Request[Any, Any, Any]) -> Response[str]:
    wrong = "E-mail or password is not right." if request.query_params.get("wrong") else ""
    return html(
        "sign_in.html",
        csrf_token="preview",
        next="/inbox",
        email="kim@brewline.example" if wrong else "",
        error=wrong,
    )


@get("/welcome")
async def welcome(request: Request[Any, Any, Any]) -> Response[str]:
    step = request.query_params.get("step", "admin")
    chosen = next((o for o in OFFERS if o.network == request.query_params.get("network")), None)
    fields = [
        Field(name="workspace", label="Company", placeholder="Brewline"),
        Field(name="name", label="Your name"),
        Field(name="email", label="E-mail", kind="email"),
        Field(name="password", label="Password", kind="secret", help="At least 12 characters."),
    ]
    return html(
        "welcome.html",
        csrf_token="preview",
        setup_code="",
        step="channel" if chosen else step,
        problems=[],
        offers=OFFERS,
        chosen=chosen,
        fields=fields,
    )


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    return error_response(renderer, error, now=now(), partial="hx-request" in request.headers)


HANDLERS: Sequence[HTTPRouteHandler] = [
    inbox_page,
    inbox_rows,
    case_page,
    case_timeline,
    case_composer,
    why,
    presence,
    palette,
    act,
    draft,
    draft_files,
    live,
    emit,
    said,
    forget,
    channels,
    channel_form,
    users,
    tokens,
    health,
    sign_in,
    welcome,
]

app = Litestar(
    [*HANDLERS, static_route(assets)],
    before_send=[secure],
    exception_handlers={HTTPException: on_error},
    openapi_config=None,
    debug=False,
)

if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
