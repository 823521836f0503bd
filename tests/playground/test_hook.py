"""A simulated telephone system is told on its page where to hand in calls; until then they wait."""

import asyncio

import httpx2
import pytest

from earful.channels.kit.signatures import verify
from earful.desk.channels.service import new_secret
from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.networks.app import Networks, build

NOW = Instant(1_795_000_000_000)
WHERE = "http://desk.test/hooks/hotline"


def told(networks: Networks, **form: str) -> str:
    """Enter something on the page; returns the page after it."""

    async def enter() -> str:
        transport = httpx2.ASGITransport(app=build(networks))
        async with httpx2.AsyncClient(transport=transport, base_url="http://network.test") as http:
            page = await http.post("/play/phone/hook", data=form, follow_redirects=True)
            assert page.status_code == 200
            return page.text

    return asyncio.run(enter())


def test_calls_wait_until_it_is_known_where_to_and_are_signed() -> None:
    networks, secret = Networks("http://network.test", lambda: NOW), new_secret()
    phone = networks.simulators[Network.PHONE]
    phone.world.say(phone.world.customer("ana"), "My kettle leaks.", private=True)
    assert phone.outgoing == []
    assert WHERE in told(networks, hook_url=WHERE, hook_secret=secret)
    phone.world.say(phone.world.customer("ben"), "Mine as well.", private=True)
    assert [one.url for one in phone.outgoing] == [WHERE, WHERE]
    ids = {verify(secret, one.headers, one.body, NOW) for one in phone.outgoing}
    assert len(ids) == 2
    assert b"My kettle leaks." in phone.outgoing[0].body


@pytest.mark.parametrize(
    ("url", "secret"), [("file:///etc/passwd", "whsec_AAAA"), (WHERE, "not base64!"), ("", "")]
)
def test_what_cannot_be_called_is_not_taken(url: str, secret: str) -> None:
    networks = Networks("http://network.test", lambda: NOW)
    told(networks, hook_url=url, hook_secret=secret)
    assert networks.simulators[Network.PHONE].hook_url == ""
