"""Signing in and out, the first visit, people and API tokens."""

import asyncio
import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from earful.channels import registry
from earful.desk.channels import forms
from earful.desk.channels import pages as channel_pages
from earful.desk.channels import service as channels
from earful.desk.users import rules
from earful.desk.users import service as users
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.store.audit import EARFUL
from earful.store.tx import Tx
from earful.web.access import COOKIE, PUBLIC, address_of, needs, set_session, who_asks
from earful.web.site import Ask, form, go, page, parts_of, session_of, shell, token
from earful.web.views import Choice, Field, TokenRow, UserRow

MANAGE = [needs(Permission.USERS_MANAGE)]
TOKENS = [needs(Permission.TOKENS_MANAGE)]
SIGNED_IN = [needs(Permission.CASES_READ)]
SCOPE_WORDS = {
    Permission.REPLIES_SEND: "Answer customers in a colleague's name, with files",
    Permission.MESSAGES_WRITE: "Hand messages in",
    Permission.CASES_READ: "Read cases",
    Permission.CASES_WRITE: "Change cases: correct, claim as fixed, act on many, take the next",
    Permission.REPLIES_SEND: "Send approved templates to customers in a colleague's name",
    Permission.PEOPLE_ERASE: "Erase people for good in a colleague's name",
    Permission.CALLS_LOG: "Write down calls and visits in a colleague's name",
    Permission.OUTCOMES_VERIFY: "Say that it was checked whether a case is fixed",
    Permission.HEALTH_READ: "Read metrics and the doctor's report",
    Permission.EXPORT: "Export everything",
    Permission.WEBHOOKS_MANAGE: "Make webhooks and read what they were told",
    Permission.SLA_MANAGE: "Change promise times and calendars",
    Permission.VIEWS_SHARE: "Make and change shared views",
    Permission.MACROS_MANAGE: "Make and change macros of a role or of everybody",
    Permission.PLAYBOOKS_MANAGE: "Write, change and delete playbooks",
    Permission.ROUTING_MANAGE: "Change teams and routes, and who is away",
    Permission.AUTOMATION_MANAGE: "Write, change and delete automation rules",
    Permission.REPLIES_APPROVE: "Read replies that wait, and decide in the name of an approver",
}


def inside(path: str) -> str:
    """A place of ours to go on to; anything that leads elsewhere becomes the inbox."""
    parts = urlsplit(path)
    ours = (
        not parts.scheme and not parts.netloc and path.startswith("/") and not path.startswith(("//", "/\\"))
    )
    return path if ours else "/inbox"


async def _enter(request: Ask, user_id: str, path: str) -> Response[Any]:
    parts = parts_of(request)
    agent, address = request.headers.get("user-agent", ""), address_of(request)
    cookie = await parts.store.write(
        lambda tx: users.start_session(tx, user_id, agent=agent, address=address, now=parts.clock())
    )
    response = go(inside(path))
    return set_session(response, parts, cookie)


@get("/sign-in", opt=PUBLIC, include_in_schema=False)
async def sign_in_page(request: Ask) -> Response[Any]:
    """E-mail and password."""
    parts = parts_of(request)
    if not await parts.store.read(users.anybody):
        return go("/welcome")
    path = inside(request.query_params.get("next", "/inbox"))
    return page(request, "sign_in.html", csrf_token=token(request), next=path, email="", error="")


@post("/sign-in", opt=PUBLIC, status_code=200, include_in_schema=False)
async def sign_in(request: Ask) -> Response[Any]:
    """Check e-mail and password; too many failures have to wait."""
    parts, data = parts_of(request), await form(request)
    email, address, now = data.get("email", "").strip().lower(), address_of(request), parts.clock()

    def refuse(words: str, status: int) -> Response[Any]:
        return page(
            request,
            "sign_in.html",
            status=status,
            csrf_token=token(request),
            next=inside(data.get("next", "/inbox")),
            email=email,
            error=words,
        )

    if not await parts.store.read(lambda tx: users.may_try(tx, email, address, now)):
        return refuse("Too many attempts. Wait five minutes, then try again.", 429)
    row = await parts.store.read(lambda tx: users.row_for_sign_in(tx, email))
    right = await asyncio.to_thread(users.check_password, row, data.get("password", ""))
    if row is None or not right:
        await parts.store.write(lambda tx: users.note_failure(tx, email, address, now))
        return refuse("E-mail or password is not right.", 401)
    return await _enter(request, row["id"], data.get("next", "/inbox"))


@get("/sign-in/{link:str}", opt=PUBLIC, include_in_schema=False)
async def use_link(request: Ask, link: FromPath[str]) -> Response[Any]:
    """A sign-in link works once, within twelve hours."""
    parts = parts_of(request)
    user_id = await parts.store.write(lambda tx: users.use_link(tx, link, parts.clock()))
    if user_id is None:
        words = "This link was used or has run out. Sign in with your password, or ask for a new link."
        return page(
            request,
            "sign_in.html",
            status=403,
            csrf_token=token(request),
            next="/inbox",
            email="",
            error=words,
        )
    return await _enter(request, user_id, "/inbox")


@post("/sign-out", guards=SIGNED_IN, status_code=200, include_in_schema=False)
async def sign_out(request: Ask) -> Response[Any]:
    """End this session."""
    parts, session, address = parts_of(request), session_of(request), address_of(request)
    await parts.store.write(lambda tx: users.end_session(tx, session, address, parts.clock()))
    response = go("/sign-in")
    response.delete_cookie(COOKIE, path="/")
    return response


def _admin_fields(given: dict[str, str]) -> list[Field]:
    password = f"At least {rules.PASSWORD_LENGTH} characters; a few words make a good one."
    return [
        Field(name="name", label="Your name", value=given.get("name", "")),
        Field(name="email", label="E-mail", kind="email", value=given.get("email", "")),
        Field(name="password", label="Password", kind="secret", help=password),
    ]


@get("/welcome", opt=PUBLIC, include_in_schema=False)
async def welcome(request: Ask) -> Response[Any]:
    """The first visit: make the first admin, then connect the first channel."""
    parts = parts_of(request)
    if not await parts.store.read(users.anybody):
        code = request.query_params.get("code", "")
        return page(
            request,
            "welcome.html",
            csrf_token=token(request),
            setup_code=code,
            step="admin",
            problems=[] if _right_code(request, code) else [NO_CODE],
            offers=[],
            chosen=None,
            fields=_admin_fields({}),
        )
    if request.user is None:
        return go("/sign-in")
    return _channel_step(request, request.query_params.get("network", ""))


NO_CODE = "Open the link that Earful printed when it started: it proves that this desk is yours."


def _right_code(request: Ask, code: str) -> bool:
    expected: str = request.app.state.setup_code
    return hmac.compare_digest(code.encode(), expected.encode())


def _channel_step(
    request: Ask,
    network: str,
    given: dict[str, str] | None = None,
    wrong: tuple[str, str] = ("", ""),
) -> Response[Any]:
    chosen = forms.offer(network)
    if chosen is not None:
        chosen = forms.filled(chosen, given or {}, wrong)
    return page(
        request,
        "welcome.html",
        status=422 if wrong[1] else 200,
        csrf_token=token(request),
        setup_code="",
        step="channel",
        problems=[wrong[1]] if wrong[1] else [],
        offers=forms.offers(),
        chosen=chosen,
        fields=[],
    )


@post("/welcome/admin", opt=PUBLIC, status_code=200, include_in_schema=False)
async def first_admin(request: Ask) -> Response[Any]:
    """Make the first admin; only while there is nobody, and only with the code that start-up printed."""
    parts, data = parts_of(request), await form(request)
    code = data.get("setup_code", "")

    def create(tx: Tx) -> str | None:
        if users.anybody(tx):
            return None
        made = users.create_user(
            tx,
            EARFUL,
            email=data.get("email", ""),
            name=data.get("name", ""),
            role=Role.ADMIN,
            password=data.get("password", ""),
            now=parts.clock(),
        )
        return made.id

    problem = "" if _right_code(request, code) else NO_CODE
    user_id = None
    if not problem:
        try:
            user_id = await parts.store.write(create)
        except users.InvalidError as error:
            problem = str(error)
    if problem:
        return page(
            request,
            "welcome.html",
            status=422,
            csrf_token=token(request),
            setup_code=code,
            step="admin",
            problems=[problem],
            offers=[],
            chosen=None,
            fields=_admin_fields(data),
        )
    return go("/sign-in") if user_id is None else await _enter(request, user_id, "/welcome")


@post(
    "/welcome/channel", guards=[needs(Permission.CHANNELS_MANAGE)], status_code=200, include_in_schema=False
)
async def first_channel(request: Ask) -> Response[Any]:
    """Connect the first channel."""
    given = await form(request)
    try:
        await channel_pages.connect(request, given)
    except registry.SettingsRefused as error:
        return _channel_step(request, given.get("network", ""), given, (error.field, str(error)))
    except channels.InvalidChannelError as error:
        return _channel_step(request, given.get("network", ""), given, ("name", str(error)))
    return go("/inbox")


@get("/settings", guards=SIGNED_IN, include_in_schema=False)
async def settings_page() -> Response[Any]:
    """Settings begin with oneself."""
    return go("/settings/me")


@get("/settings/users", guards=SIGNED_IN, include_in_schema=False)
async def people(request: Ask) -> Response[str]:
    """Who works at this desk."""
    parts, session = parts_of(request), session_of(request)

    def read(tx: Tx) -> list[UserRow]:
        return [
            UserRow(
                user=one.user,
                active=one.active,
                last_seen_at=one.seen_at,
                open_cases=one.open_cases,
                sign_off=one.sign_off,
            )
            for one in users.everybody(tx)
        ]

    return page(
        request,
        "settings/users.html",
        shell=await shell(request, "settings", request.query_params.get("notice", "")[:300]),
        users=await parts.store.read(read),
        can_edit=Permission.USERS_MANAGE in session.permissions,
    )


@post("/settings/users", guards=MANAGE, status_code=200, include_in_schema=False)
async def add_person(request: Ask) -> Response[Any]:
    """Add a colleague with a first password."""
    parts, who, data = parts_of(request), who_asks(request), await form(request)
    role = Role(data["role"]) if data.get("role") in set(Role) else Role.AGENT
    try:
        made = await parts.store.write(
            lambda tx: users.create_user(
                tx,
                who,
                email=data.get("email", ""),
                name=data.get("name", ""),
                role=role,
                password=data.get("password", ""),
                now=parts.clock(),
            )
        )
    except users.InvalidError as error:
        return go(f"/settings/users?notice={error}")
    return go(f"/settings/users?notice={made.name} can sign in now.")


@post(
    ["/settings/users/{user_id:str}/enable", "/settings/users/{user_id:str}/disable"],
    guards=MANAGE,
    status_code=200,
    include_in_schema=False,
)
async def switch_person(request: Ask, user_id: FromPath[str]) -> Response[Any]:
    """Let somebody in again, or keep them out and end their sessions."""
    parts, who = parts_of(request), who_asks(request)
    active = request.url.path.endswith("/enable")
    try:
        await parts.store.write(
            lambda tx: users.change_user(tx, who, user_id, active=active, now=parts.clock())
        )
    except users.InvalidError as error:
        return go(f"/settings/users?notice={error}")
    return go("/settings/users")


async def _tokens_page(request: Ask, secret: str = "", notice: str = "") -> Response[str]:
    def read(tx: Tx) -> list[TokenRow]:
        return [
            TokenRow(
                id=one.id,
                name=one.name,
                prefix=users.TOKEN_PREFIX,
                scopes=list(one.scopes),
                created_at=one.created_at,
                created_by=one.created_by,
                last_used_at=one.used_at,
            )
            for one in users.tokens(tx)
        ]

    return page(
        request,
        "settings/tokens.html",
        shell=await shell(request, "settings", notice),
        tokens=await parts_of(request).store.read(read),
        scopes=[Choice(value=scope.value, label=SCOPE_WORDS[scope]) for scope in rules.TOKEN_SCOPES],
        secret=secret,
    )


@get("/settings/tokens", guards=TOKENS, include_in_schema=False)
async def tokens_page(request: Ask) -> Response[str]:
    """API tokens, without their secrets."""
    return await _tokens_page(request)


@post("/settings/tokens", guards=TOKENS, status_code=200, include_in_schema=False)
async def make_token(request: Ask) -> Response[Any]:
    """Make a token; it is shown once."""
    parts, who = parts_of(request), who_asks(request)
    data = await request.form()
    asked = [scope for scope in data.getall("scopes", []) if scope in set(Permission)]
    try:
        secret = await parts.store.write(
            lambda tx: users.create_token(
                tx,
                who,
                name=str(data.get("name", "")),
                scopes=[Permission(scope) for scope in asked],
                now=parts.clock(),
            )
        )
    except users.InvalidError as error:
        return await _tokens_page(request, notice=str(error))
    return await _tokens_page(request, secret=secret)


@post("/settings/tokens/{token_id:str}/revoke", guards=TOKENS, status_code=200, include_in_schema=False)
async def revoke_token(request: Ask, token_id: FromPath[str]) -> Response[Any]:
    """Take a token out of force at once."""
    parts, who = parts_of(request), who_asks(request)
    try:
        await parts.store.write(lambda tx: users.revoke_token(tx, who, token_id, parts.clock()))
    except users.InvalidError as error:
        raise NotFoundException(str(error)) from error
    return go("/settings/tokens")


HANDLERS: list[Any] = [
    sign_in_page, sign_in, use_link, sign_out, welcome, first_admin, first_channel, settings_page, people,
    add_person, switch_person, tokens_page, make_token, revoke_token,
]  # fmt: skip
