"""A Mastodon account as a channel: a stream for speed, paging for certainty."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import msgspec
from msgspec import structs

from earful.channels.contract import Capabilities, Inlet, Reply, SendPostponed, SendUnknown, Sent
from earful.channels.kit.addresses import AddressRefused
from earful.channels.kit.http import ResponseTooLarge
from earful.channels.kit.running import broke, keep_up
from earful.channels.kit.stream import StreamRefused
from earful.channels.mastodon.api import Api, ApiRefused, Instance, Policy
from earful.channels.mastodon.files import taken, upload
from earful.channels.mastodon.follow import Follow
from earful.channels.mastodon.limits import CAPABILITIES, ECHO_WAIT_SECONDS
from earful.channels.mastodon.send import compose, find_own, post, sent, withdraw_if_wider
from earful.channels.mastodon.settings import MastodonSecrets, MastodonSettings
from earful.model.message import Network
from earful.model.time import instant

_FAULTS = (ApiRefused, httpx2.HTTPError, AddressRefused, ResponseTooLarge, msgspec.MsgspecError)

_SENDERS = {
    "for_not_following": "people you do not follow",
    "for_not_followers": "people who do not follow you",
    "for_new_accounts": "new accounts",
    "for_private_mentions": "private mentions",
    "for_limited_accounts": "accounts limited by the server's moderators",
}


class MastodonConnector:
    """One account. Holds no state that must survive; see `Connector` for the promises."""

    network = Network.MASTODON
    capabilities: Capabilities = CAPABILITIES

    def __init__(
        self,
        settings: MastodonSettings,
        secrets: MastodonSecrets,
        *,
        allow_private: bool = False,
        pace: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._allow_private = allow_private
        self._pace = pace
        self._now = now
        self._known: Instance | None = None
        self._sending = asyncio.Lock()
        self._client_ids: dict[str, str] = {}

    async def receive(self, inlet: Inlet, stop: asyncio.Event) -> None:
        """Follow both streams until `stop`: notifications with our own posts, and direct messages."""
        api = self._api()
        follow = Follow(
            api, self._settings, inlet=inlet, stop=stop, now=self._now, client_id_of=self._client_id_of,
            pace=self._pace,
        )  # fmt: skip
        try:
            await asyncio.gather(
                keep_up(inlet, stop, follow.user, self._explain),
                keep_up(inlet, stop, follow.direct, self._explain),
            )
        finally:
            await api.close()

    async def send(self, reply: Reply) -> Sent:
        """Post one reply; see `Connector.send`."""
        api = self._api()
        try:
            instance = await self._instance(api)
            text, visibility = compose(reply, self._settings.server, instance)
            media_ids = await upload(api, reply, now=instant(self._now()))
            # An echo that comes by stream before the answer to the request waits for this lock, for a moment.
            async with self._sending:
                status = await post(
                    api, reply, text, visibility, now=instant(self._now()), media_ids=media_ids
                )
                self._remember(status.id, reply.client_id)
            await withdraw_if_wider(api, reply, status)
            return sent(status, reply, self._settings.server)
        finally:
            await api.close()

    async def find(self, reply: Reply) -> Sent | None:
        """Look among our own statuses for one that answers the same message with the same words."""
        api = self._api()
        try:
            instance = await self._instance(api)
            text, _ = compose(reply, self._settings.server, instance)
            status = await find_own(api, reply, text, (await api.me()).id)
        except (*_FAULTS, SendPostponed) as fault:
            raise SendUnknown(f"The server could not be asked for the reply: {fault}") from None
        finally:
            await api.close()
        if status is None:
            return None
        self._remember(status.id, reply.client_id)
        return sent(status, reply, self._settings.server)

    async def check(self) -> list[str]:
        """Try the token, and say which mentions the account's notification policy keeps from us."""
        api = self._api()
        try:
            await api.me()
            return _policy_problems(await self._policy(api))
        except _FAULTS as fault:
            return [self._explain(fault)]
        finally:
            await api.close()

    def _api(self) -> Api:
        return Api(self._settings, self._secrets, allow_private=self._allow_private, now=self._now)

    async def _instance(self, api: Api) -> Instance:
        """Limits of the server, asked once.

        Raises SendPostponed when it cannot be asked: nothing is sent then.
        """
        if self._known is None:
            try:
                self._known = await api.instance()
            except _FAULTS as fault:
                raise SendPostponed(f"The server could not be asked for its limits ({fault}).") from None
            takes = taken(self._known.configuration)
            self.capabilities = structs.replace(
                CAPABILITIES, max_length=self._known.max_length, public_files=takes, private_files=takes
            )
        return self._known

    async def _policy(self, api: Api) -> Policy:
        try:
            return await api.get("/api/v2/notifications/policy", Policy)
        except ApiRefused as refused:
            # Before 4.3, and on other servers, there is none: everything is let through.
            if refused.status == 404:
                return Policy()
            raise

    def _remember(self, status_id: str, client_id: str) -> None:
        self._client_ids[status_id] = client_id
        while len(self._client_ids) > 1000:
            del self._client_ids[next(iter(self._client_ids))]

    async def _client_id_of(self, status_id: str) -> str:
        """The outbox id of a status of ours; empty where no request made it, or its answer is long in coming."""
        # Who waits here holds up a stream: when the answer comes, the outbox finds the echo by its native id.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ECHO_WAIT_SECONDS), self._sending:
                pass
        return self._client_ids.get(status_id, "")

    def _explain(self, fault: Exception) -> str:
        host = self._settings.server
        if isinstance(fault, ApiRefused | StreamRefused) and fault.status in (401, 403):
            return (
                f"{host} does not accept the access token any more ({fault.status}). Mentions stay there "
                "and are fetched when it does. Connect the account again, with the scopes read, "
                "write:statuses and write:media."
            )
        if isinstance(fault, AddressRefused):
            return str(fault)
        kept = "Mentions stay there and are fetched when it is back; Earful keeps trying."
        return broke(host, fault, kept)


def _policy_problems(policy: Policy) -> list[str]:
    """Mastodon 4.3 and later hide mentions by rule; `drop` loses them for ever."""
    problems = []
    for field, who in _SENDERS.items():
        rule = getattr(policy, field)
        if rule == "drop":
            problems.append(
                f"The account drops mentions: {who}. They are lost for ever. Set the notification policy "
                "to accept."
            )
        elif rule == "filter":
            problems.append(
                f"The account filters mentions: {who}. They wait in the filtered notifications and do not "
                "reach Earful. Set the notification policy to accept."
            )
    waiting = policy.summary.get("pending_requests_count", 0)
    if waiting:
        problems.append(f"{waiting} people wait in the filtered notifications. Accept them on the server.")
    return problems
