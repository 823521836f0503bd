"""Files put to a reply in the composer: kept with the draft, sent once with the words, shown in the case."""

import asyncio
import re

import msgspec
import pytest
from sqlalchemy import select

from earful.channels.contract import Files, Reply, SendPostponed, Sent
from earful.desk.attaching import rules
from earful.desk.cases import merging
from earful.model.desk import SendState
from earful.model.message import Visibility
from earful.model.template import FilledTemplate
from earful.model.time import DAY
from earful.outbox import service as outbox
from earful.store.audit import EARFUL, Who
from earful.store.tables import audit, media, messages
from tests.desk.attaching.conftest import Case, Place
from tests.desk.media.test_media import PICTURE
from tests.served import HTMX

PDF = b"%PDF-1.7 a bill"


def test_a_picture_with_its_description_goes_out_once_with_the_words_and_is_seen_in_the_case(
    either: Place,
) -> None:
    kim, case, served = either.kim, Case(either), either.served
    answer = case.add(kim)
    assert answer.status_code == 200
    assert 'hx-target="#composer-files"' in answer.text
    (row,) = case.files()
    assert (row["name"], row["mime"], row["size"], row["owner"]) == (
        "leak.png", "image/png", len(PICTURE), served.made.admin,
    )  # fmt: skip
    assert kim.put(f"/files/{row['id']}", json={"alt": "The lid,  from above"}).status_code == 204
    page = case.page(kim)
    assert f'name="file" value="{row["id"]}"' in page
    assert 'value="The lid, from above"' in page
    assert case.reply(kim, row["id"]).status_code == 200
    assert f'src="/media/{row["id"]}"' in case.page(kim), "also while it is on its way"
    assert f'name="file" value="{row["id"]}"' not in case.page(kim)
    case.send()
    case.send()
    (arrived,) = case.arrived
    (file,) = arrived.files
    assert (file.name, file.mime, file.alt, file.content) == (
        "leak.png", "image/png", "The lid, from above", PICTURE,
    )  # fmt: skip
    (said,) = served.rows(
        select(messages).where(messages.c.direction == "outbound", messages.c.case_id == case.id)
    )
    (row,) = case.files()
    assert (row["message_id"], row["reply_id"]) == (said["id"], case.replies()[0]["id"])
    shown = case.page(kim)
    assert shown.count(f'src="/media/{row["id"]}"') == 1
    assert 'alt="The lid, from above"' in shown
    acts = {one["action"] for one in served.rows(select(audit))}
    assert {"reply.file_added", "reply.file_described", "reply.queue"} <= acts


def test_the_networks_own_copy_of_the_picture_is_not_shown_beside_ours(either: Place) -> None:
    kim, case, served = either.kim, Case(either), either.served
    case.add(kim)
    (row,) = case.files()
    case.reply(kim, row["id"], text="See here")
    (reply,) = case.replies()
    native = served.value(select(messages.c.native_id).where(messages.c.id == case.message))
    copy = {"kind": "image", "url": "https://network.example/1.png", "native_id": "77", "alt": "theirs"}
    echo = {
        "native_id": f"sent-{reply['id']}", "direction": "outbound", "kind": "reply", "parent_id": native,
        "attachments": [copy],
    }  # fmt: skip
    served.say("See here", by="shop", **echo)
    case.send()
    page = case.page(kim)
    assert page.count(f'src="/media/{row["id"]}"') == 1
    assert "network.example" not in page
    served.say("See here!", by="shop", **echo, change="edit", edited_at="2026-11-02T09:00:00Z")
    assert case.page(kim).count(f'src="/media/{row["id"]}"') == 1
    there = select(media.c.id).where(
        media.c.state.in_(("kept", "wanted")), media.c.message_id == case.replies()[0]["message_id"]
    )
    assert [one["id"] for one in served.rows(there)] == [row["id"]]


def test_what_cannot_be_added_is_refused_with_words(place: Place) -> None:
    kim, case = place.kim, Case(place)
    for content, name, status, words in (
        (b"<svg onload='alert(1)'/>", "a.png", 422, "a.png was not added"),
        (b"\0\0\0\x20ftypisom", "film.png", 422, "Only pictures, PDF"),
        (PICTURE + b"x" * 8_400_000, "big.png", 413, "big.png is larger than 8 MB"),
        (b"", "empty.png", 422, "was not added"),
    ):
        answer = case.add(kim, content, name)
        assert (answer.status_code, words in answer.text) == (status, True), answer.text[:200]
    assert kim.post(f"/cases/{case.id}/files", data={}, headers=HTMX).status_code == 422
    assert kim.post(f"/cases/{case.id}/files", data={}, headers={"x-csrftoken": ""}).status_code == 403
    assert case.files() == []


def test_what_the_network_does_not_take_is_said_before_and_never_sent(place: Place) -> None:
    kim, case = place.kim, Case(place)
    answer = case.add(kim, PDF, "bill.pdf")
    assert "bill.pdf: PDF documents are not taken here" in answer.text
    (row,) = case.files()
    refused = case.reply(kim, row["id"])
    assert refused.status_code == 422
    assert "PDF documents are not taken here" in refused.text
    assert "Nothing was sent" in refused.text
    assert case.replies() == []
    case.network.capabilities = msgspec.structs.replace(
        case.network.capabilities, public_files=None, no_files="Too early for files."
    )
    assert "Too early for files." in case.page(kim)
    assert "Too early for files." in case.reply(kim, row["id"]).text


def test_a_private_answer_to_a_public_message_may_have_no_files_though_others_do(place: Place) -> None:
    kim, case = place.kim, Case(place)
    case.add(kim)
    (row,) = case.files()
    case.network.capabilities = msgspec.structs.replace(
        case.network.capabilities, private_files_to_public=False, no_files="Comments have words only."
    )
    assert "Comments have words only." in case.page(kim)
    refused = case.reply(kim, row["id"], audience="direct")
    assert (refused.status_code, "Comments have words only." in refused.text) == (422, True)
    case.reply(kim, row["id"])
    case.send()
    assert [len(one.files) for one in case.arrived] == [1]


def test_a_network_that_takes_no_files_any_more_gets_no_words_without_them(place: Place) -> None:
    kim, case = place.kim, Case(place)
    case.add(kim)
    (row,) = case.files()
    case.reply(kim, row["id"])
    can = case.network.capabilities
    case.network.capabilities = msgspec.structs.replace(can, public_files=None, no_files="Not today.")
    case.send()
    assert case.arrived == []
    (reply,) = case.replies()
    assert (reply["state"], "Not today." in reply["error"]) == (SendState.FAILED, True)
    case.network.capabilities = can
    kim.post(f"/outbox/{reply['id']}/retry", headers=HTMX)
    case.send()
    assert [len(one.files) for one in case.arrived] == [1]


def test_a_file_is_removed_put_back_and_gone_after_a_day(place: Place) -> None:
    kim, case = place.kim, Case(place)
    case.add(kim, PICTURE + b" like no other")
    (row,) = case.files()
    answer = kim.post(f"/files/{row['id']}/remove", data={"in_reply_to": case.message}, headers=HTMX)
    assert f"/files/{row['id']}/restore" in answer.headers["hx-trigger"]
    assert row["id"] not in answer.text
    assert case.reply(kim, row["id"]).status_code == 422
    assert row["id"] in kim.post(f"/files/{row['id']}/restore", headers=HTMX).text
    kim.post(f"/files/{row['id']}/remove", headers=HTMX)
    place.served.ahead += DAY + 1
    while asyncio.run(place.served.earful.fetcher.some()):
        continue
    assert case.files() == []
    assert not place.served.earful.files.has(row["sha256"])
    assert kim.post(f"/files/{row['id']}/restore", headers=HTMX).status_code == 422


def test_nobody_sends_or_changes_the_file_of_another(place: Place) -> None:
    kim, agent, case = place.kim, place.agent, Case(place)
    case.add(kim)
    (row,) = case.files()
    assert row["id"] not in case.page(agent)
    assert case.reply(agent, row["id"]).status_code == 422
    assert agent.post(f"/files/{row['id']}/remove", headers=HTMX).status_code == 422
    assert agent.put(f"/files/{row['id']}", json={"alt": "x"}).status_code == 422
    other = Case(place, "Another matter")
    assert other.reply(kim, row["id"]).status_code == 422
    said = {"attachments": [{"kind": "image", "url": f"/media/{row['id']}", "native_id": row["id"]}]}
    place.served.say("Mine now", by="eve", **said)
    assert case.files()[0]["message_id"] is None


def test_taken_back_sent_back_and_never_sent_files_are_the_draft_again(place: Place) -> None:
    kim, agent, case = place.kim, place.agent, Case(place)
    case.add(kim)
    (row,) = case.files()
    case.reply(kim, row["id"])
    kim.post(f"/outbox/{case.replies()[0]['id']}/cancel", headers=HTMX)
    assert f'name="file" value="{row["id"]}"' in case.page(kim)
    case.reply(kim, row["id"], ask="1")
    waiting = next(one for one in case.replies() if one["state"] == SendState.APPROVAL)
    case.add(agent)
    agent.put(f"/cases/{case.id}/draft", json={"text": "I was writing"})
    lead = place.lead
    assert f'src="/media/{row["id"]}"' in lead.get("/approvals").text
    back = lead.post(f"/outbox/{waiting['id']}/send-back", data={"note": "Sharper, please"}, headers=HTMX)
    assert back.status_code == 200
    assert f'name="file" value="{row["id"]}"' in case.page(kim)
    assert [one["reply_id"] for one in case.files()] == [None, None]


def test_a_reply_in_parts_has_its_files_on_the_first_and_one_at_a_time_where_the_network_says_so(
    place: Place,
) -> None:
    kim, case = place.kim, Case(place)
    one_each = Files(largest={"image/png": 1_000_000}, most=3, in_one=1, caption=20)
    can = case.network.capabilities
    case.network.capabilities = msgspec.structs.replace(can, public_files=one_each)
    for letter in (b"a", b"b"):
        case.add(kim, PICTURE + letter)
    ids = [row["id"] for row in case.files()]
    case.reply(kim, *ids, text="In short: see this.")
    for _ in range(3):
        case.send()
    assert [(one.text[:9], len(one.files)) for one in case.arrived] == [("In short:", 0), ("", 1), ("", 1)]
    assert [row["state"] for row in case.replies()] == [SendState.SENT] * 3
    assert {row["reply_id"] for row in case.files()} == {row["id"] for row in case.replies()[1:]}
    case.network.capabilities = can
    case.arrived.clear()
    case.add(kim, PICTURE + b"c")
    (third,) = case.files(reply_id=None)
    long = "This is a sentence of some length. " * 20
    assert case.reply(kim, third["id"], text=long).status_code == 422
    assert case.reply(kim, third["id"], text=long, parts="2").status_code == 200
    for _ in range(3):
        case.send()
    assert [len(one.files) for one in case.arrived] == [1, 0]


def test_a_file_that_is_not_kept_any_more_fails_the_reply_and_sends_nothing(place: Place) -> None:
    kim, case = place.kim, Case(place)
    case.add(kim)
    (row,) = case.files()
    case.reply(kim, row["id"])
    place.served.earful.files.remove(row["sha256"])
    case.send()
    assert case.arrived == []
    assert (case.replies()[0]["state"], "not kept" in case.replies()[0]["error"]) == (SendState.FAILED, True)


def test_private_data_in_the_description_of_a_picture_is_found_too(place: Place) -> None:
    agent, case = place.agent, Case(place)
    case.add(agent)
    (row,) = case.files()
    alt = {f"alt_{row['id']}": "The card 4111 1111 1111 1111 of Ana"}
    agent.put(f"/files/{row['id']}", json={"alt": alt[f"alt_{row['id']}"]})
    draft = {"text": "Turn the lid", "audience": "public", "in_reply_to": case.message}
    saved = agent.put(f"/cases/{case.id}/draft", json=draft).json()
    assert saved["in_alts"]
    assert "a card number" in saved["warnings"][0]["text"]
    assert not agent.put(f"/cases/{case.id}/draft", json=draft | {"audience": "direct"}).json()["in_alts"]
    refused = case.reply(agent, row["id"], **alt)
    assert refused.status_code == 422
    assert "private data" in refused.text
    assert case.reply(agent, row["id"], ask="1", **alt).status_code == 200
    lead = place.lead
    page = lead.get("/approvals").text
    assert "4111 1111 1111 1111" in page
    assert 'name="private_reason"' in page
    reply = case.replies()[0]["id"]
    wish = {"text": "Turn the lid as shown.", "seen": "-"}
    assert lead.post(f"/outbox/{reply}/approve", data=wish, headers=HTMX).status_code == 422
    allowed = lead.post(
        f"/outbox/{reply}/approve", data=wish | {"private_reason": "A test card"}, headers=HTMX
    )
    assert allowed.status_code == 200
    case.send()
    assert len(case.arrived) == 1


def test_a_draft_has_so_many_files_and_follows_its_case_into_another(
    either: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_OF_DRAFT", 3)
    kim, case, served = either.kim, Case(either), either.served
    other = Case(either, "The same matter again", case.by)
    other.add(kim)
    (row,) = other.files()
    assert case.id != other.id
    log = served.earful.log
    served.write(lambda tx: merging.merge(tx, log, EARFUL, case.id, other.id, "", None, served.now()))
    assert f'name="file" value="{row["id"]}"' in case.page(kim)
    for number in range(2):
        assert case.add(kim, PICTURE + bytes([number])).status_code == 200
    refused = case.add(kim)
    assert (refused.status_code, "at most 3 files" in refused.text) == (422, True)
    assert len(case.files()) == 3
    assert len(re.findall('name="file"', case.page(kim))) == 3


def test_a_postponed_reply_takes_its_files_along(place: Place) -> None:
    kim, case = place.kim, Case(place)
    case.add(kim)
    (row,) = case.files()
    case.reply(kim, row["id"])

    async def busy(reply: Reply) -> Sent:
        case.network.send = real  # type: ignore[method-assign]
        raise SendPostponed("Busy.")

    real, case.network.send = case.network.send, busy  # type: ignore[method-assign]
    case.send()
    assert case.replies()[0]["state"] == SendState.QUEUED
    case.send()
    assert [len(one.files) for one in case.arrived] == [1]


def test_a_template_goes_out_without_files(place: Place) -> None:
    case, served = Case(place), place.served
    case.add(place.kim)
    (row,) = case.files()
    draft = outbox.Draft(
        id="with-template", in_reply_to=case.message, audience=Visibility.PUBLIC, text="Hello", files=[row["id"]],
        template=FilledTemplate(name="hello", language="en"),
    )  # fmt: skip
    can = msgspec.structs.replace(case.network.capabilities, templates=True)
    who = Who(id=served.made.admin)
    with pytest.raises(outbox.RefusedReplyError, match="without files"):
        served.write(lambda tx: outbox.queue(tx, served.earful.log, who, draft, can, served.now()))
    assert case.replies() == []
