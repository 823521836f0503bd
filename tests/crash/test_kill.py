"""kill -9 at any point: what was acknowledged is there once, and what was sent is sent once."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import msgspec
import pytest
from sqlalchemy import func, select, text

from earful.doctor import examine
from earful.log.embedded import EmbeddedLog
from earful.model.desk import SendState
from earful.model.message import Visibility
from earful.outbox import rules
from earful.outbox import service as outbox_service
from earful.search import query as search
from earful.store.audit import Who
from earful.store.store import Store
from earful.store.tables import authors, cases, deliveries, events, messages, outbox, people, ratings
from tests.conftest import START, Desk, fresh_sqlite, write
from tests.crash.nursery import FileNetwork
from tests.servers.earful import EarfulServer, signed
from tests.servers.process import wait_until

pytestmark = pytest.mark.crash
ROOT = Path(__file__).parents[2]
KILLS = 50
COLD = 3
"""Of the kills, so many hit a server that was started from nothing by `earful up`."""
CLIENTS = 3
CHANNEL = "shop"


class Nursery:
    """The process that forks children; see `nursery.py`."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self._read() == "ready"

    def start(self, *words: object) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not _alive(pid), f"the end of process {pid}", 20)


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


class Customers:
    """Threads that hand in deliveries and send each again, under the same id, until it is acknowledged."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = f"{url}/hooks/{CHANNEL}"
        self._secret = secret
        self._stop = threading.Event()
        self.acknowledged: dict[str, list[str]] = {}
        """webhook-id -> native ids of its messages."""
        self.tries = 0
        self.wrong: list[str] = []
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """No new deliveries; those that are on their way are finished."""
        self._stop.set()
        for thread in self._threads:
            thread.join(90)
            assert not thread.is_alive()

    def _work(self, client: int) -> None:
        chance = random.Random(client)
        number = 0
        with httpx2.Client(trust_env=False, timeout=10) as http:
            while not self._stop.is_set():
                number += 1
                names = [f"c{client}-d{number}-m{n}" for n in range(chance.randint(1, 12))]
                body = msgspec.json.encode([_message(name, names, chance) for name in names])
                webhook_id = f"delivery-{client}-{number}"
                while not self._hand_in(http, webhook_id, body):
                    time.sleep(0.02)
                self.acknowledged[webhook_id] = names

    def _hand_in(self, http: httpx2.Client, webhook_id: str, body: bytes) -> bool:
        self.tries += 1
        headers = signed(self._secret, body, at_ms=time.time_ns() // 1_000_000, webhook_id=webhook_id)
        try:
            answer = http.post(self._url, content=body, headers=headers)
        except httpx2.HTTPError:
            return False
        if answer.status_code not in (202, 503):
            self.wrong.append(f"{answer.status_code} {answer.text}")
        return answer.status_code == 202


def _message(name: str, names: list[str], chance: random.Random) -> dict[str, object]:
    earlier = names[: names.index(name)]
    parent = chance.choice(["", *earlier])
    return {
        "native_id": name,
        "occurred_at": START.isoformat(),
        "author": {"native_id": f"customer{chance.randint(0, 40)}"},
        "text": f"The parcel {name.replace('-', '')}z is late again",
        "kind": "reply" if parent else "mention",
        "parent_id": parent,
    }


def test_every_acknowledged_message_is_there_once_after_fifty_kills(tmp_path: Path, nursery: Nursery) -> None:
    server = EarfulServer(tmp_path / "data")
    made = server.prepare(channel=CHANNEL)
    customers = Customers(server.url, made.secret)
    customers.start()
    chance = random.Random(2026)
    killed_in_start = 0
    for number in range(KILLS):
        if number < COLD:
            server.launch()
        else:
            child = nursery.start("serve", server.folder, server.port)
        if number >= COLD and chance.random() < 0.2:
            # In the middle of starting: migrations, consumers, the first requests.
            time.sleep(chance.random() * 0.5)
            killed_in_start += 1
        else:
            before = len(customers.acknowledged)
            wait_until(lambda before=before: len(customers.acknowledged) > before, "deliveries", 60)  # type: ignore[misc]
            time.sleep(chance.random() * 0.5)
        if number < COLD:
            server.kill()
        else:
            kill(child)
    assert killed_in_start
    child = nursery.start("serve", server.folder, server.port)
    customers.finish()
    try:
        store = Store(f"sqlite:///{server.folder / 'earful.sqlite3'}")
        log = EmbeddedLog()

        def all_taken() -> bool:
            return all(
                store.read_now(lambda tx, name=name: log.behind(tx, name)) == 0  # type: ignore[misc]
                for name in ("triage", "desk", "search")
            )

        wait_until(all_taken, "the consumers", 60)
        assert customers.wrong == []
        assert len(customers.acknowledged) > KILLS
        assert customers.tries > len(customers.acknowledged), "no kill ever cost an answer"
        check_everything(store, customers)
        now = time.time_ns() // 1_000_000
        report = examine(store, log, now)  # type: ignore[arg-type]
        assert [finding for finding in report.findings if not finding.ok] == []
        store.close()
    finally:
        kill(child)
    found = server.command("doctor", "--json")
    assert found.returncode == 0, found.stdout
    assert json.loads(found.stdout)["ok"] is True


def check_everything(store: Store, customers: Customers) -> None:
    """Each acknowledged message once: kept, announced, rated, threaded, in one case, searchable."""
    expected = sorted(name for names in customers.acknowledged.values() for name in names)

    def read(query: object) -> list[tuple[object, ...]]:
        return store.read_now(lambda tx: [tuple(row.values()) for row in tx.rows(query)])  # type: ignore[arg-type]

    kept = sorted(str(row[0]) for row in read(select(messages.c.native_id)))
    assert kept == expected
    unfinished = select(messages.c.native_id).where(
        messages.c.case_id.is_(None) | messages.c.conversation_id.is_(None) | messages.c.author_id.is_(None)
    )
    assert read(unfinished) == []
    assert sorted(str(row[0]) for row in read(select(deliveries.c.native_delivery_id))) == sorted(
        customers.acknowledged
    )
    ids = {str(row[0]) for row in read(select(messages.c.id))}
    assert {str(row[0]) for row in read(select(ratings.c.message_id))} == ids
    for kind in ("message.received", "message.rated"):
        told = Counter(str(row[0]) for row in read(select(events.c.subject).where(events.c.type == kind)))
        assert told == Counter(ids), f"{kind} is not there exactly once for each"
    joined = Counter(
        message_id
        for (data,) in read(select(events.c.data).where(events.c.type.in_(("case.opened", "case.messages"))))
        for message_id in json.loads(str(data))["messages"]
    )
    assert joined == Counter(ids), "a message joined its case twice or never"
    opened = read(select(events.c.subject).where(events.c.type == "case.opened"))
    assert len(opened) == len(read(select(cases.c.id)))
    counted = read(select(cases.c.id, cases.c.message_count))
    real = Counter(str(row[0]) for row in read(select(messages.c.case_id)))
    assert {str(row[0]): row[1] for row in counted} == dict(real)
    assert len(read(select(people.c.id))) == len(read(select(authors.c.id)))
    indexed = store.read_now(lambda tx: tx.value(select(func.count()).select_from(text("search_index"))))
    assert indexed == len(expected)
    for name in random.Random(7).sample(expected, 5):
        word = name.replace("-", "") + "z"
        found = store.read_now(lambda tx, word=word: search.case_ids(tx, word))  # type: ignore[misc]
        assert len(found) == 1, name


class Cut:
    """A desk with one queued reply, and the outbox in a child that can be killed."""

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self.folder = folder
        self.network = folder / "network"
        self.network.mkdir()
        self.nursery = nursery
        store = Store(fresh_sqlite(folder))
        desk = Desk(store)
        desk.now = time.time_ns() // 1_000_000  # type: ignore[assignment]
        desk.receive(write("q", "Where is my parcel"))
        desk.settle()
        target = store.read_now(lambda tx: tx.value(select(messages.c.id)))
        draft = outbox_service.Draft(
            id="reply-1", in_reply_to=target, audience=Visibility.PUBLIC, text="On its way"
        )
        store.write_now(
            lambda tx: outbox_service.queue(
                tx, desk.log, Who(id=desk.user), draft, FileNetwork.capabilities, desk.now
            )
        )
        store.close()

    def start(self) -> int:
        return self.nursery.start("send", self.folder, self.network, 20)

    def row(self) -> dict[str, object]:
        store = Store(f"sqlite:///{self.folder / 'earful.sqlite3'}")
        try:
            found = store.read_now(lambda tx: tx.row(select(outbox)))
            assert found is not None
            return dict(found)
        finally:
            store.close()

    def lines(self, name: str) -> list[str]:
        path = self.network / name
        return path.read_text().split() if path.exists() else []

    def until_state(self, *states: SendState) -> dict[str, object]:
        wait_until(lambda: self.row()["state"] in states, f"the reply to be {states}", 60)
        return self.row()


def cut_while_sending(folder: Path, nursery: Nursery, where: str) -> Cut:
    """Kill the outbox while the network has (or does not yet have) the reply."""
    cut = Cut(folder, nursery)
    (cut.network / where).touch()
    child = cut.start()
    wait_until((cut.network / f"{where}.reached").exists, "the send", 30)
    assert cut.row()["state"] == SendState.SENDING
    kill(child)
    (cut.network / where).unlink()
    return cut


def test_a_reply_that_was_out_when_the_process_died_is_found_and_not_sent_again(
    tmp_path: Path, nursery: Nursery
) -> None:
    cut = cut_while_sending(tmp_path, nursery, "stop-after")
    child = cut.start()
    try:
        row = cut.until_state(SendState.SENT)
    finally:
        kill(child)
    assert cut.lines("looks"), "it must have become unknown and been looked for"
    assert cut.lines("posts") == ["reply-1"]
    assert row["native_id"] == "post-reply-1"
    store = Store(f"sqlite:///{tmp_path / 'earful.sqlite3'}")
    told = store.read_now(
        lambda tx: [
            json.loads(r["data"])["state"]
            for r in tx.rows(select(events.c.data).where(events.c.type == "case.reply"))
        ]
    )
    store.close()
    assert told == ["queued", "sending", "unknown", "sent"]


def test_a_reply_that_never_left_is_sent_once_after_the_network_denied_it_twice(
    tmp_path: Path, nursery: Nursery
) -> None:
    cut = cut_while_sending(tmp_path, nursery, "stop-before")
    assert cut.lines("posts") == []
    child = cut.start()
    try:
        cut.until_state(SendState.SENT)
    finally:
        kill(child)
    assert cut.lines("looks") == ["reply-1"] * rules.ABSENCES
    assert cut.lines("posts") == ["reply-1"]
