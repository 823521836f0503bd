"""The ways in over HTTP: who is believed, what is refused and how, and that 202 means kept."""

import sqlite3
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from earful.channels.kit.signatures import sign
from earful.desk.channels import service as channels
from earful.desk.users.rules import TOKEN_SCOPES, Permission
from earful.model.time import DAY
from earful.store.audit import EARFUL
from earful.store.tables import deliveries, messages, refusals
from tests.conftest import fresh_sqlite
from tests.served import CHANNEL, Served, message
from tests.servers.earful import signed

API = f"/api/v1/messages?channel={CHANNEL}"


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem details (RFC 9457) of a refusal, which must say what became of the request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["instance"].startswith("/")
    return found


def refused(served: Served) -> dict[tuple[str, str], int]:
    return {(row["place"], row["reason"]): row["count"] for row in served.rows(select(refusals))}


def nothing_kept(served: Served) -> None:
    assert served.kept() == 0
    assert served.value(select(func.count()).select_from(deliveries)) == 0


BODY = msgspec.json.encode([message("hello")])
OTHER_SECRET = "whsec_" + b64encode(b"another secret of 32 bytes length").decode()


def headers_of(served: Served, **changes: str | None) -> dict[str, str]:
    values = signed(served.made.secret, BODY, at_ms=served.now()) | changes
    return {name.replace("_", "-"): value for name, value in values.items() if value is not None}


MISSIGNED: dict[str, tuple[Any, str]] = {
    "no signature": (lambda s: headers_of(s, **{"webhook-signature": None}), "missing_header"),
    "no id": (lambda s: headers_of(s, **{"webhook-id": None}), "missing_header"),
    "no time": (lambda s: headers_of(s, **{"webhook-timestamp": None}), "missing_header"),
    "no time that is one": (lambda s: headers_of(s, **{"webhook-timestamp": "soon"}), "bad_timestamp"),
    "another secret": (lambda s: signed(OTHER_SECRET, BODY, at_ms=s.now()), "no_match"),
    "another body": (lambda s: signed(s.made.secret, b"[]", at_ms=s.now()), "no_match"),
    "another id": (lambda s: headers_of(s, **{"webhook-id": "msg_other"}), "no_match"),
    "an old delivery": (lambda s: signed(s.made.secret, BODY, at_ms=s.now() - 301_000), "too_old"),
    "one from the future": (lambda s: signed(s.made.secret, BODY, at_ms=s.now() + 302_000), "too_new"),
    "rubbish": (lambda s: headers_of(s, **{"webhook-signature": "v1,%%% v2,abc hello"}), "no_match"),
}


def test_an_unproved_delivery_is_refused_and_only_counted(served: Served) -> None:
    for name, (make, reason) in MISSIGNED.items():
        before = refused(served).get((f"hooks/{CHANNEL}", reason), 0)
        answer = served.program().post(f"/hooks/{CHANNEL}", content=BODY, headers=make(served))
        assert "kept" in problem(answer, 401)["detail"], name
        assert refused(served)[f"hooks/{CHANNEL}", reason] == before + 1, name
    nothing_kept(served)


def test_a_proved_delivery_is_kept_as_it_came_before_it_is_acknowledged(served: Served) -> None:
    body = msgspec.json.encode([message("one"), message("two")])
    answer = served.hook(body, webhook_id="msg_1")
    assert (answer.status_code, answer.json()) == (
        202,
        {"accepted": 2, "changed": 0, "duplicates": 0, "refused": []},
    )
    (row,) = served.rows(select(deliveries))
    assert bytes(row["body"]) == body
    assert (row["native_delivery_id"], row["verified_by"]) == ("msg_1", "standard-webhooks")
    assert "webhook-signature" not in row["headers"]
    assert served.kept() == 2


def test_a_known_webhook_id_is_acknowledged_and_not_stored_again(served: Served) -> None:
    for number in range(3):
        answer = served.hook([message(f"wording {number}")], webhook_id="msg_same")
        assert answer.json()["accepted"] == (1 if number == 0 else 0)
    assert served.kept() == 1


def test_long_webhook_ids_that_begin_alike_are_two_deliveries(served: Served) -> None:
    for end in ("a", "b"):
        assert served.hook([message(end)], webhook_id="m" * 300 + end).json()["accepted"] == 1
    assert served.kept() == 2


def test_after_a_change_of_secret_the_old_one_holds_until_the_next(served: Served) -> None:
    old = served.made.secret
    new = served.write(
        lambda tx: channels.replace_secret(
            tx, served.earful.vault, EARFUL, served.made.channel_id, served.now()
        )
    )
    assert served.hook([message()], secret=old).status_code == 202
    served.ahead += 3_000
    assert served.hook([message()], secret=new).status_code == 202
    served.write(
        lambda tx: channels.replace_secret(
            tx, served.earful.vault, EARFUL, served.made.channel_id, served.now()
        )
    )
    served.ahead += 3_000
    problem(served.hook([message()], secret=old), 401)
    assert served.hook([message()], secret=new).status_code == 202


def test_unknown_and_switched_off_channels_take_nothing(served: Served) -> None:
    for name in ("nobody", "no%00body", "%ff", "a" * 500):
        answer = served.program().post(f"/hooks/{name}", content=BODY, headers=headers_of(served))
        problem(answer, 404)
    assert sum(refused(served).values()) == 4
    assert len(refused(served)) == 1, "strangers must not be able to fill the table of refusals"
    served.write(lambda tx: channels.switch(tx, EARFUL, served.made.channel_id, on=False, now=served.now()))
    served.ahead += 3_000
    problem(served.hook([message()]), 404)
    assert refused(served)[f"hooks/{CHANNEL}", "channel is off"] == 1
    nothing_kept(served)


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Served]:
    """A desk that takes bodies of 2,000 bytes."""
    desk = Served(tmp_path, fresh_sqlite(tmp_path), max_body=2_000)
    yield desk
    desk.close()


def test_a_body_that_is_too_large_is_refused_and_counted(narrow: Served) -> None:
    found = problem(narrow.hook([message("x" * 3_000)]), 413)
    assert "2000 bytes" in found["detail"]
    body = msgspec.json.encode([message("x" * 3_000)])
    problem(narrow.program().post(API, content=body, headers=narrow.token(Permission.MESSAGES_WRITE)), 413)
    assert refused(narrow) == {(f"hooks/{CHANNEL}", "body too large"): 1}
    nothing_kept(narrow)


BAD_ITEMS: dict[str, tuple[Any, str]] = {
    "no id": ({"occurred_at": "2026-11-01T09:00:00Z", "author": {"native_id": "a"}}, "native_id"),
    "an empty id": (message(native_id=""), "native_id"),
    "no author": (message(author=None), "author"),
    "no zone": (message(occurred_at="2026-11-01T09:00:00"), "time zone"),
    "no time": (message(occurred_at="yesterday"), "occurred_at"),
    "a time before 1970": (message(occurred_at="1969-12-31T23:00:00Z"), "outside 1970"),
    "a time to come": (message(occurred_at="2996-01-01T00:00:00Z"), "outside 1970"),
    "an unknown field": (message(mood="grim"), "mood"),
    "an unknown kind": (message(kind="telepathy"), "kind"),
    "a text that is none": (message(text=5), "text"),
    "a text of more than a megabyte": (message("x" * 1_048_577), "text"),
    "a number": (5, "object"),
    "followers beyond counting": (message(author={"native_id": "a", "followers": 10**30}), "followers"),
    "reactions beyond counting": (message(metrics={"likes": 10**400}), "metrics"),
    "a name too long to be an index's": (message(native_id="\U0001f4a5" * 900), "native_id"),
    "an ancestor without end": (message(ancestor_ids=["x" * 200_000]), "ancestor_ids"),
}


@pytest.mark.parametrize(("item", "words"), BAD_ITEMS.values(), ids=BAD_ITEMS.keys())
def test_a_bad_item_refuses_the_batch_and_is_named_by_its_index(
    small_served: Served, item: Any, words: str
) -> None:
    batch = [message("good"), item, message("also good")]
    found = problem(small_served.hook(batch), 422)
    assert [one["index"] for one in found["problems"]] == [1]
    assert words in found["problems"][0]["detail"]
    nothing_kept(small_served)
    partial = small_served.hook(batch, query="?partial=true")
    assert partial.status_code == 202
    assert partial.json()["accepted"] == 2
    assert [one["index"] for one in partial.json()["refused"]] == [1]
    assert small_served.kept() == 2


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"hello",
    "a number": b"5",
    "half a list": b'[{"native_id": "1"',
    "no messages in an object": b'{"messages": 5}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_body_that_cannot_be_read_is_a_bad_request(small_served: Served, body: bytes) -> None:
    answer = small_served.hook(body)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)
    nothing_kept(small_served)


def test_a_thousand_messages_at_once_and_not_one_more(small_served: Served) -> None:
    problem(small_served.hook([message() for _ in range(1_001)]), 400)
    nothing_kept(small_served)
    assert small_served.hook([message() for _ in range(1_000)]).json()["accepted"] == 1_000


def test_the_three_shapes_of_a_body(small_served: Served) -> None:
    for body in (message(), [message()], {"messages": [message()]}):
        assert small_served.hook(body).json()["accepted"] == 1


def test_tokens_may_do_what_their_scopes_say(served: Served) -> None:
    program = served.program()
    problem(program.post(API, content=BODY), 401)
    problem(program.post(API, content=BODY, headers={"authorization": "Bearer earful_nobody"}), 401)
    problem(program.post(API, content=BODY, headers={"authorization": "Basic a2ltOng="}), 401)
    for scope in TOKEN_SCOPES:
        answer = program.post(API, content=BODY, headers=served.token(scope))
        assert answer.status_code == (202 if scope is Permission.MESSAGES_WRITE else 403), scope
        if answer.status_code == 403:
            problem(answer, 403)
    assert served.kept() == 1


def test_a_channel_must_be_named_and_known(served: Served) -> None:
    headers = served.token(Permission.MESSAGES_WRITE)
    problem(served.program().post("/api/v1/messages", content=BODY, headers=headers), 400)
    found = problem(
        served.program().post("/api/v1/messages?channel=nobody", content=BODY, headers=headers), 404
    )
    assert "nobody" in found["detail"]
    problem(served.program().post("/api/v1/messages?channel=%00", content=BODY, headers=headers), 404)


def test_an_idempotency_key_makes_two_requests_one(served: Served) -> None:
    headers = served.token(Permission.MESSAGES_WRITE) | {"idempotency-key": "k1"}
    first = served.program().post(API, content=BODY, headers=headers)
    again = served.program().post(API, content=BODY, headers=headers)
    assert first.json() == again.json() == {"accepted": 1, "changed": 0, "duplicates": 0, "refused": []}
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    other = msgspec.json.encode([message("another")])
    assert (
        "Idempotency-Key"
        in problem(served.program().post(API, content=other, headers=headers), 422)["detail"]
    )
    assert served.kept() == 1
    # Another sender's key is another key, and after a day a key is free again.
    stranger = served.token(Permission.MESSAGES_WRITE) | {"idempotency-key": "k1"}
    assert served.program().post(API, content=other, headers=stranger).json()["accepted"] == 1
    served.ahead += 25 * 3_600_000
    served.program().post(API, content=BODY, headers=stranger | {"idempotency-key": "k2"})
    third = msgspec.json.encode([message("a third")])
    assert served.program().post(API, content=third, headers=headers).status_code == 202
    assert served.ahead > DAY


def test_the_same_idempotency_key_from_many_at_once_is_one_request(served: Served) -> None:
    headers = served.token(Permission.MESSAGES_WRITE) | {"idempotency-key": "race"}
    clients = [served.client() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda client: client.post(API, content=BODY, headers=headers), clients))
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["accepted"] for answer in answers} == {1}
    assert served.value(select(func.count()).select_from(deliveries)) == 1


ODD = {
    "markup": "<script>alert(1)</script><b>bold</b> & more",
    "emoji": "👩‍👩‍👧‍👦 says 🤦🏽‍♀️",
    "right to left": "\u202eابجد مرحبا\u202c שלום",
    "NUL": "before\x00after",
    "controls": "\x01\x02\x1b[31mred\x7f\x85",
    "zalgo": "h\u0337\u0301e\u0336l\u0335p",
    "nothing": "",
    "white": " \t\n ",
    "a megabyte": "kettle " * 149_000,
    "quotes": "'; DROP TABLE messages; -- \"",
    "template": "{{ 7*7 }} {% raw %} ${x}",
    "non-characters": "\ufffe\uffff\U0010ffff",
}


@pytest.mark.parametrize("words", ODD.values(), ids=ODD.keys())
def test_whatever_a_customer_writes_is_kept_and_shown_as_text(served: Served, words: str) -> None:
    said = message(
        words,
        html=words[:10_000],
        subject=words[:300],
        author={"native_id": words[:40] or "x", "name": words[:40], "handle": words[:40]},
    )
    (message_id,) = served.say(words, **{k: said[k] for k in ("html", "subject", "author")})
    kept = served.value(select(messages.c.text).where(messages.c.id == message_id))
    assert kept == words.replace("\x00", "\ufffd")
    assert served.case_of(message_id) != "None"
    agent = served.signed_in()
    for path in ("/inbox", "/inbox/case/1", "/inbox?q=kettle"):
        page = agent.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "\x00" not in page.text
        assert "49 " not in page.text or "7*7" in page.text


def test_lone_surrogates_become_a_replacement_character(served: Served) -> None:
    body = (
        b'[{"native_id":"s1","occurred_at":"2026-11-01T09:00:00Z","author":{"native_id":"a","name":"A\\udfff"},'
        b'"kind":"mention","text":"cut \\ud83d emoji \\ud83d\\ude00"}]'
    )
    assert served.hook(body).json()["accepted"] == 1
    served.settle()
    (row,) = served.rows(select(messages.c.text, messages.c.author, messages.c.case_id))
    assert row["text"] == "cut \ufffd emoji 😀"
    assert msgspec.json.decode(row["author"])["name"] == "A\ufffd"
    assert row["case_id"]


def test_bytes_that_are_not_utf_8_are_named(small_served: Served) -> None:
    bad = msgspec.json.encode([message("good"), message("caf?")]).replace(b"caf?", b"caf\xe9")
    found = problem(_raw(small_served, bad), 422)
    assert [one["index"] for one in found["problems"]] == [1]
    nothing_kept(small_served)


def _raw(served: Served, body: bytes) -> httpx.Response:
    """Signed over the bytes, which need not be text."""
    stamp = served.now() // 1_000
    headers = {
        "webhook-id": "raw",
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(served.made.secret, "raw", stamp, body),
    }
    return served.program().post(f"/hooks/{CHANNEL}", content=body, headers=headers)


def test_a_locked_database_is_an_error_and_no_false_success(small_served: Served) -> None:
    path = small_served.store.path
    assert path is not None
    small_served.program()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    answer = small_served.hook([message()], webhook_id="locked")
    assert "nothing of it was kept" in problem(answer, 503)["detail"]
    assert answer.headers["retry-after"] == "5"
    assert time.monotonic() - began < 30
    holder.execute("ROLLBACK")
    holder.close()
    nothing_kept(small_served)
    assert small_served.hook([message()], webhook_id="locked").json()["accepted"] == 1


def test_a_full_disk_is_an_error_and_nothing_acknowledged_is_lost(small_served: Served) -> None:
    acknowledged = 0
    assert small_served.hook([message("before")]).status_code == 202
    acknowledged += 1
    writer: Any = small_served.store._writer

    def limit(pages: int) -> None:
        # What a full disk says to SQLite (SQLITE_FULL), without filling one.
        with writer._engine.connect() as conn:
            conn.connection.driver_connection.execute(f"PRAGMA max_page_count = {pages}")

    with writer._engine.connect() as conn:
        now = conn.connection.driver_connection.execute("PRAGMA page_count").fetchone()[0]
    limit(now + 60)
    refused_at = None
    for number in range(60):
        answer = small_served.hook([message("x" * 20_000)], webhook_id=f"full-{number}")
        if answer.status_code == 202:
            acknowledged += 1
            continue
        found = problem(answer, 503)
        assert "nothing of it was kept" in found["detail"]
        refused_at = number
        break
    assert refused_at is not None, "the disk never filled"
    assert small_served.kept() == acknowledged
    limit(1_000_000)
    assert small_served.hook([message()], webhook_id=f"full-{refused_at}").json()["accepted"] == 1
    small_served.settle()
    assert small_served.kept() == acknowledged + 1


def test_the_interface_describes_itself(small_served: Served) -> None:
    described = small_served.program().get("/api/openapi/openapi.json").json()
    assert {"/api/v1/messages", "/hooks/{channel}", "/health"} <= set(described["paths"])


def test_health_answers_everybody_and_metrics_only_those_who_may(served: Served) -> None:
    program = served.program()
    assert program.get("/health").json() == {"status": "ok"}
    problem(program.get("/metrics"), 401)
    problem(program.get("/metrics", headers=served.token(Permission.MESSAGES_WRITE)), 403)
    served.say("hello")
    figures = program.get("/metrics", headers=served.token(Permission.HEALTH_READ))
    assert figures.status_code == 200
    assert "earful_messages 1.0" in figures.text
    assert 'earful_cases{status="open"} 1.0' in figures.text
