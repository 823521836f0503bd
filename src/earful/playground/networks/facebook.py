"""A simulated Facebook page: customers comment under its post, the brand answers under comments or once in private."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from earful.channels.hooks import Answer, Asked
from earful.model.message import Change, Network
from earful.playground.networks.meta import MetaSimulator, page_of, refusal
from earful.playground.networks.simulator import Pushed, Wiring, as_json
from earful.playground.networks.uploads import form_of
from earful.playground.networks.world import Happened, Said

POST = "100"
VERBS = {Change.CREATE: "add", Change.EDIT: "edited", Change.DELETE: "remove"}


class FacebookSimulator(MetaSimulator):
    """One page with one post; a comment that begins with our handle was made on a page of somebody else."""

    network: ClassVar[Network] = Network.FACEBOOK
    about: ClassVar[str] = "page"
    has_private: ClassVar[bool] = False
    mentions_by_id: ClassVar[bool] = True
    permission: ClassVar[str] = "pages_manage_engagement"

    def wiring(self) -> Wiring:
        """By webhook, registered with the app."""
        return self.wired({"page_id": self.world.brand.id})

    def native_id(self, said: Said) -> str:
        """Post and comment."""
        return f"{POST}_{said.id}"

    def request(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        """The page, a comment, and what is under it."""
        brand = self.world.brand.id
        if asked.method == "GET" and path == brand:
            return as_json({"id": brand})
        if asked.method == "POST" and path == f"{brand}/messages":
            return self._private_reply(asked, path, fields)
        comment, _, edge = path.partition("/")
        said = self.world.said.get(comment.partition("_")[2])
        if said is None or said.deleted:
            raise refusal(400, 100, f"Unsupported request. Object with ID '{comment}' does not exist", 33)
        if edge == "" and asked.method == "GET":
            return as_json(self._shown(said))
        if edge == "comments" and asked.method == "GET":
            under = [one for one in self.world.said.values() if one.parent == said.id and not one.deleted]
            return page_of([self._shown(one) for one in reversed(under) if not one.private])
        if edge == "comments" and asked.method == "POST":
            return self._comment(asked, path, fields, said)
        raise refusal(400, 100, "Unsupported request", 33)

    def is_send(self, asked: Asked, path: str) -> bool:
        """Comments and messages."""
        return path.endswith(("/comments", "/messages"))

    def _comment(self, asked: Asked, path: str, fields: dict[str, Any], under: Said) -> Answer:
        form = form_of(asked)
        fields = fields | form.words
        for name in fields.keys() - {"message", "attachment_url", "attachment_id", "attachment_share_url"}:
            self.violated(asked, path, f"there is no field {name}")
        for name, one in form.files.items():
            if name != "source" or not one.is_picture:
                self.violated(asked, path, f"{name} is no picture of a comment")
        if not isinstance(fields.get("message"), str) or not fields["message"]:
            raise refusal(400, 100, "(#100) A comment needs a message")
        files = list(form.files.values())
        said = self.world.say(self.world.brand, fields["message"], parent=under.id, files=files)
        return as_json({"id": self.native_id(said)})

    def _private_reply(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        for name in fields.keys() - {"recipient", "message", "messaging_type"}:
            self.violated(asked, path, f"there is no field {name}")
        named = str((fields.get("recipient") or {}).get("comment_id", "")).partition("_")[2]
        under = self.world.said.get(named)
        if under is None:
            raise refusal(400, 100, "(#100) Comment does not exist", 33)
        if any(one.private and one.parent == under.id for one in self.world.said.values()):
            raise refusal(400, 10900, "(#10900) Activity already replied to")
        text = str((fields.get("message") or {}).get("text", ""))
        said = self.world.say(self.world.brand, text, parent=under.id, private=True, to=under.by.id)
        return as_json({"recipient_id": under.by.id, "message_id": f"m_{said.id}"})

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """Every comment, also our own; private messages are Messenger's."""
        said = happened.said
        if said.private:
            return []
        at = (said.edited_at or said.at) if happened.change is Change.EDIT else self.clock()
        value: dict[str, Any] = {
            "item": "comment", "verb": VERBS[happened.change], "comment_id": self.native_id(said),
            "post_id": f"{self.world.brand.id}_{POST}", "parent_id": self._above(said),
        }  # fmt: skip
        field = "feed"
        if self._is_mention(said) and happened.change is Change.CREATE:
            field = "mention"
        elif happened.change is not Change.DELETE:
            value |= {"from": {"id": said.by.id, "name": said.by.name}, "message": said.text}
            value["created_time"] = said.at // 1000
        change = {"field": field, "value": value}
        return self.delivered({"id": self.world.brand.id, "time": at // 1000, "changes": [change]})

    def _is_mention(self, said: Said) -> bool:
        return not said.ours and said.text.startswith(f"@{self.world.brand.handle}")

    def _above(self, said: Said) -> str:
        return f"{POST}_{said.parent}" if said.parent else f"{self.world.brand.id}_{POST}"

    def _shown(self, said: Said) -> dict[str, Any]:
        when = datetime.fromtimestamp(said.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        shown: dict[str, Any] = {
            "id": self.native_id(said), "message": said.text, "created_time": when,
            "from": {"id": said.by.id, "name": said.by.name},
            "object": {"id": f"{self.world.brand.id}_{POST}"},
        }  # fmt: skip
        return shown | ({"parent": {"id": self._above(said)}} if said.parent else {})
