"""The ways in over HTTP: signed webhooks and the messages API."""

import hashlib
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath, HeaderParameter, Parameter
from msgspec import Struct

from earful.channels.contract import RawDelivery, Receipt
from earful.channels.kit import signatures
from earful.desk.channels import service as channels
from earful.desk.users.rules import Permission
from earful.intake import idempotency, service, wire
from earful.parts import Parts
from earful.store.errors import StoreUnavailableError
from earful.store.tx import Row, Tx
from earful.web.access import PUBLIC, needs, who_asks
from earful.web.problems import ItemProblem, ProblemError

KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "idempotency-key")
CHANNEL_FRESH = 2_000
"""How long a channel's row may be reused, in milliseconds: a switched-off channel refuses within two seconds."""

LONGEST_ID = 255

Ask = Request[Any, Any, Any]


class Accepted(Struct, frozen=True, kw_only=True):
    """What became of a request, after commit."""

    accepted: int
    changed: int
    duplicates: int
    refused: list[ItemProblem]
    """Items that were left out, with `?partial=true`."""


class Channels:
    """Recently used channels with their webhook secrets, so that a burst of deliveries reads them once."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, Row, list[str]]] = {}

    async def find(self, parts: Parts, name: str) -> tuple[Row, list[str]] | None:
        now = parts.clock()
        held = self._held.get(name)
        if held is not None and now - held[0] < CHANNEL_FRESH:
            return held[1], held[2]
        if not channels.NAME.fullmatch(name):
            return None
        row = await parts.store.read(lambda tx: channels.find(tx, name))
        if row is None:
            return None
        secrets = channels.webhook_secrets(parts.vault, row)
        self._held[name] = (now, row, secrets)
        return row, secrets


@post("/hooks/{channel:str}", status_code=202, opt=PUBLIC, exclude_from_csrf=True)
async def webhook(request: Ask, channel: FromPath[str], partial: bool = False) -> Response[bytes]:
    """Take a delivery signed by Standard Webhooks: one message or up to 1,000.

    Answers 202 after commit; a delivery whose `webhook-id` is known is acknowledged and not stored again.
    """
    parts: Parts = request.app.state.parts
    known = await _known(request, channel)
    if known is None or not known[0]["enabled"]:
        # Strangers choose names: each gets no row of its own.
        place, reason = (
            ("hooks", "no such channel") if known is None else (f"hooks/{channel}", "channel is off")
        )
        await _refuse(parts, place, reason)
        raise ProblemError(404, "There is no such channel, or it is switched off; nothing was kept.")
    row, secrets = known
    try:
        body = await request.body()
    except RequestEntityTooLarge:
        await _refuse(parts, f"hooks/{channel}", "body too large")
        raise
    try:
        webhook_id = signatures.verify(
            secrets, request.headers, body, parts.clock(), parts.settings.webhook_tolerance
        )
    except signatures.SignatureRefused as error:
        await _refuse(parts, f"hooks/{channel}", error.reason.value)
        raise ProblemError(401, str(error)) from error
    delivery = RawDelivery(
        transport="webhook",
        body=body,
        headers=_kept(request),
        native_delivery_id=_delivery_id(webhook_id),
        verified_by="standard-webhooks",
    )
    return await _take(parts, row["id"], delivery, partial=partial)


@post("/api/v1/messages", status_code=202, guards=[needs(Permission.MESSAGES_WRITE)], exclude_from_csrf=True)
async def messages(
    request: Ask,
    channel: Annotated[str, Parameter(description="Name of the channel that the messages belong to.")],
    partial: Annotated[bool, Parameter(description="Keep the good items when some are bad.")] = False,
    idempotency_key: Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=255)] = None,
) -> Response[bytes]:
    """Hand in one message or up to 1,000; answers 202 after commit.

    The same Idempotency-Key with the same body gives the same answer and stores nothing again; with another
    body it is refused with 422. Keys are kept for a day.
    """
    parts: Parts = request.app.state.parts
    body = await request.body()
    known = await _known(request, channel)
    if known is None:
        raise ProblemError(
            404, f"There is no channel named {channel}; nothing was kept. Create it in Channels."
        )
    row = known[0]
    delivery = RawDelivery(transport="api", body=body, headers=_kept(request), verified_by="token")
    who = who_asks(request)
    if idempotency_key is None:
        return await _take(parts, row["id"], delivery, partial=partial)
    mark = idempotency.Mark(
        owner=who.id,
        key=idempotency_key,
        request_sha256=hashlib.sha256(f"{channel}\n{partial}\n".encode() + body).digest(),
    )
    return await _take(parts, row["id"], delivery, partial=partial, mark=mark)


async def _known(request: Ask, name: str) -> tuple[Row, list[str]] | None:
    held: Channels = request.app.state.hook_channels
    return await held.find(request.app.state.parts, name)


def _delivery_id(webhook_id: str) -> str:
    """A `webhook-id` as the key of its delivery; one that is too long for an index by its SHA-256."""
    if len(webhook_id) <= LONGEST_ID:
        return webhook_id
    return hashlib.sha256(webhook_id.encode()).hexdigest()


async def _take(
    parts: Parts,
    channel_id: str,
    delivery: RawDelivery,
    *,
    partial: bool,
    mark: idempotency.Mark | None = None,
) -> Response[bytes]:
    now = parts.clock()
    try:
        read = wire.read(delivery.body, now)
    except wire.UnreadableError as error:
        raise ProblemError(400, f"{error} Nothing was kept.") from error
    problems = [ItemProblem(index=problem.index, detail=problem.detail) for problem in read.problems]
    if problems and not partial:
        raise ProblemError(
            422,
            f"{len(problems)} of {len(problems) + len(read.messages)} items cannot be used; nothing was kept. "
            "Mend them, or send again with ?partial=true to keep the others.",
            problems=problems,
        )
    keep = service.accept(parts.log, channel_id, delivery, read.messages, now)

    def verb(tx: Tx) -> tuple[bytes, bool]:
        if mark is not None:
            earlier = idempotency.recall(tx, mark)
            if earlier is not None:
                return earlier, True
        answer = _answer(keep(tx), problems)
        if mark is not None:
            idempotency.remember(tx, mark, 202, answer, now)
        return answer, False

    try:
        answer, replayed = await parts.store.write(verb)
    except idempotency.OtherRequestError as error:
        raise ProblemError(422, str(error)) from error
    except StoreUnavailableError as error:
        raise ProblemError(503, str(error), headers={"retry-after": "5"}) from error
    parts.wake()
    headers = {"idempotency-replayed": "true"} if replayed else {}
    return Response(answer, status_code=202, media_type="application/json", headers=headers)


def _answer(receipt: Receipt, problems: list[ItemProblem]) -> bytes:
    return msgspec.json.encode(
        Accepted(
            accepted=receipt.accepted,
            changed=receipt.changed,
            duplicates=receipt.duplicates,
            refused=problems,
        )
    )


def _kept(request: Ask) -> dict[str, str]:
    """Headers worth keeping with a delivery; never the ones that carry secrets."""
    return {name: request.headers[name][:1_000] for name in KEPT_HEADERS if name in request.headers}


async def _refuse(parts: Parts, place: str, reason: str) -> None:
    await parts.store.write(service.refuse(place, reason, parts.clock()))
