"""A Telegram bot of ours on telemelya, a third party's Bot API, beside a bot of python-telegram-bot's.

telemelya pushes without the secret that a webhook was set with: our hook refuses that, and a relay adds it.
"""

from collections.abc import Iterator

import pytest

from earful.channels.contract import Reply, ReplyTarget
from earful.channels.kit.http import fetch
from earful.channels.telegram.connector import TelegramConnector
from earful.channels.telegram.hook import TelegramHook
from earful.channels.telegram.settings import TelegramSecrets, TelegramSettings
from earful.model.message import IncomingMessage, MessageKind, Visibility
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run, tools
from tests.servers import telemelya
from tests.servers.hub import Pushed
from tests.servers.telemelya import TOKEN, Secretive, Telemelya

pytestmark = pytest.mark.real
SECRETS = TelegramSecrets(token=TOKEN)
PICTURE = bytes.fromhex("89504e470d0a1a0a") + b"of a broken grinder"


@pytest.fixture(scope="module")
def server() -> Iterator[Telemelya]:
    if why := telemelya.missing():
        pytest.skip(why)
    started = Telemelya()
    yield started
    started.stop()


class Ours:
    """Our bot: its connector, its hook at an address of its own, and the relay between it and telemelya."""

    def __init__(self, server: Telemelya) -> None:
        self.relay = Secretive(server.url)
        self.settings = TelegramSettings(receive="webhook", api=self.relay.url)
        self.pushed = Pushed()
        self.pushed.hook = TelegramHook(self.settings, SECRETS)
        self.hook_url = f"{self.pushed.url}/hooks/telegram"
        self.inlet = MemoryInlet()
        self.connector = TelegramConnector(self.settings, SECRETS, tools(self.hook_url))

    async def standing(self) -> None:
        """The webhook is set, and the network said that it is ours."""
        await self.inlet.until(lambda: self.inlet.signs_of_life > 0)

    def stop(self) -> None:
        self.pushed.stop()
        self.relay.stop()


@pytest.fixture
def ours(server: Telemelya) -> Iterator[Ours]:
    made = Ours(server)
    yield made
    made.stop()


def answer(message: IncomingMessage, text: str) -> Reply:
    assert message.author is not None
    to = ReplyTarget(
        native_id=message.native_id, namespace=message.namespace, visibility=message.visibility,
        author_native_id=message.author.native_id, context=message.context,
    )  # fmt: skip
    return Reply(client_id="reply-1", text=text, audience=Visibility.DIRECT, to=to)


def test_a_customer_writes_and_is_answered(server: Telemelya, ours: Ours) -> None:
    async def story() -> None:
        ana = server.customer()
        assert await ours.connector.check() == []
        async with receiving(ours.connector, ours.inlet):
            await ours.standing()
            told = ana.writes("My order is late 📦 <b>& I wait</b>")
            assert told["delivery"]["status_code"] == 200
            (message,) = ours.pushed.messages
            assert (message.text, message.kind) == ("My order is late 📦 <b>& I wait</b>", MessageKind.DM)
            assert message.author is not None
            assert (message.author.native_id, message.author.name) == (str(ana.chat), "Ana")
            sent = await ours.connector.send(answer(message, "Sorry! It comes tomorrow 🚚"))
        (heard,) = ana.heard()
        assert (heard["method"], heard["text"]) == ("sendMessage", "Sorry! It comes tomorrow 🚚")
        assert (sent.native_id, sent.thread) == (str(heard["message_id"]), str(ana.chat))
        assert heard["raw"]["reply_parameters"]["message_id"] == int(message.native_id)
        assert ours.inlet.troubles == []

    run(story())


def test_a_push_without_the_secret_is_refused(server: Telemelya, ours: Ours) -> None:
    server.bot(server.url, {"set_webhook": {"url": ours.hook_url}})
    told = server.customer().writes("I am not who I seem")
    assert told["delivery"]["status_code"] == 401
    assert (ours.pushed.refused, ours.pushed.messages) == (1, [])


def test_a_picture_is_fetched(server: Telemelya, ours: Ours) -> None:
    async def story() -> None:
        ana = server.customer()
        async with receiving(ours.connector, ours.inlet):
            await ours.standing()
            ana.writes("Look at it", photo=ana.uploads(PICTURE))
        (message,) = ours.pushed.messages
        (picture,) = message.attachments
        assert (message.text, picture.kind) == ("Look at it", "image")
        source = await ours.connector.media(picture)
        assert (await fetch(source.http, "GET", source.url)).content == PICTURE

    run(story())


def test_another_bot_says_and_understands_the_same(server: Telemelya, ours: Ours) -> None:
    """python-telegram-bot, which knows nothing of us, sets the same webhook, reads the same and answers the same."""

    async def story() -> None:
        ana = server.customer()
        async with receiving(ours.connector, ours.inlet):
            await ours.standing()
            update = ana.writes("Où est mon colis ?")["update"]
        (message,) = ours.pushed.messages
        await ours.connector.send(answer(message, "Demain."))
        asked = ours.relay.asked["setWebhook"]
        theirs = Secretive(server.url)
        try:
            _, standing, read, _ = server.bot(
                theirs.url, {"set_webhook": asked}, {"webhook": True}, {"read": update},
                {"answer": "Demain.", "chat": ana.chat, "to": int(message.native_id)},
            )  # fmt: skip
            assert theirs.asked["setWebhook"] == asked
        finally:
            theirs.stop()
        assert standing == ours.hook_url
        by_us, by_them = (one["raw"] for one in ana.heard())
        assert by_us == by_them
        assert message.author is not None
        assert read == {
            "id": update["update_id"], "chat": int(message.thread), "message": int(message.native_id),
            "text": message.text, "at": int(message.occurred_at.timestamp()), "by": int(message.author.native_id),
            "name": message.author.name, "private": message.visibility is Visibility.DIRECT,
        }  # fmt: skip

    run(story())
