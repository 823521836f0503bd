"""A support address, a customer, and what they do to each other, on real mail servers."""

import itertools
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from msgspec import structs

from earful.channels.contract import Reply, ReplyTarget
from earful.channels.email.connector import EmailConnector
from earful.channels.email.settings import EmailSecrets, EmailSettings
from earful.model.message import IncomingMessage, Visibility
from tests.channels.inlet import MemoryInlet
from tests.servers.mail import PASSWORD, MailServers

_numbers = itertools.count(1)


class Desk:
    """A support address of its own for each test, with its connector and its inlet."""

    def __init__(self, servers: MailServers) -> None:
        self.servers = servers
        self.address = f"support{next(_numbers)}@brand.test"
        self.customer = f"ana{next(_numbers)}@example.test"
        self.inlet = MemoryInlet()

    def connector(
        self, *, password: str = PASSWORD, allow_private: bool = True, **changes: Any
    ) -> EmailConnector:
        settings = EmailSettings(
            address=self.address,
            sender_name="Brand Support",
            imap_host="127.0.0.1",
            imap_port=self.servers.imap_port,
            imap_security="plain",
            smtp_host="127.0.0.1",
            smtp_port=self.servers.smtp_port,
            smtp_security="plain",
            # Long, so that a test that passes has been told by IDLE and not found by chance.
            poll_seconds=600,
        )
        secrets = EmailSecrets(password=password)
        return EmailConnector(structs.replace(settings, **changes), secrets, allow_private=allow_private)

    def write(self, subject: str, text: str, **headers: str) -> str:
        """The customer writes; returns the Message-ID."""
        mail = EmailMessage()
        message_id = f"<{uuid.uuid4().hex}@example.test>"
        mail["From"], mail["To"] = f"Ana <{self.customer}>", self.address
        mail["Subject"], mail["Message-ID"] = subject, message_id
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(text)
        self.servers.deliver(mail, sender=self.customer, to=self.address)
        return message_id

    async def watching(self, folder: str = "INBOX") -> None:
        await self.inlet.until(
            lambda: f"imap:{folder}" in self.inlet.cursors and self.inlet.signs_of_life > 0
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.inlet.until(condition)

    def answer(self, message: IncomingMessage, text: str, **changes: Any) -> Reply:
        assert message.author is not None
        return Reply(
            client_id=str(uuid.uuid4()),
            text=text,
            audience=changes.pop("audience", Visibility.DIRECT),
            to=ReplyTarget(
                native_id=message.native_id,
                author_native_id=message.author.native_id,
                author_handle=message.author.handle,
                author_name=message.author.name,
                visibility=message.visibility,
                subject=message.subject,
                ancestor_ids=message.ancestor_ids,
                context=message.context,
            ),
            **changes,
        )


def never_sent(desk: Desk) -> Reply:
    target = ReplyTarget(native_id="<q@x>", author_handle=desk.customer, visibility=Visibility.DIRECT)
    return Reply(client_id=str(uuid.uuid4()), text="x", audience=Visibility.DIRECT, to=target)
