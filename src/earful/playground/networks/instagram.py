"""A simulated Instagram account: comments under one medium, mentions elsewhere, private messages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from earful.channels.hooks import Answer, Asked
from earful.model.message import Change, Network
from earful.model.time import Instant
from earful.playground.networks import conversations
from earful.playground.networks.meta import MetaSimulator, page_of, refusal
from earful.playground.networks.simulator import Pushed, Wiring, as_json
from earful.playground.networks.world import Happened, Said

MEDIA, ELSEWHERE = "500", "600"
FILES = dict.fromkeys(("image/png", "image/jpeg", "image/gif"), 8_000_000) | {"application/pdf": 25_000_000}
"""What a message may have, and how large."""


class InstagramSimulator(MetaSimulator):
    """What is public is a comment; one that begins with our handle was made under somebody else's medium."""

    network: ClassVar[Network] = Network.INSTAGRAM
    about: ClassVar[str] = "instagram"
    proof: ClassVar[bool] = False
    has_edits: ClassVar[bool] = False
    has_deletes: ClassVar[bool] = False
    names_private: ClassVar[bool] = False
    mentions_by_id: ClassVar[bool] = True
    permission: ClassVar[str] = "instagram_business_manage_comments"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._boosted = False

    def wiring(self) -> Wiring:
        """By webhook, registered with the app."""
        return self.wired({"account_id": self.world.brand.id, "app_api": self.base_url})

    def native_id(self, said: Said) -> str:
        """A mid, or the number of a comment."""
        return conversations.mid(said) if said.private else f"179{said.id}"

    def request(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        """The account, its messages, comments and mentions."""
        brand = self.world.brand.id
        if asked.method == "GET" and path == brand:
            return self._account(asked)
        if asked.method == "GET" and path == f"{brand}/conversations":
            return conversations.listed(self, asked)
        if asked.method == "POST" and path == f"{brand}/messages":
            return self._message(asked, path, fields)
        if asked.method == "POST" and path == f"{brand}/mentions":
            return self._comment(asked, path, fields, self._said(str(fields.get("comment_id", ""))))
        comment, _, edge = path.partition("/")
        if edge == "replies":
            under = self._said(comment)
            if asked.method == "POST":
                return self._comment(asked, path, fields, under)
            there = [one for one in self.world.said.values() if one.parent == under.id and not one.private]
            return page_of([self._shown(one) for one in there])
        raise refusal(400, 100, "Unsupported request", 33)

    def is_send(self, asked: Asked, path: str) -> bool:
        """Comments and messages."""
        return path.endswith(("/replies", "/messages", "/mentions"))

    def addresses(self, asked: Asked, path: str) -> list[str]:
        """Of the file of a message."""
        return conversations.addresses(asked) if path.endswith("/messages") else []

    def _said(self, comment_id: str) -> Said:
        said = self.world.said.get(comment_id.removeprefix("179"))
        if said is None:
            raise refusal(400, 100, f"Object with ID '{comment_id}' does not exist", 33)
        return said

    def _account(self, asked: Asked) -> Answer:
        answer: dict[str, Any] = {"id": self.world.brand.id}
        wanted = asked.query.get("fields", "")
        if wanted.startswith("mentioned_comment.comment_id("):
            said = self._said(wanted.partition("(")[2].partition(")")[0])
            answer["mentioned_comment"] = self._shown(said) | {
                "username": said.by.handle,
                "media": {"id": ELSEWHERE},
            }
        return as_json(answer)

    def _comment(self, asked: Asked, path: str, fields: dict[str, Any], under: Said) -> Answer:
        for name in fields.keys() - {"message", "comment_id", "media_id"}:
            self.violated(asked, path, f"there is no field {name}")
        if path.endswith("/replies") and self._is_mention(under):
            raise refusal(400, 10, "(#10) Application does not have permission for this action")
        said = self.world.say(self.world.brand, str(fields.get("message", "")), parent=under.id)
        return as_json({"id": self.native_id(said)})

    def _message(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        comment_id = str((fields.get("recipient") or {}).get("comment_id", ""))
        if comment_id:
            under = self._said(comment_id)
            if any(one.private and one.parent == under.id for one in self.world.said.values()):
                raise refusal(400, 10900, "(#10900) Activity already replied to")
            text, customer = str((fields.get("message") or {}).get("text", "")), under.by.id
            said = self.world.say(self.world.brand, text, parent=under.id, private=True, to=customer)
        else:
            customer, text, files = conversations.send(self, asked, path, fields)
            if "attachment_id" in str(fields["message"]):
                self.violated(asked, path, "files come from a public address only")
            for file in files:
                if file.mime not in FILES or len(file.content) > FILES[file.mime]:
                    raise refusal(400, 100, "(#100) Attachment type or size is not supported", 2018047)
            if "metadata" in fields["message"]:
                self.violated(asked, path, "there is no field message.metadata")
            said = self.world.say(self.world.brand, text, private=True, to=customer, files=files)
        return conversations.accepted(customer, said)

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """Comments once, or twice where the post is boosted; mentions as ids; private messages and their echoes."""
        said, at = happened.said, self.clock()
        brand = self.world.brand.id
        if said.private:
            told = conversations.event(self, said, happened.change, "")
            return self.delivered({"id": brand, "time": at, "messaging": [told]})
        if happened.change is not Change.CREATE:
            return []
        if self._is_mention(said):
            value: dict[str, Any] = {"media_id": ELSEWHERE, "comment_id": self.native_id(said)}
            return self._changed("mentions", value)
        value = {
            "id": self.native_id(said), "text": said.text, "from": {"id": said.by.id, "username": said.by.handle},
            "media": {"id": MEDIA, "media_product_type": "FEED"},
        }  # fmt: skip
        if said.parent:
            value["parent_id"] = f"179{said.parent}"
        told_once = self._changed("comments", value)
        self._boosted = not self._boosted
        if not self._boosted:
            return told_once
        boosted = {"id": "501", "ad_id": "9", "original_media_id": MEDIA, "media_product_type": "AD"}
        return told_once + self._changed("comments", value | {"media": boosted})

    def _changed(self, field: str, value: dict[str, Any]) -> list[Pushed]:
        entry = {"id": self.world.brand.id, "time": self.clock() // 1000}
        return self.delivered(entry | {"changes": [{"field": field, "value": value}]})

    def _is_mention(self, said: Said) -> bool:
        return not said.ours and said.text.startswith(f"@{self.world.brand.handle}")

    def _shown(self, said: Said) -> dict[str, Any]:
        when = datetime.fromtimestamp(said.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        by = {"id": said.by.id, "username": said.by.handle}
        return {"id": self.native_id(said), "text": said.text, "timestamp": when, "from": by}
