"""Consent: to the network, and back with a code."""

from typing import Any

import httpx2
from litestar import Response, get, post
from litestar.params import FromPath

from earful.channels import registry
from earful.channels.kit import oauth
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.http import client
from earful.desk.channels import service as channels
from earful.desk.channels import tokens
from earful.desk.channels.service import Channel
from earful.desk.users.rules import Permission
from earful.parts import Parts
from earful.store.tx import Tx
from earful.web.access import needs, who_asks
from earful.web.site import Ask, go, parts_of

MANAGE = [needs(Permission.CHANNELS_MANAGE)]
BACK = "/channels/consent"


@post("/channels/{channel_id:str}/consent", guards=MANAGE, status_code=200, include_in_schema=False)
async def ask(request: Ask, channel_id: FromPath[str]) -> Response[Any]:
    """Send somebody to the network, to give consent there."""
    parts, who = parts_of(request), who_asks(request)
    found = await parts.store.read(lambda tx: _channel(tx, parts, channel_id))
    if found is None:
        return go("/channels?notice=This+channel+is+connected+without+consent.")
    _, provider, app = found
    state, verifier = await parts.store.write(
        lambda tx: tokens.begin(tx, parts.vault, who, channel_id, parts.clock())
    )
    return go(oauth.consent_url(provider, app, redirect_uri=_redirect(parts), state=state, verifier=verifier))


@get(BACK, guards=MANAGE, include_in_schema=False)
async def come_back(request: Ask) -> Response[Any]:
    """The network sends them back with a code, or with a no."""
    parts, who, given = parts_of(request), who_asks(request), request.query_params
    now = parts.clock()
    try:
        begun = await parts.store.write(
            lambda tx: tokens.come_back(tx, parts.vault, who, given.get("state", ""), now)
        )
    except tokens.ConsentRefused as refused:
        return go(f"/channels?notice={refused}")
    page = f"/channels/{begun.channel_id}"
    if "code" not in given:
        said = given.get("error_description") or given.get("error") or "nothing"
        return go(f"{page}?notice=The network gave no consent: {said[:200]}")
    found = await parts.store.read(lambda tx: _channel(tx, parts, begun.channel_id))
    if found is None:
        return go("/channels?notice=This+channel+does+not+exist.")
    _, provider, app = found
    private = parts.settings.allow_private_addresses
    try:
        async with client(allow_private=private) as http:
            grant = await oauth.take_code(
                http,
                provider,
                app,
                code=given["code"],
                redirect_uri=_redirect(parts),
                verifier=begun.verifier,
                now=now,
            )
    except (oauth.GrantRefused, httpx2.HTTPError, AddressRefused) as fault:
        return go(f"{page}?notice=No token came: {str(fault)[:200]}. Nothing was changed; try again.")
    await parts.store.write(
        lambda tx: tokens.keep(tx, parts.vault, begun.channel_id, grant, parts.clock(), who)
    )
    parts.reconnect()
    missing = oauth.missing_scopes(provider.scopes, grant.scopes)
    told = f"Connected, but these permissions are missing: {', '.join(missing)}." if missing else "Connected."
    return go(f"{page}?notice={told}")


def _channel(tx: Tx, parts: Parts, channel_id: str) -> tuple[Channel, oauth.Provider, oauth.Client] | None:
    found = next((one for one in channels.with_secrets(tx, parts.vault) if one[0].id == channel_id), None)
    if found is None:
        return None
    made = registry.consent(found[0].network, found[0].settings, found[1])
    return None if made is None else (found[0], *made)


def _redirect(parts: Parts) -> str:
    return f"{parts.settings.address}{BACK}"


HANDLERS: list[Any] = [ask, come_back]
