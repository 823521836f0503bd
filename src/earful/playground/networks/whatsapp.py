"""A simulated WhatsApp Cloud API: one business number, private chats, reports of what became of our messages."""

from collections.abc import Callable
from typing import Any, ClassVar

from earful.channels.hooks import Answer, Asked
from earful.model.message import Change, Network
from earful.model.time import Instant
from earful.playground.networks import templates
from earful.playground.networks.meta import ACCESS_TOKEN, MetaSimulator, page_of, refusal
from earful.playground.networks.simulator import Pushed, Refusal, Wiring, as_json
from earful.playground.networks.uploads import form_of
from earful.playground.networks.world import Account, Happened, Said, SentFile

BUSINESS = "4711"
SEND_FIELDS = frozenset(
    {
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "text",
        "image",
        "document",
        "template",
        "context",
        "biz_opaque_callback_data",
    }
)
WINDOW_SECONDS = 24 * 3600
LOOKASIDE = "lookaside/"


class WhatsAppSimulator(MetaSimulator):
    """Every third customer hides the number and is known by the user id only."""

    network: ClassVar[Network] = Network.WHATSAPP
    echoes: ClassVar[bool] = False
    about: ClassVar[str] = "whatsapp_business_account"
    has_public: ClassVar[bool] = False
    can_look: ClassVar[bool] = False
    tells_ours: ClassVar[bool] = True
    unknown_kind: ClassVar[str] = "hologram"
    tells_permissions: ClassVar[bool] = True
    permission: ClassVar[str] = "whatsapp_business_messaging"

    def __init__(self, base_url: str, clock: Callable[[], Instant]) -> None:
        super().__init__(base_url, clock)
        self.templates = templates.shipped()
        self.referrals: dict[str, dict[str, Any]] = {}
        """What brought a customer here, by their id."""

    def wiring(self) -> Wiring:
        """By webhook, registered with the app."""
        return self.wired({"phone_number_id": self.world.brand.id, "business_account_id": BUSINESS})

    def native_id(self, said: Said) -> str:
        """A wamid."""
        return f"wamid.{said.id}"

    def handle(self, asked: Asked, path: str) -> Answer:
        """Files are at another host than the API, for the account's token as well."""
        name = path.strip("/").removeprefix(LOOKASIDE)
        if name == path.strip("/"):
            return super().handle(asked, path)
        if asked.headers.get("authorization") != f"Bearer {ACCESS_TOKEN}" or name not in self.files:
            raise Refusal(404, {"error": "not found"})
        return Answer(body=self.files[name], media_type="application/octet-stream")

    def request(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        """The number and its messages."""
        brand = self.world.brand.id
        if asked.method == "GET" and path == brand:
            return as_json({"id": brand, "status": "CONNECTED"})
        if asked.method == "GET" and path == "me/permissions":
            names = (self.permission, "whatsapp_business_management")
            lacking = self.knobs.missing_permission
            return page_of(
                [{"permission": one, "status": "declined" if one == lacking else "granted"} for one in names]
            )
        if asked.method == "GET" and path in self.files:
            url = f"{self.base_url}/{LOOKASIDE}{path}"
            return as_json({"messaging_product": "whatsapp", "id": path, "url": url})
        if asked.method == "POST" and path == f"{brand}/media":
            return self._media(asked, path)
        if asked.method == "GET" and path == f"{BUSINESS}/message_templates":
            return templates.listed(self.templates, asked.query.get("after", ""), asked.url)
        if asked.method == "POST" and path == f"{brand}/messages":
            return self._send(asked, path, fields)
        raise refusal(404, 100, f"Unsupported {asked.method.lower()} request", 33)

    def is_send(self, asked: Asked, path: str) -> bool:
        """Only messages."""
        return path.endswith("/messages")

    def _media(self, asked: Asked, path: str) -> Answer:
        form = form_of(asked)
        file = form.files.get("file")
        if form.words.get("messaging_product") != "whatsapp" or file is None:
            raise refusal(400, 100, "(#100) The parameter messaging_product is required")
        if form.words.get("type") != file.mime:
            self.violated(asked, path, "type is not that of the file")
        return as_json({"id": self.keep_file(file)})

    def _content(self, fields: dict[str, Any]) -> tuple[str, list[SentFile]]:
        kind = str(fields.get("type"))
        told = fields.get(kind)
        told = told if isinstance(told, dict) else {}
        if kind in ("image", "document"):
            file, caption = self.handed.get(str(told.get("id"))), str(told.get("caption", ""))
            if file is None or len(caption) > 1024:
                raise refusal(400, 100, "(#100) Invalid media, or a caption that is too long")
            return caption, [file]
        body = told.get("body")
        if kind != "text" or not isinstance(body, str) or not body:
            raise refusal(400, 100, "(#100) The parameter text['body'] is required")
        if len(body) > 4096:
            raise refusal(400, 100, "(#100) Param text['body'] must be at most 4096 characters long")
        return body, []

    def _send(self, asked: Asked, path: str, fields: dict[str, Any]) -> Answer:
        for name in fields.keys() - SEND_FIELDS:
            self.violated(asked, path, f"there is no field {name}")
        if fields.get("messaging_product") != "whatsapp" or fields.get("recipient_type") != "individual":
            raise refusal(400, 100, "(#100) The parameter messaging_product is required")
        customer = self._addressed(str(fields.get("to", "")), str(fields.get("recipient", "")))
        files: list[SentFile] = []
        if fields.get("type") == "template":
            body, files = templates.said(self.templates, fields.get("template"), self.handed)
        else:
            body, files = self._free(fields, customer)
        above = fields.get("context") or {}
        parent = str(above.get("message_id", "")).removeprefix("wamid.")
        said = self.world.say(
            self.world.brand,
            body,
            parent=parent if parent in self.world.said else "",
            private=True,
            to=customer.id,
            files=files,
        )
        native_id = self.native_id(said)
        for state in ("sent", "delivered"):
            for pushed in self._status(native_id, state, customer, fields.get("biz_opaque_callback_data")):
                self.push(pushed)
        return as_json(
            {
                "messaging_product": "whatsapp",
                "contacts": [_contact(customer)],
                "messages": [{"id": native_id}],
            }
        )

    def _free(self, fields: dict[str, Any], customer: Account) -> tuple[str, list[SentFile]]:
        newest = max((one.at for one in self.world.with_customer(customer.id) if not one.ours), default=0)
        if self.clock() - newest > WINDOW_SECONDS * 1000:
            raise refusal(400, 131047, "Re-engagement message")
        return self._content(fields)

    def judge_template(self, native_id: str, status: str, reason: str = "NONE") -> None:
        """The network thinks otherwise of a template now, and tells so."""
        found = next(one for one in self.templates if one["id"] == native_id)
        found |= {"status": status, "rejected_reason": reason}
        value = {"event": status, "message_template_id": native_id, "message_template_name": found["name"],
                 "message_template_language": found["language"], "reason": reason}  # fmt: skip
        change = {"field": "message_template_status_update", "value": value}
        for pushed in self.delivered({"id": BUSINESS, "changes": [change]}):
            self.push(pushed)

    def _addressed(self, phone: str, user_id: str) -> Account:
        for one in self.world.customers.values():
            if (phone and phone == _phone(one)) or (user_id and user_id == _user_id(one)):
                return one
        raise refusal(400, 131026, "Message undeliverable")

    def _status(self, native_id: str, state: str, customer: Account, tracker: object) -> list[Pushed]:
        status = {"id": native_id, "status": state, "timestamp": str(self.clock() // 1000),
                  "recipient_id": _phone(customer), "biz_opaque_callback_data": tracker}  # fmt: skip
        return self._changed({"contacts": [_contact(customer)], "statuses": [status]})

    def _changed(self, value: dict[str, Any], field: str = "messages") -> list[Pushed]:
        metadata = {"display_phone_number": "15550001111", "phone_number_id": self.world.brand.id}
        whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        return self.delivered({"id": BUSINESS, "changes": [{"field": field, "value": whole}]})

    def deliveries(self, happened: Happened) -> list[Pushed]:
        """What customers write, edit and take back; a business is told of its own messages by their states only."""
        said = happened.said
        if said.ours:
            return []
        message = self._message(said, happened.change)
        return self._changed({"contacts": [_contact(said.by)], "messages": [message]})

    def _message(self, said: Said, change: Change) -> dict[str, Any]:
        at = (said.edited_at or said.at) // 1000 if change is Change.EDIT else said.at // 1000
        message: dict[str, Any] = {"from_user_id": _user_id(said.by), "timestamp": str(at)}
        if not _is_hidden(said.by):
            message["from"] = _phone(said.by)
        own = self.native_id(said)
        if change is Change.DELETE:
            revoke = {"original_message_id": own}
            return message | {"id": f"{own}-gone", "type": "revoke", "revoke": revoke}
        content: dict[str, Any] = {"type": "text", "text": {"body": said.text}}
        if said.kind:
            content = {"type": said.kind, said.kind: {"value": 1}}
        if change is Change.EDIT:
            edit = {"original_message_id": own, "message": content}
            return message | {"id": f"{own}-{at}", "type": "edit", "edit": edit}
        if said.by.id in self.referrals:
            message["referral"] = self.referrals[said.by.id]
        if said.parent:
            message["context"] = {"id": f"wamid.{said.parent}"}
        return message | {"id": own} | content


def _is_hidden(account: Account) -> bool:
    return int(account.id) % 3 == 0


def _phone(account: Account) -> str:
    return f"4915{int(account.id):09d}"


def _user_id(account: Account) -> str:
    return f"DE.{int(account.id):020d}"


def _contact(account: Account) -> dict[str, Any]:
    found: dict[str, Any] = {
        "profile": {"name": account.name, "username": account.handle}, "user_id": _user_id(account),
    }  # fmt: skip
    return found if _is_hidden(account) else found | {"wa_id": _phone(account)}
