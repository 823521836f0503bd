"""A simulated Threads profile: replies come by webhook, ours are made as containers and then published."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from earful.channels.hooks import Answer, Asked
from earful.model.message import Change, Network
from earful.model.time import Instant
from earful.playground.networks.meta import APP_ID, MetaSimulator, page_of, refusal
from earful.playground.networks.simulator import Pushed, Wiring, as_json
from earful.playground.networks.world import Happened, Said

ROOT = "700"
LOOKS_UNTIL_READY = 1
"""How often a new container answers that it is not ready."""


class Draft:
    """A container."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.looks = 0
        self.published = False


class ThreadsSimulator(MetaSimulator):
    """One profile with one post of its own."""

    network: ClassVar[Network] = Network.THREADS
    about: ClassVar[str] = "threads"
    version: ClassVar[str] = "v1.0"
    proof: ClassVar[bool] = False
    has_private: ClassVar[bool] = False
    has_edits: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    permission: ClassVar[str] = "threads_manage_replies"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._drafts: dict[str, Draft] = {}

    def wiring(self) -> Wiring:
        """By webhook, registered with the app."""
        brand = self.world.brand
        return self.wired({"user_id": brand.id, "username": brand.handle, "app_api": self.base_url})

    def native_id(self, said: Said) -> str:
        """A long number."""
        return f"180{said.id}"

    def request(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        """The profile, containers, and its replies."""
        brand = self.world.brand.id
        match asked.method, path:
            case "GET", one if one == brand:
                return as_json({"id": brand})
            case "GET", one if one == f"{brand}/replies":
                ours = [said for said in self.world.said.values() if said.ours and not said.deleted]
                return page_of([self._shown(said) for said in reversed(ours)])
            case "POST", one if one == f"{brand}/threads":
                return self._make(asked, path, fields)
            case "POST", one if one == f"{brand}/threads_publish":
                return self._publish(asked, path, fields)
            case "GET", one if one in self._drafts:
                return as_json({"id": one, "status": self._status(self._drafts[one])})
        raise refusal(400, 100, f"Unsupported get request. Object with ID '{path}' does not exist", 33)

    def is_send(self, asked: Asked, path: str) -> bool:
        """Nobody sees a container."""
        return path.endswith("/threads_publish")

    def _status(self, draft: Draft) -> str:
        if draft.published:
            return "PUBLISHED"
        draft.looks += 1
        return "IN_PROGRESS" if draft.looks <= LOOKS_UNTIL_READY else "FINISHED"

    def _make(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        for name in fields.keys() - {"media_type", "text", "reply_to_id", "reply_control", "link_attachment"}:
            self.violated(asked, path, f"there is no field {name}")
        text = fields.get("text")
        if fields.get("media_type") != "TEXT" or not isinstance(text, str) or not 0 < len(text) <= 500:
            raise refusal(400, 100, "Param text must be at most 500 characters long.")
        if str(fields.get("reply_to_id", "")).removeprefix("180") not in self.world.said:
            raise refusal(400, 100, "The post to reply to does not exist", 33)
        draft_id = f"178{self.world.new_id()}"
        self._drafts[draft_id] = Draft(fields)
        return as_json({"id": draft_id})

    def _publish(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        draft = self._drafts.get(str(fields.get("creation_id", "")))
        if draft is None:
            raise refusal(400, 24, "The requested resource does not exist", 4279009)
        if draft.published:
            self.violated(asked, path, "a container is published twice")
            raise refusal(400, 100, "The container was published already")
        if draft.looks <= LOOKS_UNTIL_READY:
            self.violated(asked, path, "the container is not ready yet")
        draft.published = True
        above = str(draft.fields["reply_to_id"]).removeprefix("180")
        said = self.world.say(self.world.brand, draft.fields["text"], parent=above)
        return as_json({"id": self.native_id(said)})

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """Replies of others, and what we published ourselves; no edits, and deletes of our own only."""
        if happened.change is not Change.CREATE:
            return []
        said = happened.said
        field = "publish" if said.ours else "replies"
        return self.tell(self._told({"field": field, "value": self._shown(said)}))

    def strange(self) -> list[Pushed]:
        """A field that does not exist yet."""
        return self.tell(self._told({"field": "telepathy", "value": {"thought": "…"}}))

    def _told(self, values: dict[str, Any]) -> dict[str, Any]:
        at = self.clock() // 1000
        return {
            "app_id": APP_ID,
            "topic": "moderate",
            "target_id": self.world.brand.id,
            "time": at,
            "values": values,
        }

    def _shown(self, said: Said) -> dict[str, Any]:
        when = datetime.fromtimestamp(said.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        return {
            "id": self.native_id(said), "username": said.by.handle, "text": said.text, "media_type": "TEXT_POST",
            "permalink": f"https://www.threads.net/@{said.by.handle}/post/{said.id}", "timestamp": when,
            "replied_to": {"id": f"180{said.parent}" if said.parent else ROOT}, "root_post": {"id": ROOT},
        }  # fmt: skip
