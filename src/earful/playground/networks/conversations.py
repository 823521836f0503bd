"""Private conversations of simulated Messenger and Instagram accounts: one shape for both."""

from datetime import UTC, datetime
from typing import Any

from earful.channels.hooks import Answer, Asked
from earful.model.message import Change
from earful.playground.networks.meta import MetaSimulator, page_of, refusal
from earful.playground.networks.simulator import as_json, body_of
from earful.playground.networks.world import Said, SentFile

FIELDS = frozenset(
    {"recipient", "message", "messaging_type", "tag", "notification_type", "persona_id", "reply_to"}
)
WINDOW_SECONDS, HUMAN_SECONDS = 24 * 3600, 7 * 24 * 3600


def mid(said: Said) -> str:
    """What a message is called."""
    return f"m_{said.id}"


def event(simulator: MetaSimulator, said: Said, change: Change, metadata: str) -> dict[str, Any]:
    """What is delivered when something is said, edited or taken back."""
    brand = simulator.world.brand.id
    at = said.edited_at if change is Change.EDIT and said.edited_at is not None else said.at
    ends = (brand, said.to) if said.ours else (said.to, brand)
    found: dict[str, Any] = {"sender": {"id": ends[0]}, "recipient": {"id": ends[1]}, "timestamp": at}
    if change is Change.EDIT:
        return found | {"message_edit": {"mid": mid(said), "text": said.text, "num_edit": 1}}
    if change is Change.DELETE:
        return found | {"message": {"mid": mid(said), "is_deleted": True}}
    message: dict[str, Any] = {"mid": mid(said)}
    message |= {"is_unsupported": True} if said.kind else {"text": said.text} if said.text else {}
    if said.files:
        kind = "image" if said.files[0].is_picture else "file"
        message["attachments"] = [{"type": kind, "payload": {"url": f"{simulator.base_url}/cdn/{said.id}"}}]
    if said.ours:
        message |= {"is_echo": True, "app_id": 777} | ({"metadata": metadata} if metadata else {})
    elif said.parent:
        message["reply_to"] = {"mid": f"m_{said.parent}"}
    return found | {"message": message}


def send(
    simulator: MetaSimulator, asked: Asked, path: str, fields: dict[str, Any]
) -> tuple[str, str, list[SentFile]]:
    """Check a message that is to be sent; returns to whom, the words or the file. Raises Refusal."""
    for name in fields.keys() - FIELDS:
        simulator.violated(asked, path, f"there is no field {name}")
    customer = simulator.by_id(str((fields.get("recipient") or {}).get("id", "")))
    message = fields.get("message") or {}
    text, attachment = message.get("text", ""), message.get("attachment")
    if bool(text) is (attachment is not None):
        raise refusal(400, 100, "(#100) A message is words or an attachment")
    files = [_handed(simulator, attachment)] if attachment is not None else []
    tagged = fields.get("tag") == "HUMAN_AGENT"
    if fields.get("messaging_type") != ("MESSAGE_TAG" if tagged else "RESPONSE"):
        simulator.violated(asked, path, "messaging_type does not fit the tag")
    newest = max((one.at for one in simulator.world.with_customer(customer.id) if not one.ours), default=0)
    if simulator.clock() - newest > (HUMAN_SECONDS if tagged else WINDOW_SECONDS) * 1000:
        raise refusal(400, 10, "(#10) This message is sent outside of allowed window.", 2018278)
    return customer.id, str(text), files


def addresses(asked: Asked) -> list[str]:
    """Where a message says that its file is."""
    attachment = (body_of(asked).get("message") or {}).get("attachment") or {}
    url = attachment.get("payload", {}).get("url")
    return [str(url)] if url else []


def _handed(simulator: MetaSimulator, attachment: dict[str, Any]) -> SentFile:
    payload = attachment.get("payload", {})
    if "url" in payload:
        file = simulator.fetched.get(str(payload["url"]))
        if file is None:
            raise refusal(400, 100, "(#100) Failed to fetch the file from the url", 2018008)
    else:
        file = simulator.handed.get(str(payload.get("attachment_id")))
    if file is None or attachment.get("type") != ("image" if file.is_picture else "file"):
        raise refusal(400, 100, "(#100) No matching attachment")
    return file


def listed(simulator: MetaSimulator, asked: Asked) -> Answer:
    """The conversation with one customer, newest first."""
    customer = asked.query.get("user_id", "")
    lines = [
        {
            "id": mid(one),
            "message": one.text,
            "created_time": datetime.fromtimestamp(one.at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
            "from": {"id": one.by.id},
        }
        for one in reversed(simulator.world.with_customer(customer))
    ]
    return page_of([{"id": f"t_{customer}", "messages": {"data": lines}}] if lines else [])


def accepted(customer: str, said: Said) -> Answer:
    """The answer to a message that was taken."""
    return as_json({"recipient_id": customer, "message_id": mid(said)})
