"""The web application put together: every route, who may use it, and what happens when something fails."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
import sqlalchemy.exc
import structlog
from litestar import Litestar, Request, Response, Router
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from earful import __version__
from earful.channels.chat.limits import RATES
from earful.desk.answering import pages as answering
from earful.desk.approval import api as approval_api
from earful.desk.approval import pages as approval
from earful.desk.attaching import pages as attaching
from earful.desk.attaching import public as attaching_public
from earful.desk.automation import api as automation_api
from earful.desk.automation import pages as automation
from earful.desk.backtest import api as backtest_api
from earful.desk.backtest import pages as backtest
from earful.desk.backtest.jobs import Backtests
from earful.desk.bulk import api as bulk_api
from earful.desk.bulk import pages as bulk
from earful.desk.calendars import api as calendars_api
from earful.desk.calendars import pages as calendars
from earful.desk.calls import api as calls_api
from earful.desk.calls import pages as calls
from earful.desk.cases import pages as cases
from earful.desk.channels import api as channels_api
from earful.desk.channels import consent_pages as consents
from earful.desk.channels import edit_pages as channel_settings
from earful.desk.channels import pages as channels
from earful.desk.chat import file_routes as chat_files
from earful.desk.chat import pages as chat_pages
from earful.desk.chat import public as chat
from earful.desk.chat.rooms import Rooms
from earful.desk.conditions import api as conditions_api
from earful.desk.erasing import api as erasing_api
from earful.desk.erasing import pages as erasing
from earful.desk.handoff import pages as handoffs
from earful.desk.handoff import public as handoff_public
from earful.desk.inbox import api as inbox_api
from earful.desk.inbox import pages as inbox
from earful.desk.keys import pages as keys
from earful.desk.macros import api as macros_api
from earful.desk.macros import pages as macros
from earful.desk.media import pages as media
from earful.desk.notices import api as notices_api
from earful.desk.notices import mail_pages as notice_mails
from earful.desk.notices import pages as notices
from earful.desk.notices import settings_pages as notice_settings
from earful.desk.outcomes import api as outcomes_api
from earful.desk.outcomes import pages as outcomes
from earful.desk.palette import pages as palette
from earful.desk.people import api as people_api
from earful.desk.people import case_pages as case_people
from earful.desk.people import pages as people
from earful.desk.playbooks import api as playbooks_api
from earful.desk.playbooks import case_pages as case_playbooks
from earful.desk.playbooks import pages as playbooks
from earful.desk.routing import api as routing_api
from earful.desk.routing import pages as routing
from earful.desk.routing import team_pages
from earful.desk.sla import api as sla_api
from earful.desk.sla import pages as sla
from earful.desk.suggestions import api as suggestions_api
from earful.desk.suggestions import pages as suggestions
from earful.desk.templates import api as templates_api
from earful.desk.templates import pages as templates
from earful.desk.triage import api as triage_api
from earful.desk.triage import brand_pages, learning_pages, priority_pages, topic_pages
from earful.desk.triage import pages as triage
from earful.desk.users import account
from earful.desk.users import pages as users
from earful.desk.views import api as views_api
from earful.desk.views import pages as views
from earful.desk.webhooks import api as webhooks_api
from earful.desk.webhooks import pages as webhooks
from earful.intake import api as intake
from earful.outbox import api as outbox_api
from earful.outbox import pages as outbox
from earful.parts import Parts
from earful.store.errors import StoreUnavailableError
from earful.web import health, live, problems
from earful.web.access import PUBLIC, Authentication
from earful.web.assets import Assets
from earful.web.brakes import Brakes
from earful.web.render import Renderer
from earful.web.shell import error_response, secure, static_route
from earful.web.site import is_htmx

UNKEEPABLE = (sqlalchemy.exc.DataError, psycopg.DataError, OverflowError)
"""What the drivers say to NUL in a text (PostgreSQL) and to a number beyond 64 bits."""

logger = structlog.get_logger()
Ask = Request[Any, Any, Any]
Running = Callable[[], AbstractAsyncContextManager[None]]

HANDLERS: list[Any] = [
    *inbox.HANDLERS,
    *cases.HANDLERS,
    *outcomes.HANDLERS,
    *outcomes_api.HANDLERS,
    *handoffs.HANDLERS,
    *handoff_public.HANDLERS,
    *chat.HANDLERS,
    *chat_files.HANDLERS,
    *chat_pages.HANDLERS,
    *people.HANDLERS,
    *case_people.HANDLERS,
    *people_api.HANDLERS,
    *triage.HANDLERS,
    *priority_pages.HANDLERS,
    *brand_pages.HANDLERS,
    *topic_pages.HANDLERS,
    *learning_pages.HANDLERS,
    *triage_api.HANDLERS,
    *bulk.HANDLERS,
    *bulk_api.HANDLERS,
    *routing.HANDLERS,
    *team_pages.HANDLERS,
    *routing_api.HANDLERS,
    *automation.HANDLERS,
    *automation_api.HANDLERS,
    *playbooks.HANDLERS,
    *case_playbooks.HANDLERS,
    *playbooks_api.HANDLERS,
    *backtest.HANDLERS,
    *backtest_api.HANDLERS,
    *sla.HANDLERS,
    *calendars.HANDLERS,
    *sla_api.HANDLERS,
    *calendars_api.HANDLERS,
    *outbox.HANDLERS,
    *outbox_api.HANDLERS,
    *attaching.HANDLERS,
    *attaching_public.HANDLERS,
    *templates.HANDLERS,
    *templates_api.HANDLERS,
    *erasing.HANDLERS,
    *erasing_api.HANDLERS,
    *approval.HANDLERS,
    *answering.HANDLERS,
    *macros.HANDLERS,
    *media.HANDLERS,
    *suggestions.HANDLERS,
    *notices.HANDLERS,
    *notices_api.HANDLERS,
    *macros_api.HANDLERS,
    *approval_api.HANDLERS,
    *suggestions_api.HANDLERS,
    *notice_settings.HANDLERS,
    *notice_mails.HANDLERS,
    *keys.HANDLERS,
    *palette.HANDLERS,
    *calls.HANDLERS,
    *calls_api.HANDLERS,
    *channels.HANDLERS,
    *channel_settings.HANDLERS,
    *consents.HANDLERS,
    *channels_api.HANDLERS,
    *users.HANDLERS,
    *account.HANDLERS,
    *webhooks.HANDLERS,
    *webhooks_api.HANDLERS,
    *live.HANDLERS,
    *health.HANDLERS,
    *inbox_api.HANDLERS,
    *views.HANDLERS,
    *views_api.HANDLERS,
    *conditions_api.HANDLERS,
    intake.challenge,
    intake.webhook,
    intake.people_hook,
    intake.messages,
]
"""Every route but the static files."""


def build(parts: Parts, running: Running, *, setup_code: str = "") -> Litestar:
    """The application over running parts. `setup_code` lets the first visitor make themselves admin."""
    assets, hub, rooms = Assets(), live.Hub(parts), Rooms(parts)
    backtests = Backtests(parts.store, parts.clock)
    renderer = Renderer(assets)

    @contextlib.asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with running():
            follow = asyncio.gather(hub.run(stop), rooms.run(stop))
            try:
                yield
            finally:
                stop.set()
                await follow
                await asyncio.to_thread(backtests.close)

    state = {
        "parts": parts,
        "hub": hub,
        "rooms": rooms,
        "brakes": Brakes({**RATES, **attaching_public.RATES}, parts.clock),
        "backtests": backtests,
        "renderer": renderer,
        "setup_code": setup_code or secrets.token_urlsafe(16),
    }
    return Litestar(
        [*HANDLERS, static_route(assets)],
        state=State(state),
        lifespan=[lifespan],
        middleware=[DefineMiddleware(Authentication)],
        before_send=[secure],
        csrf_config=CSRFConfig(
            secret=parts.vault.derive("csrf"),
            cookie_secure=parts.settings.secure_cookies,
            cookie_httponly=True,
            cookie_name="earful_csrf",
        ),
        exception_handlers={
            problems.ProblemError: on_problem,
            HTTPException: on_error,
            StoreUnavailableError: on_unavailable,
            Exception: on_crash,
        },
        openapi_config=OpenAPIConfig(
            title="Earful",
            version=__version__,
            # The description only: viewers would fetch their scripts from elsewhere.
            render_plugins=[JsonRenderPlugin()],
            openapi_router=Router("/api/openapi", route_handlers=[], opt=PUBLIC),
        ),
        request_max_body_size=parts.settings.max_body,
        debug=False,
    )


def _for_programs(request: Ask) -> bool:
    return request.url.path.startswith(("/api/", "/hooks/", "/chat/", "/f/", "/health", "/metrics"))


def _page(request: Ask, error: Exception) -> Response[Any]:
    renderer: Renderer = request.app.state.renderer
    parts: Parts = request.app.state.parts
    return error_response(renderer, error, now=parts.clock(), partial=is_htmx(request))


def on_problem(request: Ask, error: problems.ProblemError) -> Response[Any]:
    """Our own refusals: problem details for programs, a sentence for people."""
    if _for_programs(request):
        return problems.on_problem(request, error)
    return _page(request, HTTPException(error.detail, status_code=error.status))


def on_error(request: Ask, error: HTTPException) -> Response[Any]:
    """The framework's refusals; a page that needs somebody leads to the sign-in."""
    if _for_programs(request):
        detail = error.detail
        extra = error.extra if isinstance(error.extra, list) else []
        if error.status_code == 413:
            limit: int = request.app.state.parts.settings.max_body
            detail = f"The body is larger than {limit} bytes; nothing was kept. Send fewer messages at once."
        elif extra:
            detail = "; ".join(f"{one.get('key', '')}: {one.get('message', '')}" for one in extra)
        return problems.problem_response(error.status_code, detail, instance=request.url.path)
    if isinstance(error, NotAuthorizedException) and request.method == "GET" and not is_htmx(request):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        where = "/sign-in" if path == "/" else f"/sign-in?next={quote(path, safe='/')}"
        return Response(b"", status_code=303, headers={"location": where})
    return _page(request, error)


def on_unavailable(request: Ask, error: StoreUnavailableError) -> Response[Any]:
    """The database cannot keep anything now: said, never hidden."""
    logger.error("store.unavailable", path=request.url.path, why=str(error))
    if _for_programs(request):
        return problems.problem_response(
            503, str(error), instance=request.url.path, headers={"retry-after": "5"}
        )
    return _page(request, HTTPException(str(error), status_code=503))


def on_crash(request: Ask, error: Exception) -> Response[Any]:
    """A bug of ours: logged with its trace, told without."""
    if isinstance(error, msgspec.ValidationError):
        return on_problem(request, problems.ProblemError(422, str(error)))
    if isinstance(error, UNKEEPABLE):
        words = "This has a character or a number in it that the database cannot hold; nothing was done."
        return on_problem(request, problems.ProblemError(400, words))
    logger.exception("request.failed", path=request.url.path, exc_info=error)
    if _for_programs(request):
        words = "Something failed inside Earful; nothing was kept. The log has the details."
        return problems.problem_response(500, words, instance=request.url.path)
    return _page(request, error)
