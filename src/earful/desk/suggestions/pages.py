"""Suggestions in the composer."""

from typing import Any

from litestar import get
from litestar.params import FromPath

from earful.desk.suggestions import service
from earful.desk.suggestions.service import Suggestion
from earful.desk.users.rules import Permission
from earful.web.access import needs
from earful.web.site import Ask, parts_of, session_of


@get("/cases/{case_id:str}/suggestions", guards=[needs(Permission.CASES_WRITE)], include_in_schema=False)
async def suggestions(request: Ask, case_id: FromPath[str]) -> list[Suggestion]:
    """How cases like this one were answered, best first."""
    session_of(request)
    return await parts_of(request).store.read(lambda tx: service.suggest(tx, case_id))


HANDLERS: list[Any] = [suggestions]
