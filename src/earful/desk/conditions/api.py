"""Conditions for programs: check one before it is used."""

from typing import Any

import msgspec
from litestar import post
from msgspec import Struct

from earful.desk.conditions import reading, service
from earful.desk.conditions.words import says
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.conditions import Condition
from earful.store.tx import Tx
from earful.web.access import needs
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of


class Body(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition, as `docs/reference/conditions.md` has it."""

    condition: dict[str, Any]


class Checked(Struct, frozen=True, kw_only=True):
    """What a condition says, as kept and as a sentence, and how many of the newest cases it holds of."""

    condition: Any
    sentence: str
    matches: service.Matches


def read(data: object) -> Condition:
    """A condition that a program sent. Raises ProblemError (422) that names the place."""
    try:
        return reading.read(data)
    except reading.InvalidConditionError as error:
        raise ProblemError(422, f"{error}. Nothing was kept.") from error


@post(
    "/api/v1/conditions/check",
    status_code=200,
    guards=[needs(Permission.CASES_READ)],
    exclude_from_csrf=True,
)
async def check(request: Ask, data: Body) -> Checked:
    """Validate a `condition`: answers with it as it would be kept, as a sentence, and with how many cases match.

    Up to 1,000 are counted among the 20,000 newest cases; `more` says that there are more. A mistake is answered with
    422, and `detail` names its place: `all[1].not.value: expected a number from 0 to 4, got "high"`.
    `me` is nobody here.
    """
    parts = parts_of(request)
    condition = read(data.condition)

    def look(tx: Tx) -> Checked:
        names = {user.id: user.name for user in users.colleagues(tx)}
        return Checked(
            condition=msgspec.to_builtins(condition),
            sentence=says(condition, names),
            matches=service.matches(tx, condition, parts.clock()),
        )

    return await parts.store.read(look)


HANDLERS: list[Any] = [check]
