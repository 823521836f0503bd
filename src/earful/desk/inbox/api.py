"""The inbox for programs: cases as JSON, and everything as JSON Lines."""

from collections.abc import Iterator
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from earful.desk.inbox import pages
from earful.desk.inbox import service as inbox
from earful.desk.users.rules import Permission
from earful.desk.users.service import Session
from earful.export import QUERIES, export
from earful.model.desk import CaseDetail, InboxPage, Role, UserRef
from earful.web.access import needs
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


def _reader(request: Ask) -> UserRef:
    """Whose "mine" and "unread" an answer speaks of; a token has neither."""
    if isinstance(request.user, Session):
        return request.user.user
    return UserRef(id=request.user.id, name=request.user.name, email="", role=Role.AGENT)


@get("/api/v1/cases", guards=[needs(Permission.CASES_READ)])
async def cases(request: Ask) -> InboxPage:
    """A page of cases: `view`, `network`, `kind`, `topic`, `tag`, `q`, `order`, and `after` from `next`."""
    query = dict(request.query_params.items())
    reader = _reader(request)
    try:
        return await parts_of(request).store.read(
            lambda tx: inbox.page(tx, pages.filter_of(query), reader.id, query.get("after", ""))
        )
    except ValueError as error:
        raise ProblemError(400, str(error)) from error


@get("/api/v1/cases/{number:int}", guards=[needs(Permission.CASES_READ)])
async def case(request: Ask, number: FromPath[int]) -> CaseDetail:
    """One case with its newest messages, ratings, notes, replies and person."""
    parts, reader = parts_of(request), _reader(request)
    found = await parts.store.read(lambda tx: inbox.detail(tx, number, reader, "", pages.rendering(parts)))
    if found is None:
        raise ProblemError(404, f"There is no case #{number}; it may have been merged into another.")
    return found


@get("/api/v1/export/{what:str}", guards=[needs(Permission.EXPORT)], media_type="application/x-ndjson")
async def export_all(request: Ask, what: FromPath[str]) -> Stream:
    """`messages`, `conversations` or `cases` as JSON Lines, one snapshot, however many there are."""
    if what not in QUERIES:
        raise ProblemError(404, f"There is no such export; choose one of {', '.join(QUERIES)}.")
    store = parts_of(request).store

    def lines() -> Iterator[bytes]:
        yield from export(store, what)

    return Stream(lines(), media_type="application/x-ndjson")


HANDLERS: list[Any] = [cases, case, export_all]
