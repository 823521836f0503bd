"""A visitor's browser, as the chat's page speaks for it, over the real application."""

import asyncio
import secrets
import uuid
from typing import Any

from sqlalchemy import select

from earful.desk.channels import service as channels
from earful.desk.channels.service import Channel
from earful.model.message import Network
from earful.model.time import SECOND
from earful.store.audit import EARFUL
from earful.store.tables import messages
from earful.store.tx import Row
from tests.served import HTMX, Served

CHAT = "shop-chat"
ORIGIN = "https://shop.example.com"
SETTINGS = {"allowed_origins": [ORIGIN], "title": "Ask Acme"}
SECRET = "what only the shop and the desk know"


def connect(served: Served, name: str = CHAT, secret: str = SECRET, **settings: Any) -> Channel:
    """A web chat."""
    made = served.write(
        lambda tx: channels.create(
            tx, served.earful.vault, EARFUL, network=Network.CHAT, name=name, settings=SETTINGS | settings,
            secrets={"identity_secret": secret}, now=served.now(),
        )
    )  # fmt: skip
    connector = served.earful._connect(made, {"identity_secret": secret})
    served.earful.receiver.connectors[made.id] = connector
    return made


class Visitor:
    """One browser with a key of its own."""

    def __init__(self, served: Served, channel: str = CHAT, key: str = "") -> None:
        self.served = served
        self.channel = channel
        self.key = key or secrets.token_urlsafe(32)
        self.browser = served.client()

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self.key}"} | more.pop("headers", {})
        return self.browser.request(method, f"/chat/{self.channel}{path}", headers=headers, **more)

    def open(self, identity: str = "", link: str = "") -> dict[str, Any]:
        answer = self.ask("POST", "/session", json={"identity": identity, "link": link})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def write(self, text: str, *, id: str = "", **more: Any) -> Any:  # noqa: A002
        answer = self.ask("POST", "/messages", json={"id": id or str(uuid.uuid4()), "text": text} | more)
        self.served.settle()
        return answer

    def sees(self, after: int = 0) -> list[str]:
        answer = self.ask("GET", f"/messages?after={after}")
        assert answer.status_code == 200, answer.text
        return [line["text"] for line in answer.json()["lines"]]


def kept(served: Served, channel: Channel) -> list[Row]:
    """What was said in a chat, as it is kept."""
    return served.rows(select(messages).where(messages.c.channel_id == channel.id).order_by(messages.c.seq))


def answer(served: Served, to: Row, text: str) -> str:
    """An agent answers a message, and the outbox sends it. Returns the reply's id."""
    agent, name = served.signed_in(), str(uuid.uuid4())
    case_id = served.case_of(to["id"])
    data = {"client_id": name, "in_reply_to": to["id"], "audience": "direct", "text": text}
    sent = agent.post(f"/cases/{case_id}/reply", data=data, headers=HTMX)
    assert sent.status_code == 200, sent.text[:300]
    send_due(served)
    return name


def send_due(served: Served, later: int = 10 * SECOND) -> None:
    """Let time pass, then let the outbox send what is due."""
    served.ahead += later
    sender = served.earful.sender

    async def once() -> None:
        for reply_id, state in await sender.due(served.now()):
            await sender.one(reply_id, state)

    asyncio.run(once())
    served.settle()
