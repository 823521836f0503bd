"""Calls that telephone systems hand in: one, a list, or `{"calls": [...]}`; see `channels.phone.calls.Call`."""

from typing import Any

import msgspec

from earful.channels.phone.calls import Call, messages_of
from earful.intake import rules, wire
from earful.model.message import IncomingMessage
from earful.model.time import Instant

_objects = msgspec.json.Decoder(Any)


def read(body: bytes, now: Instant) -> wire.Read | None:
    """What a body of calls says; None when it has something else in it. Each fault is named by its place."""
    try:
        whole = _objects.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if isinstance(whole, dict) and set(whole) == {"calls"}:
        whole = whole["calls"]
    given = whole if isinstance(whole, list) else [whole]
    if not given or not all(map(_is_call, given)):
        return None
    if len(given) > wire.MOST:
        raise wire.UnreadableError(f"{len(given)} calls in one request; send at most {wire.MOST}.")
    messages: list[IncomingMessage] = []
    problems: list[rules.Problem] = []
    for index, one in enumerate(given):
        try:
            found = messages_of(msgspec.convert(rules.mended(one), Call))
        except (msgspec.ValidationError, OverflowError) as error:
            problems.append(rules.Problem(index, str(error)))
            continue
        wrong = next((problem for each in found if (problem := rules.problem_of(each, now))), None)
        if wrong is None:
            messages += found
        else:
            problems.append(rules.Problem(index, wrong))
    return wire.Read(messages=messages, problems=problems)


def _is_call(one: object) -> bool:
    return isinstance(one, dict) and "from" in one and "native_id" not in one


def schema() -> dict[str, Any]:
    """The JSON Schema of a call."""
    found: dict[str, Any] = msgspec.json.schema(Call)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Earful call"} | found
