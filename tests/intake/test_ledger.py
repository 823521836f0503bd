"""What networks push: proved, kept raw, read after, and read again; what every channel's ledger says of it."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from earful.channels.telegram.hook import HEADER
from earful.channels.telegram.settings import TelegramSecrets
from earful.cli import main
from earful.desk.channels import service as channels
from earful.desk.users.rules import Permission
from earful.intake.ledger.rules import time_left
from earful.model.message import Network
from earful.model.time import Instant
from earful.store.audit import EARFUL
from earful.store.tables import deliveries, messages, oddities, refusals
from tests.served import Served

TOKEN = "123456:abcdefghijkl"
SECRET = TelegramSecrets(token=TOKEN).secret_token


@pytest.fixture
def desk(small_served: Served) -> Served:
    now = small_served.now()
    if small_served.store.read_now(lambda tx: channels.find(tx, "bot")) is None:
        small_served.write(
            lambda tx: channels.create(
                tx, small_served.earful.vault, EARFUL, network=Network.TELEGRAM, name="bot",
                settings={"receive": "webhook"}, secrets={"token": TOKEN}, now=now,
            )
        )  # fmt: skip
    return small_served


def update(number: int, text: str, **more: object) -> bytes:
    said = {"message_id": number, "date": 1_790_000_000, "chat": {"id": 7, "type": "private"}, "text": text}
    return msgspec.json.encode(
        {"update_id": number, "message": said | {"from": {"id": 7, "first_name": "Ana"}} | more}
    )


def push(desk: Served, body: bytes, secret: str = SECRET) -> int:
    headers = {HEADER: secret, "content-type": "application/json"} if secret else {}
    return desk.program().post("/hooks/bot", content=body, headers=headers).status_code


def read(desk: Served) -> None:
    while desk.earful.reader.read_some():
        pass
    desk.settle()


def test_what_is_proved_is_kept_and_read_and_what_is_not_is_only_counted(desk: Served) -> None:
    assert push(desk, update(1, "My grinder hums")) == 200
    waiting = desk.rows(select(deliveries).where(deliveries.c.state == "waiting"))
    assert [bytes(row["body"]) for row in waiting] == [update(1, "My grinder hums")]
    for wrong in ("", "x", SECRET[:-1], SECRET.upper()):
        assert push(desk, update(2, "Let me in"), wrong) == 401
    read(desk)
    texts = [row["text"] for row in desk.rows(select(messages.c.text))]
    assert "My grinder hums" in texts
    assert "Let me in" not in texts
    counted = {
        row["reason"]: row["count"] for row in desk.rows(select(refusals)) if row["place"] == "hooks/bot"
    }
    assert counted == {"missing_header": 1, "no_match": 3}


def test_garbage_is_kept_named_counted_and_holds_up_nobody(desk: Served) -> None:
    for body in (b"", b"[[[[", b'{"update_id": "x"}', b"\xff\xfe", b"{" * 5_000, update(10, "In between")):
        assert push(desk, body) == 200
    read(desk)
    unread = desk.rows(select(deliveries).where(deliveries.c.state == "unread"))
    assert len(unread) == 5
    assert all(row["why"] for row in unread)
    odd = desk.rows(select(oddities).where(oddities.c.kind == "unreadable"))
    assert odd[0]["count"] == 5
    assert "In between" in [row["text"] for row in desk.rows(select(messages.c.text))]
    page = desk.signed_in().get(f"/channels/{unread[0]['channel_id']}").text
    assert "Kept, but not understood" in page
    assert "Read again" in page


def test_read_again_brings_nothing_twice_and_what_a_new_version_understands(desk: Served) -> None:
    push(desk, update(20, "First"))
    push(desk, msgspec.json.encode({"update_id": 21, "message": {"message_id": 21, "text": "no date"}}))
    read(desk)
    before = desk.kept()
    row = desk.rows(select(deliveries).where(deliveries.c.why.contains("message of a new shape")))[0]
    # A later version would read the same bytes; here the bytes become what this one reads.
    desk.write(
        lambda tx: tx.execute(
            deliveries.update().where(deliveries.c.id == row["id"]).values(body=update(21, "Now"))
        )
    )
    admin = desk.signed_in()
    answer = admin.post(f"/channels/{row['channel_id']}/read-again")
    assert answer.status_code in (200, 302, 303), answer.text[:200]
    read(desk)
    assert desk.kept() == before + 1
    assert desk.rows(select(deliveries.c.state).where(deliveries.c.id == row["id"]))[0]["state"] == "read"


def test_programs_read_the_ledger_with_the_scope_for_it(desk: Served) -> None:
    answer = desk.program().get("/api/v1/channels", headers=desk.token(Permission.HEALTH_READ))
    found = {one["name"]: one for one in answer.json()}
    assert found["bot"]["network"] == "telegram"
    assert "ledger" in found["bot"] or found["bot"]["health"]
    assert (
        desk.program().get("/api/v1/channels", headers=desk.token(Permission.CASES_READ)).status_code == 403
    )


@pytest.mark.parametrize(
    ("alive", "kept", "gap", "left"),
    [
        (None, 60, None, None),
        (0, None, None, None),
        (0, 60, None, 50_000),
        (5_000, 60, 1_000, 51_000),
        (0, 5, None, 0),
    ],
)
def test_the_time_until_messages_are_lost(
    alive: int | None, kept: int | None, gap: int | None, left: int | None
) -> None:
    assert time_left(alive, kept, Instant(10_000), gap_since=gap) == left


def test_the_command_lists_and_reparses(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(main, ["channels", "--data", str(tmp_path / "none")]).exit_code != 0
    (tmp_path / "earful.sqlite3").touch()
    listed = runner.invoke(main, ["channels", "--json", "--data", str(tmp_path)])
    assert listed.output.strip().endswith("[]")
    unknown = runner.invoke(main, ["channels", "reparse", "--channel", "x", "--data", str(tmp_path)])
    assert "no channel named x" in unknown.output
    done = runner.invoke(main, ["channels", "reparse", "--since", "2026-11-01", "--data", str(tmp_path)])
    assert "0 deliveries" in done.output
