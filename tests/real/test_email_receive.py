"""Mail coming in, from a real Postfix through a real Dovecot."""

import asyncio
import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage

import pytest

from earful.model.message import Direction, MessageKind
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.real.mail_desk import Desk
from tests.servers.mail import MailServers
from tests.servers.process import wait_until
from tests.servers.proxy import Relay

pytestmark = pytest.mark.real


@pytest.fixture
def desk(mail_servers: MailServers) -> Desk:
    return Desk(mail_servers)


def test_a_mail_arrives_by_idle_and_its_answer_reaches_the_customer_in_the_thread(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        async with receiving(connector, desk.inlet):
            await desk.watching()
            # The first round of IDLE is short; from the second on only an announcement can be in time.
            await desk.until(lambda: desk.inlet.signs_of_life >= 2)
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
            assert desk.inlet.troubles == []

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
