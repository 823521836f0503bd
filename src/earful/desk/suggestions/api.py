"""Suggestions for programs."""

from typing import Any

from litestar import get
from litestar.params import FromPath

from earful.desk.cases import service as cases
from earful.desk.suggestions import service
from earful.desk.suggestions.service import Suggestion
from earful.desk.users.rules import Permission
from earful.store.tx import Tx
from earful.web.access import needs
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


@get("/api/v1/cases/{case_id:str}/suggestions", guards=[needs(Permission.CASES_READ)])
async def suggestions(request: Ask, case_id: FromPath[str]) -> list[Suggestion]:
    """How cases like this one were answered that are confirmed to be solved, the best first."""

    def read(tx: Tx) -> list[Suggestion]:
        cases.number_of(tx, case_id)
        return service.suggest(tx, case_id)

    try:
        return await parts_of(request).store.read(read)
    except cases.NotFoundError as error:
        raise ProblemError(404, str(error)) from error


HANDLERS: list[Any] = [suggestions]
