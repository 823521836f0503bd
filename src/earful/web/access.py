"""Who asks, and may they: sessions of people, tokens of programs, and a permission on every route.

Every route handler names what it needs with `needs(permission)` or says `PUBLIC`; a test fails for one that
does neither.
"""

from typing import Any

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Guard

from earful.desk.users import service as users
from earful.desk.users.rules import SESSION_LENGTH, Permission
from earful.model.time import SECOND
from earful.parts import Parts
from earful.store.audit import Who
from earful.web.problems import ProblemError

COOKIE = "earful_session"
PUBLIC = {"public": True}
"""`opt` of a route that needs nobody to be signed in."""

Connection = ASGIConnection[Any, Any, Any, Any]


class Authentication(AbstractAuthenticationMiddleware):
    """Finds the session of a cookie or the holder of a bearer token; guards decide what they may do."""

    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        """`user` is a `Session` and `auth` its kind, or a `TokenHolder`, or None."""
        if connection.route_handler.opt.get("visitor"):
            return AuthenticationResult(user=None, auth=None)
        if connection.route_handler.opt.get("public") and "link" not in connection.route_handler.opt:
            cookie = None if connection.url.path.startswith(("/hooks/", "/static/")) else _cookie(connection)
        else:
            cookie = _cookie(connection)
        parts: Parts = connection.app.state.parts
        now = parts.clock()
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            held = await parts.store.read(lambda tx: users.find_token(tx, token.strip(), now))
            if held is None:
                return AuthenticationResult(user=None, auth=None)
            holder, stale = held
            if stale:
                parts.store.submit(lambda tx: users.touch_token(tx, holder.id, now))
            return AuthenticationResult(user=holder, auth="token")
        if not cookie:
            return AuthenticationResult(user=None, auth=None)
        found = await parts.store.read(lambda tx: users.find_session(tx, cookie, now))
        if found is None:
            return AuthenticationResult(user=None, auth=None)
        session, stale = found
        if stale:
            parts.store.submit(lambda tx: users.touch_session(tx, session, now))
        return AuthenticationResult(user=session, auth="session")


def _cookie(connection: Connection) -> str | None:
    return connection.cookies.get(COOKIE)


def needs(permission: Permission) -> Guard:
    """A guard: the session or token must have a permission.

    Raises NotAuthorizedException (401) when nobody is known, PermissionDeniedException (403) when they may not.
    """

    def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        asker: users.Session | users.TokenHolder | None = connection.user
        if asker is None:
            raise NotAuthorizedException(
                "Sign in, or send a valid API token as `Authorization: Bearer`; nothing was done."
            )
        if permission not in asker.permissions:
            raise PermissionDeniedException(f"This needs the permission {permission}; nothing was done.")
        if isinstance(asker, users.TokenHolder) and _is_form(connection, handler):
            raise PermissionDeniedException("Pages are for people; programs use /api/v1. Nothing was done.")

    guard.permission = permission  # type: ignore[attr-defined]
    return guard


def program_only(connection: Connection) -> None:
    """Raises ProblemError for a person: their forms are safe from other sites, these routes are for tokens."""
    if not isinstance(connection.user, users.TokenHolder):
        raise ProblemError(
            400, "This is for programs with a token; people use the pages. Nothing was changed."
        )


def _is_form(connection: Connection, handler: BaseRouteHandler) -> bool:
    """Whether this is what a page sends, not an interface for programs."""
    documented = getattr(handler, "include_in_schema", True) is not False
    return not documented and connection.scope.get("method") not in ("GET", "HEAD")


def address_of(connection: Connection) -> str:
    """The client's address; behind trusted proxies the one that the outermost of them saw."""
    parts: Parts = connection.app.state.parts
    trusted = parts.settings.proxies
    forwarded = [
        part.strip() for part in connection.headers.get("x-forwarded-for", "").split(",") if part.strip()
    ]
    if trusted and forwarded:
        return forwarded[-min(trusted, len(forwarded))]
    return connection.client.host if connection.client else ""


def who_asks(connection: Connection) -> Who:
    """The asker, for the audit log."""
    asker: users.Session | users.TokenHolder | None = connection.user
    address = address_of(connection)
    if isinstance(asker, users.Session):
        return Who(id=asker.user.id, name=asker.user.name, address=address)
    if isinstance(asker, users.TokenHolder):
        return Who(id=f"token:{asker.id}", name=asker.name, address=address)
    return Who(id="", address=address)


def set_session(response: Response[Any], parts: Parts, cookie: str) -> Response[Any]:
    """Give the browser its session: unreadable for scripts, not sent along from other sites."""
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=SESSION_LENGTH // SECOND,
        path="/",
        secure=parts.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response
