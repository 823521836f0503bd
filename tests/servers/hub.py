"""A small WebSub hub of ours, for there is none to install: what W3C's Recommendation has a hub do, and no more.

Beside it whoever is pushed to: a server that lets a channel's hook answer, prove and read.
"""

import hashlib
import hmac
import threading
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx2

from earful.channels.contract import RawDelivery
from earful.channels.hooks import Answer, Asked, Hook
from earful.channels.kit.signatures import SignatureRefused
from earful.log.runner import system_clock
from earful.model.message import IncomingMessage
from tests.servers.answering import Answering


class Hub(Answering):
    """Takes subscriptions, asks whether they are meant, and pushes."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, str]] = []
        """Subscriptions as they were asked for."""
        self.verified: dict[str, dict[str, str]] = {}
        """By callback, those that were meant."""
        self.status = 202

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Take a subscription; it is verified afterwards, as hubs do it."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.asked.append(form)
        if self.status == 202:
            threading.Thread(target=self._verify, args=(form,), daemon=True).start()
        return Answer(status=self.status)

    def _verify(self, form: dict[str, str]) -> None:
        if self.intends(form["hub.callback"], form["hub.topic"]):
            self.verified[form["hub.callback"]] = form

    @staticmethod
    def intends(callback: str, topic: str, mode: str = "subscribe") -> bool:
        """Ask whether it is meant."""
        question = {
            "hub.mode": mode,
            "hub.topic": topic,
            "hub.challenge": "c-1?&é",
            "hub.lease_seconds": "1000",
        }
        answer = httpx2.get(f"{callback}&{urlencode(question)}", trust_env=False)
        return answer.status_code == 200 and answer.text == "c-1?&é"

    def publish(self, document: bytes, method: str = "sha256", *, secret: str = "") -> list[int]:
        """Push to all; returns what they answered. `secret`: another than was agreed."""
        answers = []
        for callback, form in self.verified.items():
            mac = hmac.new(
                (secret or form["hub.secret"]).encode(), document, getattr(hashlib, method)
            ).hexdigest()
            headers = {"content-type": "application/rss+xml", "x-hub-signature": f"{method}={mac}"}
            answers.append(
                httpx2.post(callback, content=document, headers=headers, trust_env=False).status_code
            )
        return answers


class Pushed(Answering):
    """A channel's address: what its hook believes is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.hook: Hook | None = None
        self.messages: list[IncomingMessage] = []
        self.refused = 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """As the desk does it."""
        assert self.hook is not None
        asked = Asked(
            method=method, url=self.url + path, query=dict(parse_qsl(urlsplit(path).query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in headers.items()}, body=body,
        )  # fmt: skip
        answer = self.hook.challenge(asked)
        if answer is not None:
            return answer
        try:
            proof = self.hook.verify(asked, system_clock())
        except SignatureRefused:
            self.refused += 1
            return Answer(status=self.hook.refusal)
        delivery = RawDelivery(transport="webhook", body=body, verified_by=proof.verified_by)
        for part in self.hook.parse(delivery, system_clock()):
            self.messages += part.messages
        return self.hook.accepted
