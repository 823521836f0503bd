"""A handoff from offer to arrival, over the real application on both databases."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from earful.channels.form.connector import FormConnector
from earful.desk.handoff import service
from earful.desk.outcomes import service as outcomes
from earful.model.message import MessageKind, Network, Visibility
from earful.model.time import DAY
from earful.outbox import leaving
from earful.outbox import service as sending
from earful.store.audit import EARFUL
from earful.store.tables import authors, cases, channels, events, handoffs, messages, outbox, person_links
from tests.conftest import write as said
from tests.served import HTMX, Browser, Served, csrf_of


class Story:
    """A public complaint, its agent, and the customer's browser."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.agent = served.signed_in()
        self.message = served.say("My kettle is broken and I want my money back")[0]
        self.case = served.case_of(self.message)
        self.customer = served.client()

    def offer(self, way: str = "form") -> str:
        """Hand off; the words that the composer gets."""
        answer = self.agent.post(f"/cases/{self.case}/handoff", data={"way": way}, headers=HTMX)
        assert answer.status_code == 200, answer.text[:300]
        return str(answer.headers["hx-trigger"])

    def link(self) -> str:
        found = re.search(r"http://[^/]+(/h/[A-Za-z0-9_-]+)", self.offer())
        assert found is not None
        return found.group(1)

    def write(self, link: str, text: str, browser: Browser | None = None, **more: str) -> Any:
        browser = browser or self.customer
        page = browser.get(link)
        nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
        assert nonce is not None
        data = {"_csrf_token": csrf_of(page.text), "nonce": nonce.group(1), "text": text} | more
        answer = browser.post(link, data=data)
        self.served.settle()
        return answer

    def states(self) -> list[str]:
        return [row["state"] for row in self.served.rows(select(handoffs.c.state).order_by(handoffs.c.id))]

    def told(self) -> list[str]:
        query = select(events.c.type).where(events.c.type.like("handoff.%")).order_by(events.c.seq)
        return [row["type"] for row in self.served.rows(query)]


@pytest.fixture
def story(served: Served) -> Story:
    return Story(served)


@pytest.fixture
def small_story(small_served: Served) -> Story:
    return Story(small_served)


def test_a_customer_comes_by_the_form_known_and_in_the_same_case(story: Story) -> None:
    link = story.link()
    page = story.customer.get(link, headers={"sec-fetch-mode": "navigate"})
    assert page.status_code == 200
    assert "kettle" not in page.text
    assert story.write(link, "My order is A-12345").status_code == 303
    row = story.served.rows(select(messages).where(messages.c.text == "My order is A-12345"))[0]
    assert row["case_id"] == story.case
    assert row["visibility"] == "direct"
    people = {
        found["person_id"]
        for found in story.served.rows(select(person_links).where(person_links.c.unlinked_at.is_(None)))
    }
    assert len(people) == 1
    assert story.told() == ["handoff.offered", "handoff.opened", "handoff.arrived"]
    assert story.states() == ["arrived"]
    case = story.served.rows(select(cases).where(cases.c.id == story.case))[0]
    assert case["assignee_id"] == story.served.made.admin
    shown = story.customer.get(link)
    assert "A-12345" in shown.text
    other = story.served.client().get(link)
    assert other.status_code == 410
    assert "A-12345" not in other.text


async def _send(story: Story) -> None:
    reply = story.served.value(select(outbox.c.id).order_by(outbox.c.id.desc()))
    form = FormConnector(lambda: None)
    parts = story.served.earful.parts
    claimed = story.served.write(
        lambda tx: leaving.claim(tx, parts.log, reply, form.capabilities, story.served.now())
    )
    assert claimed is not None
    proof = await form.send(claimed)
    story.served.write(lambda tx: sending.sent(tx, parts.log, reply, proof, story.served.now()))
    story.served.settle()


def test_the_answer_stands_on_the_page_of_who_came(small_story: Story) -> None:
    import asyncio  # noqa: PLC0415

    story = small_story
    link = story.link()
    story.write(link, "Here is my order")
    channel = story.served.value(select(channels.c.id).where(channels.c.name == "form"))
    story.served.earful.receiver.connectors[channel] = FormConnector(lambda: None)
    target = story.served.value(select(messages.c.id).where(messages.c.text == "Here is my order"))
    data = {"text": "Your money is on its way", "audience": "direct", "in_reply_to": target}
    assert story.agent.post(f"/cases/{story.case}/reply", data=data, headers=HTMX).status_code == 200
    asyncio.run(_send(story))
    assert "Your money is on its way" in story.customer.get(link).text
    assert "Your money is on its way" not in story.served.client().get(link).text


def test_pressing_twice_is_one_message(small_story: Story) -> None:
    story = small_story
    link = story.link()
    nonce = "0b8e2c9e-3f50-4c1e-9c55-6f9b4c0b7d11"
    for _ in range(2):
        assert story.write(link, "Only once please", nonce=nonce).status_code == 303
    assert len(story.served.rows(select(messages).where(messages.c.text == "Only once please"))) == 1


@pytest.mark.parametrize("why", ["used", "expired", "unknown", "cancelled"])
def test_a_link_that_opens_nothing_still_takes_a_message_into_a_case_of_its_own(
    small_story: Story, why: str
) -> None:
    story = small_story
    link = story.link()
    if why == "used":
        assert story.write(link, "It is me").status_code == 303
    elif why == "expired":
        story.served.ahead += 8 * DAY
    elif why == "cancelled":
        handoff = story.served.value(select(handoffs.c.id))
        assert story.agent.post(f"/handoffs/{handoff}/take-back", headers=HTMX).status_code == 200
    else:
        link = link[:-3] + "AAA"
    stranger = story.served.client()
    page = stranger.get(link)
    assert page.status_code == (404 if why == "unknown" else 410)
    assert "Ana" not in page.text
    refused = story.write(link, "Can you help?", stranger)
    assert refused.status_code == 422
    assert "mail address" in refused.text
    assert story.write(link, "Can you help?", stranger, mail="ana@example.org").status_code in (404, 410)
    row = story.served.rows(select(messages).where(messages.c.text == "Can you help?"))[0]
    assert row["case_id"] is not None
    assert row["case_id"] != story.case
    told = story.served.rows(select(events).where(events.c.type == "case.handoff"))
    assert [(one["case_id"], why in one["data"]) for one in told] == [(row["case_id"], True)]
    number = story.served.value(select(cases.c.number).where(cases.c.id == row["case_id"]))
    assert "link" in story.agent.get(f"/inbox/case/{number}").text


def test_strangers_are_slowed_down(small_story: Story) -> None:
    story = small_story
    link = "/h/" + "A" * 51
    answers = [story.write(link, "Hello", mail="ana@example.org").status_code for _ in range(8)]
    assert answers == [404] * 6 + [422] * 2


def test_a_mail_with_the_code_joins_the_case(story: Story) -> None:
    served = story.served
    now = served.now()
    mail = served.write(
        lambda tx: service.channels.create(
            tx,
            served.earful.vault,
            EARFUL,
            network=Network.EMAIL,
            name="support",
            handle="help@acme.example",
            now=now,
        )
    )
    story.offer("email")
    code = served.value(select(handoffs.c.code))
    from earful.channels.contract import RawDelivery  # noqa: PLC0415
    from earful.intake import service as intake  # noqa: PLC0415

    def receive(native_id: str, subject: str, by: str) -> Any:
        one = said(
            native_id,
            "Here are my details",
            by=by,
            subject=subject,
            visibility=Visibility.DIRECT,
            kind=MessageKind.EMAIL,
        )
        raw = RawDelivery(transport="mailbox", body=b"x", native_delivery_id=native_id)
        served.write(intake.accept(served.earful.log, mail.id, raw, [one], now))
        served.settle()
        return served.rows(select(messages).where(messages.c.native_id == native_id))[0]

    wrong = receive("<1@x>", "Re: ACD-EFG", "eve")
    assert wrong["case_id"] != story.case
    joined = receive("<2@x>", f"Re: {code}", "ana.mail")
    assert joined["case_id"] == story.case
    assert story.states() == ["arrived"]
    link = served.rows(
        select(person_links).join(authors, authors.c.id == person_links.c.author_id)
        .where(authors.c.native_id == "ana.mail", person_links.c.unlinked_at.is_(None))
    )[0]  # fmt: skip
    assert f"handoff {code}" in link["evidence"]
    assert link["person_id"] == served.value(select(cases.c.person_id).where(cases.c.id == story.case))
    late = receive("<3@x>", f"Re: {code}", "mallory")
    assert late["case_id"] != story.case


def test_a_caller_says_the_code(small_story: Story) -> None:
    story = small_story
    assert (
        "Settings"
        in story.agent.post(f"/cases/{story.case}/handoff", data={"way": "phone"}, headers=HTMX).text
    )
    form = {"days": "7", "number": "+44 20 7946 0000", "silent_days": "7", "return_days": "30"}
    saved = story.agent.post("/settings/handoffs", data=form)
    assert saved.status_code == 303, saved.text[:300]
    assert "+44 20 7946 0000" in story.offer("phone")
    code = story.served.value(select(handoffs.c.code))
    wrong = story.agent.post("/handoffs/code", data={"code": "AAA-AAA"})
    assert wrong.status_code == 422
    right = story.agent.post("/handoffs/code", data={"code": code.lower().replace("-", " ")})
    assert right.status_code == 303
    assert right.headers["location"].startswith("/inbox/case/")
    assert story.states() == ["arrived"]
    for _ in range(10):
        story.agent.post("/handoffs/code", data={"code": "AAA-AAA"})
    assert "Too many" in story.agent.post("/handoffs/code", data={"code": code}).text
    page = story.agent.get("/settings/handoffs").text
    assert "100%" in page
    back = story.agent.post("/settings/handoffs/restore", data={"places": "0-0"})
    assert back.status_code == 303
    assert "7946" not in story.agent.get("/settings/handoffs").text


def test_nobody_came(story: Story) -> None:
    story.offer()
    served = story.served
    expire = lambda: served.write(lambda tx: service.expire(tx, served.earful.log, served.now()))  # noqa: E731
    assert expire() == 0
    served.ahead += 7 * DAY
    assert expire() == 1
    assert expire() == 0
    assert story.told() == ["handoff.offered", "handoff.expired"]
    figures, listed = served.store.read_now(lambda tx: service.figures(tx, 0, served.now()))
    assert [(one.way, one.offered, one.arrived, one.no_show, one.pending) for one in figures] == [
        ("all", 1, 0, 1, 0),
        ("form", 1, 0, 1, 0),
    ]
    assert [one.case_id for one in listed] == [story.case]


def test_programs_read_and_verify_outcomes(small_story: Story) -> None:
    story = small_story
    served = story.served
    from earful.desk.users.rules import Permission  # noqa: PLC0415

    reader = served.client()
    reader.headers |= served.token(Permission.CASES_READ, Permission.CASES_WRITE, Permission.OUTCOMES_VERIFY)
    where = f"/api/v1/cases/{story.case}/outcomes"
    assert reader.get(where).json() == []
    assert reader.get("/api/v1/cases/nothing/outcomes").status_code == 404
    assert reader.post(f"{where}/verify", json={"reason": "looked"}).status_code == 409
    assert [one["outcome"] for one in reader.post(f"{where}/claim", json={}).json()] == ["claimed"]
    assert reader.post(f"{where}/verify", json={"reason": ""}).status_code == 409
    found = reader.post(f"{where}/verify", json={"reason": "looked"}).json()
    assert [one["outcome"] for one in found] == ["claimed", "verified"]
    assert found[-1]["because"][0]["words"] == "looked"
    assert reader.post(f"{where}/dispute", json={"message": "gone", "reading": "denied"}).status_code == 409
    assert outcomes.CHANGED in {row["type"] for row in served.rows(select(events.c.type))}


def test_asking_whether_it_is_fixed_goes_out_once(small_story: Story) -> None:
    story = small_story
    act = lambda what, **data: story.agent.post(  # noqa: E731
        f"/cases/{story.case}/outcome/{what}", data=data, headers=HTMX
    )
    assert act("ask").status_code == 422
    assert act("claim").status_code == 200
    asked = act("ask")
    assert asked.status_code == 200, asked.text[:300]
    assert "Does it work for you?" in story.served.value(select(outbox.c.text))
    assert act("ask").status_code == 422
    assert act("read", message=story.message, reading="nonsense").status_code == 422
    assert act("verify", reason="tried it").status_code == 200
    assert "Kim Doe checked it: tried it" in story.agent.get(f"/inbox/case/{1}").text
