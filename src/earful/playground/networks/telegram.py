"""A simulated Bot API (core.telegram.org/bots/api, 10.1): one bot, private chats and a public group."""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from earful.channels.hooks import Answer, Asked
from earful.channels.telegram.hook import HEADER
from earful.model.message import Change, Network
from earful.model.time import Instant
from earful.playground.networks.simulator import Pushed, Refusal, Simulator, Told, Wiring, as_json, body_of
from earful.playground.networks.uploads import form_of
from earful.playground.networks.world import Account, Happened, Said, SentFile

TOKEN = "9000:playground-token"  # noqa: S105 - of a network that is not there
GROUP = -1009
SEND_FIELDS = frozenset(
    {"business_connection_id", "chat_id", "message_thread_id", "direct_messages_topic_id", "text", "parse_mode",
     "entities", "link_preview_options", "disable_notification", "protect_content", "allow_paid_broadcast",
     "message_effect_id", "suggested_post_parameters", "reply_parameters", "reply_markup"}
)  # fmt: skip
"""Parameters of sendMessage as the specification has them."""
FILE_METHODS = {"sendPhoto": "photo", "sendDocument": "document"}
"""Methods that take a file, and its parameter."""


class TelegramSimulator(Simulator):
    """Private chats are with the bot; what is public is said in a group that has a name."""

    network: ClassVar[Network] = Network.TELEGRAM
    echoes: ClassVar[bool] = False
    pushes: ClassVar[bool] = True
    has_deletes: ClassVar[bool] = False
    can_look: ClassVar[bool] = False
    unknown_kind: ClassVar[str] = "dice"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self._webhook = ""
        self._secret = ""
        self._updates: list[dict[str, Any]] = []
        self._next_update = 1

    def wiring(self) -> Wiring:
        """By webhook: what is pushed can be doubled and shuffled."""
        return Wiring(settings={"receive": "webhook", "api": self.base_url}, secrets={"token": TOKEN})

    def handle(self, asked: Asked, path: str) -> Answer:
        """One method of the Bot API."""
        kind, _, rest = path.strip("/").partition("/")
        if kind == "file" and rest.partition("/")[0] == f"bot{TOKEN}":
            return self._file(rest.rpartition("/")[2])
        bot, _, method = path.strip("/").partition("/")
        if bot != f"bot{TOKEN}":
            raise Refusal(404, _no(404, "Not Found"))
        if method in FILE_METHODS:
            return self._send_file(asked, method)
        fields = body_of(asked)
        if method == "getMe":
            return _yes(_user(self.world.brand) | {"is_bot": True})
        if method == "setWebhook":
            self._webhook, self._secret = str(fields.get("url", "")), str(fields.get("secret_token", ""))
            for update in self._updates:
                self.push(self._pushed(update))
            self._updates.clear()
            return _yes(True)
        if method == "deleteWebhook":
            self._webhook = ""
            return _yes(True)
        if method == "getWebhookInfo":
            return _yes({"url": self._webhook, "pending_update_count": 0, "has_custom_certificate": False})
        if method == "getUpdates":
            offset = int(fields.get("offset", 0))
            self._updates = [one for one in self._updates if one["update_id"] >= offset]
            return _yes(self._updates[:100])
        if method == "getFile":
            name = str(fields.get("file_id", ""))
            self._file(name)
            return _yes({"file_id": name, "file_unique_id": name, "file_path": f"photos/{name}"})
        if method == "sendMessage":
            return self._send(asked, path, fields)
        raise Refusal(404, _no(404, "Not Found: method not found"))

    def _file(self, name: str) -> Answer:
        if name not in self.files:
            raise Refusal(400, _no(400, "Bad Request: wrong file_id or the file is temporarily unavailable"))
        return Answer(body=self.files[name], media_type="application/octet-stream")

    def _send(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        for name in fields.keys() - SEND_FIELDS:
            self.violated(asked, "sendMessage", f"there is no parameter {name}")
        text = fields.get("text")
        if not isinstance(text, str) or not text:
            raise Refusal(400, _no(400, "Bad Request: message text is empty"))
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise Refusal(400, _no(400, "Bad Request: message is too long"))
        return self._said(fields, text, [])

    def _send_file(self, asked: Asked, method: str) -> Answer:
        form, kind = form_of(asked), FILE_METHODS[method]
        for name in form.words.keys() - (SEND_FIELDS - {"text"} | {"caption"}):
            self.violated(asked, method, f"there is no parameter {name}")
        if list(form.files) != [kind]:
            raise Refusal(400, _no(400, f"Bad Request: there is no {kind} in the request"))
        text = form.words.get("caption", "")
        if len(text.encode("utf-16-le")) // 2 > 1024:
            raise Refusal(400, _no(400, "Bad Request: message caption is too long"))
        told = form.words.get("reply_parameters", "{}")
        fields = form.words | {"reply_parameters": msgspec.json.decode(told)}
        return self._said(fields, text, list(form.files.values()))

    def _said(self, fields: dict[str, Any], text: str, files: list[SentFile]) -> Answer:
        chat_id = fields.get("chat_id")
        known = {one.id for one in self.world.customers.values()} | {str(GROUP)}
        if str(chat_id) not in known:
            raise Refusal(403, _no(403, "Forbidden: bot can't initiate conversation with a user"))
        private = str(chat_id) != str(GROUP)
        told = fields.get("reply_parameters") or {}
        parent = str(told.get("message_id", ""))
        said = self.world.say(
            self.world.brand,
            text,
            parent=parent if parent in self.world.said else "",
            private=private,
            to=str(chat_id) if private else "",
            files=files,
        )
        return _yes(self._message(said))

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """An update for what customers say; a bot is not told of its own messages, and never of deletes."""
        said = happened.said
        if said.ours or happened.change is Change.DELETE:
            return []
        name = "edited_message" if happened.change is Change.EDIT else "message"
        update = {"update_id": self._number(), name: self._message(said)}
        if not self._webhook:
            self._updates.append(update)
            return []
        return [self._pushed(update)]

    def strange(self) -> list[Pushed]:
        """An update of a kind that does not exist yet."""
        return [self._pushed({"update_id": self._number(), "telepathy": {"thought": "…"}})]

    def limited(self, *, bare: bool) -> Told:
        """429 with the wait in the body, as Telegram has it."""
        error = _no(429, f"Too Many Requests: retry after {self.knobs.wait_seconds}")
        if not bare:
            error["parameters"] = {"retry_after": self.knobs.wait_seconds}
        return Told(status=429, body=msgspec.json.encode(error))

    def unauthorised(self) -> Told:
        """A token that BotFather replaced."""
        return Told(status=401, body=msgspec.json.encode(_no(401, "Unauthorized")))

    def forbidden(self) -> Told:
        """The customer blocked the bot."""
        return Told(status=403, body=msgspec.json.encode(_no(403, "Forbidden: bot was blocked by the user")))

    def is_send(self, asked: Asked, path: str) -> bool:
        """Everything is a POST here."""
        return path.endswith(("/sendMessage", *(f"/{one}" for one in FILE_METHODS)))

    def _number(self) -> int:
        self._next_update += 1
        return self._next_update

    def _pushed(self, update: dict[str, Any]) -> Pushed:
        headers = {"content-type": "application/json", HEADER: self._secret}
        return Pushed(url=self._webhook, body=msgspec.json.encode(update), headers=headers)

    def _message(self, said: Said) -> dict[str, Any]:
        chat: dict[str, Any] = {
            "id": GROUP,
            "type": "supergroup",
            "title": "Brewline owners",
            "username": "brewline",
        }
        if said.private:
            other = next(
                (one for one in self.world.customers.values() if one.id == said.to), self.world.brand
            )
            chat = {
                "id": int(other.id),
                "type": "private",
                "first_name": other.name,
                "username": other.handle,
            }
        message: dict[str, Any] = {
            "message_id": int(said.id),
            "date": said.at // 1000,
            "chat": chat,
            "from": _user(said.by) | {"is_bot": said.ours},
        }
        message |= {said.kind: {"value": 1}} if said.kind else _content(said)
        if said.edited_at is not None:
            message["edit_date"] = said.edited_at // 1000
        parent = self.world.said.get(said.parent)
        if parent is not None:
            message["reply_to_message"] = {
                "message_id": int(parent.id), "date": parent.at // 1000, "chat": chat, "text": parent.text,
            }  # fmt: skip
        return message


def _content(said: Said) -> dict[str, Any]:
    if not said.files:
        return {"text": said.text}
    name = f"file{said.id}"
    shown: dict[str, Any] = {"document": {"file_id": name, "file_unique_id": name}}
    if said.files[0].is_picture:
        shown = {"photo": [{"file_id": name, "file_unique_id": name, "width": 1, "height": 1}]}
    return shown | ({"caption": said.text} if said.text else {})


def _user(account: Account) -> dict[str, Any]:
    return {"id": int(account.id), "is_bot": False, "first_name": account.name, "username": account.handle}


def _yes(result: object) -> Answer:
    return as_json({"ok": True, "result": result})


def _no(code: int, words: str) -> dict[str, Any]:
    return {"ok": False, "error_code": code, "description": words}
