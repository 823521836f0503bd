"""The Mastodon connector against mastodon-mock, a third party's stateful server, over real HTTP and SSE."""

import asyncio
import uuid
from typing import Any

import httpx2
import pytest
from msgspec import structs

from earful.channels.contract import Reply, ReplyFile, ReplyTarget, SendPostponed, SendRefused, SendUnknown
from earful.channels.mastodon.connector import MastodonConnector
from earful.channels.mastodon.settings import MastodonSecrets, MastodonSettings
from earful.model.message import Direction, IncomingMessage, MessageKind, Visibility
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.desk.media.test_media import PICTURE
from tests.servers.mastodon import MastodonServer, Person
from tests.servers.proxy import Relay

pytestmark = pytest.mark.real


class Desk:
    """A brand and a customer of their own for each test."""

    def __init__(self, server: MastodonServer) -> None:
        self.server = server
        self.brand = server.person("brand")
        self.ana = server.person("ana")
        self.inlet = MemoryInlet()
        self.namespace = f"mastodon:127.0.0.1:{server.port}"

    def connector(self, *, port: int | None = None, token: str = "", **changes: Any) -> MastodonConnector:
        url = f"http://127.0.0.1:{port or self.server.port}"
        settings = MastodonSettings(server=url, **{"heartbeat_seconds": 5, **changes})
        secrets = MastodonSecrets(access_token=token or self.brand.token)
        return MastodonConnector(settings, secrets, allow_private=True)

    async def watching(self) -> None:
        """Both streams are open: each says that it is alive once it is."""
        await self.inlet.until(lambda: "mastodon:own" in self.inlet.cursors and self.inlet.signs_of_life >= 2)

    async def until_text(self, text: str) -> IncomingMessage:
        def there() -> bool:
            return any(text in message.text for message in self.inlet.messages())

        await self.inlet.until(there)
        return next(message for message in self.inlet.messages() if text in message.text)


@pytest.fixture
def desk(mastodon_server: MastodonServer) -> Desk:
    return Desk(mastodon_server)


def answer(message: IncomingMessage, text: str, audience: Visibility) -> Reply:
    assert message.author is not None
    return Reply(
        client_id=str(uuid.uuid4()),
        text=text,
        audience=audience,
        to=ReplyTarget(
            native_id=message.native_id,
            namespace=message.namespace,
            thread=message.thread,
            author_native_id=message.author.native_id,
            author_handle=message.author.handle,
            visibility=message.visibility,
            context=message.context,
        ),
    )


async def write(person: Person, text: str, **arguments: Any) -> str:
    return str((await asyncio.to_thread(person.post, text, **arguments))["id"])


def test_a_mention_is_answered_and_the_customer_sees_the_answer_in_the_thread(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        async with receiving(connector, desk.inlet):
            await desk.watching()
            asked = await write(desk.ana, f"@{desk.brand.name} my parcel is lost")
            message = await desk.until_text("parcel is lost")
            assert message.native_id == message.thread == asked
            assert (message.kind, message.visibility) == (MessageKind.MENTION, Visibility.PUBLIC)
            assert message.author is not None
            assert message.author.handle == f"{desk.ana.name}@127.0.0.1:{desk.server.port}"

            reply = answer(message, "We are sorry, we look into it.", Visibility.PUBLIC)
            sent = await connector.send(reply)
            seen = (await asyncio.to_thread(desk.ana.mentions))[0]
            assert (seen["id"], seen["in_reply_to_id"]) == (sent.native_id, asked)
            assert desk.ana.name in seen["content"]

            # The echo is ours and carries the outbox id; it is no new message of a customer.
            await desk.inlet.until(lambda: (sent.namespace, sent.native_id) in desk.inlet.kept)
            echo = desk.inlet.kept[sent.namespace, sent.native_id].message
            assert (echo.direction, echo.client_id) == (Direction.OUTBOUND, reply.client_id)

            await write(desk.ana, f"@{desk.brand.name} thank you", reply_to=sent.native_id)
            thanks = await desk.until_text("thank you")
            assert (thanks.kind, thanks.parent_id) == (MessageKind.REPLY, sent.native_id)
            assert (thanks.thread, thanks.ancestor_ids) == (asked, [asked, sent.native_id])

    run(story())


def test_a_picture_goes_out_described_and_once(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        async with receiving(connector, desk.inlet):
            await desk.watching()
            await write(desk.ana, f"@{desk.brand.name} how do I open it")
            message = await desk.until_text("how do I open it")
            lid = ReplyFile(name="lid.png", mime="image/png", content=PICTURE, alt="A hand turns the lid.")
            reply = structs.replace(answer(message, "Turn it as shown.", Visibility.PUBLIC), files=[lid])
            sent = await connector.send(reply)
            # Handed in again, as after a time-out: the server knows the key, whatever was handed over meanwhile.
            assert (await connector.send(reply)).native_id == sent.native_id
            (seen,) = await asyncio.to_thread(desk.ana.mentions)
            (shown,) = seen["media_attachments"]
            assert (shown["type"], shown["description"]) == ("image", "A hand turns the lid.")
            assert (await asyncio.to_thread(httpx2.get, shown["url"])).content == PICTURE
            takes = connector.capabilities.public_files
            assert takes is not None
            assert takes.largest["image/png"] == 10_485_760, "as the server says"
            assert (await connector.find(reply)) is not None

    run(story())


def test_direct_stays_direct(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        async with receiving(connector, desk.inlet):
            await desk.watching()
            await write(desk.ana, f"@{desk.brand.name} my order is 4711", visibility="direct")
            message = await desk.until_text("4711")
            assert (message.kind, message.visibility) == (MessageKind.DM, Visibility.DIRECT)
            for wider in (Visibility.PUBLIC, Visibility.UNLISTED, Visibility.FOLLOWERS):
                with pytest.raises(SendRefused, match="would show it to others"):
                    await connector.send(answer(message, "Thanks", wider))
            bob = desk.server.person("bob")
            with pytest.raises(SendRefused, match="would show it to them"):
                await connector.send(answer(message, f"@{bob.name} knows", Visibility.DIRECT))
            sent = await connector.send(answer(message, "Thanks", Visibility.DIRECT))
            status = await asyncio.to_thread(desk.ana.ask, "GET", f"/api/v1/statuses/{sent.native_id}")
            assert status["visibility"] == "direct"
            assert [each["id"] for each in status["mentions"]] == [desk.ana.id]
            assert await asyncio.to_thread(bob.mentions) == []

    run(story())


def test_what_was_posted_while_disconnected_is_fetched_in_order(desk: Desk) -> None:
    async def story() -> None:
        async with Relay(desk.server.port) as relay:
            connector = desk.connector(port=relay.port)
            async with receiving(connector, desk.inlet):
                await desk.watching()
                await relay.cut()
                await desk.inlet.until(lambda: bool(desk.inlet.troubles))
                ids = [await write(desk.ana, f"@{desk.brand.name} missed {n}") for n in range(45)]
                own = await write(desk.brand, "Written in the app meanwhile")
                await relay.mend()
                await desk.until_text("missed 44")
                await desk.until_text("in the app")
        inbound = [m.native_id for m in desk.inlet.messages() if m.direction is Direction.INBOUND]
        assert inbound == ids
        assert own in {m.native_id for m in desk.inlet.messages()}

    run(story())


def test_a_restart_begins_where_the_last_run_ended(desk: Desk) -> None:
    async def story() -> None:
        await write(desk.ana, f"@{desk.brand.name} before anything was connected")
        async with receiving(desk.connector(), desk.inlet):
            await desk.watching()
        assert not desk.inlet.kept
        await write(desk.ana, f"@{desk.brand.name} between two runs")
        desk.inlet.fail_next = 1
        async with receiving(desk.connector(), desk.inlet):
            await desk.until_text("between two runs")
        assert len(desk.inlet.kept) == 1

    run(story())


def test_history_is_marked_as_such(desk: Desk) -> None:
    async def story() -> None:
        await write(desk.ana, f"@{desk.brand.name} long ago")
        async with receiving(desk.connector(history_days=7), desk.inlet):
            assert (await desk.until_text("long ago")).backfill

    run(story())


def test_edits_and_deletes_of_strangers_are_found_by_looking_again(desk: Desk) -> None:
    async def story() -> None:
        async with receiving(desk.connector(look_again_seconds=1), desk.inlet):
            await desk.watching()
            edited = await write(desk.ana, f"@{desk.brand.name} first wording")
            direct = await write(desk.ana, f"@{desk.brand.name} secret wording", visibility="direct")
            await desk.until_text("first wording")
            await desk.until_text("secret wording")
            await asyncio.to_thread(desk.ana.edit, edited, f"@{desk.brand.name} second wording")
            await desk.until_text("second wording")
            kept = desk.inlet.kept
            assert kept[desk.namespace, edited].edits == 1
            await asyncio.to_thread(desk.ana.delete, direct)
            await desk.inlet.until(lambda: kept[desk.namespace, direct].deleted)
            assert not kept[desk.namespace, edited].deleted

    run(story())


def test_deletes_by_people_we_follow_come_by_stream(desk: Desk) -> None:
    async def story() -> None:
        await asyncio.to_thread(desk.brand.ask, "POST", f"/api/v1/accounts/{desk.ana.id}/follow")
        async with receiving(desk.connector(), desk.inlet):
            await desk.watching()
            status = await write(desk.ana, f"@{desk.brand.name} short-lived")
            await desk.until_text("short-lived")
            await write(desk.ana, "nothing for the brand")
            await asyncio.to_thread(desk.ana.edit, status, f"@{desk.brand.name} longer-lived")
            await desk.until_text("longer-lived")
            await asyncio.to_thread(desk.ana.delete, status)
            await desk.inlet.until(lambda: desk.inlet.kept[desk.namespace, status].deleted)
            assert len(desk.inlet.kept) == 1

    run(story())


def test_a_lost_answer_is_unknown_until_found_and_is_not_posted_twice(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        asked = await write(desk.ana, f"@{desk.brand.name} hello?")
        target = ReplyTarget(
            native_id=asked,
            author_native_id=desk.ana.id,
            author_handle=desk.ana.name,
            visibility=Visibility.PUBLIC,
        )
        reply = Reply(client_id=str(uuid.uuid4()), text="Hello Ana!", audience=Visibility.PUBLIC, to=target)
        assert await connector.find(reply) is None
        malformed = {"type": "status", "status": 500}
        await asyncio.to_thread(desk.server.break_next, "/api/v1/statuses", malformed)
        with pytest.raises(SendUnknown, match="may be out"):
            await connector.send(reply)
        assert await connector.find(reply) is None
        sent = await connector.send(reply)
        again = await connector.send(reply)
        assert again.native_id == sent.native_id
        found = await connector.find(reply)
        assert found is not None
        assert found.native_id == sent.native_id
        other = structs.replace(reply, text="Something else")
        assert await connector.find(other) is None

    run(story())


def test_a_server_that_asks_to_wait_is_believed(desk: Desk) -> None:
    async def story() -> None:
        connector = desk.connector()
        asked = await write(desk.ana, f"@{desk.brand.name} hello?")
        target = ReplyTarget(native_id=asked, author_handle=desk.ana.name, visibility=Visibility.PUBLIC)
        reply = Reply(client_id=str(uuid.uuid4()), text="Hi", audience=Visibility.PUBLIC, to=target)
        limited = {"type": "status", "status": 429, "headers": {"Retry-After": "17"}}
        await asyncio.to_thread(desk.server.break_next, "/api/v1/statuses", limited)
        with pytest.raises(SendPostponed) as postponed:
            await connector.send(reply)
        assert postponed.value.after_seconds == 17
        long = structs.replace(reply, text="x" * 501)
        with pytest.raises(SendRefused, match="characters long"):
            await connector.send(long)
        gone = structs.replace(reply, text="Hi", to=structs.replace(target, author_handle="nobody9"))
        with pytest.raises(SendRefused, match="taken back"):
            await connector.send(
                structs.replace(
                    gone,
                    client_id=str(uuid.uuid4()),
                    audience=Visibility.DIRECT,
                    to=structs.replace(gone.to, author_native_id="999"),
                )
            )

    run(story())


def test_check_reports_a_bad_token_and_a_policy_that_hides_mentions(desk: Desk) -> None:
    async def story() -> None:
        assert await desk.connector().check() == []
        (problem,) = await desk.connector(token="wrong").check()
        assert "access token" in problem
        rules = {"for_not_following": "filter", "for_private_mentions": "drop"}
        await asyncio.to_thread(desk.brand.ask, "PATCH", "/api/v2/notifications/policy", json=rules)
        await write(desk.ana, f"@{desk.brand.name} nobody sees this")
        problems = await desk.connector().check()
        assert len(problems) == 3
        assert "filters" in problems[0]
        assert "lost for ever" in problems[1]
        assert "1 people wait" in problems[2]

    run(story())
