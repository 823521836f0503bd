"""Settings, Triage, Brand and Topics: kept, tried, carried as TOML, in force without a restart."""

import re

import pytest
from sqlalchemy import select

from earful.desk.triage import settings, topics
from earful.model.desk import Role
from earful.store.tables import audit, channels, ratings, triage_settings
from earful.triage.profile import read_brand, write_brand
from earful.triage.subject import Brand
from tests.served import HTMX, Served

PATH = "/settings/triage/brand"
TOPICS = "/settings/triage/topics"
FORM = {
    "names": "Kettleco\r\n kettle co \r\n\r\nKETTLECO",
    "words_that_fool": "drum",
    "domains": "kettleco.example",
}
KEPT = Brand(names=("Kettleco", "kettle co"), words_that_fool=("drum",), domains=("kettleco.example",))


def relevance(served: Served, message_id: str) -> float:
    return float(served.value(select(ratings.c.relevance).where(ratings.c.message_id == message_id)))


def test_a_profile_is_in_force_for_what_comes_next(served: Served) -> None:
    lead = served.signed_in(Role.LEAD)
    text = "my kettle drum from Kettleco is out of tune"
    (before,) = served.say(text, kind="post")
    assert relevance(served, before) > 0
    saved = lead.post(PATH, data=FORM)
    assert saved.headers["location"] == f"{PATH}?undo=0"
    assert served.store.read_now(settings.profile) == KEPT
    page = lead.get(saved.headers["location"]).text
    assert "kettle co</textarea>" in page
    assert 'id="told"' in page
    (after,) = served.say(text, kind="post", by="ben")
    assert relevance(served, after) == 0
    assert relevance(served, before) > 0
    again = lead.post(PATH, data=FORM)
    assert "in+force+already" in again.headers["location"]
    undone = lead.post(f"{PATH}/restore", data={"seq": "0"}, headers=HTMX)
    assert 'hx-target="#brand-lists"' in undone.text
    assert served.store.read_now(settings.profile) == Brand()
    lines = served.rows(select(audit).where(audit.c.action == "triage.brand"))
    assert len(lines) == 2
    assert lead.post(f"{PATH}/restore", data={"seq": "99"}, headers=HTMX).status_code == 422


def test_handles_of_channels_and_the_configured_name_count(small_served: Served) -> None:
    small_served.write(lambda tx: tx.execute(channels.update().values(handle="@KettleHelp")))
    in_force = small_served.store.read_now(lambda tx: settings.brand_in_force(tx, "Configured"))
    assert in_force == Brand(names=("Configured",), handles=("@KettleHelp",))
    small_served.signed_in().post(PATH, data=FORM | {"handles": "kettlehelp"})
    in_force = small_served.store.read_now(lambda tx: settings.brand_in_force(tx, "Configured"))
    assert (in_force.names, in_force.handles) == (KEPT.names, ("kettlehelp",))


def test_a_message_is_tried_with_what_is_being_edited(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    tried = lead.post(f"{PATH}/try", data=FORM | {"try_text": "the drum of Kettleco"}, headers=HTMX).text
    assert "Not about us" in tried
    assert "another sense" in tried
    about = lead.post(f"{PATH}/try", data=FORM | {"try_text": "my Kettleco leaks, terrible"}).text
    assert "About us" in about
    assert "not saved yet" in about
    assert small_served.rows(select(triage_settings)) == []
    wrong = lead.post(f"{PATH}/try", data={"domains": "no domain"}, headers=HTMX)
    assert "`domains`: “no domain” is not a domain" in wrong.text


def test_a_profile_travels_as_toml(small_served: Served) -> None:
    lead = small_served.signed_in(Role.LEAD)
    lead.post(PATH, data=FORM)
    exported = lead.get(f"{PATH}/profile.toml")
    assert "attachment" in exported.headers["content-disposition"]
    assert read_brand(exported.text) == KEPT
    other = write_brand(Brand(names=("Other",), competitors=("Kettleco",)))
    shown = lead.post(f"{PATH}/import", files={"file": ("brand.toml", other.encode(), "application/toml")})
    assert shown.status_code == 200
    assert re.search(r'name="competitors"[^>]*>Kettleco</textarea>', shown.text)
    assert small_served.store.read_now(settings.profile) == KEPT


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'names = ["a"]\nnmaes = []', "`nmaes` in line 2"),
        (b"\xff\xfe", "UTF-8"),
        (b"", "Choose a TOML file"),
        (b"#" * 200_001, "at most 200 kB"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(small_served: Served, content: bytes, says: str) -> None:
    answer = small_served.signed_in().post(
        f"{PATH}/import", files={"file": ("b.toml", content, "text/plain")}
    )
    assert answer.status_code == 422
    assert says in answer.text
    assert "Nothing was imported." in answer.text


def test_topics_are_added_archived_and_restored(served: Served) -> None:
    lead = served.signed_in(Role.LEAD)
    assert "No topic of your own yet" in lead.get(TOPICS).text
    assert "can%20be%20chosen" in lead.post(TOPICS, data={"title": "Gift cards"}).headers["location"]
    page = lead.get(TOPICS).text
    assert "needs 5 more examples" in page
    twice = lead.post(TOPICS, data={"title": "gift CARDS"})
    assert twice.status_code == 422
    assert "Nothing was added." in twice.text
    (message_id,) = served.say("My gift card does not work")
    assert "Gift cards" in lead.get(f"/messages/{message_id}/rating", headers=HTMX).text
    lead.post(
        f"/messages/{message_id}/corrections", data={"field": "topic", "value": "gift_cards"}, headers=HTMX
    )
    assert "needs 4 more examples" in lead.get(TOPICS).text
    served.settle()
    assert "gift_cards" in lead.get("/inbox?topic=gift_cards&view=all").text
    (topic,) = served.store.read_now(topics.listed)
    gone = lead.post(f"{TOPICS}/{topic.id}/archive")
    told = lead.get(gone.headers["location"]).text
    assert f"{TOPICS}/{topic.id}/restore" in told
    assert served.store.read_now(topics.names) == []
    # the message keeps its topic, and its panel still shows it
    assert re.search(
        r'value="gift_cards"[^>]*checked', lead.get(f"/messages/{message_id}/rating", headers=HTMX).text
    )
    lead.post(f"{TOPICS}/{topic.id}/restore")
    assert served.store.read_now(topics.names) == ["gift_cards"]
    assert "does%20not%20exist" in lead.post(f"{TOPICS}/none/archive").headers["location"]


def test_agents_read_neither(small_served: Served) -> None:
    agent = small_served.signed_in(Role.AGENT)
    assert {agent.get(path).status_code for path in (PATH, TOPICS, f"{PATH}/profile.toml")} == {403}
    assert agent.post(TOPICS, data={"title": "Gift cards"}).status_code == 403
