"""All channels by network, and the forms that are made of them."""

import pytest

from earful.channels.registry import NETWORKS, SettingsRefused, check, connect, consent, fields
from earful.model.message import Network
from tests.channels.running import tools

META = {"app_secret": "12345678", "verify_token": "1234"}
GOOD = {
    Network.EMAIL: ({"address": "a@b.test", "imap_host": "i", "smtp_host": "s"}, {"password": "p"}),
    Network.MASTODON: ({"server": "https://example.social"}, {"access_token": "t"}),
    Network.TELEGRAM: ({}, {"token": "123456:abcdefghijkl"}),
    Network.FACEBOOK: ({"page_id": "1"}, META),
    Network.MESSENGER: ({"page_id": "1"}, META),
    Network.INSTAGRAM: ({"account_id": "1"}, META),
    Network.THREADS: ({"user_id": "1", "username": "brewline"}, META),
    Network.WHATSAPP: ({"phone_number_id": "1", "business_account_id": "2"}, META),
    Network.BLUESKY: ({"handle": "brand.example.test"}, {"app_password": "p"}),
    Network.REDDIT: ({"username": "brand", "client_id": "i"}, {}),
    Network.YOUTUBE: ({"channel_id": "UCbrand", "client_id": "i"}, {}),
    Network.LINKEDIN: ({"organization_id": "1"}, {"client_secret": "s"}),
    Network.TIKTOK: ({"business_id": "b", "client_id": "i"}, {"client_secret": "s"}),
    Network.TUMBLR: ({"blog": "brewline", "client_id": "i"}, {}),
    Network.PINTEREST: ({"username": "brand", "client_id": "i"}, {}),
    Network.REVIEW: ({"account_id": "1", "locations": ["2"], "client_id": "i"}, {}),
    Network.X: ({"user_id": "1"}, {"consumer_secret": "c", "bearer_token": "b"}),
    Network.SMS: ({"number": "+15550009000", "account": "AC1"}, {"auth_token": "1234"}),
    Network.PHONE: ({}, {}),
    Network.CHAT: ({}, {}),
    Network.BLOG: ({"url": "https://blog.example.test", "name": "brand"}, {"password": "12345678"}),
    Network.FEED: ({"url": "https://example.test/feed"}, {}),
}


@pytest.mark.parametrize("network", GOOD)
def test_each_network_connects_with_its_defaults(network: Network) -> None:
    connector = connect(network, *GOOD[network], tools())
    assert connector.network is network
    assert NETWORKS.keys() == GOOD.keys()


@pytest.mark.parametrize("network", GOOD)
def test_each_field_has_a_title_and_says_whether_it_is_secret(network: Network) -> None:
    form = fields(network)
    assert all(field.title and field.title[0].isupper() for field in form)
    secret = {field.name for field in form if field.secret}
    assert secret == set(NETWORKS[network].secrets.__struct_fields__)
    required = {field.name for field in form if field.required}
    settings, secrets = GOOD[network]
    assert required == settings.keys() | secrets.keys()


def test_a_field_knows_its_choices_and_bounds() -> None:
    form = {field.name: field for field in fields(Network.EMAIL)}
    assert set(form["imap_security"].choices) == {"tls", "starttls", "plain"}
    assert (form["imap_port"].minimum, form["imap_port"].maximum, form["imap_port"].default) == (
        1,
        65535,
        993,
    )
    assert form["folders"].many


@pytest.mark.parametrize(
    ("settings", "secrets", "field"),
    [
        ({}, {"password": "p"}, "address"),
        (GOOD[Network.EMAIL][0] | {"imap_port": 70_000}, {"password": "p"}, "imap_port"),
        (GOOD[Network.EMAIL][0] | {"colour": "red"}, {"password": "p"}, "colour"),
        (GOOD[Network.EMAIL][0], {}, "password"),
        (GOOD[Network.EMAIL][0], {"password": ""}, "password"),
    ],
)
def test_wrong_settings_name_their_field_and_never_a_secret(
    settings: dict[str, object], secrets: dict[str, str], field: str
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        check(Network.EMAIL, settings, secrets)
    assert refused.value.field == field


def test_a_network_without_a_connector_is_named() -> None:
    with pytest.raises(SettingsRefused, match="in_person"):
        check(Network.IN_PERSON, {}, {})


@pytest.mark.parametrize(
    "network",
    [
        Network.X,
        Network.REDDIT,
        Network.YOUTUBE,
        Network.REVIEW,
        Network.LINKEDIN,
        Network.TIKTOK,
        Network.TUMBLR,
        Network.PINTEREST,
    ],
)
def test_an_account_is_connected_by_consent_where_our_app_is_named(network: Network) -> None:
    settings, _ = GOOD[network]
    found = consent(network, settings | {"client_id": "ours"}, {"client_secret": "s"})
    assert found is not None
    provider, client = found
    assert (client.client_id, client.client_secret) == ("ours", "s")
    assert provider.authorize_url.startswith("https://")
    assert provider.scopes
    assert consent(network, {**settings, "client_id": ""}, {}) is None
