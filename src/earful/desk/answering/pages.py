"""Settings, Answering: the delay in which replies can be taken back, what is ours, which replies need approval."""

from typing import Any

from litestar import Response, get, post

from earful.desk.answering import service
from earful.desk.answering.service import Answering, Habits
from earful.desk.approval import service as approval
from earful.desk.approval.rules import WHO, Policy, Rule
from earful.desk.channels import service as channels
from earful.desk.conditions import reading
from earful.desk.conditions.words import says
from earful.desk.users.rules import Permission
from earful.desk.views import service as views
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell

READ = [needs(Permission.CASES_READ)]
MANAGE = [needs(Permission.REPLIES_APPROVE)]
PATH = "/settings/answering"
BLANK = 1
"""Empty rules at the end of the form."""


async def _show(request: Ask, problem: str = "", given: dict[str, str] | None = None) -> Response[str]:
    session = session_of(request)
    before = request.query_params.get("undo", "")
    said = None
    if before.replace("-", "").isdecimal():
        said = {"text": "Saved", "undo": {"url": f"{PATH}/restore", "values": {"places": before[:40]}}}

    def read(tx: Tx) -> dict[str, Any]:
        policy = approval.settings(tx)
        return {
            "settings": service.settings(tx),
            "habits": service.habits(tx, session.user.id),
            "channels": [one for one in channels.listed(tx) if one.enabled],
            "rules": [
                (rule, says(reading.read(rule.condition)) if rule.condition is not None else "")
                for rule in [*policy.rules, *[Rule(name="") for _ in range(BLANK)]]
            ],
            "views": [one for one in views.seen_by(tx, session.user.id) if one.shared],
        }

    found = await parts_of(request).store.read(read)
    return page(
        request,
        "settings/answering.html",
        status=422 if problem else 200,
        shell=await shell(request, "settings"),
        may_manage=Permission.REPLIES_APPROVE in session.permissions,
        problem=problem,
        told=said,
        whose=WHO,
        given=given or {},
        **found,
    )


@get(PATH, guards=READ, include_in_schema=False)
async def answering_page(request: Ask) -> Response[str]:
    """One's own habits, and for leads what holds for everybody. `undo`: places before a save."""
    return await _show(request)


@post(f"{PATH}/mine", guards=READ, status_code=200, include_in_schema=False)
async def save_mine(request: Ask) -> Response[Any]:
    """`undo_seconds` (empty: as everybody) and `sign_off_CHANNEL`."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    signs = {
        name.removeprefix("sign_off_"): value.strip()
        for name, value in data.items()
        if name.startswith("sign_off_") and value.strip()
    }
    try:
        seconds = _number(data["undo_seconds"]) if data.get("undo_seconds", "").strip() else None
        wanted = Habits(undo_seconds=seconds, sign_offs=signs)
        await parts.store.write(lambda tx: service.save_habits(tx, who, wanted, parts.clock()))
    except service.RefusedError as error:
        return await _show(request, f"{error} Nothing was saved.")
    return go(PATH)


@post(PATH, guards=MANAGE, status_code=200, include_in_schema=False)
async def save(request: Ask) -> Response[Any]:
    """What holds for everybody: `undo_seconds`, `contacts`, and the rules of approval."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)

    def verb(tx: Tx) -> str:
        now = parts.clock()
        contacts = [line.strip() for line in data.get("contacts", "").splitlines() if line.strip()]
        wanted = Answering(undo_seconds=_number(data.get("undo_seconds", "")), contacts=contacts)
        _, first = service.save(tx, who, wanted, now)
        policy = _policy(tx, data, who.id)
        _, second = approval.save(tx, who, policy, now)
        return f"{first}-{second}"

    try:
        before = await parts.store.write(verb)
    except (service.RefusedError, approval.RefusedError) as error:
        return await _show(request, f"{error} Nothing was saved.", data)
    return go(f"{PATH}?undo={before}")


def _policy(tx: Tx, data: dict[str, str], user_id: str) -> Policy:
    """The rules that the form says; a rule without a name is left out. A condition is that of a shared view."""
    kept = approval.settings(tx).rules
    seen = {one.id: one for one in views.seen_by(tx, user_id)}
    rules = []
    for at in range(len(kept) + BLANK):
        name = data.get(f"name_{at}", "").strip()
        if not name:
            continue
        of = data.get(f"of_{at}", "")
        condition = kept[at].condition if of == "kept" and at < len(kept) else None
        if of in seen:
            condition = reading.data_of(seen[of].condition)
        rules.append(
            Rule(
                name=name,
                who=data.get(f"who_{at}", ""),
                days=_number(data.get(f"days_{at}", "") or "30"),
                public_only=data.get(f"public_{at}") == "1",
                condition=condition,
            )
        )
    return Policy(rules=rules)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise service.RefusedError("Seconds and days are whole numbers.")
    return int(text)


@post(f"{PATH}/restore", guards=MANAGE, status_code=200, include_in_schema=False)
async def restore(request: Ask) -> Response[Any]:
    """Undo: put what was in force before a save in force again (`places` of both kinds)."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    first, _, second = data.get("places", "").partition("-")
    if not (first.isdecimal() and second.isdecimal() and len(first) < 19 and len(second) < 19):
        raise ProblemError(422, "There are no such settings; nothing was changed.")

    def verb(tx: Tx) -> None:
        service.restore(tx, who, int(first), parts.clock())
        approval.restore(tx, who, int(second), parts.clock())

    try:
        await parts.store.write(verb)
    except (service.RefusedError, approval.RefusedError) as error:
        raise ProblemError(422, str(error)) from error
    return Response(b"", status_code=200, headers={"HX-Refresh": "true"}) if is_htmx(request) else go(PATH)


HANDLERS: list[Any] = [answering_page, save_mine, save, restore]
