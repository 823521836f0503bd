"""What a channel is connected with can be changed: other words to watch, another token, never another account."""

from sqlalchemy import func, select

from earful.desk.channels import service as channels
from earful.model.desk import Role
from earful.model.message import Network
from earful.store.audit import EARFUL
from earful.store.tables import audit
from tests.served import Served


def connect(served: Served, network: Network, settings: dict[str, object], secrets: dict[str, str]) -> str:
    made = served.write(
        lambda tx: channels.create(
            tx, served.earful.vault, EARFUL, network=network, name=f"my-{network}", settings=settings,
            secrets=secrets, account=str(settings.get("page_id", "")), now=served.now(),
        )
    )  # fmt: skip
    return made.id


def kept(served: Served, channel_id: str) -> tuple[dict[str, object], dict[str, str]]:
    found = served.earful.store.read_now(lambda tx: channels.with_secrets(tx, served.earful.vault))
    return next((one.settings, secrets) for one, secrets in found if one.id == channel_id)


def test_settings_change_and_a_secret_left_empty_stays(served: Served) -> None:
    channel_id = connect(
        served,
        Network.MASTODON,
        {"server": "https://old.example", "history_days": 3},
        {"access_token": "one"},
    )
    webhook = kept(served, channel_id)[1]["webhook_secret"]
    admin = served.signed_in()
    page = admin.get(f"/channels/{channel_id}/settings").text
    assert "https://old.example" in page
    assert "one" not in page.partition("<form")[2].partition("access_token")[2][:200]
    done = admin.post(
        f"/channels/{channel_id}/settings", data={"server": "https://new.example", "history_days": "3"}
    )
    assert done.headers["location"].startswith(f"/channels/{channel_id}?")
    settings, secrets = kept(served, channel_id)
    assert (settings["server"], settings["history_days"]) == ("https://new.example", 3)
    assert secrets == {"access_token": "one", "webhook_secret": webhook}
    admin.post(
        f"/channels/{channel_id}/settings", data={"server": "https://new.example", "access_token": "two"}
    )
    assert kept(served, channel_id)[1] == {"access_token": "two", "webhook_secret": webhook}
    changes = select(func.count()).where(audit.c.action == "channel.settings", audit.c.subject == channel_id)
    assert served.value(changes) == 2
    assert "https://new.example" in admin.get(f"/channels/{channel_id}").text


def test_what_cannot_connect_is_refused_and_nothing_changes(served: Served) -> None:
    channel_id = connect(served, Network.MASTODON, {"server": "https://old.example"}, {"access_token": "one"})
    before = kept(served, channel_id)
    refused = served.signed_in().post(f"/channels/{channel_id}/settings", data={"server": ""})
    assert refused.status_code == 422
    assert kept(served, channel_id) == before


def test_another_account_is_another_channel(small_served: Served) -> None:
    channel_id = connect(
        small_served,
        Network.FACEBOOK,
        {"page_id": "4711"},
        {"access_token": "t", "app_secret": "sixteen-letters!", "verify_token": "v" * 16},
    )
    refused = small_served.signed_in().post(f"/channels/{channel_id}/settings", data={"page_id": "4712"})
    assert refused.status_code == 422
    assert "belongs to 4711" in refused.text


def test_it_is_for_who_manages_channels(small_served: Served) -> None:
    channel_id = connect(
        small_served, Network.MASTODON, {"server": "https://old.example"}, {"access_token": "one"}
    )
    agent = small_served.signed_in(Role.AGENT)
    assert agent.get(f"/channels/{channel_id}/settings").status_code == 403
    assert agent.post(f"/channels/{channel_id}/settings", data={}).status_code == 403
