"""Consent and renewal, against a token endpoint on loopback that is as strict as RFC 6749 and RFC 7636 are."""

import asyncio
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from earful.channels.kit import oauth
from earful.channels.kit.tools import shared_client
from earful.model.time import Instant
from tests.channels.kit.endpoint import CLIENT, Endpoint, provider

NOW = Instant(1_800_000_000_000)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


def ask(
    endpoint: Endpoint, grant: oauth.Grant | None = None, *, code: str = "", verifier: str = ""
) -> oauth.Grant:
    async def story() -> oauth.Grant:
        async with shared_client(allow_private=True) as http:
            if grant is not None:
                return await oauth.renew(http, provider(endpoint), CLIENT, grant, NOW)
            back = "https://desk.example/back"
            return await oauth.take_code(
                http, provider(endpoint), CLIENT, code=code, redirect_uri=back, verifier=verifier, now=NOW
            )

    return asyncio.run(story())


def test_a_code_is_taken_by_whoever_asked_for_it_and_by_nobody_else(endpoint: Endpoint) -> None:
    verifier = oauth.new_verifier()
    url = oauth.consent_url(
        provider(endpoint), CLIENT, redirect_uri="https://desk.example/back", state="s", verifier=verifier
    )
    asked = {name: one[0] for name, one in parse_qs(urlsplit(url).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "read write offline"
    assert "s3cret" not in url
    assert verifier not in url
    endpoint.challenges["one"] = asked["code_challenge"]
    grant = ask(endpoint, code="one", verifier=verifier)
    assert grant.expires_at == NOW + 7_200_000
    assert oauth.missing_scopes(provider(endpoint).scopes, grant.scopes) == ["offline"]
    endpoint.challenges["two"] = asked["code_challenge"]
    with pytest.raises(oauth.GrantRefused, match="that code is not yours"):
        ask(endpoint, code="two", verifier=oauth.new_verifier())


def test_a_refresh_token_that_changes_with_every_use_is_followed(endpoint: Endpoint) -> None:
    grant = oauth.Grant(access_token="a", refresh_token="r1")
    fresh = ask(endpoint, grant)
    assert fresh.refresh_token == "r1+"
    assert ask(endpoint, fresh).refresh_token == "r1++"
    with pytest.raises(oauth.GrantRefused):
        ask(endpoint, grant)


def test_a_network_that_is_down_is_no_refusal(endpoint: Endpoint) -> None:
    endpoint.status = 503
    with pytest.raises(Exception, match="503"):
        ask(endpoint, oauth.Grant(access_token="a", refresh_token="r1"))
