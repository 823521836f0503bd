"""Files of messages on a real server: fetched once, kept, shown, and gone with their message."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from earful.channels.contract import RawDelivery
from earful.channels.email.bodies import read_bodies, read_mail
from earful.channels.kit.http import client
from earful.desk.media import rules, service
from earful.desk.media.fetcher import Fetcher
from earful.desk.media.files import Files
from earful.intake import service as intake
from earful.model.message import Attachment, Change, IncomingMessage
from earful.model.time import DAY, HOUR, MINUTE, Instant
from earful.store.tables import channels, events, media
from earful.store.tx import Row
from tests.conftest import NOW, START, Desk, write

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGPgzk4CAAFdANmuFgbSAAAAAElFTkSuQmCC"
)
"""One green pixel."""
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class Pictures:
    """A network's server of pictures."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.content: dict[str, tuple[int, bytes]] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                status, body = outer.content.get(self.path, (404, b""))
                self.send_response(status)
                if status == 302:
                    self.send_header("location", body.decode())
                self.end_headers()
                self.wfile.write(b"" if status == 302 else body)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    made = Pictures()
    yield made
    made.close()


class House:
    """A desk with a folder for files."""

    def __init__(self, desk: Desk, folder: Path, pictures: Pictures) -> None:
        self.desk, self.pictures, self.files = desk, pictures, Files(folder)

    def say(self, native_id: str, *paths: str, **more: object) -> None:
        files = [Attachment(kind="image", url=self.pictures.url + path, name="kettle") for path in paths]
        self.desk.receive(write(native_id, "Look at this", attachments=files, **more))
        self.desk.settle()

    def fetch(self, *, allow_private: bool = True, megabytes: int = 100) -> None:
        async def once() -> None:
            async with client(allow_private=allow_private) as http:
                desk = self.desk
                fetcher = Fetcher(desk.store, desk.log, self.files, {}, http, desk.clock, megabytes=megabytes)
                while await fetcher.some():
                    continue

        asyncio.run(once())

    def rows(self) -> list[Row]:
        return self.desk.store.read_now(
            lambda tx: tx.rows(select(media).order_by(media.c.message_id, media.c.place))
        )

    def states(self) -> list[str]:
        return [row["state"] for row in self.rows()]


@pytest.fixture
def house(desk: Desk, tmp_path: Path, pictures: Pictures) -> House:
    return House(desk, tmp_path, pictures)


@pytest.fixture
def small_house(small_desk: Desk, tmp_path: Path, pictures: Pictures) -> House:
    return House(small_desk, tmp_path, pictures)


def gone(native_id: str) -> IncomingMessage:
    return IncomingMessage(native_id=native_id, occurred_at=START + timedelta(hours=1), change=Change.DELETE)


def test_a_picture_is_fetched_once_and_goes_with_the_last_message_that_has_it(house: House) -> None:
    house.pictures.content = {"/a": (200, PNG), "/b": (302, b"/a")}
    house.say("m1", "/a")
    house.say("m2", "/b")
    house.fetch()
    house.say("m1", "/a")
    house.fetch()
    assert house.states() == ["kept", "kept"]
    assert sorted(house.pictures.asked) == ["/a", "/a", "/b"]
    one, other = house.rows()
    assert one["sha256"] == other["sha256"]
    assert (one["mime"], one["name"], one["size"]) == ("image/png", "kettle.png", len(PNG))
    told = house.desk.store.read_now(
        lambda tx: tx.rows(select(events.c.case_id).where(events.c.type == service.KEPT))
    )
    assert len(told) == 2
    assert all(row["case_id"] for row in told)
    house.desk.receive(gone("m1"))
    house.desk.settle()
    house.fetch()
    assert house.files.read(one["sha256"]) == PNG
    house.desk.receive(gone("m2"))
    house.desk.settle()
    house.fetch()
    assert house.rows() == []
    assert house.files.read(one["sha256"]) is None


def test_what_is_not_what_it_says_is_refused_and_says_why(small_house: House) -> None:
    small_house.pictures.content = {
        "/page": (200, b"<script>alert(1)</script>"),
        "/big": (200, b"\x89PNG\r\n\x1a\n" + b"x" * 17_000_000),
    }
    small_house.say("m1", "/page", "/big", "/missing")
    small_house.fetch()
    assert small_house.states() == ["refused"] * 3
    whys = [row["why"] for row in small_house.rows()]
    assert ["not kept" in whys[0], "larger than 16 MB" in whys[1], "any more (404)" in whys[2]] == [True] * 3


def test_the_files_of_a_mail_are_taken_from_the_mail(house: House) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ana@example.com", "help@acme.example", "My kettle"
    mail.set_content("See the pictures")
    mail.add_attachment(PICTURE, maintype="image", subtype="png", filename="leak.png")
    mail.add_attachment(b"MZ\x90\0", maintype="application", subtype="pdf", filename="bill.pdf")
    raw = mail.as_bytes()
    desk = house.desk
    desk.store.write_now(
        lambda tx: tx.execute(
            insert(channels).values(id="mail", network="email", name="mail", created_at=NOW)
        )
    )
    message = write("<m1@x>", "See the pictures", attachments=read_bodies(read_mail(raw)).attachments)
    delivery = RawDelivery(transport="mailbox", body=raw, native_delivery_id="inbox/1/1")
    desk.store.write_now(intake.accept(desk.log, "mail", delivery, [message], desk.now))
    desk.settle()
    house.fetch()
    picture, program = house.rows()
    assert (picture["state"], picture["mime"], picture["name"]) == ("kept", "image/png", "leak.png")
    assert house.files.read(picture["sha256"]) == PICTURE
    assert (program["state"], "not kept" in program["why"]) == ("refused", True)


def test_a_link_into_the_own_network_is_not_followed(small_house: House) -> None:
    small_house.pictures.content = {"/a": (200, PNG)}
    small_house.say("m1", "/a")
    small_house.fetch(allow_private=False)
    assert small_house.states() == ["refused"]
    assert small_house.pictures.asked == []


def test_a_server_that_is_down_is_asked_again_as_long_as_the_link_lives(small_house: House) -> None:
    small_house.pictures.content = {"/a": (503, b"")}
    small_house.say("m1", "/a")
    for _ in range(40):
        small_house.fetch()
        small_house.desk.now = Instant(small_house.desk.now + 3 * HOUR)
    assert small_house.states() == ["refused"]
    assert 5 < len(small_house.pictures.asked) < 40
    assert "run out" in small_house.rows()[0]["why"]


def test_a_full_folder_fetches_no_more_and_says_so(small_house: House) -> None:
    small_house.pictures.content = {"/a": (200, PNG), "/b": (200, PNG + b"b")}
    small_house.say("m1", "/a")
    small_house.fetch()
    small_house.say("m2", "/b")
    small_house.fetch(megabytes=0)
    assert {row["state"]: "full" in row["why"] for row in small_house.rows()} == {
        "kept": False,
        "wanted": True,
    }


@given(
    st.integers(0, 40), st.integers(0, 10 * DAY), st.one_of(st.none(), st.integers(0, 10 * DAY)),
    st.one_of(st.none(), st.floats(0, 86_400)),
)  # fmt: skip
def test_a_next_try_is_later_and_before_the_link_ends(
    tries: int, age: int, until: int | None, after: float | None
) -> None:
    now = Instant(100 * DAY)
    made = now - age
    due = rules.next_try(tries, made, None if until is None else made + until, after, now)
    if due is not None:
        assert now < due < (made + rules.PATIENCE if until is None else made + until)


@pytest.mark.parametrize(
    ("name", "mime", "safe"),
    [
        ("../../etc/passwd", "text/plain", "etc_passwd.txt"),
        ("bill.pdf\u202egnp.exe", "application/pdf", "bill.pdf_gnp.exe.pdf"),
        ("", "image/png", "file.png"),
        ("photo.JPEG", "image/jpeg", "photo.JPEG"),
        ("a\r\nset-cookie: x", "text/plain", "a_set-cookie_ x.txt"),
        ("x" * 400, "image/png", "x" * 120 + ".png"),
    ],
)
def test_a_name_is_safe_to_save_under(name: str, mime: str, safe: str) -> None:
    assert rules.file_name(name, mime) == safe


def test_a_minute_is_left_before_a_link_ends() -> None:
    now = Instant(100 * DAY)
    assert rules.next_try(9, now, now + HOUR, None, now) == now + HOUR - MINUTE
    assert rules.next_try(9, now, now + MINUTE, None, now) is None
