"""Channels over HTTP: how each does."""

from typing import Any

from litestar import Request, get

from earful.desk.channels import health
from earful.desk.channels.health import ChannelHealth
from earful.desk.users.rules import Permission
from earful.parts import Parts
from earful.web.access import needs


@get("/api/v1/channels", guards=[needs(Permission.HEALTH_READ)])
async def listed(request: Request[Any, Any, Any]) -> list[ChannelHealth]:
    """Every channel with its health and its entry in the ledger: times are milliseconds UTC, lengths milliseconds."""
    parts: Parts = request.app.state.parts
    now = parts.clock()
    return await parts.store.read(lambda tx: health.of_all(tx, parts.capabilities, now, parts.allowed))


HANDLERS: list[Any] = [listed]
