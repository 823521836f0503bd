"""Changing cases from their page: small forms, each one verb."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from litestar import Response, post, put
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from earful.desk.cases import rules
from earful.desk.cases import service as cases
from earful.desk.inbox import pages as inbox
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.desk import Outcome, Status
from earful.model.ids import new_id
from earful.model.message import Visibility
from earful.model.time import HOUR, instant, moment
from earful.outbox.preview import Preview, preview
from earful.outbox.service import RefusedReplyError
from earful.store.errors import ConflictError
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, parts_of, session_of, told

T = TypeVar("T", Status, Outcome)
WRITE = [needs(Permission.CASES_WRITE)]
MORNING = 9


async def act(request: Ask, case_id: FromPath[str], verb: Callable[[Tx], dict[str, str]]) -> Response[Any]:
    """Run a verb that returns the page's headers, and answer with the fresh case."""
    parts = parts_of(request)

    def run(tx: Tx) -> tuple[int, dict[str, str]]:
        headers = verb(tx)
        return cases.number_of(tx, case_id), headers

    try:
        number, headers = await parts.store.write(run)
    except cases.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except cases.RefusedError as error:
        raise ProblemError(422, str(error)) from error
    except ConflictError as error:
        raise ProblemError(409, str(error)) from error
    return await inbox.changed(request, number, headers)


@post("/cases/{case_id:str}/assign", guards=WRITE, status_code=200, include_in_schema=False)
async def assign(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`assignee_id`: a colleague, or empty for nobody."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    wanted = data.get("assignee_id") or None

    def verb(tx: Tx) -> dict[str, str]:
        names = {user.id: user.name for user in users.colleagues(tx)}
        if wanted is not None and wanted not in names:
            raise cases.RefusedError("This colleague does not exist any more.")
        name = names.get(wanted or "", "")
        before = cases.assign(tx, parts.log, who, case_id, wanted, name, parts.clock())
        words = f"Assigned to {name}" if wanted else "Assigned to nobody"
        return told(words, f"/cases/{case_id}/assign", {"assignee_id": before or ""})

    return await act(request, case_id, verb)


def _undo(case_id: str, standing: rules.Standing) -> tuple[str, dict[str, str]]:
    return f"/cases/{case_id}/restore", {
        "status": standing.status.value,
        "outcome": standing.outcome.value,
        "snoozed_until": str(standing.snoozed_until or ""),
        "closed_at": str(standing.closed_at or ""),
    }


@post("/cases/{case_id:str}/status", guards=WRITE, status_code=200, include_in_schema=False)
async def status(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`status`: open or waiting."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    wanted = _enum(Status, data.get("status", ""), "status")

    def verb(tx: Tx) -> dict[str, str]:
        before = cases.standing_of(tx, case_id)
        cases.set_status(tx, parts.log, who, case_id, wanted, parts.clock())
        words = "Waiting on the customer" if wanted is Status.WAITING else "Back to open"
        return told(words, *_undo(case_id, before))

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/reopen", guards=WRITE, status_code=200, include_in_schema=False)
async def reopen(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Open a closed case again."""
    who, parts = who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        before = cases.standing_of(tx, case_id)
        cases.set_status(tx, parts.log, who, case_id, Status.OPEN, parts.clock())
        return told("Opened again", *_undo(case_id, before))

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/snooze", guards=WRITE, status_code=200, include_in_schema=False)
async def snooze(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`until`: 3h, tomorrow, monday or a local time; `zone`: the reader's IANA zone."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    until = snooze_until(data.get("until", ""), data.get("zone", "UTC"), parts.clock())

    def verb(tx: Tx) -> dict[str, str]:
        before = cases.standing_of(tx, case_id)
        cases.snooze(tx, parts.log, who, case_id, until, parts.clock())
        return told("Snoozed", *_undo(case_id, before))

    return await act(request, case_id, verb)


def snooze_until(until: str, zone: str, now: int) -> int:
    """The instant that a reader means. Raises ProblemError when it is not a time."""
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        here = ZoneInfo("UTC")
    local = moment(now).astimezone(here)
    if until == "3h":
        return now + 3 * HOUR
    days = {"tomorrow": 1, "monday": 7 - local.weekday()}.get(until)
    if days is not None:
        day = local.date() + timedelta(days=days)
        return instant(datetime(day.year, day.month, day.day, MORNING, tzinfo=here))
    try:
        named = datetime.fromisoformat(until)
    except ValueError as error:
        raise ProblemError(422, "Choose when it should come back.") from error
    return instant(named if named.tzinfo else named.replace(tzinfo=here))


@post("/cases/{case_id:str}/close", guards=WRITE, status_code=200, include_in_schema=False)
async def close(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`outcome`, and a `note` if there is something to say."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    outcome = _enum(Outcome, data.get("outcome", ""), "outcome")
    note = data.get("note", "").strip()

    def verb(tx: Tx) -> dict[str, str]:
        before, now = cases.standing_of(tx, case_id), parts.clock()
        cases.close(tx, parts.log, who, case_id, outcome, now)
        if note:
            cases.note(tx, parts.log, who, case_id, new_id(now), note, now)
        return told("Closed", *_undo(case_id, before))

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/restore", guards=WRITE, status_code=200, include_in_schema=False)
async def restore(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """Undo: put a case back to where it stood."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    standing = rules.Standing(
        status=_enum(Status, data.get("status", ""), "status"),
        outcome=_enum(Outcome, data.get("outcome", ""), "outcome"),
        snoozed_until=_number(data.get("snoozed_until", "")),
        closed_at=_number(data.get("closed_at", "")),
    )

    def verb(tx: Tx) -> dict[str, str]:
        cases.restore(tx, parts.log, who, case_id, standing, parts.clock())
        return {}

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/tags", guards=WRITE, status_code=200, include_in_schema=False)
async def tags(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`add` or `remove` one tag."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        if data.get("remove"):
            cases.untag(tx, parts.log, who, case_id, data["remove"], parts.clock())
            return told(f"Removed {data['remove']}", f"/cases/{case_id}/tags", {"add": data["remove"]})
        kept = cases.tag(tx, parts.log, who, case_id, data.get("add", ""), parts.clock())
        return told(f"Tagged {kept}", f"/cases/{case_id}/tags", {"remove": kept})

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/title", guards=WRITE, status_code=200, include_in_schema=False)
async def title(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`title`."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        cases.rename(tx, parts.log, who, case_id, data.get("title", ""), parts.clock())
        return told("Renamed")

    return await act(request, case_id, verb)


@post("/cases/{case_id:str}/notes", guards=WRITE, status_code=200, include_in_schema=False)
async def notes(request: Ask, case_id: FromPath[str]) -> Response[Any]:
    """`text` of a note for colleagues."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        cases.note(tx, parts.log, who, case_id, new_id(now), data.get("text", ""), now)
        return told("Note added")

    return await act(request, case_id, verb)


class DraftBody(msgspec.Struct):
    """A draft as the composer saves it."""

    text: str = ""
    audience: str = ""
    in_reply_to: str = ""


class Warned(msgspec.Struct, omit_defaults=True):
    """Something to think about before sending."""

    text: str
    private_label: str = ""


class Saved(msgspec.Struct):
    """When a draft was kept, and what was noticed in it."""

    saved_at: int
    warnings: list[Warned]
    private: list[tuple[int, int, str]] = []
    """Where private data stands that others would see, in code points, and what it is."""
    gaps: list[str] = []
    parts: list[str] = []
    """What it becomes when it is too long for one post."""
    in_alts: bool = False
    """There is private data in the description of a picture."""


PII_WORDS = {
    "card": "a card number",
    "iban": "an account number",
    "phone": "a phone number",
    "email": "an e-mail address",
    "address": "an address",
    "order_number": "an order number",
    "id_number": "an identity number",
    "account_number": "a bank account number",
}


@put("/cases/{case_id:str}/draft", guards=WRITE, include_in_schema=False)
async def draft(request: Ask, case_id: FromPath[str], data: DraftBody) -> Saved:
    """Keep what is being written, on every device."""
    parts, session = parts_of(request), session_of(request)
    user = session.user
    audience = Visibility(data.audience) if data.audience in set(Visibility) else None
    now = parts.clock()

    def verb(tx: Tx) -> Preview | None:
        cases.save_draft(tx, user.id, case_id, data.text, audience, data.in_reply_to, now)
        if audience is None or not data.text.strip():
            return None
        sign_off, to = session.sign_off, data.in_reply_to
        try:
            return preview(tx, user, sign_off, data.text, to, audience, parts.capabilities)
        except RefusedReplyError:
            return None

    try:
        look = await parts.store.write(verb)
    except cases.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    if look is None:
        return Saved(saved_at=now, warnings=[])
    private = [(one.start, one.end, PII_WORDS.get(one.type, "private data")) for one in look.private]
    warnings = []
    if private:
        words = f"This has {private[0][2]} in it, and everybody could read it."
        warnings.append(Warned(text=words, private_label="Answer in private"))
    elif look.in_alts:
        kind = PII_WORDS.get(look.in_alts[0].type, "private data")
        words = f"The description of a picture has {kind} in it, and everybody could read it."
        warnings.append(Warned(text=words, private_label="Answer in private"))
    if look.gaps:
        warnings.append(Warned(text=f"Fill in [[{look.gaps[0]}]] before you send."))
    return Saved(
        saved_at=now,
        warnings=warnings,
        private=private,
        gaps=look.gaps,
        parts=look.parts,
        in_alts=bool(look.in_alts),
    )


def _enum(kind: type[T], value: str, field: str) -> T:
    try:
        return kind(value)
    except ValueError as error:
        raise ProblemError(422, f"`{field}` is none of: {', '.join(kind)}.") from error


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


HANDLERS: list[Any] = [
    assign, status, reopen, snooze, close, restore, tags, title, notes, draft,
]  # fmt: skip
