"""A reply as a message of the bot. Telegram has no idempotency key: a time-out is never followed by a blind resend."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import msgspec
from msgspec import Struct

from earful.channels.contract import Reply, SendRefused, SendUnknown, Sent
from earful.channels.kit.html import scrub
from earful.channels.kit.sending import send_request
from earful.channels.kit.text import count
from earful.channels.telegram.limits import CAPABILITIES, PHOTOS
from earful.channels.telegram.parse import Message, namespace_of
from earful.model.message import Visibility
from earful.model.time import Instant


class Parameters(Struct, kw_only=True):
    """https://core.telegram.org/bots/api#responseparameters"""

    migrate_to_chat_id: int | None = None
    retry_after: float | None = None


class Answered(Struct, kw_only=True):
    """Every answer of the Bot API."""

    ok: bool
    description: str | None = None
    parameters: Parameters | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")


_answer = msgspec.json.Decoder(Answered)


class Composed(Struct, frozen=True, kw_only=True):
    """One call of a method that says something."""

    method: str
    fields: dict[str, Any]
    files: dict[str, tuple[str, bytes, str]] = {}


def compose(reply: Reply) -> Composed:
    """The call. Raises SendRefused rather than show a reply to anybody it was not meant for."""
    chat_id = str(reply.to.context.get("chat_id") or reply.to.namespace.removeprefix("tg:chat:"))
    if not chat_id.lstrip("-").isdigit():
        raise SendRefused("It is not known in which chat to answer; nothing was sent.")
    if reply.audience is Visibility.DIRECT and chat_id != reply.to.author_native_id:
        if reply.to.visibility is Visibility.DIRECT:
            raise SendRefused("The chat is not that of the author; nothing was sent.")
        # A bot may write to a person only after they wrote to it; the network says whether they did.
        chat_id = reply.to.author_native_id
    elif reply.audience is not reply.to.visibility:
        raise SendRefused(f"This chat is {reply.to.visibility}, not {reply.audience}; nothing was sent.")
    text = scrub(reply.text).strip()
    if not text and not reply.files:
        raise SendRefused("The reply has no text; nothing was sent.")
    length = count(text, CAPABILITIES.counter)
    if CAPABILITIES.max_length is not None and length > CAPABILITIES.max_length:
        raise SendRefused(f"The reply is {length} characters long, Telegram allows 4,096; nothing was sent.")
    fields: dict[str, Any] = {"chat_id": int(chat_id)}
    if chat_id == str(reply.to.context.get("chat_id")):
        fields["reply_parameters"] = {
            "message_id": int(reply.to.native_id),
            "allow_sending_without_reply": True,
        }
        for name in ("message_thread_id", "business_connection_id"):
            if name in reply.to.context:
                fields[name] = reply.to.context[name]
    if not reply.files:
        return Composed(method="sendMessage", fields=fields | {"text": text})
    file = reply.files[0]
    kind = "photo" if file.mime in PHOTOS else "document"
    said = {"caption": text} if text else {}
    files = {kind: (file.name, file.content, file.mime)}
    return Composed(method=f"send{kind.title()}", fields=fields | said, files=files)


async def post(http: httpx2.AsyncClient, base: str, composed: Composed, now: Instant) -> Sent:
    """Call the method; a group that became a supergroup is followed to its new id. Raises as `Connector.send`."""
    moved: list[int] = []

    def explain(response: httpx2.Response) -> str:
        answer = _read(response)
        if answer is not None and answer.parameters is not None and answer.parameters.migrate_to_chat_id:
            moved.append(answer.parameters.migrate_to_chat_id)
        told = answer.description if answer is not None else None
        return f"Telegram says: {told[:200]}" if told else ""

    try:
        response = await send_request(
            http,
            "POST",
            f"{base}/{composed.method}",
            now=now,
            explain=explain,
            wait=wait_of,
            **_body(composed),
        )
    except SendRefused:
        if not moved or composed.fields["chat_id"] == moved[0]:
            raise
        kept = {name: value for name, value in composed.fields.items() if name != "reply_parameters"}
        moved_to = msgspec.structs.replace(composed, fields=kept | {"chat_id": moved[0]})
        return await post(http, base, moved_to, now)
    try:
        message = msgspec.json.decode(_answer.decode(response.content).result, type=Message)
    except msgspec.MsgspecError:
        raise SendUnknown("The answer of the network could not be read. The reply may be out.") from None
    return Sent(
        native_id=str(message.message_id),
        namespace=namespace_of(message.chat.id),
        occurred_at=datetime.fromtimestamp(message.date, UTC),
        thread=str(message.chat.id),
    )


def _body(composed: Composed) -> dict[str, Any]:
    """JSON, or a form where there is a file: what is no text in it is JSON."""
    if not composed.files:
        return {"json": composed.fields}
    form = {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in composed.fields.items()
    }
    return {"data": form, "files": composed.files}


def wait_of(response: httpx2.Response) -> float | None:
    """The wait that Telegram asks for in the body."""
    answer = _read(response)
    return answer.parameters.retry_after if answer is not None and answer.parameters is not None else None


def _read(response: httpx2.Response) -> Answered | None:
    try:
        return _answer.decode(response.content)
    except msgspec.MsgspecError:
        return None
