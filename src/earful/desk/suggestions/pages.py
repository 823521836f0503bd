"""Suggestions in the composer."""

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath

from earful.desk.suggestions import service
from earful.desk.suggestions.service import Suggestion
from earful.desk.users.rules import Permission
from earful.web.access import needs
from earful.web.formats import age
from earful.web.site import Ask, parts_of, session_of
from earful.web.words import word


class Shown(Suggestion, frozen=True, kw_only=True):
    """A suggestion with its words for the list."""

    outcome_label: str
    network_label: str
    age: str


@get("/cases/{case_id:str}/suggestions", guards=[needs(Permission.CASES_WRITE)], include_in_schema=False)
async def suggestions(request: Ask, case_id: FromPath[str]) -> list[Shown]:
    """How cases like this one were answered, best first."""
    session_of(request)
    parts = parts_of(request)
    found = await parts.store.read(lambda tx: service.suggest(tx, case_id))
    now = parts.clock()
    return [
        Shown(
            **msgspec.structs.asdict(one),
            outcome_label=word(one.outcome, "outcome"),
            network_label=word(one.network, "network"),
            age=age(one.answered_at, now),
        )
        for one in found
    ]


HANDLERS: list[Any] = [suggestions]
