"""Files that networks fetch: from where, and what becomes of a reply whose file is not there."""

import msgspec
import pytest

from earful.channels.contract import Files, Reply, ReplyFile, ReplyTarget, SendRefused, SendUnknown
from earful.channels.instagram.connector import InstagramConnector
from earful.channels.instagram.settings import InstagramSecrets, InstagramSettings
from earful.channels.kit.sharing import NO_ADDRESS, reachable
from earful.channels.sms.connector import TwilioSms
from earful.channels.sms.kannel import KannelSms
from earful.channels.sms.limits import CAPABILITIES
from earful.channels.sms.settings import SmsSecrets, SmsSettings
from earful.channels.twilio.signed import fields_of
from earful.model.message import Network, Visibility
from earful.playground.networks.world import Account
from tests.channels.running import run, tools
from tests.channels.simulated import simulated

NOWHERE = "http://127.0.0.1:9/f/"


def reply(customer: str, **more: object) -> Reply:
    target = ReplyTarget(
        native_id="1", author_native_id=customer, thread=customer, visibility=Visibility.DIRECT
    )
    files = [ReplyFile(id="file-1", name="lid.png", mime="image/png")]
    made = Reply(client_id="r1", text="", audience=Visibility.DIRECT, to=target, files=files)
    return msgspec.structs.replace(made, **more)


def test_without_an_address_only_what_is_fetched_is_not_there() -> None:
    handed = Files(largest={"image/png": 1}, most=1)
    can = msgspec.structs.replace(CAPABILITIES, public_files=handed, no_files="Some have words only.")
    found = reachable(can, tools())
    assert (found.public_files, found.private_files) == (handed, None)
    assert found.no_files == f"Some have words only. {NO_ADDRESS}"


def test_an_mms_whose_picture_is_not_there_is_told_as_not_delivered() -> None:
    async def walk() -> None:
        async with simulated(Network.SMS) as (simulator, tools, _):
            wiring = simulator.wiring()
            one = simulator.world.customer("ana")
            settings, secrets = SmsSettings(**wiring.settings), SmsSecrets(**wiring.secrets)
            with pytest.raises(SendRefused, match="public_url"):
                await TwilioSms(settings, secrets, tools).send(reply(f"+{one.id}"))
            tools.file_address = NOWHERE.__add__
            twilio = TwilioSms(settings, secrets, tools)
            assert twilio.capabilities.private_files is not None
            await twilio.send(reply(f"+{one.id}"))
            told = [fields_of(one.body) for one in simulator.outgoing]
            assert [(each["MessageStatus"], each["ErrorCode"]) for each in told] == [("failed", "11200")]
            assert await twilio.find(reply(f"+{one.id}")) is not None, "it was taken, and is not sent again"
            assert simulator.violations == []

    run(walk())


def test_a_kannel_has_no_files_and_never_sends_words_without_them() -> None:
    settings = SmsSettings(provider="kannel", number="+15550001111", account="desk", api="http://127.0.0.1:9")
    kannel = KannelSms(settings, SmsSecrets(auth_token="long enough", shared_key="also"), tools())
    assert kannel.capabilities.private_files is None
    with pytest.raises(SendRefused, match="words only"):
        run(kannel.send(reply("+15550002222", text="Look")))


def test_instagram_takes_no_message_whose_file_is_not_there() -> None:
    async def walk() -> None:
        async with simulated(Network.INSTAGRAM) as (simulator, tools, _):
            wiring = simulator.wiring()
            one: Account = simulator.world.customer("ana")
            simulator.world.say(one, "How do I open it?", private=True)
            tools.file_address = NOWHERE.__add__
            instagram = InstagramConnector(
                InstagramSettings(**wiring.settings), InstagramSecrets(**wiring.secrets), tools
            )
            with pytest.raises(SendRefused, match=r"could not fetch the file from the desk.*Failed to fetch"):
                await instagram.send(reply(one.id))
            with pytest.raises(SendUnknown, match="cannot be asked"):
                await instagram.find(reply(one.id))
            comment = ReplyTarget(native_id="1", author_native_id=one.id, visibility=Visibility.PUBLIC)
            for audience in (Visibility.PUBLIC, Visibility.DIRECT):
                with pytest.raises(SendRefused, match="words only"):
                    await instagram.send(reply(one.id, to=comment, audience=audience, text="Look"))
            assert not any(said.ours for said in simulator.world.said.values())
            assert simulator.violations == []

    run(walk())
