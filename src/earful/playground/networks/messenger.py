"""A simulated Messenger: private conversations of one page. Nobody's name is told, only an id for the page."""

from collections.abc import Callable
from typing import Any, ClassVar

from earful.channels.hooks import Answer, Asked
from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.networks import conversations
from earful.playground.networks.meta import MetaSimulator, refusal
from earful.playground.networks.simulator import Pushed, Wiring, as_json
from earful.playground.networks.uploads import form_of
from earful.playground.networks.world import Happened, Said


class MessengerSimulator(MetaSimulator):
    """One page."""

    network: ClassVar[Network] = Network.MESSENGER
    about: ClassVar[str] = "page"
    has_public: ClassVar[bool] = False
    names_private: ClassVar[bool] = False
    unknown_kind: ClassVar[str] = "poll"
    permission: ClassVar[str] = "pages_messaging"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._metadata = ""

    def wiring(self) -> Wiring:
        """By webhook, registered with the app."""
        return self.wired({"page_id": self.world.brand.id, "human_agent": True})

    def native_id(self, said: Said) -> str:
        """A mid."""
        return conversations.mid(said)

    def request(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        """The page, its messages and conversations."""
        brand = self.world.brand.id
        if asked.method == "GET" and path == brand:
            return as_json({"id": brand})
        if asked.method == "GET" and path == f"{brand}/conversations":
            return conversations.listed(self, asked)
        if asked.method == "POST" and path == f"{brand}/message_attachments":
            form = form_of(asked)
            if "is_reusable" not in form.words.get("message", ""):
                self.violated(asked, path, "message says nothing of an attachment")
            return as_json({"attachment_id": self.keep_file(form.files["filedata"])})
        if asked.method == "POST" and path == f"{brand}/messages":
            customer, text, files = conversations.send(self, asked, path, fields)
            self._metadata = str(fields["message"].get("metadata", ""))
            said = self.world.say(self.world.brand, text, private=True, to=customer, files=files)
            return conversations.accepted(customer, said)
        raise refusal(400, 100, "Unsupported request", 33)

    def is_send(self, asked: Asked, path: str) -> bool:
        """Only messages."""
        return path.endswith("/messages")

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """What is said on both sides; our own comes back as an echo."""
        said = happened.said
        told = conversations.event(self, said, happened.change, self._metadata)
        return self.delivered({"id": self.world.brand.id, "time": self.clock(), "messaging": [told]})
