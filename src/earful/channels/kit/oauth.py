"""OAuth 2: consent with PKCE (RFC 7636, RFC 9700), tokens renewed before they expire, by one process at a time."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode

import httpx2
import msgspec
from msgspec import Struct

from earful.channels.kit.http import fetch
from earful.model.time import SECOND, Instant


class Provider(Struct, frozen=True, kw_only=True):
    """How a network gives tokens. All of it may be changed in a channel's settings: networks move."""

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    scope_separator: str = " "
    pkce: bool = True
    basic: bool = True
    """The client proves itself by HTTP Basic; otherwise in the form."""
    client_id_name: str = "client_id"
    renewable: bool = True
    renew_url: str = ""
    """Where tokens are renewed, if not at `token_url`."""
    code_name: str = "code"
    """What the code is called when it is given back."""
    enveloped: bool = False
    """Asked in JSON, and the answer is inside of `data`, with a `code` that is 0 when all is well (TikTok)."""
    extra: Mapping[str, str] = {}
    """More parameters for the page of consent."""


class Client(Struct, frozen=True, kw_only=True):
    """Our app at the network."""

    client_id: str
    client_secret: str = ""


class Grant(Struct, frozen=True, kw_only=True):
    """What a network gave."""

    access_token: str
    refresh_token: str = ""
    expires_at: Instant | None = None
    refresh_expires_at: Instant | None = None
    scopes: tuple[str, ...] = ()


class GrantRefused(Exception):
    """The network gives no token: consent was taken back, or the app is not what it was. A person has to act."""


class Tokens(Protocol):
    """The token of one channel, always one that should work."""

    async def access(self) -> str:
        """The access token; renewed first where it is about to expire. Raises GrantRefused."""
        ...

    async def refused(self, token: str) -> None:
        """The network refused this token though it should work: renew it before the next use."""
        ...


class FixedToken:
    """A token that an admin pasted: it cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def access(self) -> str:
        """The token as given."""
        if not self._token:
            raise GrantRefused("There is no access token. Connect the account, or fill one in.")
        return self._token

    async def refused(self, token: str) -> None:
        """Nothing can be done; what follows says so to an admin."""


_TOO_OFTEN, _FIRST_FAULT = 40100, 50000
"""Codes in an envelope that say nothing of the token: asked too often, and faults of the network."""


class Answered(Struct, kw_only=True):
    """The answer of a token endpoint (RFC 6749, 5.1), and what networks add to it."""

    access_token: str = ""
    refresh_token: str = ""
    expires_in: int | str | None = None
    refresh_expires_in: int | str | None = None
    refresh_token_expires_in: int | str | None = None
    scope: str | None = None
    error: str | dict[str, object] | None = None
    error_description: str | None = None


class Enveloped(Struct, kw_only=True):
    """An answer inside of another."""

    code: int = 0
    message: str = ""
    data: Answered | str | None = None


def new_verifier() -> str:
    """A secret that proves that the same party asks for consent and takes the code: 43 characters."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """Its S256 challenge."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def consent_url(provider: Provider, client: Client, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Where a person gives consent."""
    query = {
        "response_type": "code",
        provider.client_id_name: client.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scope_separator.join(provider.scopes),
        "state": state,
        **provider.extra,
    }
    if provider.pkce:
        query |= {"code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}
    return f"{provider.authorize_url}?{urlencode(query)}"


async def take_code(
    http: httpx2.AsyncClient, provider: Provider, client: Client, *, code: str, redirect_uri: str, verifier: str,
    now: Instant,
) -> Grant:  # fmt: skip
    """Tokens for a code. Raises GrantRefused, or httpx2.HTTPError when the network cannot be asked."""
    form = {"grant_type": "authorization_code", provider.code_name: code, "redirect_uri": redirect_uri}
    if provider.pkce:
        form["code_verifier"] = verifier
    return await _ask(http, provider, client, provider.token_url, form, now)


async def renew(
    http: httpx2.AsyncClient, provider: Provider, client: Client, grant: Grant, now: Instant
) -> Grant:
    """New tokens for a refresh token, which may be good for this one use only. Raises as `take_code`."""
    form = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    url = provider.renew_url or provider.token_url
    fresh = await _ask(http, provider, client, url, form, now)
    if fresh.refresh_token:
        return fresh
    kept = {"refresh_token": grant.refresh_token, "refresh_expires_at": grant.refresh_expires_at}
    return msgspec.structs.replace(fresh, **kept)


async def _ask(
    http: httpx2.AsyncClient, provider: Provider, client: Client, url: str, form: dict[str, str], now: Instant
) -> Grant:  # fmt: skip
    headers = {"accept": "application/json"}
    if provider.basic and client.client_secret:
        # RFC 6749, 2.3.1: both are form-encoded first.
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form = form | {provider.client_id_name: client.client_id}
        if client.client_secret:
            form["client_secret"] = client.client_secret
    how: dict[str, Any] = {"json": form} if provider.enveloped else {"data": form}
    response = await fetch(http, "POST", url, headers=headers, max_bytes=200_000, **how)
    if response.status_code >= 500 or response.status_code == 429:
        response.raise_for_status()
    try:
        answer = _opened(response) if provider.enveloped else _plain.decode(response.content)
    except msgspec.MsgspecError:
        raise GrantRefused(
            f"{response.request.url.host} answered {response.status_code} with something that is no token."
        ) from None
    if not answer.access_token:
        said = answer.error_description or str(answer.error or response.status_code)
        raise GrantRefused(f"{response.request.url.host} gave no token: {said[:200]}.")
    return Grant(
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        expires_at=_later(answer.expires_in, now),
        refresh_expires_at=_later(answer.refresh_token_expires_in or answer.refresh_expires_in, now),
        # Some take spaces and answer with commas. No scope has either in its name.
        scopes=tuple((answer.scope or "").replace(",", " ").split()),
    )


_plain = msgspec.json.Decoder(Answered, strict=False)
_inside = msgspec.json.Decoder(Enveloped, strict=False)


def _opened(response: httpx2.Response) -> Answered:
    """What is inside of an envelope. Raises httpx2.HTTPError where the network could not answer now."""
    found = _inside.decode(response.content)
    if found.code == _TOO_OFTEN or found.code >= _FIRST_FAULT:
        raise httpx2.HTTPError(f"{response.request.url.host} says {found.code}: {found.message[:200]}")
    if isinstance(found.data, Answered) and found.data.access_token:
        return found.data
    return Answered(error=str(found.code), error_description=found.message)


def _later(seconds: int | str | None, now: Instant) -> Instant | None:
    try:
        return Instant(now + int(seconds) * SECOND) if seconds else None
    except ValueError:
        return None


def missing_scopes(wanted: tuple[str, ...], granted: tuple[str, ...]) -> list[str]:
    """Permissions by name that were asked for and not given; none where the network does not say what it gave."""
    return [] if not granted else [one for one in wanted if one not in granted]
