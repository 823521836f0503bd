"""Visitors who are known: signed by the site, invited by an agent, reached by mail when they have left."""

import re

import msgspec
from sqlalchemy import func, select

from earful.channels.chat.identity import Identity, write
from earful.model.message import Actor, Network
from earful.model.time import DAY, HOUR, MINUTE, Instant
from earful.store.tables import authors, cases, chat_visitors, handoffs, outbox, person_links
from tests.desk.chat.conftest import Shop
from tests.desk.chat.visitor import CHAT, SECRET, Visitor, answer, connect, kept
from tests.outbox.network import FakeNetwork
from tests.served import HTMX, Served


def signed(served: Served, user_id: str = "42") -> str:
    one = Identity(user_id=user_id, email=f"{user_id}@example.com", name=f"User {user_id}")
    return write(one, SECRET, Instant(served.now() + HOUR))


def test_who_the_site_signed_is_known_in_every_browser(shop: Shop) -> None:
    served, channel = shop.served, shop.channel
    laptop, phone = shop.visitor(), shop.visitor()
    opened = laptop.open(signed(served))
    assert (opened["signed"], opened["email"], opened["name"]) == (True, "42@example.com", "User 42")
    laptop.write("From the laptop", name="Somebody else", email="other@example.com")
    assert [one["text"] for one in phone.open(signed(served))["lines"]] == ["From the laptop"]
    phone.write("From the phone")
    assert laptop.sees() == ["From the laptop", "From the phone"]
    author = msgspec.json.decode(kept(served, channel)[0]["author"], type=Actor)
    assert author.native_id == "user:42"
    assert (author.name, author.alt_ids) == ("User 42", {"email": "42@example.com"})
    assert len({served.case_of(row["id"]) for row in kept(served, channel)}) == 1


def test_what_was_written_before_the_sign_in_stays_theirs(shop: Shop) -> None:
    ana, other = shop.visitor(), shop.visitor()
    other.open(signed(shop.served))
    other.write("Last week")
    ana.write("As a stranger")
    assert [one["text"] for one in ana.open(signed(shop.served))["lines"]] == ["Last week", "As a stranger"]
    ana.write("As myself")
    assert other.sees() == ["Last week", "As a stranger", "As myself"]


def test_nobody_reads_on_after_the_user_signed_out(shop: Shop) -> None:
    ana = shop.visitor()
    ana.open(signed(shop.served))
    ana.write("Mine alone")
    for identity in ("", "made.up.token", signed(shop.served, "43")):
        opened = ana.open(identity)
        assert (opened["renew"], opened["lines"]) == (True, [])
    shop.served.ahead += DAY + MINUTE
    assert ana.ask("GET", "/messages").status_code == 401


def test_a_stranger_stays_one_whatever_they_claim(shop: Shop) -> None:
    ana = shop.visitor()
    opened = ana.open(write(Identity(user_id="42"), "guessed", Instant(shop.served.now() + HOUR)))
    assert opened["signed"] is False
    assert "does not match" in opened["fault"]
    assert shop.served.value(select(func.count()).where(chat_visitors.c.channel_id == shop.channel.id)) == 0


def test_an_answer_goes_by_mail_to_who_has_left(shop: Shop) -> None:
    served, channel, ana, mail = shop.served, shop.channel, shop.visitor(), FakeNetwork()
    mail.network = Network.EMAIL
    served.earful.receiver.connectors["mail"] = mail
    ana.write("Where is my order?", email="ana@example.com")
    first = kept(served, channel)[0]
    answer(served, first, "One moment")
    assert mail.arrived == []
    served.ahead += 5 * MINUTE
    name = answer(served, first, "It left today")
    (sent,) = mail.arrived
    assert (sent.to.author_native_id, sent.text, sent.subject) == (
        "ana@example.com", "It left today ^KD", "Your message",
    )  # fmt: skip
    assert ana.sees() == ["Where is my order?", "One moment ^KD", "It left today ^KD"]
    assert served.value(select(outbox.c.state).where(outbox.c.id == name)) == "sent"
    del served.earful.receiver.connectors["mail"]


def test_an_address_can_be_left_later_and_a_wrong_one_is_refused(shop: Shop) -> None:
    ana = shop.visitor()
    address = {"email": "ana@example.com", "name": "Ana"}
    assert ana.ask("POST", "/address", json=address).status_code == 401
    ana.write("Hello")
    assert ana.ask("POST", "/address", json=address).status_code == 200
    assert ana.ask("POST", "/address", json={"email": "nobody"}).status_code == 422
    assert ana.open()["email"] == "ana@example.com"


def test_a_customer_who_is_invited_goes_on_with_their_case_in_the_chat(served: Served) -> None:
    channel = connect(served)
    agent, message = served.signed_in(), served.say("My kettle is broken and I want my money back")[0]
    case = served.case_of(message)
    offer = agent.post(f"/cases/{case}/handoff", data={"way": "chat"}, headers=HTMX)
    found = re.search(r"http://[^/]+/h/([A-Za-z0-9_-]+)", offer.headers["hx-trigger"])
    assert found is not None
    link = found.group(1)
    there = served.client().get(f"/h/{link}")
    assert there.headers["location"] == f"/chat/{CHAT}/with/{link}"
    page = served.client().get(there.headers["location"])
    assert page.status_code == 200
    assert "kettle" not in page.text
    ana, ben = Visitor(served), Visitor(served)
    assert ana.open(link=link)["elsewhere"] == ""
    assert ana.write("It is me, my order is A-12345", link=link).status_code == 200
    first = kept(served, channel)[0]
    assert served.case_of(first["id"]) == case
    state = served.rows(select(handoffs.c.state, handoffs.c.arrived_by))[0]
    assert (state["state"], state["arrived_by"]) == ("arrived", "chat")
    assert served.value(select(func.count()).select_from(cases)) == 1
    people = select(func.count(person_links.c.person_id.distinct())).join(
        authors, authors.c.id == person_links.c.author_id
    )
    assert served.value(people.where(person_links.c.unlinked_at.is_(None))) == 1
    answer(served, first, "Your money is on its way")
    assert [one["text"] for one in ana.open(link=link)["lines"]][-1] == "Your money is on its way ^KD"
    assert ben.open(link=link)["elsewhere"] == f"/h/{link}?plain"
    assert ben.write("Let me in", link=link).status_code == 403
    assert served.client().get(f"/h/{link}?plain").status_code == 410


def test_a_link_that_was_made_up_opens_no_chat(shop: Shop) -> None:
    made_up = shop.served.client().get(f"/chat/{shop.name}/with/abc")
    assert made_up.headers["location"] == "/h/abc"
    assert shop.visitor().write("Hello", link="abc").status_code == 403
