"""The pages of people: the list, one person, suggestions; and what is decided about who is who."""

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from earful.desk.cases import service as cases
from earful.desk.cases.pages import act as act_in_case
from earful.desk.people import flags, linking, naming, reading, rules, suggesting
from earful.desk.people.linking import NotFoundError, Proof, RefusedError
from earful.desk.people.rules import Flag, Origin
from earful.desk.users.rules import Permission
from earful.model.time import DAY
from earful.store.audit import record
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, form, go, is_htmx, page, parts_of, session_of, shell, told

READ, WRITE = [needs(Permission.CASES_READ)], [needs(Permission.CASES_WRITE)]
PATH = "/people"
Verb = Callable[[Tx], dict[str, str]]


@get(PATH, guards=READ, include_in_schema=False)
async def list_page(request: Ask, q: str = "", after: str = "") -> Response[str]:
    """Everybody who ever wrote, who was met last first; `q` searches names, handles and addresses."""
    parts = parts_of(request)
    found = await parts.store.read(lambda tx: reading.page(tx, q, after[:40], parts.clock()))
    waiting = await parts.store.read(lambda tx: len(suggesting.queue(tx)))
    return page(
        request,
        "people/list.html",
        shell=await shell(request, "people"),
        found=found,
        q=q[:200],
        waiting=waiting,
    )


@get(f"{PATH}/suggestions", guards=READ, include_in_schema=False)
async def queue_page(request: Ask) -> Response[str]:
    """Who may be the same person, the strongest evidence first."""
    return page(request, "people/queue.html", shell=await shell(request, "people"), **await _queue(request))


async def _queue(request: Ask) -> dict[str, Any]:
    return {"hints": await parts_of(request).store.read(suggesting.queue)}


async def _person(request: Ask, person_id: str) -> dict[str, Any]:
    """The values of a person's page; who looks is written down."""
    parts, who, now = parts_of(request), who_asks(request), parts_of(request).clock()
    before = request.query_params.get("before", "")[:60]
    words = request.query_params.get("who", "")[:200]

    def look(tx: Tx) -> dict[str, Any]:
        found = reading.person(tx, reading.who_is(tx, person_id), now)
        others = reading.page(tx, words, "", now).people if words.strip() else []
        return {
            "found": found,
            "said": reading.timeline(tx, found.card.id, before),
            "before": before,
            "who": words,
            "others": [one for one in others if one.id != found.card.id][:10],
            "days": rules.VULNERABLE_DAYS,
            "may_erase": Permission.PEOPLE_ERASE in session_of(request).permissions,
        }

    try:
        seen = await parts.store.read(look)
    except NotFoundError as error:
        raise NotFoundException(str(error)) from error
    except ValueError as error:
        raise ProblemError(400, str(error)) from error
    await parts.store.write(lambda tx: record(tx, who, "person.seen", seen["found"].card.id, now))
    return seen


@get(f"{PATH}/{{person_id:str}}", guards=READ, include_in_schema=False)
async def person_page(request: Ask, person_id: FromPath[str]) -> Response[Any]:
    """One person: accounts, flags, timeline, cases, and how we know."""
    session_of(request)
    seen = await _person(request, person_id)
    now_is = seen["found"].card.id
    if now_is != person_id:
        return go(f"{PATH}/{now_is}")
    return page(request, "people/person.html", shell=await shell(request, "people"), **seen)


async def _act(request: Ask, verb: Verb) -> Response[Any]:
    """Run a verb from where it was asked for: a `case`, the queue (`queue`), or a `person`'s page."""
    data, parts = await form(request), parts_of(request)
    if data.get("case"):
        return await act_in_case(request, data["case"], partial(_refusing, verb))
    try:
        headers = await parts.store.write(verb)
    except (NotFoundError, cases.NotFoundError) as error:
        raise NotFoundException(str(error)) from error
    except (RefusedError, cases.RefusedError) as error:
        raise ProblemError(422, str(error)) from error
    if data.get("queue"):
        if not is_htmx(request):
            return go(f"{PATH}/suggestions")
        values = await _queue(request)
        return page(
            request,
            "people/queue_update.html",
            headers=headers,
            shell=await shell(request, "people"),
            **values,
        )
    person_id = data.get("person", "")
    if not is_htmx(request):
        return go(f"{PATH}/{person_id}")
    seen = await _person(request, person_id)
    return page(request, "people/update.html", headers=headers, shell=await shell(request, "people"), **seen)


def _refusing(verb: Verb, tx: Tx) -> dict[str, str]:
    """The verb, refusing in the words that a case's page knows."""
    try:
        return verb(tx)
    except (NotFoundError, RefusedError) as error:
        raise cases.RefusedError(str(error)) from error


def _where(data: dict[str, str]) -> dict[str, str]:
    """What an undo must know to answer with the same page."""
    return {name: data[name] for name in ("case", "queue", "person") if data.get(name)}


@post(f"{PATH}/hints/{{hint_id:str}}/accept", guards=WRITE, status_code=200, include_in_schema=False)
async def accept(request: Ask, hint_id: FromPath[str]) -> Response[Any]:
    """They are one person."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        tie_id = suggesting.accept(tx, parts.log, who, hint_id, parts.clock())
        return told("Linked as one person", f"{PATH}/ties/{tie_id}/take-back", _where(data))

    return await _act(request, verb)


@post(f"{PATH}/hints/{{hint_id:str}}/refuse", guards=WRITE, status_code=200, include_in_schema=False)
async def refuse(request: Ask, hint_id: FromPath[str]) -> Response[Any]:
    """They are two: never suggested again on this evidence."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        suggesting.refuse(tx, who, hint_id, parts.clock())
        return told("Not suggested again on this evidence", f"{PATH}/hints/{hint_id}/reopen", _where(data))

    return await _act(request, verb)


@post(f"{PATH}/hints/{{hint_id:str}}/reopen", guards=WRITE, status_code=200, include_in_schema=False)
async def reopen(request: Ask, hint_id: FromPath[str]) -> Response[Any]:
    """Undo a refusal."""
    who, parts = who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        suggesting.reopen(tx, who, hint_id, parts.clock())
        return {}

    return await _act(request, verb)


@post(f"{PATH}/ties/{{tie_id:str}}/take-back", guards=WRITE, status_code=200, include_in_schema=False)
async def take_back(request: Ask, tie_id: FromPath[str]) -> Response[Any]:
    """Take a link back."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        suggesting.take_back(tx, parts.log, who, tie_id, parts.clock())
        return told("Two persons again", f"{PATH}/ties/again", {"ties": tie_id} | _where(data))

    return await _act(request, verb)


@post(f"{PATH}/ties/again", guards=WRITE, status_code=200, include_in_schema=False)
async def again(request: Ask) -> Response[Any]:
    """Undo a taking back: `ties`, divided by commas."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        linking.again(tx, parts.log, who, data.get("ties", "").split(","), parts.clock())
        return {}

    return await _act(request, verb)


@post(f"{PATH}/accounts/{{author_id:str}}/unlink", guards=WRITE, status_code=200, include_in_schema=False)
async def unlink(request: Ask, author_id: FromPath[str]) -> Response[Any]:
    """Make an account a person of its own again."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        ties = linking.unlink(tx, parts.log, who, author_id, parts.clock())
        return told(
            "A person of its own again", f"{PATH}/ties/again", {"ties": ",".join(ties)} | _where(data)
        )

    return await _act(request, verb)


@post(f"{PATH}/{{person_id:str}}/link", guards=WRITE, status_code=200, include_in_schema=False)
async def link(request: Ask, person_id: FromPath[str]) -> Response[Any]:
    """`other`: the person who is the same; `reason`."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        proof = Proof(Origin.HAND, reason=data.get("reason", ""))
        tie_id = linking.tie(tx, parts.log, who, proof, person_id, data.get("other", ""), parts.clock())
        return told("Linked as one person", f"{PATH}/ties/{tie_id}/take-back", _where(data))

    return await _act(request, verb)


@post(f"{PATH}/{{person_id:str}}/name", guards=WRITE, status_code=200, include_in_schema=False)
async def name(request: Ask, person_id: FromPath[str]) -> Response[Any]:
    """`name`; `unnamed` when it is to follow the account again, as an undo says."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        wanted, now = data.get("name", ""), parts.clock()
        before, named = naming.rename(
            tx, parts.log, who, person_id, wanted, now, named=not data.get("unnamed")
        )
        back = {"name": before} | ({} if named else {"unnamed": "1"}) | _where(data)
        return told("Renamed", f"{PATH}/{person_id}/name", back)

    return await _act(request, verb)


@post(f"{PATH}/{{person_id:str}}/flags", guards=WRITE, status_code=200, include_in_schema=False)
async def flag(request: Ask, person_id: FromPath[str]) -> Response[Any]:
    """`flag`, `reason`, and `days` until it ends, empty for no end."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)
    if data.get("flag") not in set(Flag):
        raise ProblemError(422, f"`flag` is none of: {', '.join(Flag)}. Nothing was changed.")
    days = data.get("days", "").strip()
    if days and not (days.isdecimal() and len(days) < 6):
        raise ProblemError(422, "Write a number of days, or leave it empty for no end. Nothing was changed.")

    def verb(tx: Tx) -> dict[str, str]:
        now = parts.clock()
        ends = now + int(days) * DAY if days else None
        reason = data.get("reason", "")
        flag_id = flags.put(tx, parts.log, who, person_id, Flag(data["flag"]), reason, ends, now)
        return told("Flagged", f"{PATH}/flags/{flag_id}/clear", _where(data))

    return await _act(request, verb)


@post(f"{PATH}/flags/{{flag_id:str}}/clear", guards=WRITE, status_code=200, include_in_schema=False)
async def clear(request: Ask, flag_id: FromPath[str]) -> Response[Any]:
    """Take a flag off."""
    data, who, parts = await form(request), who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        flags.clear(tx, parts.log, who, flag_id, parts.clock())
        return told("Flag taken off", f"{PATH}/flags/{flag_id}/restore", _where(data))

    return await _act(request, verb)


@post(f"{PATH}/flags/{{flag_id:str}}/restore", guards=WRITE, status_code=200, include_in_schema=False)
async def restore(request: Ask, flag_id: FromPath[str]) -> Response[Any]:
    """Undo a taking off."""
    who, parts = who_asks(request), parts_of(request)

    def verb(tx: Tx) -> dict[str, str]:
        flags.restore(tx, parts.log, who, flag_id, parts.clock())
        return {}

    return await _act(request, verb)


HANDLERS: list[Any] = [
    list_page, queue_page, person_page, accept, refuse, reopen, take_back, again, unlink, link, name, flag,
    clear, restore,
]  # fmt: skip
