"""The ways in over HTTP: signed webhooks and the messages API."""

import hashlib
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromPath, HeaderParameter, Parameter
from msgspec import Struct

from earful.channels.contract import RawDelivery, Receipt
from earful.channels.hooks import AboutPeople, Answer, Asked, ByQuery, Hook
from earful.channels.kit import signatures
from earful.desk.channels.service import Channel
from earful.desk.users.rules import Permission
from earful.intake import calls, idempotency, service, wire
from earful.intake.known import Known
from earful.model.message import Network
from earful.parts import Parts
from earful.store.errors import StoreUnavailableError
from earful.store.tx import Tx
from earful.web.access import PUBLIC, needs, who_asks
from earful.web.problems import ItemProblem, ProblemError

KEPT_HEADERS = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "idempotency-key", "link")
LONGEST_ID = 255

Ask = Request[Any, Any, Any]


class Accepted(Struct, frozen=True, kw_only=True):
    """What became of a request, after commit."""

    accepted: int
    changed: int
    duplicates: int
    refused: list[ItemProblem]
    """Items that were left out, with `?partial=true`."""


@get("/hooks/{channel:str}", opt=PUBLIC)
async def challenge(request: Ask, channel: FromPath[str]) -> Response[bytes]:
    """Answer a network that asks whether this address is ours, in the way that its own webhooks have.

    Gateways that deliver by GET are taken here too.
    """
    known = await _hook_channel(request, channel)
    hook = known.hook
    answer = hook.challenge(_asked(request, b"")) if hook is not None else None
    if answer is None and hook is not None and isinstance(hook, ByQuery):
        return await _pushed(request, known.channel, hook, request.url.query.encode())
    if answer is None:
        raise ProblemError(400, "This is no question that the channel's network asks; nothing was kept.")
    return _said(answer)


@post("/hooks/{channel:str}", status_code=202, opt=PUBLIC, exclude_from_csrf=True)
async def webhook(request: Ask, channel: FromPath[str], partial: bool = False) -> Response[bytes]:
    """Take a delivery: signed by Standard Webhooks, one message or up to 1,000; or as the channel's network sends it.

    A channel for calls also takes calls (`from`, `to`, `started_at`, ...: call.schema.json), signed in the same way.
    Answers after commit. A delivery whose `webhook-id` is known is acknowledged and not stored again. What a network
    pushes is kept raw, then read.
    """
    parts: Parts = request.app.state.parts
    known = await _hook_channel(request, channel)
    try:
        body = await request.body()
    except RequestEntityTooLarge:
        await _refuse(parts, f"hooks/{channel}", "body too large")
        raise
    if known.hook is not None and "webhook-signature" not in request.headers:
        return await _pushed(request, known.channel, known.hook, body)
    try:
        webhook_id = signatures.verify(
            known.secrets, request.headers, body, parts.clock(), parts.settings.webhook_tolerance
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
    return await _take(parts, known.channel, delivery, partial=partial)


@post("/hooks/{channel:str}/{place:str}", status_code=200, opt=PUBLIC, exclude_from_csrf=True)
async def people_hook(request: Ask, channel: FromPath[str], place: FromPath[str]) -> Response[bytes]:
    """Take what a network says that people want done with their data: `deletion` and `deauthorise` of Meta.

    A deletion is answered with an address that says how far it is, and done within minutes.
    """
    known = await _hook_channel(request, channel)
    hook = known.hook
    about: object = hook
    if hook is None or not isinstance(about, AboutPeople) or place not in about.places:
        raise ProblemError(404, "The channel's network tells nothing here; nothing was kept.")
    return await _pushed(request, known.channel, hook, await request.body())


async def _hook_channel(request: Ask, name: str) -> Known:
    known = await _known(request, name)
    if known is not None and known.channel.enabled:
        return known
    # Strangers choose names: each gets no row of its own.
    place, reason = ("hooks", "no such channel") if known is None else (f"hooks/{name}", "channel is off")
    await _refuse(request.app.state.parts, place, reason)
    raise ProblemError(404, "There is no such channel, or it is switched off; nothing was kept.")


async def _pushed(request: Ask, channel: Channel, hook: Hook, body: bytes) -> Response[bytes]:
    """Prove a network's own delivery, keep it raw, and only then acknowledge it."""
    parts: Parts = request.app.state.parts
    now = parts.clock()
    asked = _asked(request, body)
    answer = hook.challenge(asked)
    if answer is not None:
        return _said(answer)
    try:
        proof = hook.verify(asked, now)
    except signatures.SignatureRefused as error:
        await _refuse(parts, f"hooks/{channel.name}", error.reason.value)
        if hook.refusal < 300:
            return _said(Answer(status=hook.refusal))
        raise ProblemError(hook.refusal, str(error)) from error
    delivery = RawDelivery(
        transport="webhook",
        body=body,
        headers=_kept(request),
        native_delivery_id=_delivery_id(proof.native_delivery_id),
        verified_by=proof.verified_by,
    )
    try:
        await parts.keeper.keep(channel.id, delivery)
    except StoreUnavailableError as error:
        raise ProblemError(503, str(error), headers={"retry-after": "5"}) from error
    return _said(proof.answer or hook.accepted)


def _asked(request: Ask, body: bytes) -> Asked:
    """A request as its network made it: by the address that we are known by, not by what a proxy says."""
    parts: Parts = request.app.state.parts
    query = request.url.query
    return Asked(
        method=request.method,
        url=f"{parts.settings.address}{request.url.path}{'?' + query if query else ''}",
        query=dict(request.query_params.items()),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


def _said(answer: Answer) -> Response[bytes]:
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type)


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
    delivery = RawDelivery(transport="api", body=body, headers=_kept(request), verified_by="token")
    who = who_asks(request)
    if idempotency_key is None:
        return await _take(parts, known.channel, delivery, partial=partial)
    mark = idempotency.Mark(
        owner=who.id,
        key=idempotency_key,
        request_sha256=hashlib.sha256(f"{channel}\n{partial}\n".encode() + body).digest(),
    )
    return await _take(parts, known.channel, delivery, partial=partial, mark=mark)


async def _known(request: Ask, name: str) -> Known | None:
    parts: Parts = request.app.state.parts
    return parts.known.fresh(name) or await parts.store.read(lambda tx: parts.known.find(tx, name))


def _delivery_id(webhook_id: str) -> str:
    """A `webhook-id` as the key of its delivery; one that is too long for an index by its SHA-256."""
    if len(webhook_id) <= LONGEST_ID:
        return webhook_id
    return hashlib.sha256(webhook_id.encode()).hexdigest()


async def _take(
    parts: Parts,
    channel: Channel,
    delivery: RawDelivery,
    *,
    partial: bool,
    mark: idempotency.Mark | None = None,
) -> Response[bytes]:
    now = parts.clock()
    try:
        told = calls.read(delivery.body, now) if channel.network is Network.PHONE else None
        read = told or wire.read(delivery.body, now)
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
    keep = service.accept(parts.log, channel.id, delivery, read.messages, now)

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
