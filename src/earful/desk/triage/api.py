"""Ratings for programs: read one with its corrections, correct it, take a correction back."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.triage import service as triage
from earful.desk.users.rules import Permission
from earful.desk.users.service import TokenHolder
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.once import Key, once
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

WRITE = [needs(Permission.CASES_WRITE)]
_encode = msgspec.json.Encoder().encode


class CorrectionBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a field is; `docs/reference/labels.md` names the values."""

    field: str
    value: str | int | list[str]


@get("/api/v1/messages/{message_id:str}/rating", guards=[needs(Permission.CASES_READ)])
async def rating(request: Ask, message_id: FromPath[str]) -> triage.Rated:
    """A message's rating with its reasons, and the corrections in it, those taken back included."""
    try:
        return await parts_of(request).store.read(lambda tx: triage.rated(tx, message_id))
    except triage.NotFoundError as error:
        raise ProblemError(404, str(error)) from error


@post("/api/v1/messages/{message_id:str}/corrections", status_code=201, guards=WRITE, exclude_from_csrf=True)
async def correct(
    request: Ask,
    message_id: FromPath[str],
    data: CorrectionBody,
    idempotency_key: Key = None,
) -> Response[bytes]:
    """Say what a `field` of a message's rating is, by `value`; answers with the rating as it then is.

    Fields: kind, topic, sentiment, severity (0-4), urgency, wants, tried_before and abuse (lists), churn (0-2),
    relevance (about_us or not_about_us), language. Triage keeps to it when the message is edited, and learns.
    The same Idempotency-Key with the same body gives the same answer and corrects nothing again; with another
    body it is refused with 422. Keys are kept for a day.
    """
    parts, who = parts_of(request), who_asks(request)
    _check_program(request)

    def verb(tx: Tx) -> triage.Rated:
        with _refusals():
            triage.correct(tx, parts.log, who, message_id, data.field, data.value, parts.clock())
            return triage.rated(tx, message_id)

    return await once(request, idempotency_key, data, verb)


@delete("/api/v1/corrections/{correction_id:str}", status_code=200, guards=WRITE, exclude_from_csrf=True)
async def undo(request: Ask, correction_id: FromPath[str]) -> Response[bytes]:
    """Take a correction back; answers with the rating as it then is. Twice is once."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> bytes:
        done = triage.undo_correction(tx, parts.log, who, correction_id, parts.clock())
        return _encode(triage.rated(tx, done.message_id))

    return Response(await _write(request, verb), media_type="application/json")


async def _write(request: Ask, verb: Callable[[Tx], Any]) -> Any:
    """Run a verb of a program."""
    _check_program(request)
    parts = parts_of(request)
    with _refusals():
        return await parts.store.write(verb)


def _check_program(request: Ask) -> None:
    """People correct in the inbox, whose forms are safe from other sites."""
    if not isinstance(request.user, TokenHolder):
        words = "This is for programs with a token; people correct in the inbox. Nothing was changed."
        raise ProblemError(400, words)


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What triage refuses, as problem details."""
    try:
        yield
    except triage.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    except triage.RefusedError as error:
        raise ProblemError(409, str(error)) from error
    except triage.InvalidCorrectionError as error:
        raise ProblemError(422, str(error)) from error


HANDLERS: list[Any] = [rating, correct, undo]
