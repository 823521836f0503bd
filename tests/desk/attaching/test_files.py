"""Files put to a reply in the composer: kept with the draft, sent once with the words, shown in the case."""

import asyncio
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from earful.channels.contract import Files, Reply, SendPostponed, Sent
from earful.desk.cases import merging
from earful.desk.users.rules import Permission
from earful.model.desk import Role, SendState
from earful.model.message import Network
from earful.model.time import DAY, MINUTE
from earful.playground.connector import PlaygroundConnector
from earful.store.audit import EARFUL
from earful.store.tables import audit, cases, drafts, media, messages, outbox
from tests.conftest import fresh_sqlite
from tests.desk.media.test_media import PICTURE
from tests.served import HTMX, Browser, Served
from tests.servers.postgres import PostgresServer

PDF = b"%PDF-1.7 a bill"


class Place:
    """One desk for many tests: each has cases of its own on it, with a customer of their own."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.kim, self.agent, self.lead = (
            served.signed_in(one) for one in (Role.ADMIN, Role.AGENT, Role.LEAD)
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A desk on the embedded store."""
    folder = tmp_path_factory.mktemp("files")
    desk = Served(folder, fresh_sqlite(folder))
    yield Place(desk)
    desk.close()


@pytest.fixture(scope="module")
def elsewhere(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, migrated_postgres: str
) -> Iterator[Place]:
    """A desk on PostgreSQL."""
    url = postgres_server.database(like=migrated_postgres)
    desk = Served(tmp_path_factory.mktemp("files"), url)
    yield Place(desk)
    desk.close()
    postgres_server.drop(url)


@pytest.fixture(params=["place", "elsewhere"])
def either(request: pytest.FixtureRequest) -> Place:
    """A desk on each kind of store."""
    found: Place = request.getfixturevalue(request.param)
    return found


_customers = (f"customer{number}" for number in count(1))


class Case:
    """A case on a network that takes files, and what arrived there."""

    def __init__(self, place: Place, text: str = "My kettle leaks", by: str = "") -> None:
        self.served, self.arrived = place.served, list[Reply]()
        self.by = by or next(_customers)
        self.network = PlaygroundConnector(Network.MASTODON, self._take)
        connectors: Any = self.served.earful.receiver.connectors
        connectors[self.served.made.channel_id] = self.network
        (self.message,) = self.served.say(text, by=self.by)
        served = self.served
        self.id = served.case_of(self.message)

    async def _take(self, reply: Reply, _: Sent) -> None:
        self.arrived.append(reply)

    def add(self, browser: Browser, content: bytes = PICTURE, name: str = "leak.png", **more: Any) -> Any:
        return browser.post(
            f"/cases/{self.id}/files",
            data={"in_reply_to": self.message} | more,
            files={"upload": (name, content, "image/x-whatever")},
            headers=HTMX,
        )

    def files(self, **wanted: Any) -> list[Any]:
        rows = self.served.rows(select(media).where(media.c.case_id == self.id).order_by(media.c.made_at))
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def reply(self, browser: Browser, *ids: str, text: str = "Turn the lid as shown.", **more: Any) -> Any:
        data = {"text": text, "audience": "public", "in_reply_to": self.message, "file": list(ids)} | more
        return browser.post(f"/cases/{self.id}/reply", data=data, headers=HTMX)

    def send(self, later: int = MINUTE) -> None:
        self.served.ahead += later
        sender = self.served.earful.sender

        async def turn() -> None:
            for reply_id, state in await sender.due(self.served.now()):
                await sender.one(reply_id, state)

        asyncio.run(turn())
        self.served.settle()

    def page(self, browser: Browser) -> str:
        number = self.served.value(select(cases.c.number).where(cases.c.id == self.id))
        return browser.get(f"/inbox/case/{number}?view=all").text

    def replies(self) -> list[Any]:
        return self.served.rows(select(outbox).where(outbox.c.case_id == self.id).order_by(outbox.c.part))


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


def test_taken_back_sent_back_and_never_sent_files_are_the_draft_again(either: Place) -> None:
    kim, agent, case = either.kim, either.agent, Case(either)
    case.add(kim)
    (row,) = case.files()
    case.reply(kim, row["id"])
    kim.post(f"/outbox/{case.replies()[0]['id']}/cancel", headers=HTMX)
    assert f'name="file" value="{row["id"]}"' in case.page(kim)
    case.reply(kim, row["id"], ask="1")
    waiting = next(one for one in case.replies() if one["state"] == SendState.APPROVAL)
    case.add(agent)
    agent.put(f"/cases/{case.id}/draft", json={"text": "I was writing"})
    lead = either.lead
    assert f'src="/media/{row["id"]}"' in lead.get("/approvals").text
    back = lead.post(f"/outbox/{waiting['id']}/send-back", data={"note": "Sharper, please"}, headers=HTMX)
    assert back.status_code == 200
    assert f'name="file" value="{row["id"]}"' in case.page(kim)
    assert [one["reply_id"] for one in case.files()] == [None, None]


def test_a_reply_in_parts_has_its_files_on_the_first_and_one_at_a_time_where_the_network_says_so(
    either: Place,
) -> None:
    kim, case = either.kim, Case(either)
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


def test_without_scripts_words_and_files_are_kept_together(place: Place) -> None:
    kim, case = place.kim, Case(place)
    plain = {"x-csrftoken": ""}
    form = {"_csrf_token": kim.headers["x-csrftoken"]} | {
        "text": "Look at",
        "audience": "public",
        "in_reply_to": case.message,
    }
    answer = kim.post(
        f"/cases/{case.id}/files", data=form, files={"upload": ("leak.png", PICTURE)}, headers=plain
    )
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("#composer")
    (row,) = case.files()
    page = case.page(kim)
    assert "Look at</textarea>" in page
    assert f'formaction="/files/{row["id"]}/remove"' in page
    assert 'formenctype="multipart/form-data"' in page
    note = form | {"audience": "internal", "text": "Between us: broken by herself"}
    for path in (f"/cases/{case.id}/files", f"/files/{row['id']}/remove"):
        assert kim.post(path, data=note, headers=plain).status_code == 422
    chosen = kim.post(f"/cases/{case.id}/reply", data=form | {"upload": "other.png"}, headers=plain)
    assert chosen.status_code == 422
    assert "press Add first" in chosen.text
    removed = kim.post(f"/files/{row['id']}/remove", data=form | {"text": "Look at this"}, headers=plain)
    assert removed.status_code == 303
    kept = place.served.rows(select(drafts.c.text).where(drafts.c.case_id == case.id))
    assert [one["text"] for one in kept] == ["Look at this"]


def test_a_draft_has_so_many_files_and_follows_its_case_into_another(either: Place) -> None:
    kim, case, served = either.kim, Case(either), either.served
    other = Case(either, "The same matter again", case.by)
    other.add(kim)
    (row,) = other.files()
    assert case.id != other.id
    log = served.earful.log
    served.write(lambda tx: merging.merge(tx, log, EARFUL, case.id, other.id, "", None, served.now()))
    assert f'name="file" value="{row["id"]}"' in case.page(kim)
    for number in range(19):
        assert case.add(kim, PICTURE + bytes([number])).status_code == 200
    refused = case.add(kim)
    assert (refused.status_code, "at most 20 files" in refused.text) == (422, True)
    assert len(case.files()) == 20
    assert len(re.findall('name="file"', case.page(kim))) == 20


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


def test_a_program_answers_with_a_file_in_a_colleagues_name(place: Place) -> None:
    case, program = Case(place), place.served.program()
    program.headers = place.served.token(Permission.REPLIES_SEND)
    kim = place.served.made.admin

    def add(content: bytes = PICTURE, user: str = kim, of: str = "") -> Any:
        sent = {"upload": ("leak.png", content, "image/png")}
        return program.post(f"/api/v1/cases/{of or case.id}/files?user_id={user}", files=sent)

    made = add()
    assert made.status_code == 201
    file = made.json()
    assert (file["name"], file["mime"], file["size"]) == ("leak.png", "image/png", len(PICTURE))
    assert [add(b"MZ\x90\0").status_code, add(user="nobody").status_code, add(of="none").status_code] == [
        422,
        422,
        404,
    ]
    assert place.kim.post(f"/api/v1/cases/{case.id}/files?user_id={kim}").status_code == 400
    reply = {
        "user_id": kim, "in_reply_to": case.message, "audience": "public", "text": "See the lid",
        "files": [file["id"]], "alts": {file["id"]: "The lid"},
    }  # fmt: skip
    key = {"idempotency-key": "lid-1"}
    first, again = (
        program.post(f"/api/v1/cases/{case.id}/replies", json=reply, headers=key) for _ in range(2)
    )
    assert (first.status_code, first.json()["state"]) == (201, "queued")
    assert again.json() == first.json()
    case.send()
    assert [(one.text, one.files[0].alt) for one in case.arrived] == [("See the lid", "The lid")]
    gone = program.post(f"/api/v1/cases/{case.id}/replies", json=reply)
    assert (gone.status_code, "not with this reply any more" in gone.json()["detail"]) == (422, True)
    wide = program.post(f"/api/v1/cases/{case.id}/replies", json=reply | {"audience": "group", "files": []})
    assert wide.status_code == 422
    assert program.post("/api/v1/cases/other/replies", json=reply | {"files": []}).status_code == 404
    weak = place.served.token(Permission.CASES_WRITE)
    assert program.post(f"/api/v1/cases/{case.id}/replies", json=reply, headers=weak).status_code == 403
