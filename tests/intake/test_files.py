"""Files: every fault named by its line, nothing half-imported, and what is known is passed over."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from earful.intake import files
from earful.model.message import Direction, MessageKind, Visibility
from earful.store.tables import cases, deliveries, messages
from earful.store.tx import Row
from tests.conftest import Desk, write

OURS = ("help@acme.example",)


def take(desk: Desk, path: Path, *, keep_going: bool = False, format_: str = "") -> files.Imported:
    kind = format_ or files.FORMATS[path.suffix]
    return files.import_file(
        desk.store,
        desk.log,
        desk.channel,
        path,
        format_=kind,
        keep_going=keep_going,
        now=desk.now,
        own_addresses=OURS,
    )


def kept(desk: Desk) -> dict[str, Row]:
    rows = desk.store.read_now(lambda tx: tx.rows(select(messages)))
    return {row["native_id"]: row for row in rows}


def line(native_id: str, text: str = "hello", **more: Any) -> str:
    said = {
        "native_id": native_id,
        "occurred_at": "2026-11-20T09:00:00Z",
        "author": {"native_id": "ana"},
        "text": text,
    }
    return json.dumps(said | more)


def test_jsonl_in_our_own_shape_and_in_that_of_exports(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    exported = {
        "tweet_id": "t2",
        "author": "@ben",
        "text": "wo ist es?",
        "created_at": "2026-11-20 10:00:00",
        "in_reply_to": "t1",
    }
    lines = [
        "\ufeff" + line("t1", "caf\u00e9 \U0001f600"),
        "",
        json.dumps(exported),
        line("t3", change="delete", author=None),
    ]
    path.write_text("\r\n".join(lines), encoding="utf-8")
    done = take(desk, path)
    assert (done.read, done.accepted, done.changed, done.faults) == (3, 2, 1, [])
    desk.settle()
    found = kept(desk)
    assert found["t1"]["text"] == "café 😀"
    assert found["t2"]["parent_native_id"] == "t1"
    assert found["t3"]["deleted_at"] is not None
    assert found["t1"]["backfill"]
    assert found["t1"]["conversation_id"] == found["t2"]["conversation_id"]


BROKEN = [
    line("a"),
    "{not json",
    line("b"),
    "[]",
    '{"text": "no id"}',
    line("c", occurred_at="2026-11-20T09:00:00"),
    "\xff",
    line("d"),
]


def test_a_broken_file_is_refused_whole_and_names_its_lines(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes("\n".join(BROKEN).encode("latin-1"))
    with pytest.raises(
        files.FileRefusedError, match="5 of 8 items cannot be imported; nothing was"
    ) as refused:
        take(desk, path)
    assert [fault.line for fault in refused.value.faults] == [2, 4, 5, 6, 7]
    assert "time zone" in refused.value.faults[3].detail
    assert kept(desk) == {}
    assert desk.store.read_now(lambda tx: tx.rows(select(deliveries))) == []


def test_keep_going_leaves_out_the_faulty_lines_only(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes("\n".join(BROKEN).encode("latin-1"))
    done = take(desk, path, keep_going=True)
    assert (done.accepted, [fault.line for fault in done.faults]) == (3, [2, 4, 5, 6, 7])
    assert set(kept(desk)) == {"a", "b", "d"}


def test_the_same_file_again_brings_nothing_new(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text("\n".join(line(f"m{number}") for number in range(1_200)))
    assert take(desk, path).accepted == 1_200
    again = take(desk, path)
    assert (again.accepted, again.duplicates) == (0, 1_200)
    assert len(kept(desk)) == 1_200


def test_an_import_that_was_cut_off_is_finished_by_the_next(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text("\n".join(line(f"m{number}") for number in range(1_200)))

    class Cut(Exception):
        pass

    def cut(_bytes: int) -> None:
        if len(kept(desk)) >= files.BATCH:
            raise Cut

    with pytest.raises(Cut):
        files.import_file(
            desk.store,
            desk.log,
            desk.channel,
            path,
            format_="jsonl",
            keep_going=False,
            now=desk.now,
            progress=cut,
        )
    before = len(kept(desk))
    assert 0 < before < 1_200
    done = take(desk, path)
    assert (done.accepted, done.duplicates) == (1_200 - before, before)


def test_the_same_message_by_file_and_by_webhook_is_one(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text("\n".join([line("m1", "My kettle"), line("m2", "only in the file")]))
    desk.receive(write("m1", "My kettle"))
    done = take(desk, path)
    assert (done.accepted, done.duplicates) == (1, 1)
    receipt = desk.receive(write("m2", "only in the file"))
    assert receipt.duplicates == 1
    desk.settle()
    assert len(kept(desk)) == 2
    assert len(desk.store.read_now(lambda tx: tx.rows(select(cases)))) == 2


def test_half_surrogates_and_nul_in_a_file_are_kept_as_marks(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(
        '{"native_id":"o1","occurred_at":"2026-11-20T09:00:00Z","author":{"native_id":"a\\u0000b"},"text":"x\\ud83d y\\u0000"}'  # noqa: E501 - one row of a table
    )
    assert take(desk, path).accepted == 1
    desk.settle()
    assert kept(desk)["o1"]["text"] == "x\ufffd y\ufffd"
    assert kept(desk)["o1"]["case_id"]


CSVS = {
    "commas": 'id,author,text,created_at\n1,ana,"hello, you",2026-11-20T09:00:00Z\n2,ben,hi,2026-11-20\n',
    "semicolons": "id;author;text;created_at\n1;ana;hello, you;2026-11-20T09:00:00Z\n2;ben;hi;1795132800\n",
    "tabs": "id\tauthor\ttext\tcreated_at\n1\tana\thello, you\t2026-11-20T09:00:00Z\n2\tben\thi\tFri Nov 20 09:00:00 +0000 2026\n",  # noqa: E501 - one row of a table
    "windows": '\ufeffid,author,text,created_at\r\n1,ana,"hello, you",2026-11-20T09:00:00Z\r\n2,ben,hi,2026-11-20\r\n',
}


@pytest.mark.parametrize("text", CSVS.values(), ids=CSVS.keys())
def test_csv_as_programs_write_it(small_desk: Desk, tmp_path: Path, text: str) -> None:
    path = tmp_path / "said.csv"
    path.write_bytes(text.encode())
    assert take(small_desk, path).accepted == 2
    assert kept(small_desk)["1"]["text"] == "hello, you"


def test_csv_names_lines_also_behind_a_text_of_several(small_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.csv"
    rows = [
        "id,author,text,created_at",
        '1,ana,"first',
        'second",2026-11-20',
        "2,,no author,2026-11-20",
        "3,ben,bad time,soon",
        "4,ben,too,2026-11-20,many",
    ]
    path.write_text("\n".join(rows))
    with pytest.raises(files.FileRefusedError) as refused:
        take(small_desk, path)
    assert [(fault.line, fault.detail.split(":")[0][:14]) for fault in refused.value.faults] == [
        (4, "no author"), (5, "the time 'soon"), (6, "more columns t"),
    ]  # fmt: skip
    assert kept(small_desk) == {}


def test_csv_that_is_not_utf_8_is_kept_with_marks(small_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.csv"
    path.write_bytes("id,author,text,created_at\n1,ana,caf\u00e9,2026-11-20\n".encode("latin-1"))
    assert take(small_desk, path).accepted == 1
    assert kept(small_desk)["1"]["text"] == "caf\ufffd"


def test_csv_tells_the_companys_own_answers(small_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.csv"
    path.write_text(
        "id,author,text,created_at,inbound,in_reply_to\n1,ana,Where?,2026-11-20,True,\n2,acme,Here!,2026-11-21,False,1\n"
    )
    take(small_desk, path)
    small_desk.settle()
    found = kept(small_desk)
    assert (found["2"]["direction"], found["2"]["case_id"]) == (Direction.OUTBOUND, found["1"]["case_id"])


MAIL = """From: Ana <ana@example.test>
To: help@acme.example
Subject: =?utf-8?q?Rechnung_f=C3=BCr?= 2210
Message-ID: <m1@example.test>
Date: Fri, 20 Nov 2026 09:00:00 +0000
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

Zu teuer f\xfcr mich.
>From here on it is quoted.
"""
ANSWER = """From: help@acme.example
To: ana@example.test
Subject: Re: Rechnung
Message-ID: <m2@acme.example>
In-Reply-To: <m1@example.test>
Date: Fri, 20 Nov 2026 10:00:00 +0000

We look into it.
"""


def test_an_mbox_is_read_as_the_mail_channel_reads_mail(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "old.mbox"
    path.write_bytes(
        b"From ana@example.test Fri Nov 20 09:00:00 2026\n" + MAIL.encode("latin-1")
        + b"\nFrom help@acme.example Fri Nov 20 10:00:00 2026\n" + ANSWER.encode()
    )  # fmt: skip
    assert take(desk, path).accepted == 2
    desk.settle()
    first, second = sorted(kept(desk).values(), key=lambda row: row["occurred_at"])
    assert (first["subject"], first["kind"]) == ("Rechnung für 2210", MessageKind.EMAIL)
    assert "Zu teuer für mich." in first["text"]
    assert "From here on" in first["text"]
    assert first["visibility"] == Visibility.DIRECT
    assert (second["direction"], second["case_id"]) == (Direction.OUTBOUND, first["case_id"])
    assert take(desk, path).duplicates == 2


def test_one_mail_is_a_file_of_its_own(small_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_bytes(MAIL.encode("latin-1"))
    assert take(small_desk, path).accepted == 1
    assert take(small_desk, path).duplicates == 1


NO_MAIL = {
    "no.mbox": (b"hello\nthere\n", 1, "From line"),
    "head.mbox": (b"From x Fri Nov 20 09:00:00 2026\nno header here\n\ntext\n", 1, "no header"),
    "no.eml": (b"just text\n", 1, "no header"),
}


@pytest.mark.parametrize("name", NO_MAIL)
def test_what_is_no_mail_is_said_to_be_none(small_desk: Desk, tmp_path: Path, name: str) -> None:
    content, at, words = NO_MAIL[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(files.FileRefusedError) as refused:
        take(small_desk, path)
    assert [fault.line for fault in refused.value.faults] == [at]
    assert words in refused.value.faults[0].detail


@pytest.mark.parametrize("name", ["empty.jsonl", "empty.csv", "empty.mbox"])
def test_an_empty_file_brings_nothing(small_desk: Desk, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    assert take(small_desk, path).read == 0


def test_a_format_that_nobody_knows_is_refused(small_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(files.FileRefusedError, match="choose one of csv, eml, google-plus, jsonl, mbox"):
        take(small_desk, path, format_="xlsx")


def test_progress_never_goes_back(small_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text("\n".join(line(f"m{number}") for number in range(1_100)))
    seen: list[int] = []
    files.import_file(
        small_desk.store, small_desk.log, small_desk.channel, path, format_="jsonl", keep_going=False,
        now=small_desk.now, progress=seen.append,
    )  # fmt: skip
    assert seen == sorted(seen)
    assert seen[-1] == 2 * path.stat().st_size
