"""SMS by a real Kannel and a carrier's SMSC: what customers write, what we answer, and what became of it."""

from collections.abc import Iterator

import pytest

from earful.channels.contract import RawDelivery, Reply, ReplyTarget, SendPostponed
from earful.channels.hooks import Part
from earful.channels.kit.signatures import SignatureRefused
from earful.channels.sms.kannel import KannelSms
from earful.channels.sms.kannel_hook import KannelHook
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.log.runner import system_clock
from earful.model.message import Visibility
from tests.channels.running import run, tools
from tests.servers import kannel as server
from tests.servers.kannel import KEY, NUMBER, PASSWORD, USER, Kannel

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("kannel")]


@pytest.fixture(scope="module")
def kannel() -> Iterator[Kannel]:
    """A Kannel with its carrier."""
    if why := server.missing():
        pytest.skip(why)
    made = Kannel()
    yield made
    made.stop()


def settings(kannel: Kannel) -> SmsSettings:
    return SmsSettings(provider="kannel", number=NUMBER, account=USER, api=kannel.url)


SECRETS = SmsSecrets(auth_token=PASSWORD, shared_key=KEY)


def taken(kannel: Kannel) -> Part:
    """What the next request says, once the hook believed it."""
    asked, hook = kannel.delivered(), KannelHook(settings(kannel), SECRETS)
    hook.verify(asked, system_clock())
    with pytest.raises(SignatureRefused):
        KannelHook(settings(kannel), SmsSecrets(auth_token=PASSWORD, shared_key="other-key")).verify(
            asked, system_clock()
        )
    (part,) = hook.parse(RawDelivery(transport="webhook", body=asked.body), system_clock())
    return part


@pytest.mark.parametrize(
    ("text", "coding"),
    [
        ("My parcel is late,  twice & again? 100% + more\nThanks", 0),
        ("Où est mon colis ? €5", 0),
        ("Где моя посылка? 📦 + 100%", 8),
    ],
)
def test_what_a_customer_writes_arrives_letter_by_letter(kannel: Kannel, text: str, coding: int) -> None:
    kannel.customer_writes("15550123", text, coding)
    (message,) = taken(kannel).messages
    assert message.text == text
    assert message.author is not None
    assert (message.author.native_id.lstrip("+"), message.thread) == ("15550123", message.author.native_id)
    assert abs(message.occurred_at.timestamp() * 1000 - system_clock()) < 60_000


def reply(client_id: str, text: str, to: str) -> Reply:
    target = ReplyTarget(native_id="kannel.1", author_native_id=to, visibility=Visibility.DIRECT, thread=to)
    return Reply(client_id=client_id, text=text, audience=Visibility.DIRECT, to=target)


@pytest.mark.parametrize(
    ("client_id", "text", "to", "state"),
    [
        ("r-1", "Sorry, it is on its way. It costs 5 €.", "15550123", "delivered"),
        ("r-2", "Извините 📦", "15550113", "failed"),
    ],
)
def test_an_answer_goes_out_and_its_fate_comes_back(
    kannel: Kannel, client_id: str, text: str, to: str, state: str
) -> None:
    async def walk() -> None:
        made = tools(hook_url=kannel.taker.url)
        connector = KannelSms(settings(kannel), SECRETS, made)
        assert await connector.check() == []
        sent = await connector.send(reply(client_id, text, to))
        out = kannel.submitted()
        assert (out["submitted"], out["from"], out["to"].lstrip("+")) == (text, NUMBER, to)
        (report,) = taken(kannel).reports
        assert (report.native_id, report.state) == (sent.native_id, state)
        await made.http.aclose()

    run(walk())


def test_a_wrong_password_keeps_the_reply_and_is_named(kannel: Kannel) -> None:
    async def walk() -> None:
        made = tools(hook_url=kannel.taker.url)
        connector = KannelSms(settings(kannel), SmsSecrets(auth_token="wrong", shared_key=KEY), made)
        (wrong,) = await connector.check()
        assert "password" in wrong
        with pytest.raises(SendPostponed, match="password"):
            await connector.send(reply("r-3", "Hello", "15550123"))
        await made.http.aclose()

    run(walk())
