"""Files that networks fetch: one signed address opens one file of one reply, for hours, and nothing else."""

import re
import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.kit.sharing import NO_ADDRESS
from earful.desk.attaching.public import RATES
from earful.desk.attaching.rules import Link, read_link, sign_link
from earful.desk.channels.service import Channel
from earful.desk.handoff import rules as handoff
from earful.model.desk import SendState
from earful.model.ids import new_id
from earful.model.message import Network
from earful.model.time import HOUR, MINUTE, Instant
from earful.web.ranges import UnsatisfiableError, asked_for
from tests.desk.attaching.conftest import Case, Place
from tests.desk.media.test_media import PICTURE

SECRET = "s" * 64
IDS = st.uuids().map(str)


def sent(case: Case, place: Place) -> str:
    """A reply with a file goes out; returns the path at which its network may fetch it."""
    case.add(place.kim, name="leck – neu.png")
    (file,) = case.files()
    case.reply(place.kim, file["id"])
    case.send()
    return path_of(case, file["id"])


def path_of(case: Case, file_id: str, channel_id: str = "") -> str:
    served = case.served
    whole = served.earful.file_address(channel_id or served.made.channel_id, file_id)
    assert whole.startswith(f"{served.settings.address}/f/")
    return whole.removeprefix(served.settings.address)


@given(IDS, IDS, st.integers(0, 2**40))
def test_a_link_says_what_was_signed_and_only_with_our_secret(file_id: str, channel_id: str, at: int) -> None:
    link = Link(file_id=file_id, channel_id=channel_id, expires_at=Instant(at * 1000))
    token = sign_link(SECRET, link)
    assert re.fullmatch(r"[A-Za-z0-9_-]{72}", token)
    assert read_link(SECRET, token) == link
    assert read_link(SECRET[1:] + "t", token) is None
    assert handoff.read_link(SECRET, token) is None


@given(st.data(), st.text("0aZ_-"))
def test_no_other_letter_opens_anything(data: st.DataObject, more: str) -> None:
    link = Link(file_id=str(uuid.UUID(int=1)), channel_id=str(uuid.UUID(int=2)), expires_at=Instant(9_000))
    token = sign_link(SECRET, link)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("Aa0_-").filter(lambda letter: letter != token[at]))
    for wrong in (
        f"{token[:at]}{other}{token[at + 1 :]}",
        token[:at],
        more,
        f"{token}{more}A",
        "é" + token[1:],
    ):
        assert read_link(SECRET, wrong) is None


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None), ("bytes=0-3", range(4)), ("bytes=2-", range(2, 10)), ("bytes=-4", range(6, 10)),
        ("bytes=-40", range(10)), ("bytes=8-99", range(8, 10)), ("bytes=0-1,4-5", None), ("bytes=5-2", None),
        ("lines=0-3", None), ("bytes=-", None), ("bytes=9-9", range(9, 10)),
    ],
)  # fmt: skip
def test_one_range_of_bytes_is_read(header: str, found: range | None) -> None:
    assert asked_for(header, 10) == found


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_of_nothing_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        asked_for(header, 10)


def test_a_network_fetches_the_exact_bytes_without_anything_else(either: Place) -> None:
    case = Case(either)
    path, network = sent(case, either), either.served.client()
    whole = network.get(path)
    assert (whole.status_code, whole.content) == (200, PICTURE)
    told = whole.headers
    assert told["content-type"] == "image/png"
    assert told["content-disposition"] == "attachment; filename*=UTF-8''leck%20%E2%80%93%20neu.png"
    assert told["cache-control"] == "private, no-store"
    assert told["x-content-type-options"] == "nosniff"
    assert "noindex" in told["x-robots-tag"]
    assert "sandbox" in told["content-security-policy"]
    assert "set-cookie" not in told
    head = network.request("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in ("content-length", "content-type", "etag")} == {
        name: told[name] for name in ("content-length", "content-type", "etag")
    }
    part = network.get(path, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, PICTURE[4:8])
    assert part.headers["content-range"] == f"bytes 4-7/{len(PICTURE)}"
    fresh = network.get(path, headers={"range": "bytes=4-7", "if-range": '"another"'})
    assert (fresh.status_code, fresh.content) == (200, PICTURE)
    beyond = network.get(path, headers={"range": f"bytes={len(PICTURE)}-"})
    assert (beyond.status_code, beyond.content) == (416, b"")


def test_an_address_ends(place: Place) -> None:
    case = Case(place)
    path, served = sent(case, place), place.served
    served.ahead += served.settings.file_link_hours * HOUR - MINUTE
    assert served.client().get(path).status_code == 200
    served.ahead += 2 * MINUTE
    gone = served.client().get(path)
    assert (gone.status_code, gone.content) == (404, b"")
    served.ahead -= served.settings.file_link_hours * HOUR


def test_no_file_is_served_that_does_not_go_out_there(either: Place) -> None:
    case, network = Case(either), either.served.client()
    case.add(either.kim)
    (file,) = case.files()
    path = path_of(case, file["id"])
    assert network.get(path).status_code == 404, "a draft is nobody's"
    case.reply(either.kim, file["id"])
    (reply,) = case.replies()
    assert network.get(path).status_code == 200
    elsewhere = path_of(case, file["id"], new_id(either.served.now()))
    assert network.get(elsewhere).status_code == 404, "another channel's"
    either.kim.post(f"/outbox/{reply['id']}/cancel")
    assert case.replies()[0]["state"] == SendState.CANCELLED
    assert network.get(path).status_code == 404, "it was taken back"
    assert network.get(path_of(case, new_id(either.served.now()))).status_code == 404


def test_guessing_is_told_nothing_and_slowed_down(place: Place) -> None:
    case = Case(place)
    path, stranger = sent(case, place), place.served.client()
    answers = [stranger.get(f"/f/{'x' * 72}") for _ in range(RATES["guessed file"][0] + 1)]
    assert {one.status_code for one in answers[:-1]} == {404}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert all(one.content == b"" for one in answers)
    assert stranger.get(path).status_code == 200, "a network beside who guesses is served"


@pytest.mark.parametrize(
    ("settings", "api", "reached"),
    [
        ({}, "https://api.twilio.com", False),
        ({"public_url": "https://desk.example.test"}, "https://api.twilio.com", True),
        ({"public_url": "http://desk.example.test"}, "https://api.twilio.com", False),
        ({"allow_private_addresses": True}, "https://api.twilio.com", False),
        ({"allow_private_addresses": True}, "http://127.0.0.1:9/sms", True),
    ],
)
def test_files_go_where_the_network_can_reach_us(
    place: Place, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], api: str, reached: bool
) -> None:
    earful = place.served.earful
    monkeypatch.setattr(earful, "settings", msgspec.structs.replace(earful.settings, **settings))
    channel = Channel(
        id=new_id(place.served.now()), network=Network.SMS, name="number", handle="", enabled=True, connected=True,
        settings={"number": "+15550001111", "account": "AC1", "api": api}, created_at=0, last_alive_at=None,
        last_received_at=None, trouble="", trouble_at=None,
    )  # fmt: skip
    can = earful._connect(channel, {"auth_token": "long enough"}).capabilities
    assert (can.private_files is not None) is reached
    assert can.no_files == ("" if reached else NO_ADDRESS)
    assert "public_url" in NO_ADDRESS
