"""Tokens got by consent: kept sealed, renewed before they end, by one process at a time."""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial

import httpx2
import msgspec
from msgspec import Struct

from earful.channels.kit import oauth
from earful.channels.kit.oauth import Client, Grant, GrantRefused, Provider
from earful.desk.channels import token_store as store
from earful.model.time import MINUTE, SECOND, Instant
from earful.store.audit import Who, record
from earful.store.secrets import Vault
from earful.store.store import Store
from earful.store.tx import Row, Tx

EARLY = 5 * MINUTE
"""A token is renewed so long before it ends."""
LEASE = 60 * SECOND
"""Longer than a renewal may take: after that whoever had it is gone."""
CONSENT = 10 * MINUTE
"""How long somebody may think about their consent."""
_WAIT_SECONDS = 0.2


class ConsentRefused(Exception):
    """The answer of a network is not believed, or it says no; the message says what to do."""


class Begun(Struct, frozen=True, kw_only=True):
    """A consent under way, as it comes back."""

    channel_id: str
    verifier: str


def begin(tx: Tx, vault: Vault, who: Who, channel_id: str, now: Instant) -> tuple[str, str]:
    """Begin a consent. Returns its state, which the network gives back, and the verifier, which it never sees."""
    state, verifier = secrets.token_urlsafe(24), oauth.new_verifier()
    store.drop_consents(tx, now - CONSENT)
    store.insert_consent(
        tx,
        {
            "state": state,
            "channel_id": channel_id,
            "user_id": who.id,
            "sealed": vault.seal({"verifier": verifier}),
            "began_at": now,
        },
    )
    record(tx, who, "channel.consent_asked", channel_id, now)
    return state, verifier


def come_back(tx: Tx, vault: Vault, who: Who, state: str, now: Instant) -> Begun:
    """A consent comes back: once, in time, and to whoever began it. Raises ConsentRefused."""
    row = store.take_consent(tx, state)
    if row is None or row["user_id"] != who.id or row["began_at"] < now - CONSENT:
        raise ConsentRefused(
            "This answer belongs to no consent that you began in the last ten minutes. Nothing was kept; begin again."
        )
    return Begun(channel_id=row["channel_id"], verifier=vault.unseal(row["sealed"])["verifier"])


def keep(tx: Tx, vault: Vault, channel_id: str, grant: Grant, now: Instant, who: Who | None = None) -> None:
    """Keep what a network gave; whoever waited for a renewal goes on with it."""
    values = {
        "channel_id": channel_id,
        "sealed": vault.seal({"access": grant.access_token, "refresh": grant.refresh_token}),
        "scopes": " ".join(grant.scopes),
        "expires_at": grant.expires_at,
        "refresh_expires_at": grant.refresh_expires_at,
        "renewed_at": now,
        "lease_until": None,
        "error": "",
    }
    store.keep(tx, values)
    if who is not None:
        record(tx, who, "channel.consent", channel_id, now)


def has_any(tx: Tx, channel_id: str) -> bool:
    """Whether a channel has tokens by consent."""
    return store.find(tx, channel_id) is not None


class Keeper:
    """`oauth.Tokens` of one channel."""

    def __init__(
        self,
        store_: Store,
        vault: Vault,
        http: httpx2.AsyncClient,
        clock: Callable[[], Instant],
        *,
        channel_id: str,
        provider: Provider,
        client: Client,
    ) -> None:
        self._store = store_
        self._vault = vault
        self._http = http
        self._clock = clock
        self._channel_id = channel_id
        self._provider = provider
        self._client = client
        self._refused = ""

    async def access(self) -> str:
        """The access token; renewed first when it is about to end. Raises GrantRefused."""
        while True:
            now = self._clock()
            row = await self._store.read(lambda tx: store.find(tx, self._channel_id))
            if row is None:
                raise GrantRefused(
                    "Nobody has given consent yet. Open the channel and press Connect the account."
                )
            grant = self._grant(row)
            if not self._ends(grant, now):
                return grant.access_token
            if not self._provider.renewable or not grant.refresh_token:
                raise GrantRefused("The consent has ended. Open the channel and connect the account again.")
            mine = await self._store.write(partial(self._claim, now=now))
            if mine is not None:
                return await self._renew(mine)
            await asyncio.sleep(_WAIT_SECONDS)

    def _claim(self, tx: Tx, now: Instant) -> Grant | None:
        """Take the right to renew what is there now; None when somebody else has it, or has just used it.

        The others wait, for a refresh token is often good for one use only.
        """
        if not store.lease(tx, self._channel_id, now, now + LEASE):
            return None
        row = store.find(tx, self._channel_id)
        grant = self._grant(row) if row is not None else None
        if grant is None or not self._ends(grant, now):
            store.release(tx, self._channel_id)
            return None
        return grant

    async def refused(self, token: str) -> None:
        """The network refused it: it is renewed before the next use, whatever its time."""
        self._refused = token

    def _ends(self, grant: Grant, now: Instant) -> bool:
        if grant.access_token == self._refused:
            return True
        return grant.expires_at is not None and grant.expires_at - EARLY <= now

    async def _renew(self, grant: Grant) -> str:
        try:
            fresh = await oauth.renew(self._http, self._provider, self._client, grant, self._clock())
        except GrantRefused as refused:
            why = f"{refused} Open the channel and connect the account again."
            await self._store.write(lambda tx: store.fail(tx, self._channel_id, why))
            raise GrantRefused(why) from None
        except BaseException:
            await self._store.write(lambda tx: store.release(tx, self._channel_id))
            raise
        fresh = msgspec.structs.replace(fresh, scopes=fresh.scopes if any(fresh.scopes) else grant.scopes)
        await self._store.write(lambda tx: keep(tx, self._vault, self._channel_id, fresh, self._clock()))
        return fresh.access_token

    def _grant(self, row: Row) -> Grant:
        kept = self._vault.unseal(row["sealed"])
        expires, refresh = row["expires_at"], row["refresh_expires_at"]
        return Grant(
            access_token=kept["access"],
            refresh_token=kept["refresh"],
            expires_at=None if expires is None else Instant(expires),
            refresh_expires_at=None if refresh is None else Instant(refresh),
            scopes=tuple(row["scopes"].split()),
        )
