"""Mails of the desk to a real SMTP server: what arrives, and what is said when it does not."""

import asyncio
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import insert, select

from earful.desk.notices import mails, service
from earful.desk.notices.sender import NoticeSender
from earful.log.contract import NewEvent
from earful.model.time import MINUTE, Instant
from earful.store.audit import EARFUL
from earful.store.secrets import Vault
from earful.store.tables import notice_mails, users
from tests.conftest import Desk
from tests.servers.process import free_port


class Mailbox:
    """Everything that came; `answer` is what the server says to the next mail, None to hang up instead."""

    def __init__(self) -> None:
        self.came: list[EmailMessage] = []
        self.answer: str | None = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer is None:
            server.transport.abort()
            return "421 gone"
        if self.answer.startswith("250"):
            self.came.append(message_from_bytes(envelope.content or b"", policy=policy.default))  # type: ignore[arg-type]
        return self.answer


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box, port = Mailbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, port
    server.stop()


class Post:
    """Lou, who is told something, and the desk's sender."""

    def __init__(self, desk: Desk, box: Mailbox, port: int, vault: Vault) -> None:
        self.desk, self.box, self.vault = desk, box, vault
        server = mails.MailServer(host="127.0.0.1", port=port, security="plain", address="desk@acme.example")
        row = {
            "id": "lou",
            "email": "lou@acme.example",
            "name": "Lou Ng",
            "role": "lead",
            "password_hash": "",
        }
        write = desk.store.write_now
        write(lambda tx: tx.execute(insert(users).values(**row, active=True, created_at=desk.now)))
        write(lambda tx: mails.save(tx, vault, EARFUL, server, "", desk.now))
        wishes = service.Wishes(ways={"automation": ["mail"]}, mails="once")
        write(lambda tx: service.wish(tx, EARFUL, "lou", wishes, desk.now))
        self.sender = NoticeSender(
            desk.store, vault, desk.clock, base="https://desk.example", workspace="Acme", allow_private=True
        )

    def tell(self, text: str) -> None:
        data = f'{{"to": ["lou"], "text": "{text}"}}'
        event = NewEvent(type="automation.notify", subject=text, at=self.desk.now, data=data)
        self.desk.store.write_now(lambda tx: self.desk.log.append(tx, [event]))
        self.desk.settle()
        self.later(2)

    def later(self, minutes: int) -> None:
        self.desk.now = Instant(self.desk.now + minutes * MINUTE)

    def work(self) -> int:
        return asyncio.run(self.sender.work())

    def states(self) -> list[str]:
        query = select(notice_mails.c.state).order_by(notice_mails.c.made_at)
        return [row["state"] for row in self.desk.store.read_now(lambda tx: tx.rows(query))]


@pytest.fixture
def post(small_desk: Desk, mailbox: tuple[Mailbox, int], tmp_path: Any) -> Post:
    return Post(small_desk, *mailbox, Vault.open(tmp_path))


def test_a_mail_arrives_once_with_a_link_that_ends_them(post: Post) -> None:
    post.tell("A parcel <b>waits</b>")
    assert (post.work(), post.work()) == (1, 0)
    (mail,) = post.box.came
    assert mail["Subject"] == "[Acme] An automation tells you: A parcel <b>waits</b>"
    assert mail["To"] == "Lou Ng <lou@acme.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://desk.example/notices/stop/")
    assert mails.user_of(post.vault, link.rpartition("/")[2]) == "lou"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "https://desk.example/notices/" in text
    assert "&lt;b&gt;" in html
    assert "<img" not in html
    assert post.states() == ["sent"]


def test_a_refused_mail_failed_and_a_postponed_one_is_tried_again(post: Post) -> None:
    post.box.answer = "550 no such user"
    post.tell("one")
    assert post.work() == 0
    assert post.states() == ["failed"]
    post.box.answer = "451 later"
    post.tell("two")
    assert post.work() == 0
    assert post.states() == ["failed", "queued"]
    post.box.answer = "250 OK"
    assert post.work() == 0
    post.later(2)
    assert post.work() == 1
    assert post.states() == ["failed", "sent"]


def test_a_mail_whose_connection_broke_while_it_was_taken_is_unknown(post: Post) -> None:
    post.box.answer = None
    post.tell("one")
    assert post.work() == 0
    assert post.states() == ["unknown"]
    post.box.answer = "250 OK"
    post.later(600)
    assert post.work() == 0
    assert post.box.came == []


def test_a_server_that_is_away_loses_nothing(post: Post) -> None:
    away = mails.MailServer(host="127.0.0.1", port=free_port(), security="plain", address="desk@acme.example")
    right = post.desk.store.read_now(mails.server)
    save = lambda found: post.desk.store.write_now(  # noqa: E731
        lambda tx: mails.save(tx, post.vault, EARFUL, found, "", post.desk.now)
    )
    save(away)
    post.tell("one")
    assert post.work() == 0
    assert post.states() == ["queued"]
    save(right)
    post.later(3)
    assert post.work() == 1
