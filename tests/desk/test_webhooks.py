"""Outgoing webhooks: told once, signed, tried for more than a day, never into the private network, sent once more."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from standardwebhooks import Webhook

from earful.channels.kit.signatures import SignatureRefused, verify
from earful.desk.cases import service as verbs
from earful.desk.users.rules import Permission
from earful.desk.webhooks import rules, service
from earful.desk.webhooks.consumer import WebhookConsumer
from earful.desk.webhooks.sender import WebhookSender
from earful.log.contract import Position
from earful.model.desk import Role
from earful.model.time import DAY, HOUR, SECOND, Instant
from earful.store.audit import Who
from earful.store.secrets import Vault
from earful.store.tables import audit, cases, cursors, webhook_deliveries, webhook_tries
from earful.web.words import WORDS
from tests.conftest import Desk, fresh_sqlite, write
from tests.served import Served

KIM = Who(id=Desk.user, name="Kim Doe")


class Receiver:
    """A real HTTP server on loopback that answers what it is told to and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                status, headers = outer.answers.pop(0) if outer.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/earful"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


class Telling:
    """A desk with one webhook; what is due is sent when a test says so."""

    def __init__(self, desk: Desk, vault: Vault, url: str, types: tuple[str, ...], *, personal: bool) -> None:
        self.desk, self.vault = desk, vault
        desk.consumers.append(WebhookConsumer())
        self.made, self.secret = desk.store.write_now(
            lambda tx: service.make(
                tx, vault, KIM, name="crm", url=url, types=types, personal=personal, allow_private=True,
                now=desk.now,
            )
        )  # fmt: skip

    def send(self, *, allow_private: bool = True) -> int:
        """Try everything that is due, once."""

        async def all_due() -> int:
            sender = WebhookSender(self.desk.store, self.vault, self.desk.clock, allow_private=allow_private)
            due = await self.desk.store.read(lambda tx: service.due(tx, self.desk.now, 100))
            for delivery_id, _ in due:
                await sender.one(delivery_id)
            return len(due)

        return asyncio.run(all_due())

    def log(self, state: str = "") -> list[service.Delivery]:
        return self.desk.store.read_now(lambda tx: service.deliveries(tx, self.made.id, state=state))[0]

    def now(self) -> service.Webhook:
        return self.desk.store.read_now(lambda tx: service.webhook(tx, self.made.id))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path)


@pytest.fixture
def telling(desk: Desk, vault: Vault, receiver: Receiver) -> Telling:
    return Telling(desk, vault, receiver.url, ("case.opened", "case.messages"), personal=False)


def open_case(telling: Telling, native_id: str = "m1", text: str = "My kettle leaks") -> None:
    telling.desk.receive(write(native_id, text, by=f"by-{native_id}"))
    telling.desk.settle()


def test_an_opened_case_is_told_signed_and_without_names(telling: Telling, receiver: Receiver) -> None:
    open_case(telling)
    assert telling.send() == 1
    ((headers, body),) = receiver.heard
    assert verify(telling.secret, headers, body, telling.desk.now) == headers["webhook-id"]
    with pytest.raises(SignatureRefused):
        verify(telling.secret, headers, body + b" ", telling.desk.now)
    told = json.loads(body)
    assert (told["specversion"], told["type"]) == ("1.0", "earful.case.opened")
    assert told["id"] == headers["webhook-id"] == telling.log()[0].id
    assert told["data"]["case"]["number"] == 1
    assert "kettle" not in body.decode()
    assert "by-m1" not in body.decode()
    assert telling.send() == 0
    assert [one.state for one in telling.log()] == ["delivered"]


def test_names_and_texts_only_where_asked_for(desk: Desk, vault: Vault, receiver: Receiver) -> None:
    telling = Telling(desk, vault, receiver.url, ("case.opened",), personal=True)
    open_case(telling)
    telling.send()
    told = json.loads(receiver.heard[0][1])["data"]
    assert told["messages"][0]["text"] == "My kettle leaks"
    assert told["case"]["handle"].startswith("by-m1")


def test_reading_the_log_again_tells_nothing_twice(telling: Telling) -> None:
    open_case(telling)
    back = update(cursors).where(cursors.c.consumer == WebhookConsumer.name)
    telling.desk.store.write_now(lambda tx: tx.execute(back.values(tx=Position().tx, seq=Position().seq)))
    telling.desk.settle()
    assert len(telling.log()) == 1


def test_tries_go_on_for_more_than_a_day_and_then_it_is_said(telling: Telling, receiver: Receiver) -> None:
    receiver.answers = [(500, {})] * 20
    open_case(telling)
    began, ids = telling.desk.now, set()
    for _ in range(20):
        if not telling.send():
            break
        due = telling.log()[0].due_at
        ids.add(receiver.heard[-1][0]["webhook-id"])
        telling.desk.now = Instant(due or telling.desk.now)
    (failed,) = telling.log()
    assert failed.state == "failed"
    assert len(failed.tries) == len(rules.WAITS) + 1 >= 6
    assert failed.tries[-1].at - began > DAY
    assert len(ids) == 1
    assert telling.now().failed == 1
    receiver.answers = []
    assert (
        telling.desk.store.write_now(
            lambda tx: service.replay_failed(tx, KIM, telling.made.id, telling.desk.now)
        )
        == 1
    )
    telling.send()
    assert telling.log()[0].state == "delivered"
    assert telling.now().failing_since is None


def test_a_receiver_that_asks_for_patience_gets_it(telling: Telling, receiver: Receiver) -> None:
    receiver.answers = [(429, {"retry-after": "3600"})]
    open_case(telling)
    telling.send()
    assert telling.log()[0].due_at == telling.desk.now + HOUR


def test_gone_switches_it_off_and_what_waits_waits(telling: Telling, receiver: Receiver) -> None:
    receiver.answers = [(410, {})]
    open_case(telling)
    open_case(telling, "m2", "Mine too")
    telling.send()
    held = telling.now()
    assert not held.enabled
    assert "410" in held.trouble
    telling.desk.store.write_now(lambda tx: service.switch(tx, KIM, telling.made.id, True, telling.desk.now))
    telling.send()
    assert sorted(one.state for one in telling.log()) == ["delivered", "failed"]


def test_days_of_nothing_but_failure_switch_it_off(telling: Telling, receiver: Receiver) -> None:
    receiver.answers = [(500, {})] * 3
    open_case(telling)
    telling.send()
    telling.desk.now = Instant(telling.desk.now + rules.GIVE_UP_AFTER)
    telling.send()
    assert "Every try failed since" in telling.now().trouble


def test_what_a_dead_process_had_is_tried_again(telling: Telling, receiver: Receiver) -> None:
    open_case(telling)
    (delivery,) = telling.log()
    taken = telling.desk.store.write_now(
        lambda tx: service.claim(tx, telling.vault, delivery.id, telling.desk.now)
    )
    assert taken is not None
    assert telling.send() == 0
    telling.desk.now = Instant(telling.desk.now + rules.LEASE)
    assert telling.send() == 1
    assert receiver.heard[0][0]["webhook-id"] == delivery.id


def test_private_addresses_are_refused_at_every_try(telling: Telling, receiver: Receiver) -> None:
    open_case(telling)
    telling.send(allow_private=False)
    (delivery,) = telling.log()
    assert receiver.heard == []
    assert "not a public address" in delivery.tries[0].said


def test_a_new_secret_signs_beside_the_old_one_for_a_day(telling: Telling, receiver: Receiver) -> None:
    fresh = telling.desk.store.write_now(
        lambda tx: service.rotate(tx, telling.vault, KIM, telling.made.id, telling.desk.now)
    )
    open_case(telling)
    telling.send()
    telling.desk.now = Instant(telling.desk.now + rules.OLD_SECRET)
    telling.desk.store.write_now(lambda tx: service.replay(tx, KIM, telling.log()[0].id, telling.desk.now))
    telling.send()
    (first, early), (last, late) = receiver.heard
    assert early == late
    now = Instant(int(last["webhook-timestamp"]) * SECOND)
    for secret in (fresh, telling.secret):
        assert verify(secret, first, early, Instant(int(first["webhook-timestamp"]) * SECOND))
    assert verify(fresh, last, late, now)
    with pytest.raises(SignatureRefused):
        verify(telling.secret, last, late, now)


def test_deleted_means_told_nothing_more(telling: Telling) -> None:
    open_case(telling)
    store, now = telling.desk.store, telling.desk.now
    store.write_now(lambda tx: service.delete(tx, KIM, telling.made.id, now))
    assert telling.send() == 0
    open_case(telling, "m2", "Mine too")
    rows = store.read_now(lambda tx: tx.rows(select(webhook_deliveries.c.state)))
    assert [row["state"] for row in rows] == ["dropped"]
    acts = store.read_now(lambda tx: tx.rows(select(audit.c.action)))
    assert [row["action"] for row in acts] == ["webhook.made", "webhook.deleted"]


def test_the_log_is_forgotten_after_a_month_but_never_what_waits(telling: Telling) -> None:
    open_case(telling)
    telling.send()
    telling.desk.now = Instant(telling.desk.now + rules.KEPT + 1)
    open_case(telling, "m2", "Mine too")
    assert telling.desk.store.write_now(lambda tx: service.purge(tx, telling.desk.now)) == 1
    assert [one.state for one in telling.log()] == ["queued"]
    assert telling.desk.store.read_now(lambda tx: tx.rows(select(webhook_tries))) == []


@given(
    st.integers(1, 20), st.none() | st.integers(100, 599), st.floats(0, 1), st.none() | st.integers(0, 10**9)
)
def test_every_verdict_is_sound(tries: int, status: int | None, luck: float, patience: int | None) -> None:
    now = Instant(1_000_000)
    found = rules.verdict(tries=tries, status=status, now=now, luck=luck, retry_after_ms=patience)
    assert (found.due_at is not None) == (found.state == "queued")
    if found.due_at is not None:
        assert 0 < found.due_at - now <= rules.LONGEST_WAIT
        assert tries <= len(rules.WAITS)
    assert (found.state == "delivered") == (status is not None and 200 <= status < 300)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://x.example", "https://company"), ("not an address", "https://company"), ("http://x.example", "https"),
        ("https://me:secret@x.example/", "password"), ("https://[::1", "not an address"), ("https:///path", "https://"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_says_why(url: str, says: str) -> None:
    assert says in (rules.url_problem(url, allow_private=False) or "")


def test_every_event_that_can_be_told_is_in_the_reference_and_has_words() -> None:
    reference = (Path(__file__).parents[2] / "docs" / "reference" / "events.md").read_text("utf-8")
    for name in rules.TYPES:
        assert f"| `{name}` |" in reference
        assert name in WORDS["told"]


CHOSEN = {"name": "CRM", "types": ["case.opened"]}


def test_settings_refuse_an_address_of_our_own_network(small_served: Served) -> None:
    browser = small_served.signed_in()
    given_url = CHOSEN | {"url": "https://127.0.0.1/x"}
    refused = browser.post("/settings/webhooks", data=given_url)
    assert refused.status_code == 422
    assert "private network" in refused.text
    assert 'value="https://127.0.0.1/x"' in refused.text
    program = small_served.client()
    program.headers |= small_served.token(Permission.WEBHOOKS_MANAGE)
    answer = program.post("/api/v1/webhooks", json=given_url)
    assert answer.status_code == 422
    assert "private network" in answer.json()["detail"]
    assert program.get("/api/v1/webhooks").json() == []


def test_a_program_makes_one_that_the_specification_s_own_library_believes(
    tmp_path: Path, receiver: Receiver
) -> None:
    served = Served(tmp_path, fresh_sqlite(tmp_path), allow_private_addresses=True)
    try:
        program = served.client()
        program.headers |= served.token(Permission.WEBHOOKS_MANAGE)
        made = program.post("/api/v1/webhooks", json=CHOSEN | {"url": receiver.url})
        assert made.status_code == 201, made.text
        webhook_id = made.json()["webhook"]["id"]
        served.say("My kettle leaks")
        sender = WebhookSender(served.store, served.earful.vault, served.now, allow_private=True)
        due = served.store.read_now(lambda tx: service.due(tx, served.now(), 9))

        async def send() -> None:
            for delivery_id, _ in due:
                await sender.one(delivery_id)

        asyncio.run(send())
        ((headers, body),) = receiver.heard
        assert Webhook(made.json()["secret"]).verify(body, headers)["type"] == "earful.case.opened"
        log = program.get(f"/api/v1/webhooks/{webhook_id}/deliveries").json()
        assert [one["state"] for one in log["deliveries"]] == ["delivered"]
        again = program.post(f"/api/v1/webhook-deliveries/{log['deliveries'][0]['id']}/replay")
        assert again.status_code == 202
        assert program.put(f"/api/v1/webhooks/{webhook_id}", json=CHOSEN | {"url": receiver.url, "types": ["x"]}
                           ).status_code == 422  # fmt: skip
        browser = served.signed_in()
        shown = browser.get(f"/settings/webhooks/{webhook_id}")
        assert log["deliveries"][0]["id"] in shown.text
        for act in ("off", "on", "test", "rotate", "replay-failed", "delete", "restore"):
            assert browser.post(f"/settings/webhooks/{webhook_id}/{act}").status_code in (200, 303), act
        assert browser.post(f"/settings/webhooks/{webhook_id}/dance").status_code == 404
        assert program.request("DELETE", f"/api/v1/webhooks/{webhook_id}").status_code == 204
        assert browser.get(f"/settings/webhooks/{webhook_id}").status_code == 404
        assert served.signed_in(Role.LEAD).get("/settings/webhooks").status_code == 403
    finally:
        served.close()


def test_only_what_the_condition_holds_of_is_told(desk: Desk, tmp_path: Path) -> None:
    vault = Vault.open(tmp_path)
    desk.consumers.append(WebhookConsumer())
    kettle = {"field": "message.text", "op": "contains", "value": "kettle"}
    tagged = {"field": "case.tags", "op": "has", "value": "vip"}

    def make(condition: object) -> str:
        made, _ = desk.store.write_now(
            lambda tx: service.make(
                tx, vault, KIM, name="crm", url="https://crm.example/", types=("case.opened", "case.changed"),
                personal=False, condition=condition, allow_private=False, now=desk.now,
            )
        )  # fmt: skip
        assert made.condition == condition
        return made.id

    by_message, by_case, by_all = make(kettle), make(tagged), make(None)
    desk.receive(write("1"), write("2", "Where is my parcel?", by="ben"))
    desk.settle()
    rows = desk.store.read_now(lambda tx: tx.rows(select(cases.c.id, cases.c.person_name)))
    ben = next(row["id"] for row in rows if row["person_name"] == "Ben")
    desk.store.write_now(lambda tx: verbs.tag(tx, desk.log, KIM, ben, "vip", desk.now))
    desk.settle()
    told = desk.store.read_now(lambda tx: tx.rows(select(webhook_deliveries)))
    count = {
        one: [row["type"] for row in told if row["webhook_id"] == one]
        for one in (by_message, by_case, by_all)
    }
    assert count == {
        by_message: ["case.opened"],
        by_case: ["case.changed"],
        by_all: ["case.opened", "case.opened", "case.changed"],
    }
    with pytest.raises(service.InvalidWebhookError, match="nobody looks here"):
        make({"field": "case.assignee", "op": "is", "value": "me"})
