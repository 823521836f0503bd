"""The webhook and the subscriptions of an account at X: made, watched over, and made good after an outage."""

from collections.abc import Callable
from typing import Any

from earful.channels.contract import Inlet
from earful.channels.kit.api import Api, ApiRefused, as_object
from earful.channels.kit.budget import Budget
from earful.channels.kit.loose import mapping, members, word
from earful.channels.x.limits import EVENTS, PRIVATE_EVENTS, REPLAY_HOURS
from earful.channels.x.settings import XSettings
from earful.model.time import HOUR, MINUTE, Instant, moment

LIMIT = "set-up"


class SetupRefused(Exception):
    """X does not deliver; the words say why."""


class Setup:
    """Keeps the deliveries of one account coming."""

    def __init__(
        self, app: Api, user: Api, settings: XSettings, budget: Budget, hook_url: str, now: Callable[[], Instant]
    ) -> None:  # fmt: skip
        self._app = app
        self._user = user
        self._settings = settings
        self._budget = budget
        self._hook_url = hook_url
        self._now = now
        self._good_at: Instant | None = None
        self._replaying = False

    async def webhook(self, inlet: Inlet) -> str:
        """The id of our webhook, valid. Raises SetupRefused when X cannot reach us, and what `Api.call` raises."""
        hooks = members(await self._ask("GET", "/2/webhooks"), "data")
        ours = next((one for one in hooks if word(one, "url") == self._hook_url), None)
        if ours is None:
            try:
                made = await self._ask("POST", "/2/webhooks", json={"url": self._hook_url})
            except ApiRefused as refused:
                if refused.status != 400:
                    raise
                raise SetupRefused(
                    f"X refuses the webhook {self._hook_url} ({refused}). It must be https, without a port, and "
                    "answer X's check from outside."
                ) from None
            ours = mapping(made, "data")
        hook_id, now = word(ours, "id"), self._now()
        if self._replaying and ours.get("valid") is not False:
            self._replaying = False
            await inlet.no_gap()
        if ours.get("valid") is False:
            again = mapping(await self._ask("PUT", f"/2/webhooks/{hook_id}"), "data")
            if again.get("valid") is not True:
                raise SetupRefused(
                    f"X stopped delivering: its check of {self._hook_url} fails. It keeps events for {REPLAY_HOURS} "
                    "hours. See that the address answers from outside, with the API key secret of this app."
                )
            await self._make_good(inlet, hook_id, now)
        self._good_at = now
        return hook_id

    async def subscribe(self, hook_id: str) -> None:
        """Subscribe to what is missing; `hook_id` is empty for the stream."""
        wanted = EVENTS + (PRIVATE_EVENTS if self._settings.direct else ())
        there = members(await self._ask("GET", "/2/activity/subscriptions"), "data")
        have = {
            word(one, "event_type")
            for one in there
            if word(one, "filter", "user_id") == self._settings.user_id and word(one, "webhook_id") == hook_id
        }
        for kind in wanted:
            if kind in have:
                continue
            body: dict[str, Any] = {
                "event_type": kind, "filter": {"user_id": self._settings.user_id}, "tag": "earful",
            }  # fmt: skip
            if hook_id:
                body["webhook_id"] = hook_id
            api = self._user if kind in PRIVATE_EVENTS else self._app
            await self._ask("POST", "/2/activity/subscriptions", api=api, json=body)

    async def _make_good(self, inlet: Inlet, hook_id: str, now: Instant) -> None:
        """Ask for what was missed while the webhook was not valid."""
        since = max(self._good_at or 0, now - REPLAY_HOURS * HOUR + MINUTE)
        await inlet.gap(Instant(since), "X could not reach the webhook")
        stamps = {"from_date": f"{moment(since):%Y%m%d%H%M}", "to_date": f"{moment(now):%Y%m%d%H%M}"}
        if stamps["from_date"] != stamps["to_date"]:
            await self._ask("POST", "/2/webhooks/replay", json={"webhook_id": hook_id} | stamps)
        # Until the next look it has come, or the webhook is broken again.
        self._replaying = True

    async def _ask(
        self, method: str, path: str, *, api: Api | None = None, **arguments: Any
    ) -> dict[str, Any]:
        self._budget.spend(LIMIT)
        raw = await (api or self._app).call(method, path, limit=LIMIT, **arguments)
        return as_object(raw)
