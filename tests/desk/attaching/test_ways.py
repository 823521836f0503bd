"""Files put to a reply by plain forms, and by programs."""

from typing import Any

from sqlalchemy import select

from earful.desk.users.rules import Permission
from earful.store.tables import drafts
from tests.desk.attaching.conftest import Case, Place
from tests.desk.media.test_media import PICTURE


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
