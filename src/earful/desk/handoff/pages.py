"""Handing off from a case, the code that a caller says, and what came of the invitations."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk import settings as kept
from earful.desk.cases import service as cases
from earful.desk.cases.pages import act
from earful.desk.chat import service as chat
from earful.desk.handoff import rules, service
from earful.desk.handoff.panel import mail_address
from earful.desk.handoff.rules import Way
from earful.desk.handoff.service import Figures, Handoff
from earful.desk.handoff.settings import SHIPPED, Handoffs
from earful.desk.inbox import service as inbox
from earful.desk.outcomes import counting, texts
from earful.desk.outcomes.service import RefusedError as OutcomesRefused
from earful.desk.outcomes.settings import KIND as OUTCOMES
from earful.desk.outcomes.settings import Outcomes
from earful.desk.users.rules import Permission
from earful.model.time import DAY
from earful.parts import Parts
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell, told

READ = [needs(Permission.CASES_READ)]
WRITE = [needs(Permission.CASES_WRITE)]
SEND = [needs(Permission.REPLIES_SEND)]
MANAGE = [needs(Permission.OUTCOMES_MANAGE)]
PATH = "/settings/handoffs"
MEASURED_DAYS = 30


def link_of(parts: Parts, handoff: Handoff) -> str:
    """The address that a customer gets."""
    token = rules.sign(parts.vault.derive(service.PURPOSE), handoff.id, handoff.expires_at)
    return f"{parts.settings.address}/h/{token}"


def invitation(tx: Tx, parts: Parts, handoff: Handoff) -> str:
    """The text that invites, in the customer's language as far as their last message tells it."""
    settings = service.settings(tx)
    rating = inbox.leading_rating(tx, handoff.case_id)
    own = settings.texts.get(handoff.way.value, {})
    pattern = texts.text_for(own, SHIPPED[handoff.way], rating.language if rating else "")
    return texts.fill(
        pattern,
        {
            "name": handoff.person_name,
            "brand": parts.workspace,
            "days": str(settings.days),
            "link": link_of(parts, handoff),
            "code": handoff.code,
            "number": settings.number,
            "address": mail_address(tx),
        },
    )


@post("/cases/{case_id:str}/handoff", guards=SEND, status_code=200, include_in_schema=False)
async def offer(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Invite the customer by `way`; the words go into the composer, to be sent by whoever asked."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    user = session_of(request).user
    if data.get("way") not in set(Way):
        raise ProblemError(422, "Choose how the customer can come; nothing was offered.")
    scripts = is_htmx(request)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        way = Way(data["way"])
        if way is Way.FORM:
            service.ensure_channel(tx, parts.vault, who, now)
        if way is Way.CHAT and chat.first(tx) is None:
            raise service.RefusedError("No web chat is connected; nothing was offered.")
        if way is Way.EMAIL and not mail_address(tx):
            raise service.RefusedError("No mail channel is connected; nothing was offered.")
        made = service.offer(tx, parts.log, who, case_id, way, now)
        words = invitation(tx, parts, made)
        if not scripts:
            cases.save_draft(tx, user.id, case_id, words, None, "", now)
            return {}
        return told(
            "The invitation is in your reply; send it.", f"/handoffs/{made.id}/take-back", insert=words
        )

    try:
        answer = await act(request, case_id, verb)
    except service.RefusedError as error:
        raise ProblemError(422, str(error)) from error
    parts.reconnect()
    return answer


@post("/handoffs/{handoff_id:str}/take-back", guards=SEND, status_code=200, include_in_schema=False)
async def take_back(request: Ask, handoff_id: FromPath[str]) -> Response[Any]:
    """Undo: the link and the code open nothing any more."""
    who, parts = who_asks(request), parts_of(request)
    try:
        case_id = await parts.store.write(
            lambda tx: service.cancel(tx, parts.log, who, handoff_id, parts.clock())
        )
    except service.RefusedError as error:
        raise ProblemError(422, str(error)) from error
    return await act(request, case_id, lambda _: {})


class View(Struct, frozen=True, kw_only=True):
    """The page."""

    figures: list[Figures]
    handoffs: list[Handoff]
    days: int
    settings: Handoffs
    outcomes: Outcomes
    shipped: dict[str, dict[str, str]]
    ask: dict[str, str]
    languages: tuple[str, ...]
    may_manage: bool
    problem: str = ""
    code_problem: str = ""
    told: dict[str, Any] | None = None


async def _show(
    request: Ask, *, problem: str = "", code_problem: str = "", said: dict[str, Any] | None = None
) -> Response[str]:
    parts, session = parts_of(request), session_of(request)
    now = parts.clock()

    def read(tx: Tx) -> View:
        figures, listed = service.figures(tx, now - MEASURED_DAYS * DAY, now)
        return View(
            figures=figures,
            handoffs=listed,
            days=MEASURED_DAYS,
            settings=service.settings(tx),
            outcomes=kept.in_force(tx, OUTCOMES, Outcomes),
            shipped={way.value: dict(SHIPPED[way]) for way in Way},
            ask=dict(texts.ASK),
            languages=texts.LANGUAGES,
            may_manage=Permission.OUTCOMES_MANAGE in session.permissions,
            problem=problem,
            code_problem=code_problem,
            told=said,
        )

    view = await parts.store.read(read)
    around = await shell(request, "settings")
    status = 422 if problem or code_problem else 200
    return page(request, "settings/handoffs.html", status=status, shell=around, view=view)


@get(PATH, guards=READ, include_in_schema=False)
async def handoffs_page(request: Ask) -> Response[str]:
    """A caller's code, what came of the invitations, and for leads the settings. `undo`: places before a save."""
    before = request.query_params.get("undo", "")
    said = None
    if before.replace("-", "").isdecimal():
        said = {"text": "Saved", "undo": {"url": f"{PATH}/restore", "values": {"places": before[:40]}}}
    return await _show(request, said=said)


@post("/handoffs/code", guards=WRITE, status_code=200, include_in_schema=False)
async def enter_code(request: Ask) -> Response[Any]:
    """A caller says their `code`: to their case."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    try:
        found = await parts.store.write(
            lambda tx: service.by_phone(tx, parts.log, who, data.get("code", ""), parts.clock())
        )
    except service.RefusedError as error:
        if not isinstance(error, service.TooManyError):
            await parts.store.write(lambda tx: service.note_wrong(tx, f"user:{who.id}", parts.clock()))
        return await _show(request, code_problem=str(error))
    return go(f"/inbox/case/{found.number}?view=all")


def settings_from(given: dict[str, str]) -> tuple[Handoffs, Outcomes]:
    """What the form says. Raises RefusedError for numbers that are none."""
    days, silent, back = (_days(given.get(name, "")) for name in ("days", "silent_days", "return_days"))
    own = {
        way.value: {
            tongue: text
            for tongue in texts.LANGUAGES
            if (text := given.get(f"{way}_{tongue}", "").strip()) and text != SHIPPED[way].get(tongue)
        }
        for way in Way
    }
    ask = {
        tongue: text
        for tongue in texts.LANGUAGES
        if (text := given.get(f"ask_{tongue}", "").strip()) and text != texts.ASK.get(tongue)
    }
    return (
        Handoffs(
            days=days,
            number=given.get("number", "").strip(),
            texts={way: one for way, one in own.items() if one},
        ),
        Outcomes(silent_days=silent, return_days=back, on_return=given.get("on_return", "reopen"), ask=ask),
    )


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise service.RefusedError("Days are whole numbers.")
    return int(text)


@post(PATH, guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """Put the form's settings in force."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)

    def verb(tx: Tx) -> str:
        now = parts.clock()
        handoffs, outcomes = settings_from(given)
        _, first = service.save_settings(tx, who, handoffs, now)
        _, second = counting.save(tx, parts.log, who, outcomes, now)
        return f"{first}-{second}"

    try:
        before = await parts.store.write(verb)
    except (service.RefusedError, OutcomesRefused) as error:
        return await _show(request, problem=f"{error} Nothing was saved.")
    return go(f"{PATH}?undo={before}")


@post(f"{PATH}/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Undo: put what was in force before a save in force again (`places` of both kinds)."""
    parts, who, given = parts_of(request), who_asks(request), await form(request)
    first, _, second = given.get("places", "").partition("-")
    if not (first.isdecimal() and second.isdecimal() and len(first) < 19 and len(second) < 19):
        raise ProblemError(422, "There are no such settings; nothing was changed.")

    def verb(tx: Tx) -> None:
        now = parts.clock()
        service.restore_settings(tx, who, int(first), now)
        counting.restore(tx, parts.log, who, int(second), now)

    try:
        await parts.store.write(verb)
    except (service.RefusedError, OutcomesRefused) as error:
        raise ProblemError(422, str(error)) from error
    return Response(b"", status_code=200, headers={"HX-Refresh": "true"}) if is_htmx(request) else go(PATH)


HANDLERS: list[Any] = [offer, take_back, handoffs_page, enter_code, save, restore]
