"""Mail going out, and what becomes of it, on a real Postfix and a real Dovecot."""

import asyncio
import uuid
from email import message_from_bytes
from email.policy import default

import pytest
from msgspec import structs

from earful.channels.contract import Reply, ReplyFile, ReplyTarget, SendPostponed, SendRefused, SendUnknown
from earful.model.message import Direction, MessageKind, Visibility
from tests.channels.running import receiving, run
from tests.desk.media.test_media import PICTURE
from tests.real.mail_desk import Desk, never_sent
from tests.servers.mail import MailServers
from tests.servers.proxy import Relay

pytestmark = pytest.mark.real


@pytest.fixture
def desk(mail_servers: MailServers) -> Desk:
    return Desk(mail_servers)


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


def test_a_file_goes_out_with_the_mail_and_comes_back_whole(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector(poll_seconds=1)
        async with receiving(connector, desk.inlet):
            await desk.watching("Sent")
            await desk.watching()
            await asyncio.to_thread(desk.write, "Hi", "How do I open it?")
            await desk.until(lambda: len(desk.inlet.kept) == 1)
            lid = ReplyFile(
                name="der Deckel.png", mime="image/png", content=PICTURE, alt="A hand turns\nthe lid"
            )
            bill = ReplyFile(name="bill.pdf", mime="application/pdf", content=b"%PDF-1.7 \r\n.\r\n bill")
            reply = structs.replace(desk.answer(desk.inlet.messages()[0], "See here"), files=[lid, bill])
            sent = await connector.send(reply)
            await desk.until(lambda: ("", sent.native_id) in desk.inlet.kept)
            echo = desk.inlet.kept["", sent.native_id].message
            assert (echo.text, [one.name for one in echo.attachments]) == (
                "See here", ["der Deckel.png", "bill.pdf"],
            )  # fmt: skip
            mail = message_from_bytes(desk.inlet.deliveries[-1].body, policy=default)
            parts = list(mail.iter_attachments())
            assert [part.get_content() for part in parts] == [PICTURE, bill.content]
            assert parts[0]["content-description"] == "A hand turns the lid"
            assert (await connector.find(reply)) is not None

    run(story())


def test_a_reply_that_nobody_saw_leave_stays_unknown(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        message = never_sent(desk)
        with pytest.raises(SendUnknown, match="may be out"):
            await connector.find(message)
        # Where every sent mail comes back, its absence is proof.
        assert await desk.connector(sent_copy="bcc").find(message) is None

    run(story())


def test_a_blind_copy_proves_that_a_reply_left(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector(sent_copy="bcc", sent_folder="")
        async with receiving(connector, desk.inlet):
            await desk.watching()
            reply = never_sent(desk)
            sent = await connector.send(reply)
            await desk.until(lambda: ("", sent.native_id) in desk.inlet.kept)
            echo = desk.inlet.kept["", sent.native_id].message
            assert (echo.direction, echo.client_id) == (Direction.OUTBOUND, reply.client_id)
            assert await connector.find(reply) is not None

    run(story())


def test_an_answer_lost_after_the_mail_was_taken_is_unknown_and_then_found(desk: Desk) -> None:
    async def story() -> None:
        cuts: set[asyncio.Task[None]] = set()

        def lose_the_receipt(data: bytes) -> bytes:
            if b"queued" not in data:
                return data
            cuts.add(asyncio.create_task(relay.cut()))
            return b""

        async with Relay(desk.servers.smtp_port, lose_the_receipt) as relay:
            connector = desk.connector(smtp_port=relay.port, sent_copy="bcc")
            reply = never_sent(desk)
            with pytest.raises(SendUnknown, match="may be out"):
                await connector.send(reply)
            await asyncio.gather(*cuts)
        await asyncio.to_thread(desk.servers.wait_for_mail, desk.address)
        found = await connector.find(reply)
        assert found is not None
        assert found.native_id == f"<{reply.client_id}@brand.test>"
        (raw,) = await asyncio.to_thread(desk.servers.wait_for_mail, desk.customer)
        assert reply.client_id.encode() in raw

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


def test_sending_says_in_words_what_went_wrong(desk: Desk) -> None:
    async def story() -> None:
        reply = never_sent(desk)
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
            await connector.send(never_sent(desk))

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
