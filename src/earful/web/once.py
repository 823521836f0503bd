"""Idempotency-Key for programs: what is asked for twice is done once, and answered alike."""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import HeaderParameter

from earful.intake import idempotency
from earful.store.tx import Tx
from earful.web.access import who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

Key = Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=255)]
"""Kept for a day; the same key with another body is refused with 422."""
_encode = msgspec.json.Encoder().encode


async def once(
    request: Ask, key: str | None, data: Any, verb: Callable[[Tx], Any], *, status: int = 201
) -> Response[bytes]:
    """Run a verb in one transaction, unless this request was answered before; its result is the answer."""
    parts = parts_of(request)
    mark = None
    if key is not None:
        asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + _encode(data)).digest()
        mark = idempotency.Mark(owner=who_asks(request).id, key=key, request_sha256=asked)

    def run(tx: Tx) -> tuple[bytes, bool]:
        earlier = idempotency.recall(tx, mark) if mark is not None else None
        if earlier is not None:
            return earlier, True
        answer = _encode(verb(tx))
        if mark is not None:
            idempotency.remember(tx, mark, status, answer, parts.clock())
        return answer, False

    try:
        answer, replayed = await parts.store.write(run)
    except idempotency.OtherRequestError as error:
        raise ProblemError(422, str(error)) from error
    headers = {"idempotency-replayed": "true"} if replayed else {}
    return Response(answer, status_code=status, media_type="application/json", headers=headers)
