"""A push of Google's is believed only with Google's own signature, for us, from whom we expect it, and in its time."""

import asyncio
import base64
from typing import Any

import msgspec
import pytest

from earful.channels.contract import RawDelivery
from earful.channels.google_reviews.connector import GoogleReviewsConnector
from earful.channels.google_reviews.hook import GoogleReviewsHook, hook, keys_of
from earful.channels.google_reviews.settings import GoogleReviewsSecrets, GoogleReviewsSettings
from earful.channels.hooks import Asked, Unreadable
from earful.channels.kit.jwt import KeySet, prove, read_keys
from earful.channels.kit.signatures import SignatureRefused
from earful.model.message import Network
from earful.model.time import DAY, Instant
from earful.playground.networks.google_reviews import GoogleReviewsSimulator
from earful.playground.networks.simulator import Pushed
from tests.channels.inlet import MemoryInlet
from tests.channels.running import receiving, run
from tests.channels.simulated import Clock, simulated

URL = "https://desk.example.test/hooks/one"
DATA = {"type": "NEW_REVIEW", "review": "accounts/700/locations/201/reviews/rev-1"}


def asked(pushed: Pushed, **headers: str) -> Asked:
    return Asked(
        method="POST", url=f"{URL}?x=1", query={}, headers={**pushed.headers, **headers}, body=pushed.body
    )


def network(clock: Clock) -> tuple[GoogleReviewsSimulator, GoogleReviewsHook]:
    """A network whose keys were fetched, and the hook of a channel that it pushes to."""
    simulator = GoogleReviewsSimulator("http://network.test/review", clock)
    made = hook(
        msgspec.convert(simulator.pushing(URL).settings, GoogleReviewsSettings), GoogleReviewsSecrets()
    )
    assert made is not None
    keys_of("http://network.test/review/certs").take(
        simulator.handle(Asked(method="GET", url="", query={}, headers={}), "/certs").body, clock()
    )
    return simulator, made


def test_a_push_is_proved_and_names_the_review() -> None:
    clock = Clock()
    simulator, made = network(clock)
    pushed = simulator.pushed(DATA)
    proof = made.verify(asked(pushed), clock())
    assert (proof.verified_by, proof.native_delivery_id) == ("google-oidc", "1")
    (part,) = made.parse(RawDelivery(transport="webhook", body=pushed.body), clock())
    assert part.wanted == ["review:201/rev-1"]
    elsewhere = simulator.pushed({"review": "accounts/700/locations/999/reviews/rev-1"})
    assert made.parse(RawDelivery(transport="webhook", body=elsewhere.body), clock())[0].wanted == []
    with pytest.raises(Unreadable):
        made.parse(RawDelivery(transport="webhook", body=b'{"message":{"data":"%%"}}'), clock())


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://desk.example.test/hooks/other"},
        {"email": "somebody@else.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"iss": "https://accounts.example.com"},
        {"exp": 1_000},
        {"exp": "never"},
        {"iat": 9_999_999_999},
    ],
)
def test_a_token_for_others_from_others_or_out_of_its_time_is_refused(claims: dict[str, Any]) -> None:
    clock = Clock()
    simulator, made = network(clock)
    with pytest.raises(SignatureRefused, match="Nothing was kept"):
        made.verify(asked(simulator.pushed(DATA, **claims)), clock())


def test_what_is_not_signed_by_google_is_refused() -> None:
    clock = Clock()
    simulator, made = network(clock)
    good = simulator.pushed(DATA)
    token = good.headers["authorization"].removeprefix("Bearer ")
    head, body, mac = token.split(".")
    other = (
        base64.urlsafe_b64encode(msgspec.json.encode({"alg": "none", "kid": "key-1"})).rstrip(b"=").decode()
    )
    for bad in (
        "", "Basic x", "Bearer ", f"Bearer {head}.{body}", f"Bearer {head}.{body}.{mac[:-4]}AAAA",
        f"Bearer {other}.{body}.", f"Bearer {head}.{body[:-2]}AA.{mac}", "Bearer " + "a" * 20_000,
    ):  # fmt: skip
        with pytest.raises(SignatureRefused):
            made.verify(asked(good, authorization=bad), clock())
    made.verify(asked(good), clock())


def test_an_unknown_key_is_asked_for_and_a_bad_set_changes_nothing() -> None:
    clock = Clock()
    simulator, _ = network(clock)
    keys = KeySet()
    token = simulator.signed({"exp": clock() // 1000 + 60})
    with pytest.raises(SignatureRefused, match="fetched again"):
        prove(token, keys, clock())
    assert keys.missed
    for raw in (
        b"",
        b"{}",
        b'{"keys":[{"kid":"a","kty":"RSA","n":"AQAB","e":"AQAB"},{"kid":"b","kty":"EC"}]}',
    ):
        assert read_keys(raw) == {}
        assert keys.take(raw, clock()) == 0
    served = simulator.handle(Asked(method="GET", url="", query={}, headers={}), "/certs").body
    assert keys.take(served, clock()) == 1
    assert not keys.missed
    prove(token, keys, clock())
    with pytest.raises(SignatureRefused):
        prove(token, keys, Instant(clock() + DAY))


def test_a_connector_fetches_the_keys_and_tells_google_where_to_publish() -> None:
    async def test() -> None:
        async with simulated(Network.REVIEW) as (simulator, tools, clock):
            assert isinstance(simulator, GoogleReviewsSimulator)
            wired = simulator.pushing(URL)
            settings = msgspec.convert(wired.settings, GoogleReviewsSettings)
            keys = keys_of(settings.certs)
            keys.fetched_at = 0
            connector = GoogleReviewsConnector(
                settings, msgspec.convert(wired.secrets, GoogleReviewsSecrets), tools
            )
            inlet = MemoryInlet()
            async with receiving(connector, inlet):
                for _ in range(4_000):
                    if simulator.topic and keys.fetched_at == clock():
                        break
                    await asyncio.sleep(0.005)
                said = simulator.world.say(simulator.world.customer("ana"), "It leaks.")
                (pushed,) = simulator.outgoing
                made = hook(settings, GoogleReviewsSecrets())
                assert made is not None
                assert made.verify(asked(pushed), clock()).native_delivery_id
                (part,) = made.parse(RawDelivery(transport="webhook", body=pushed.body), clock())
                assert part.wanted == [f"review:{simulator.native_id(said)}"]
                raw, (review,) = await connector._reviews.fetch(part.wanted[0])
                assert review.text == "It leaks."
            assert raw
            assert simulator.violations == []
            assert inlet.troubles == []

    run(test())
