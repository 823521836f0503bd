"""A simulated TikTok API for Business: comments below one video, told of by their id, always answered with a 200."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.kit.macs import hex_mac
from earful.channels.tiktok.hook import HEADER
from earful.channels.tiktok.parse import COMMENT_EVENT
from earful.model.message import Change, Network
from earful.model.time import Instant
from earful.playground.networks.shapes import Shape, problems
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.world import Happened, Said

SECRET, TOKEN, APP, VIDEO = "app-secret", "playground-token", "777", "7300000000000000001"
_COUNT = re.compile(r"[1-9]|[12][0-9]|30")
_SORTED: dict[str, Any] = {
    "business_id!": str, "video_id!": str, "status": ("PUBLIC", "ALL"), "sort_order": ("asc", "desc", "smart"),
    "sort_field": ("likes", "replies", "create_time"), "cursor": re.compile(r"[0-9]+"), "max_count": _COUNT,
}  # fmt: skip
_QUERIES: dict[str, Shape] = {
    "business/get": {"business_id!": str, "fields": str},
    "business/video/list": {
        "business_id!": str, "fields!": re.compile(r'\["[a-z_]+"(,"[a-z_]+")*\]'), "cursor": re.compile(r"[0-9]+"),
        "max_count": re.compile(r"[1-9]|1[0-9]|20"), "filters": str,
    },
    "business/comment/list": {
        **_SORTED, "comment_ids": re.compile(r'\["[0-9]+"(,"[0-9]+")*\]'), "include_replies": ("true", "false"),
    },
    "business/comment/reply/list": {**_SORTED, "comment_id!": re.compile(r"[0-9]+")},
}  # fmt: skip
_REPLY: Shape = {"business_id!": str, "video_id!": str, "comment_id!": str, "text!": str}
_WEBHOOK: Shape = {
    "app_id!": (APP,),
    "secret!": (SECRET,),
    "event_type!": ("COMMENT", "DIRECT_MESSAGE"),
    "callback_url!": str,
}


_MESSAGE: Shape = {
    "business_id!": str, "recipient_type!": ("CONVERSATION",), "recipient!": str, "message_type!": ("TEXT",),
    "text!": {"body!": str},
}  # fmt: skip
WINDOW_MS = 48 * 3_600_000


class TikTokSimulator(Simulator):
    """Every customer comments below one video, or writes in private; what was said below it has to be fetched."""

    network: ClassVar[Network] = Network.TIKTOK
    pushes: ClassVar[bool] = True
    names_private: ClassVar[bool] = True
    has_edits: ClassVar[bool] = False
    mentions_by_id: ClassVar[bool] = True
    unknown_kind: ClassVar[str] = "sticker"
    permission: ClassVar[str] = "comment.list.manage"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._webhook = ""

    def wiring(self) -> Wiring:
        """With a token and quick looks."""
        settings = {
            "business_id": self.world.brand.id, "client_id": APP, "poll_seconds": 5, "api": self.base_url,
            "requests_a_minute": 10_000, "direct_messages": True,
        }  # fmt: skip
        return Wiring(settings=settings, secrets={"client_secret": SECRET, "access_token": TOKEN})

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the API."""
        name = path.strip("/")
        if name.removeprefix("files/") in self.files:
            return Answer(body=self.files[name.removeprefix("files/")], media_type="application/octet-stream")
        if asked.headers.get("access-token") != TOKEN:
            return _no(40105, "Access token is incorrect or has been revoked.")
        if asked.method == "GET" and name in _QUERIES:
            self._check(asked, name, dict(asked.query), _QUERIES[name])
        match asked.method, name:
            case "GET", "business/get":
                return _yes({"username": self.world.brand.handle})
            case "GET", "business/video/list":
                count = len(self._there())
                video = {"item_id": VIDEO, "create_time": str(self.clock() // 1000), "comments": count}
                return _yes({"videos": [video], "has_more": False})
            case "GET", "business/comment/list":
                return self._list(asked)
            case "GET", "business/comment/reply/list":
                top = asked.query.get("comment_id", "")
                below = [one for one in self._there() if one.root == top and one.root != one.id]
                return self._page(asked, below)
            case "POST", _ if name in _DOING:
                return _DOING[name](self, asked, name)
        raise Refusal(404, {"code": 40007, "message": "There is no such path."})

    def _there(self) -> list[Said]:
        return [one for one in self.world.said.values() if not one.deleted and not one.private]

    def _list(self, asked: Asked) -> Answer:
        wanted = asked.query.get("comment_ids")
        if wanted:
            ids = msgspec.json.decode(wanted, type=list[str])
            return self._page(asked, [one for one in self._there() if one.id in ids])
        return self._page(asked, [one for one in self._there() if one.root == one.id])

    def _page(self, asked: Asked, there: list[Said]) -> Answer:
        there = sorted(there, key=lambda one: -one.at)
        start, size = int(asked.query.get("cursor", "0")), int(asked.query.get("max_count", "20"))
        deep = asked.query.get("include_replies") == "true"
        comments = [self._comment(one, deep=deep) for one in there[start : start + size]]
        more = len(there) > start + size
        return _yes({"comments": comments, "has_more": more, "cursor": start + size if more else 0})

    def _reply(self, asked: Asked, name: str) -> Answer:
        body = body_of(asked)
        self._check(asked, name, body, _REPLY)
        above = self.world.said.get(str(body.get("comment_id", "")))
        text = str(body.get("text", ""))
        if above is None or above.deleted or above.root != above.id:
            return _no(40007, "The comment does not exist.")
        if len(text) > 150:
            return _no(40002, "The text is too long.")
        return _yes(self._comment(self.world.say(self.world.brand, text, parent=above.id)))

    def _message(self, asked: Asked, name: str) -> Answer:
        body = body_of(asked)
        self._check(asked, name, body, _MESSAGE)
        customer = str(body.get("recipient", "")).removeprefix("talk-")
        newest = max((one.at for one in self.world.with_customer(customer) if not one.ours), default=0)
        if self.clock() - newest > WINDOW_MS:
            return _no(40002, "The conversation is outside of the 48-hour window.")
        said = self.world.say(self.world.brand, str(body["text"]["body"]), private=True, to=customer)
        return _yes({"message": {"message_id": said.id}})

    def _download(self, asked: Asked, name: str) -> Answer:
        media = str(body_of(asked).get("media_id", ""))
        if media not in self.files:
            return _no(40007, "The media does not exist.")
        return _yes({"download_url": f"{self.base_url}/files/{media}"})

    def _listen(self, asked: Asked, name: str) -> Answer:
        body = body_of(asked)
        self._check(asked, name, body, _WEBHOOK)
        self._webhook = str(body.get("callback_url", ""))
        return _yes({"app_id": APP, "callback_url": self._webhook})

    def reads(self, customer_id: str) -> None:
        """A customer reads all that was said so far."""
        content = {
            "conversation_id": f"talk-{customer_id}", "read": {"last_read_timestamp": self.clock()},
            "from_user": {"id": customer_id},
        }  # fmt: skip
        self.push(self._pushed("im_mark_read_msg", content))

    def _direct(self, said: Said) -> list[Pushed]:
        ends = ("from_user", "to_user") if not said.ours else ("to_user", "from_user")
        content: dict[str, Any] = {
            "message_id": said.id, "conversation_id": f"talk-{said.to}", "timestamp": said.at,
            "type": said.kind or "text", ends[0]: {"id": said.to}, ends[1]: {"id": self.world.brand.id},
        }  # fmt: skip
        if not said.ours:
            content["from"] = said.by.handle
        if said.kind == "image":
            content["image"] = {"media_id": said.text}
        elif not said.kind:
            content["text"] = {"body": said.text}
        return [self._pushed("im_send_msg" if said.ours else "im_receive_msg", content)]

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """An event with ids in a text of JSON; edits are not told of, and private messages cannot be taken back."""
        said, change = happened.said, happened.change
        if change is Change.EDIT or not self._webhook:
            return []
        if said.private:
            return self._direct(said) if change is Change.CREATE else []
        content = {
            "comment_id": int(said.id), "video_id": int(VIDEO), "timestamp": self.clock() // 1000,
            "parent_comment_id": int(said.root) if said.root != said.id else 0,
            "comment_type": "reply" if said.root != said.id else "comment",
            "comment_action": "delete" if change is Change.DELETE else "insert",
            "unique_identifier": said.by.id,
        }  # fmt: skip
        return [self._pushed(COMMENT_EVENT, content)]

    def strange(self) -> list[Pushed]:
        """An event that does not exist yet."""
        return [self._pushed("telepathy.receive", {"thought": "…"})] if self._webhook else []

    def limited(self, *, bare: bool) -> Told:
        """A code inside of a 200: TikTok never says how long."""
        return _told(40100, "Requests made too frequently.")

    def unauthorised(self) -> Told:
        """Consent was taken back."""
        return _told(40105, "Access token is incorrect or has been revoked.")

    def forbidden(self) -> Told:
        """A scope is missing."""
        return _told(40001, f"No permission: {self.knobs.missing_permission}")

    def is_send(self, asked: Asked, path: str) -> bool:
        """Replies."""
        return path.strip("/") in ("business/comment/reply/create", "business/message/send")

    def _check(self, asked: Asked, name: str, value: object, shape: Shape) -> None:
        for problem in problems(value, shape):
            self.violated(asked, name, problem)

    def _pushed(self, event: str, content: dict[str, Any]) -> Pushed:
        stamp = str(self.clock() // 1000)
        body = msgspec.json.encode(
            {
                "client_key": APP, "event": event, "create_time": int(stamp), "user_openid": self.world.brand.id,
                "content": msgspec.json.encode(content).decode(),
            }
        )  # fmt: skip
        signature = f"t={stamp},s={hex_mac(SECRET, f'{stamp}.'.encode() + body)}"
        return Pushed(
            url=self._webhook, body=body, headers={"content-type": "application/json", HEADER: signature}
        )

    def _comment(self, said: Said, *, deep: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {
            "comment_id": said.id, "video_id": VIDEO, "user_id": said.by.id, "username": said.by.handle,
            "display_name": said.by.name, "text": said.text, "create_time": str(said.at // 1000), "likes": 0,
            "owner": said.ours, "status": "PUBLIC",
        }  # fmt: skip
        if said.root != said.id:
            found["parent_comment_id"] = said.root
        if deep:
            below = [one for one in self.world.thread(said.id) if one.id != said.id]
            found["reply_list"] = [self._comment(one) for one in below]
        return found


_DOING: dict[str, Callable[[TikTokSimulator, Asked, str], Answer]] = {
    "business/comment/reply/create": TikTokSimulator._reply,
    "business/message/send": TikTokSimulator._message,
    "business/message/media/download": TikTokSimulator._download,
    "business/webhook/update": TikTokSimulator._listen,
}


def _yes(data: dict[str, Any]) -> Answer:
    return as_json({"code": 0, "message": "OK", "request_id": "r", "data": data})


def _no(code: int, words: str) -> Answer:
    return as_json({"code": code, "message": words, "request_id": "r", "data": {}})


def _told(code: int, words: str) -> Told:
    return Told(status=200, body=_no(code, words).body)
