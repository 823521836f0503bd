"""Archives of a network that is no more: once, as history, with every broken file by its name."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import select

from earful.intake import files
from earful.intake.files import FileRefusedError
from earful.intake.importers import google_plus
from earful.intake.rules import problem_of
from earful.model.time import Instant
from earful.store.tables import automation_runs, cases, messages
from tests.channels.garbage import few, objects
from tests.conftest import Desk

POST = {
    "url": "https://plus.google.com/+Ana/posts/a1", "creationTime": "2018-10-12 20:59:27-0400",
    "author": {"displayName": "Ana Pell", "resourceName": "users/101"},
    "content": "<b>Brewline</b> sent me the wrong grinder.<script>alert(1)</script>",
    "resourceName": "users/101/posts/a1",
    "plusOnes": [{}, {}],
    "comments": [
        {
            "creationTime": "2018-10-13 09:00:00+0000",
            "author": {"displayName": "Brewline", "resourceName": "users/9"},
            "content": "Sorry! A new one is on its way.", "resourceName": "users/101/posts/a1/comments/c1",
        },
        {"creationTime": "2018-10-13 10:00:00+0000", "content": "Same here", "resourceName": "c2", "author": {}},
    ],
    "postAcl": {"visibleToStandardAcl": {"circles": [{"type": "CIRCLE_TYPE_PUBLIC"}]}},
}  # fmt: skip
ACTIVITY = {
    "kind": "plus#activity", "id": "z12", "published": "2017-03-01T08:00:00.000Z", "url": "https://plus.google.com/x",
    "actor": {"id": "102", "displayName": "Ben"},
    "object": {"content": "Is the shop open?", "plusoners": {"totalItems": 3}},
    "access": {"items": [{"type": "circle"}]},
}  # fmt: skip
REPLY = {
    "kind": "plus#comment", "id": "z12.1", "published": "2017-03-01T09:00:00.000Z", "inReplyTo": [{"id": "z12"}],
    "actor": {"id": "9", "displayName": "Brewline"}, "object": {"content": "Until six."},
}  # fmt: skip


def archive(folder: Path) -> Path:
    posts = folder / "Takeout" / "Posts"
    posts.mkdir(parents=True)
    (posts / "20181012.json").write_text(json.dumps(POST))
    (posts / "activities.json").write_text(json.dumps({"items": [ACTIVITY, REPLY]}))
    (posts / "broken.json").write_text("{")
    (posts / "nameless.json").write_text(
        json.dumps({"creationTime": "2018-10-12 20:59:27-0400", "content": "?"})
    )
    (posts / "photo.jpg").write_bytes(b"\xff\xd8")
    (folder / "Takeout" / "Profile.json").write_text(json.dumps({"name": "Ana"}))
    return folder / "Takeout"


def take(desk: Desk, path: Path, *, keep_going: bool = True) -> files.Imported:
    kind = files.format_of(path)
    assert kind == "google-plus"
    return files.import_file(
        desk.store, desk.log, desk.channel, path, format_=kind, keep_going=keep_going, now=desk.now,
        own_addresses=("9",),
    )  # fmt: skip


def test_an_archive_is_brought_in_once_as_history(small_desk: Desk, tmp_path: Path) -> None:
    folder = archive(tmp_path)
    with pytest.raises(FileRefusedError) as refused:
        take(small_desk, folder, keep_going=False)
    assert [one.detail.partition(":")[0] for one in refused.value.faults] == [
        "Posts/broken.json", "Posts/nameless.json",
    ]  # fmt: skip
    done = take(small_desk, folder)
    assert (done.accepted, done.duplicates, len(done.faults)) == (5, 0, 2)
    zipped = tmp_path / "takeout.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
        for one in folder.rglob("*.json"):
            file.write(one, one.relative_to(folder))
    again = take(small_desk, zipped)
    assert (again.accepted, again.changed, again.duplicates) == (0, 0, 5)
    small_desk.settle()
    rows = {row["native_id"]: row for row in small_desk.store.read_now(lambda tx: tx.rows(select(messages)))}
    assert all(row["backfill"] for row in rows.values())
    post, ours, stranger = rows["users/101/posts/a1"], rows["users/101/posts/a1/comments/c1"], rows["c2"]
    assert post["text"].startswith("Brewline sent me the wrong grinder.")
    assert "<script" not in post["text"]
    assert (post["visibility"], rows["z12"]["visibility"]) == ("public", "followers")
    assert (ours["direction"], ours["case_id"]) == ("outbound", post["case_id"])
    assert stranger["direction"] == "inbound"
    assert '"unknown:c2"' in stranger["author"]
    assert (rows["z12.1"]["direction"], rows["z12.1"]["thread"]) == ("outbound", "z12")
    assert small_desk.store.read_now(lambda tx: tx.rows(select(cases)))
    assert not small_desk.store.read_now(lambda tx: tx.rows(select(automation_runs)))


def test_what_is_no_archive_is_named(small_desk: Desk, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(FileRefusedError) as refused:
        take(small_desk, wrong, keep_going=False)
    assert "wrong.zip: not a zip file" in refused.value.faults[0].detail


def test_a_bomb_is_read_no_further_than_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_plus, "LARGEST", 1_000_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("posts.json", b"[" + b" " * 5_000_000 + b"]")
    (item,) = google_plus.read(str(bomb), frozenset())
    assert item.fault == "posts.json: larger than 1 MB"


@few
@given(objects([*POST, *ACTIVITY, *REPLY, "items", "displayName"]))
def test_no_file_breaks_the_reader(found: dict[str, Any]) -> None:
    folder = {"creationTime": "2018-10-12 20:59:27-0400"} | found
    reading = google_plus._Reading(frozenset())
    for item in google_plus._file("x.json", json.dumps(folder).encode(), reading):
        assert item.fault or item.message is not None
        if item.message is not None:
            problem_of(item.message, Instant(1_795_000_000_000))
