"""The command palette's own questions."""

from typing import Any

from litestar import get

from earful.desk.macros.pages import asker_of
from earful.desk.palette import service
from earful.desk.palette.service import Entry
from earful.desk.users.rules import Permission
from earful.web.access import needs
from earful.web.site import Ask, parts_of

FEWEST = 2
"""Letters from which on cases and people are searched."""


@get("/palette", guards=[needs(Permission.CASES_READ)], include_in_schema=False)
async def palette(request: Ask) -> list[Entry]:
    """Views, macros and recent cases; with `q`, cases and people that have these words."""
    asker, words = asker_of(request), request.query_params.get("q", "").strip()[:100]
    store = parts_of(request).store
    if not words:
        return await store.read(lambda tx: service.standing(tx, asker))
    return await store.read(lambda tx: service.found(tx, words)) if len(words) >= FEWEST else []


HANDLERS: list[Any] = [palette]
