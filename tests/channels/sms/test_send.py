"""Answers by SMS: to whom, how long, and what Twilio says of them."""

import pytest

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.kit.budget import Budgets
from earful.channels.sms.connector import TwilioSms
from earful.channels.sms.send import compose
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.model.message import Network, Visibility
from tests.channels.running import run
from tests.channels.simulated import simulated


def reply(text: str = "We are on it.", **target: object) -> Reply:
    asked: dict[str, object] = {
        "native_id": "SM1", "author_native_id": "+14155550123", "visibility": Visibility.DIRECT,
        "thread": "+14155550123",
    }  # fmt: skip
    to = ReplyTarget(**(asked | target))  # type: ignore[arg-type]
    return Reply(client_id="r1", text=text, audience=Visibility.DIRECT, to=to)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (reply(""), "no text"),
        (reply("x" * 1_601), "11 SMS"),
        (reply(visibility=Visibility.PUBLIC), "direct"),
        (reply(author_native_id="BREWLINE"), "cannot be written to"),
        (reply(context={"opt_out": "STOP"}), "START"),
    ],
)
def test_what_cannot_go_out_is_refused_with_the_reason(wrong: Reply, words: str) -> None:
    with pytest.raises(SendRefused, match=words):
        compose(wrong)


def test_who_wrote_stop_gets_nothing_and_the_agent_reads_why() -> None:
    async def walk() -> None:
        async with simulated(Network.SMS) as (simulator, tools, _):
            wiring = simulator.wiring()
            connector = TwilioSms(SmsSettings(**wiring.settings), SmsSecrets(**wiring.secrets), tools)
            one = simulator.world.customer("ana")
            simulator.world.say(one, "stop", private=True)
            with pytest.raises(SendRefused, match="wrote STOP"):
                await connector.send(reply(author_native_id=f"+{one.id}"))
            assert await connector.check() == []
            assert simulator.violations == []

    run(walk())


def test_the_same_words_of_an_earlier_day_are_another_reply() -> None:
    async def walk() -> None:
        async with simulated(Network.SMS) as (simulator, tools, clock):
            wiring = simulator.wiring()
            connector = TwilioSms(SmsSettings(**wiring.settings), SmsSecrets(**wiring.secrets), tools)
            one = simulator.world.customer("ana")
            simulator.world.say(one, "Hello?", private=True)
            await connector.send(reply(author_native_id=f"+{one.id}"))
            clock.at = type(clock.at)(clock.at + 86_400_000)
            later = reply(author_native_id=f"+{one.id}", context={"at": clock.at // 1000})
            assert await connector.find(later) is None
            tools.budgets = Budgets(clock)
            sent = await connector.send(later)
            found = await connector.find(later)
            assert found is not None
            assert found.native_id == sent.native_id

    run(walk())
