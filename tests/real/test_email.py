"""The mail connector against a real Postfix and a real Dovecot."""

import asyncio
import itertools
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from msgspec import structs

from earful.channels.contract import Reply, ReplyTarget, SendPostponed, SendRefused, SendUnknown
from earful.channels.email.connector import EmailConnector
from earful.channels.email.settings import EmailSecrets, EmailSettings
from earful.model.message import Direction, IncomingMessage, MessageKind, Visibility
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.servers.mail import PASSWORD, MailServers
from tests.servers.process import wait_until
from tests.servers.proxy import Relay

pytestmark = pytest.mark.real

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


@pytest.fixture
def desk(mail_servers: MailServers) -> Desk:
    return Desk(mail_servers)


def test_a_mail_arrives_by_idle_and_its_answer_reaches_the_customer_in_the_thread(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        async with receiving(connector, desk.inlet):
            await desk.watching()
            asked = await asyncio.to_thread(desk.write, "Réclamation colis", "Où est mon colis ?")
            await desk.until(lambda: len(desk.inlet.kept) == 1)
            message = desk.inlet.messages()[0]
            assert (message.native_id, message.subject) == (asked, "Réclamation colis")
            assert (message.kind, message.direction) == (MessageKind.EMAIL, Direction.INBOUND)
            assert message.text == "Où est mon colis ?"

            reply = desk.answer(message, "Il arrive demain.\n\nBrand")
            sent = await connector.send(reply)
            (raw,) = await asyncio.to_thread(desk.servers.wait_for_mail, desk.customer)
            got = message_from_bytes(raw)
            assert got["Message-ID"] == sent.native_id == f"<{reply.client_id}@brand.test>"
            assert got["In-Reply-To"] == asked
            assert got["References"].split() == [asked]
            assert got["From"] == f"Brand Support <{desk.address}>"
            assert b"Il arrive demain." in raw

            # The customer answers the answer: the chain is whole.
            await asyncio.to_thread(
                desk.write, "Re: Réclamation colis", "Merci !", In_Reply_To=sent.native_id,
                References=f"{asked} {sent.native_id}",
            )  # fmt: skip
            await desk.until(lambda: any(m.text == "Merci !" for m in desk.inlet.messages()))
            thanks = next(m for m in desk.inlet.messages() if m.text == "Merci !")
            assert thanks.parent_id == sent.native_id
            assert thanks.ancestor_ids == [asked, sent.native_id]

    run(story())


def test_our_answer_comes_back_from_the_sent_folder_as_an_echo_with_its_client_id(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector(poll_seconds=1)
        async with receiving(connector, desk.inlet):
            await desk.watching("Sent")
            await desk.watching()
            await asyncio.to_thread(desk.write, "Hi", "Hello")
            await desk.until(lambda: len(desk.inlet.kept) == 1)
            reply = desk.answer(desk.inlet.messages()[0], "Hello Ana")
            sent = await connector.send(reply)
            await desk.until(lambda: ("", sent.native_id) in desk.inlet.kept)
            echo = desk.inlet.kept["", sent.native_id].message
            assert (echo.direction, echo.client_id) == (Direction.OUTBOUND, reply.client_id)
            found = await connector.find(reply)
            assert found is not None
            assert found.native_id == sent.native_id

    run(story())


def test_a_reply_that_nobody_saw_leave_stays_unknown(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        message = _never_sent(desk)
        with pytest.raises(SendUnknown, match="may be out"):
            await connector.find(message)
        # Where every sent mail comes back, its absence is proof.
        assert await desk.connector(sent_copy="bcc").find(message) is None

    run(story())


def _never_sent(desk: Desk) -> Reply:
    target = ReplyTarget(native_id="<q@x>", author_handle=desk.customer, visibility=Visibility.DIRECT)
    return Reply(client_id=str(uuid.uuid4()), text="x", audience=Visibility.DIRECT, to=target)


def test_a_blind_copy_proves_that_a_reply_left(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector(sent_copy="bcc", sent_folder="")
        async with receiving(connector, desk.inlet):
            await desk.watching()
            reply = _never_sent(desk)
            sent = await connector.send(reply)
            await desk.until(lambda: ("", sent.native_id) in desk.inlet.kept)
            echo = desk.inlet.kept["", sent.native_id].message
            assert (echo.direction, echo.client_id) == (Direction.OUTBOUND, reply.client_id)
            assert await connector.find(reply) is not None

    run(story())


def test_a_rebuilt_folder_brings_no_duplicate_and_loses_nothing(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector(folders=["Cases"], sent_folder="", poll_seconds=1)
        user, domain = desk.address.split("@")

        def into_cases(number: int) -> None:
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Message-ID"] = desk.customer, desk.address, f"<n{number}@{user}>"
            mail.set_content(f"mail {number}")
            desk.servers.deliver(mail, sender=desk.customer, to=f"{user}+Cases@{domain}")

        def rebuild() -> None:
            with desk.servers.imap(desk.address) as imap:
                imap.select_folder("Cases")
                raws = [imap.fetch([uid], ["BODY[]"])[uid][b"BODY[]"] for uid in imap.search("ALL")]
                imap.unselect_folder()
                imap.delete_folder("Cases")
                imap.create_folder("Cases")
                for raw in raws:
                    imap.append("Cases", raw)

        with desk.servers.imap(desk.address) as imap:
            imap.create_folder("Cases")
        async with receiving(connector, desk.inlet):
            await desk.watching("Cases")
            for number in (1, 2, 3):
                await asyncio.to_thread(into_cases, number)
            await desk.until(lambda: len(desk.inlet.kept) == 3)
        before = desk.inlet.cursors["imap:Cases"]
        # Dovecot takes the time in seconds for a new UIDVALIDITY.
        second = int(time.time())
        await asyncio.to_thread(wait_until, lambda: int(time.time()) > second, "the next second")
        await asyncio.to_thread(rebuild)
        await asyncio.to_thread(into_cases, 4)
        async with receiving(connector, desk.inlet):
            await desk.until(lambda: len(desk.inlet.kept) == 4)
            await desk.until(lambda: desk.inlet.cursors["imap:Cases"] != before)
        assert desk.inlet.duplicates == 3
        assert sorted(m.text for m in desk.inlet.messages()) == ["mail 1", "mail 2", "mail 3", "mail 4"]
        assert not any(m.backfill for m in desk.inlet.messages())

    run(story())


def test_a_connection_cut_in_the_middle_of_idle_recovers_and_catches_up(desk: Desk) -> None:
    async def story() -> None:
        async with Relay(desk.servers.imap_port) as relay:
            connector = desk.connector(imap_port=relay.port)
            async with receiving(connector, desk.inlet):
                await desk.watching()
                await relay.cut()
                await desk.until(lambda: bool(desk.inlet.troubles))
                await asyncio.to_thread(desk.write, "while away", "written while the line was down")
                await relay.mend()
                await desk.until(lambda: len(desk.inlet.kept) == 1)
                assert "keeps trying" in desk.inlet.troubles[0]
                await asyncio.to_thread(desk.write, "and again", "live once more")
                await desk.until(lambda: len(desk.inlet.kept) == 2)

    run(story())


def test_a_server_without_idle_is_polled(desk: Desk) -> None:
    async def story() -> None:
        async with Relay(desk.servers.imap_port, lambda data: data.replace(b" IDLE", b" SLOW")) as relay:
            async with receiving(desk.connector(imap_port=relay.port, poll_seconds=1), desk.inlet):
                await desk.watching()
                await asyncio.to_thread(desk.write, "no idle", "found by looking")
                await desk.until(lambda: len(desk.inlet.kept) == 1)
            assert not desk.inlet.troubles

    run(story())


def test_a_store_that_fails_loses_nothing(desk: Desk) -> None:
    async def story() -> None:
        async with receiving(desk.connector(), desk.inlet):
            await desk.watching()
            desk.inlet.fail_next = 2
            for number in range(3):
                await asyncio.to_thread(desk.write, f"m{number}", f"mail {number}")
            await desk.until(lambda: len(desk.inlet.kept) == 3)
            assert sorted(m.text for m in desk.inlet.messages()) == ["mail 0", "mail 1", "mail 2"]
            assert desk.inlet.duplicates == 0

    run(story())


def test_mail_that_was_there_before_is_history_only_when_asked_for(desk: Desk) -> None:
    async def story() -> None:
        await asyncio.to_thread(desk.write, "old", "before the channel was connected")
        await asyncio.to_thread(desk.servers.wait_for_mail, desk.address)
        async with receiving(desk.connector(), desk.inlet):
            await desk.watching()
            assert not desk.inlet.kept
        fresh = MemoryInlet()
        async with receiving(desk.connector(history_days=7), fresh):
            await fresh.until(lambda: len(fresh.kept) == 1)
            assert fresh.messages()[0].backfill

    run(story())


def test_a_read_mail_is_not_lost_and_reading_marks_nothing(desk: Desk) -> None:
    async def story() -> None:
        async with receiving(desk.connector(), desk.inlet):
            await desk.watching()
        await asyncio.to_thread(desk.write, "seen", "somebody opened this on a phone")
        await asyncio.to_thread(desk.servers.wait_for_mail, desk.address)
        with desk.servers.imap(desk.address) as imap:
            imap.select_folder("INBOX")
            imap.add_flags(imap.search("ALL"), [b"\\Seen"])
        await asyncio.to_thread(desk.write, "unseen", "nobody opened this")
        async with receiving(desk.connector(), desk.inlet):
            await desk.until(lambda: len(desk.inlet.kept) == 2)
        with desk.servers.imap(desk.address) as imap:
            imap.select_folder("INBOX", readonly=True)
            assert len(imap.search("UNSEEN")) == 1

    run(story())


def test_a_real_bounce_names_the_reply_that_did_not_arrive(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector(sent_folder="")
        async with receiving(connector, desk.inlet):
            await desk.watching()
            target = ReplyTarget(
                native_id="<q@x>", author_handle="gone@example.test", visibility=Visibility.DIRECT
            )
            reply = Reply(client_id=str(uuid.uuid4()), text="Hi", audience=Visibility.DIRECT, to=target)
            sent = await connector.send(reply)
            await desk.until(lambda: len(desk.inlet.kept) == 1)
            (bounce,) = desk.inlet.messages()
            assert bounce.kind is MessageKind.SYSTEM
            assert bounce.context["caught_by"] == "bounce"
            assert bounce.parent_id == sent.native_id
            details = bounce.context["bounce"]
            assert details["client_id"] == reply.client_id
            assert (details["action"], details["status"]) == ("failed", "5.1.1")

    run(story())


def test_an_out_of_office_note_is_kept_as_a_system_message(desk: Desk) -> None:
    async def story() -> None:
        async with receiving(desk.connector(), desk.inlet):
            await desk.watching()
            await asyncio.to_thread(desk.write, "Away", "I am away", Auto_Submitted="auto-replied")
            await desk.until(lambda: len(desk.inlet.kept) == 1)
            (note,) = desk.inlet.messages()
            assert (note.kind, note.context["caught_by"]) == (MessageKind.SYSTEM, "auto_reply")
            assert note.text == "I am away"

    run(story())


def test_sending_says_in_words_what_went_wrong(desk: Desk) -> None:
    async def story() -> None:
        reply = _never_sent(desk)
        public = structs.replace(reply, audience=Visibility.PUBLIC)
        with pytest.raises(SendRefused, match="private"):
            await desk.connector().send(public)
        wrong = desk.connector(password="wrong-one")
        with pytest.raises(SendPostponed, match="user name or password") as postponed:
            await wrong.send(reply)
        assert "wrong-one" not in str(postponed.value)
        guarded = desk.connector(allow_private=False)
        with pytest.raises(SendPostponed, match="not a public address"):
            await guarded.send(reply)

    run(story())


def test_check_finds_nothing_wrong_or_says_what(desk: Desk) -> None:
    async def story() -> None:
        assert await desk.connector().check() == []
        problems = await desk.connector(folders=["Nowhere"]).check()
        assert len(problems) == 1
        assert "Nowhere" in problems[0]
        wrong = desk.connector(password="wrong-one")
        problems = await wrong.check()
        assert len(problems) == 2
        assert not any("wrong-one" in each for each in problems)

    run(story())


@pytest.mark.parametrize("imap_security", ["tls", "starttls"])
def test_encryption_is_used_and_strangers_certificates_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, imap_security: str
) -> None:
    port = desk.servers.imaps_port if imap_security == "tls" else desk.servers.imap_port
    connector = desk.connector(imap_security=imap_security, imap_port=port, smtp_security="starttls")

    async def strangers() -> None:
        problems = await connector.check()
        assert len(problems) == 2
        assert all("CERTIFICATE" in each.upper() for each in problems)
        with pytest.raises(SendPostponed):
            await connector.send(_never_sent(desk))

    async def known() -> None:
        assert await connector.check() == []
        async with receiving(connector, desk.inlet):
            await desk.watching()
            await asyncio.to_thread(desk.write, "tls", "over an encrypted line")
            await desk.until(lambda: len(desk.inlet.kept) == 1)
            await connector.send(desk.answer(desk.inlet.messages()[0], "Received."))

    run(strangers())
    monkeypatch.setenv("SSL_CERT_FILE", str(desk.servers.certificate))
    run(known())


def test_a_long_mail_is_kept_by_its_beginning(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earful.channels.email.mailbox.MAX_MAIL_BYTES", 10_000)
    monkeypatch.setattr("earful.channels.email.mailbox.TRUNCATED_BYTES", 2_000)

    async def story() -> None:
        async with receiving(desk.connector(), desk.inlet):
            await desk.watching()
            await asyncio.to_thread(desk.write, "long", "Dear all,\n" + "x" * 70 * 300)
            await desk.until(lambda: len(desk.inlet.kept) == 1)
            (message,) = desk.inlet.messages()
            assert message.context["cut"] is True
            assert message.text.startswith("Dear all,")
            assert message.occurred_at <= datetime.now(UTC)

    run(story())
