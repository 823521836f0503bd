"""The desk's side of the chat: set it up, change it, take a change back, block a visitor."""

import re
import uuid

import msgspec
from sqlalchemy import select

from earful.channels.chat.identity import Identity, write
from earful.desk.calendars import service as calendars
from earful.desk.calendars.rules import Calendar, Week
from earful.desk.channels import service as channels
from earful.desk.chat import frame
from earful.model.time import DAY, HOUR, Instant, moment, rfc3339
from earful.store.audit import EARFUL
from earful.store.tables import audit, chat_visitors
from earful.store.tables import channels as table
from tests.desk.chat.conftest import Shop
from tests.desk.chat.visitor import ORIGIN, SETTINGS, kept
from tests.served import HTMX


def settings_of(shop: Shop) -> dict[str, object]:
    raw = shop.served.value(select(table.c.settings).where(table.c.id == shop.channel.id))
    found: dict[str, object] = msgspec.json.decode(raw)
    return found


def test_a_chat_is_made_set_up_and_changed_back(shop: Shop) -> None:
    admin = shop.served.signed_in()
    made = admin.post(
        "/channels", data={"network": "chat", "name": f"new-{shop.name}", "attachments": "true"}
    )
    where = made.headers["location"]
    page = admin.get(where)
    assert f"/chat/new-{shop.name}/widget.js" in page.text
    assert "No page may show it yet" in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    mine = f"/channels/{shop.channel.id}/chat"
    for field, value, words in (
        ("allowed_origins", "*", "no path and no *"),
        ("allowed_origins", "https://shop.example.com/path", "no path and no *"),
        ("colour", "red", "six hexadecimal digits"),
        ("mail_after_minutes", "0", "mail_after_minutes"),
    ):
        refused = admin.post(mine, data={field: value})
        assert refused.status_code == 422, value
        assert words in refused.text
    assert settings_of(shop)["allowed_origins"] == [ORIGIN]
    saved = admin.post(
        mine, data={"allowed_origins": "https://one.example/, https://two.example:8443", "title": "Hi"}
    )
    assert saved.status_code == 200
    assert settings_of(shop)["allowed_origins"] == ["https://one.example", "https://two.example:8443"]
    told = re.search(r'id="told">(.*?)</script>', saved.text)
    assert told is not None
    undo = msgspec.json.decode(told.group(1))["undo"]
    admin.post(undo["url"], data=undo["values"], headers=HTMX)
    assert settings_of(shop)["allowed_origins"] == [ORIGIN]
    assert admin.post(mine, data={"before": "[]"}).status_code == 422


def test_a_secret_is_shown_once_and_signs(shop: Shop) -> None:
    admin = shop.served.signed_in()
    page = admin.post(f"/channels/{shop.channel.id}/chat/secret")
    secret = re.search(r"<code>([A-Za-z0-9+/=]{40,})</code>", page.text)
    assert secret is not None
    token = write(Identity(user_id="7"), secret.group(1), Instant(shop.served.now() + HOUR))
    assert shop.visitor().open(token)["signed"] is True
    assert secret.group(1) not in admin.get(f"/channels/{shop.channel.id}/chat").text
    row = shop.served.store.read_now(lambda tx: channels.find(tx, shop.name))
    assert row is not None
    assert channels.webhook_secrets(shop.served.earful.vault.unseal(row["secrets"]))


def test_a_visitor_who_is_blocked_writes_no_more_until_they_may_again(shop: Shop) -> None:
    ana = shop.visitor()
    ana.write("You are all thieves", page="https://shop.example.com/kettles")
    case = shop.served.case_of(kept(shop.served, shop.channel)[0]["id"])
    visitor = shop.served.value(
        select(chat_visitors.c.id).where(chat_visitors.c.channel_id == shop.channel.id)
    )
    agent = shop.served.signed_in()
    answer = agent.post(f"/cases/{case}/chat/block", data={"visitor": visitor}, headers=HTMX)
    assert "cannot write any more" in answer.headers["hx-trigger"]
    assert "https://shop.example.com/kettles" in answer.text
    assert ana.write("And you").status_code == 403
    assert ana.ask("POST", "/files", content=b"hello").status_code == 403
    assert agent.post(f"/cases/{case}/chat/block", data={"visitor": str(uuid.uuid4())}).status_code == 422
    agent.post(f"/cases/{case}/chat/unblock", data={"visitor": visitor}, headers=HTMX)
    assert ana.write("Sorry").status_code == 200
    noted = select(audit.c.action).where(audit.c.subject == visitor).order_by(audit.c.at)
    assert [row["action"] for row in shop.served.rows(noted)] == ["chat.block", "chat.unblock"]


def test_a_chat_says_when_somebody_is_there_again(shop: Shop) -> None:
    served = shop.served
    day = moment(served.now() + 2 * DAY).strftime("%a").lower()
    calendar = Calendar(id="rare", name="One day a week", zone="UTC", week=Week(**{day: "09:00-17:00"}))
    served.write(lambda tx: calendars.save(tx, served.earful.log, EARFUL, calendar, served.now()))
    settings = SETTINGS | {"calendar": "rare", "away": "Back soon:"}
    served.write(lambda tx: channels.change_settings(tx, EARFUL, shop.channel.id, settings, served.now()))
    served.ahead += 3_000
    opens = served.store.read_now(lambda tx: frame.opens_at(tx, "rare", served.now()))
    page = served.client().get(f"/chat/{shop.name}").text
    assert opens is not None
    assert "Back soon:" in page
    assert rfc3339(opens) in page
    assert served.store.read_now(lambda tx: frame.opens_at(tx, "gone", served.now())) is None


def test_a_channel_for_webhooks_is_offered_beside_the_chat(shop: Shop) -> None:
    admin = shop.served.signed_in()
    assert 'id="field-of"' in admin.get("/channels/new?network=api").text
    made = admin.post("/channels", data={"network": "api", "of": "phone", "name": f"calls-{shop.name}"})
    assert made.status_code == 303
    kind = select(table.c.network).where(table.c.name == f"calls-{shop.name}")
    assert shop.served.value(kind) == "phone"
    assert made.headers["location"].endswith("/chat") is False
    assert admin.get(f"{made.headers['location']}/chat").headers["location"].startswith("/channels?notice=")
