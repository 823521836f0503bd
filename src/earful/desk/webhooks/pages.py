"""Settings, Webhooks: whom we tell, with the log of every delivery, and sending it once more."""

from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from earful.channels.kit.addresses import AddressRefused, resolve
from earful.desk.conditions.reading import InvalidConditionError, data_of
from earful.desk.conditions.rules import kept
from earful.desk.conditions.words import value_label
from earful.desk.users.rules import Permission
from earful.desk.views import form as forms
from earful.desk.views import pages as view_pages
from earful.desk.webhooks import rules, service
from earful.model.conditions import ALWAYS
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, go, page, parts_of, shell

MANAGE = [needs(Permission.WEBHOOKS_MANAGE)]
STATES = ("", "queued", "delivered", "failed")


class Given(Struct, frozen=True, kw_only=True):
    """What a form holds."""

    name: str = ""
    url: str = ""
    types: tuple[str, ...] = ("case.opened", "case.changed")
    personal: bool = False
    root: forms.Group = msgspec.field(default_factory=lambda: forms.of_condition(ALWAYS))
    """The condition as its editor has it."""

    @property
    def condition(self) -> Any:
        """What must hold. Raises InvalidWebhookError."""
        try:
            return data_of(forms.condition_of(self.root))
        except InvalidConditionError as error:
            raise service.InvalidWebhookError(f"{error}. Nothing was kept.") from error


async def check_target(request: Request[Any, Any, Any], url: str) -> None:
    """Refuse an address inside our own network at once. Raises InvalidWebhookError.

    A name that cannot be looked up now is kept: every try looks again.
    """
    allowed = parts_of(request).settings.allow_private_addresses
    problem = rules.url_problem(url.strip(), allow_private=allowed)
    if problem:
        raise service.InvalidWebhookError(f"{problem} Nothing was kept.")
    parts = urlsplit(url.strip())
    try:
        await resolve(parts.hostname or "", parts.port or 443, allow_private=allowed)
    except AddressRefused as error:
        raise service.InvalidWebhookError(
            f"{parts.hostname} leads into a private network; nothing was kept. If the receiver is really inside "
            "yours, start Earful with EARFUL_ALLOW_PRIVATE_ADDRESSES."
        ) from error
    except OSError:
        return


async def given_of(request: Ask) -> Given:
    """The fields of the form."""
    given, plain = await view_pages.sent(request)
    return Given(
        name=plain.get("name", ""),
        url=plain.get("url", ""),
        types=tuple(given.get("types", ())),
        personal="personal" in given,
        root=forms.of_form(given),
    )


def _editor(request: Ask, tx: Tx, given: Given) -> view_pages.Editor:
    asker, now = view_pages.asker_of(request), parts_of(request).clock()
    return view_pages.editor_of(tx, asker, given.root, now=now)


async def _list(request: Ask, *, given: Given, wrong: str = "", notice: str = "") -> Response[str]:
    webhooks, editor = await parts_of(request).store.read(
        lambda tx: (service.webhooks(tx), _editor(request, tx, given))
    )
    return page(
        request,
        "settings/webhooks.html",
        status=422 if wrong else 200,
        shell=await shell(request, "settings", notice),
        given=given,
        wrong=wrong,
        types=tuple(rules.TYPES),
        webhooks=webhooks,
        editor=editor,
        value_label=value_label,
    )


@get("/settings/webhooks", guards=MANAGE, include_in_schema=False)
async def listed(request: Ask) -> Response[str]:
    """All webhooks, and the form of a new one."""
    return await _list(request, given=Given(), notice=request.query_params.get("notice", "")[:300])


@post("/settings/webhooks", guards=MANAGE, status_code=200, include_in_schema=False)
async def make(request: Ask) -> Response[Any]:
    """Keep a new one; its secret is shown this once."""
    parts, who, given = parts_of(request), who_asks(request), await given_of(request)
    try:
        await check_target(request, given.url)
        made, secret = await parts.store.write(
            lambda tx: service.make(
                tx,
                parts.vault,
                who,
                name=given.name,
                url=given.url,
                types=given.types,
                personal=given.personal,
                condition=given.condition,
                allow_private=parts.settings.allow_private_addresses,
                now=parts.clock(),
            )
        )
    except service.InvalidWebhookError as error:
        return await _list(request, given=given, wrong=str(error))
    return await _one(request, made.id, secret=secret)


async def _one(
    request: Ask, webhook_id: str, *, secret: str = "", wrong: str = "", given: Given | None = None
) -> Response[str]:
    parts = parts_of(request)
    state = request.query_params.get("state", "")
    state = state if state in STATES else ""
    cursor = request.query_params.get("after", "")
    try:
        shown, (deliveries, after) = await parts.store.read(
            lambda tx: (
                service.webhook(tx, webhook_id),
                service.deliveries(tx, webhook_id, state=state, cursor=cursor),
            )
        )
    except (service.NotFoundError, ValueError) as error:
        raise NotFoundException(str(error)) from error
    held = Given(
        name=shown.name,
        url=shown.url,
        types=tuple(shown.types),
        personal=shown.personal,
        root=forms.of_condition(kept(shown.condition or {"all": []})),
    )
    editor = await parts.store.read(lambda tx: _editor(request, tx, given or held))
    return page(
        request,
        "settings/webhook.html",
        status=422 if wrong else 200,
        shell=await shell(request, "settings", request.query_params.get("notice", "")[:300]),
        webhook=shown,
        deliveries=deliveries,
        after=after,
        state=state,
        states=STATES,
        types=tuple(rules.TYPES),
        given=given or held,
        editor=editor,
        value_label=value_label,
        wrong=wrong,
        secret=secret,
    )


@get("/settings/webhooks/{webhook_id:str}", guards=MANAGE, include_in_schema=False)
async def one(request: Ask, webhook_id: FromPath[str]) -> Response[str]:
    """A webhook with its deliveries."""
    return await _one(request, webhook_id)


@post("/settings/webhooks/{webhook_id:str}", guards=MANAGE, status_code=200, include_in_schema=False)
async def change(request: Ask, webhook_id: FromPath[str]) -> Response[Any]:
    """Change what is told to whom."""
    parts, who, given = parts_of(request), who_asks(request), await given_of(request)
    try:
        await check_target(request, given.url)
        await parts.store.write(
            lambda tx: service.change(
                tx,
                who,
                webhook_id,
                name=given.name,
                url=given.url,
                types=given.types,
                personal=given.personal,
                condition=given.condition,
                allow_private=parts.settings.allow_private_addresses,
                now=parts.clock(),
            )
        )
    except service.InvalidWebhookError as error:
        return await _one(request, webhook_id, wrong=str(error), given=given)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return go(f"/settings/webhooks/{webhook_id}?notice={quote('Saved.')}")


@post(
    "/settings/webhooks/{webhook_id:str}/{act:str}", guards=MANAGE, status_code=200, include_in_schema=False
)
async def do(request: Ask, webhook_id: FromPath[str], act: FromPath[str]) -> Response[Any]:
    """`on`, `off`, `test`, `rotate`, `replay-failed`, `delete` or `restore`."""
    parts, who, now = parts_of(request), who_asks(request), parts_of(request).clock()
    here, write = f"/settings/webhooks/{webhook_id}", parts.store.write
    try:
        if act in ("on", "off"):
            await write(lambda tx: service.switch(tx, who, webhook_id, act == "on", now))
            return go(here)
        if act == "test":
            await write(lambda tx: service.test(tx, who, webhook_id, now))
            said = "A test is on its way, whatever the condition says; load the page again to see what became of it."
            return go(f"{here}?notice={quote(said)}")
        if act == "rotate":
            secret = await write(lambda tx: service.rotate(tx, parts.vault, who, webhook_id, now))
            return await _one(request, webhook_id, secret=secret)
        if act == "replay-failed":
            count = await write(lambda tx: service.replay_failed(tx, who, webhook_id, now))
            return go(f"{here}?notice={count} deliveries are sent once more.")
        if act == "delete":
            await write(lambda tx: service.delete(tx, who, webhook_id, now))
            return go(f"/settings/webhooks?notice={quote('Deleted; nothing more is told to it.')}")
        if act == "restore":
            await write(lambda tx: service.restore(tx, who, webhook_id, now))
            return go(here)
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    raise NotFoundException("There is no such act.")


@post(
    "/settings/webhook-deliveries/{delivery_id:str}/replay",
    guards=MANAGE,
    status_code=200,
    include_in_schema=False,
)
async def replay(request: Ask, delivery_id: FromPath[str]) -> Response[Any]:
    """Send a delivery once more."""
    parts, who = parts_of(request), who_asks(request)
    try:
        webhook_id = await parts.store.write(lambda tx: service.replay(tx, who, delivery_id, parts.clock()))
    except service.NotFoundError as error:
        raise NotFoundException(str(error)) from error
    return go(f"/settings/webhooks/{webhook_id}?notice={quote('It is sent once more.')}")


HANDLERS: list[Any] = [listed, make, one, change, do, replay]
