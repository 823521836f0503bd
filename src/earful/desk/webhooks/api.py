"""Outgoing webhooks for programs: make, change, delete, read the log, send once more."""

from collections.abc import Callable
from typing import Any

from litestar import Response, delete, get, post, put
from litestar.params import FromPath
from msgspec import Struct

from earful.desk.users.rules import Permission
from earful.desk.users.service import TokenHolder
from earful.desk.webhooks import service
from earful.desk.webhooks.pages import check_target
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.problems import ProblemError
from earful.web.site import Ask, parts_of

MANAGE = [needs(Permission.WEBHOOKS_MANAGE)]


class WebhookBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A webhook as it is to be. `types`: events of `docs/reference/events.md`; `personal`: tell names and texts."""

    name: str
    url: str
    types: list[str]
    personal: bool = False
    condition: dict[str, Any] | None = None
    """What must hold of the case or the message; null for any."""


class Made(Struct, frozen=True, kw_only=True):
    """A new webhook. `secret` is told this once."""

    webhook: service.Webhook
    secret: str


class Log(Struct, frozen=True, kw_only=True):
    """A page of deliveries, the newest first; `next` is empty at the end."""

    deliveries: list[service.Delivery]
    next: str


@get("/api/v1/webhooks", guards=MANAGE)
async def listed(request: Ask) -> list[service.Webhook]:
    """All webhooks."""
    return await parts_of(request).store.read(service.webhooks)


@post("/api/v1/webhooks", status_code=201, guards=MANAGE, exclude_from_csrf=True)
async def make(request: Ask, data: WebhookBody) -> Made:
    """A new webhook; its signing secret is in this answer and nowhere else."""
    parts, who = parts_of(request), who_asks(request)

    def verb(tx: Tx) -> Made:
        made, secret = service.make(
            tx, parts.vault, who, name=data.name, url=data.url, types=data.types, personal=data.personal,
            condition=data.condition,
            allow_private=parts.settings.allow_private_addresses, now=parts.clock(),
        )  # fmt: skip
        return Made(webhook=made, secret=secret)

    made: Made = await _write(request, verb, data.url)
    return made


@put("/api/v1/webhooks/{webhook_id:str}", guards=MANAGE, exclude_from_csrf=True)
async def change(request: Ask, webhook_id: FromPath[str], data: WebhookBody) -> service.Webhook:
    """Change what is told to whom; what waits goes to the new address."""
    parts, who = parts_of(request), who_asks(request)
    changed: service.Webhook = await _write(
        request,
        lambda tx: service.change(
            tx, who, webhook_id, name=data.name, url=data.url, types=data.types, personal=data.personal,
            condition=data.condition,
            allow_private=parts.settings.allow_private_addresses, now=parts.clock(),
        ),
        data.url,
    )  # fmt: skip
    return changed


@delete("/api/v1/webhooks/{webhook_id:str}", status_code=204, guards=MANAGE, exclude_from_csrf=True)
async def remove(request: Ask, webhook_id: FromPath[str]) -> None:
    """Tell it nothing more."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx: service.delete(tx, who, webhook_id, parts.clock()))


@get("/api/v1/webhooks/{webhook_id:str}/deliveries", guards=MANAGE)
async def log(request: Ask, webhook_id: FromPath[str], only: str = "", after: str = "") -> Log:
    """What was told, with every try; `only`: queued, delivered or failed; `after`: the `next` of a page before."""
    try:
        deliveries, following = await parts_of(request).store.read(
            lambda tx: service.deliveries(tx, webhook_id, state=only, cursor=after)
        )
    except service.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    except ValueError as error:
        raise ProblemError(400, str(error)) from error
    return Log(deliveries=deliveries, next=following)


@post(
    "/api/v1/webhook-deliveries/{delivery_id:str}/replay",
    status_code=202,
    guards=MANAGE,
    exclude_from_csrf=True,
)
async def replay(request: Ask, delivery_id: FromPath[str]) -> Response[None]:
    """Send a delivery once more: the same id, the same body, a fresh signature."""
    parts, who = parts_of(request), who_asks(request)
    await _write(request, lambda tx: service.replay(tx, who, delivery_id, parts.clock()))
    return Response(None, status_code=202)


async def _write(request: Ask, verb: Callable[[Tx], Any], url: str = "") -> Any:
    """Run a verb of a program. People use the settings, whose forms are safe from other sites."""
    if not isinstance(request.user, TokenHolder):
        raise ProblemError(
            400, "This is for programs with a token; people use the settings. Nothing was changed."
        )
    try:
        if url:
            await check_target(request, url)
        return await parts_of(request).store.write(verb)
    except service.NotFoundError as error:
        raise ProblemError(404, str(error)) from error
    except service.InvalidWebhookError as error:
        raise ProblemError(422, str(error)) from error


HANDLERS: list[Any] = [listed, make, change, remove, log, replay]
