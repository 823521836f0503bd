"""Reading what programs hand in: one message or many, each fault named by its place."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from earful.intake import rules
from earful.model.message import IncomingMessage
from earful.model.time import Instant

MOST = 1_000
"""Messages in one request."""

_HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_many = msgspec.json.Decoder(list[IncomingMessage])
_raws = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(IncomingMessage)


class UnreadableError(ValueError):
    """The body is not JSON, or not a message or a list of messages."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What could be read, and what could not."""

    messages: list[IncomingMessage]
    problems: list[rules.Problem]


def read(body: bytes, now: Instant) -> Read:
    """Read a request body: a message, a list of messages, or `{"messages": [...]}`.

    Half a surrogate pair, which some senders cut an emoji into, becomes U+FFFD. Raises UnreadableError when the
    body as a whole cannot be read.
    """
    try:
        return _read(body, now)
    except UnreadableError as error:
        try:
            values = mended(body)
        except ValueError:
            raise error from None
        if values is None:
            raise
        return _read(json.dumps(values).encode(), now)


def _read(body: bytes, now: Instant) -> Read:
    body = _unwrapped(body)
    try:
        messages: Sequence[IncomingMessage] = _many.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _one_by_one(body, now)
    if len(messages) > MOST:
        raise UnreadableError(f"{len(messages)} messages in one request; send at most {MOST}.")
    return checked(list(messages), now)


def checked(messages: list[IncomingMessage], now: Instant) -> Read:
    """Well-formed messages, apart from those that still cannot be kept."""
    problems = [
        rules.Problem(index, problem)
        for index, message in enumerate(messages)
        if (problem := rules.problem_of(message, now)) is not None
    ]
    bad = {problem.index for problem in problems}
    return Read(
        messages=[message for index, message in enumerate(messages) if index not in bad], problems=problems
    )


def _unwrapped(body: bytes) -> bytes:
    start = body[:64].lstrip()[:1]
    if start == b"[":
        return body
    if start != b"{":
        raise UnreadableError("The body is not a JSON object or list.")
    try:
        whole: dict[str, msgspec.Raw] = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableError(f"The body is not valid JSON: {error}.") from error
    return bytes(whole["messages"]) if set(whole) == {"messages"} else b"[" + body + b"]"


def _one_by_one(body: bytes, now: Instant) -> Read:
    """The slow way, taken only when something is wrong: which items are?"""
    try:
        raws = _raws.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableError(f"The body is not a valid JSON list: {error}.") from error
    if len(raws) > MOST:
        raise UnreadableError(f"{len(raws)} messages in one request; send at most {MOST}.")
    messages: list[IncomingMessage] = []
    problems: list[rules.Problem] = []
    for index, raw in enumerate(raws):
        try:
            message = _one.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            problems.append(rules.Problem(index, str(error)))
            continue
        problem = rules.problem_of(message, now)
        if problem is None:
            messages.append(message)
        else:
            problems.append(rules.Problem(index, problem))
    return Read(messages=messages, problems=problems)


def mended(raw: bytes) -> Any:
    """JSON read with half surrogate pairs replaced; None when it has none. Raises ValueError."""
    text = raw.decode()
    if not _HALF.search(text):
        return None
    return rules.mended(json.loads(text))


def schema() -> dict[str, Any]:
    """The JSON Schema of `IncomingMessage`, as docs/reference/message.schema.json has it."""
    found: dict[str, Any] = msgspec.json.schema(IncomingMessage)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Earful message"} | found
