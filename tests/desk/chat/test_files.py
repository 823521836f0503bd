"""Files in the chat: what visitors send, who sees it, and with which headers."""

import asyncio
import uuid
from typing import Any

from sqlalchemy import func, select

from earful.model.time import DAY
from earful.store.tables import cases, media
from tests.desk.chat.conftest import Shop
from tests.desk.chat.visitor import Visitor, kept
from tests.desk.media.test_media import PNG


def send_up(visitor: Visitor, content: bytes, name: str = "kettle.png") -> Any:
    return visitor.ask("POST", "/files", content=content, headers={"x-file-name": name})


def test_a_picture_is_seen_by_the_agent_and_by_nobody_else(shop: Shop) -> None:
    served, channel = shop.served, shop.channel
    ana, ben = shop.visitor(), shop.visitor()
    made = send_up(ana, PNG).json()
    assert made | {"id": ""} == {"id": "", "name": "kettle.png", "mime": "image/png", "size": len(PNG)}
    assert ana.write("", files=[made["id"]]).status_code == 200
    agent = served.signed_in()
    case = served.case_of(kept(served, channel)[0]["id"])
    number = served.value(select(cases.c.number).where(cases.c.id == case))
    page = agent.get(f"/inbox/case/{number}?view=all")
    assert f'src="/media/{made["id"]}"' in page.text
    assert 'alt="Picture from Visitor' in page.text
    shown = agent.get(f"/media/{made['id']}")
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert ana.ask("GET", f"/files/{made['id']}").content == PNG
    ben.write("Hello")
    assert ben.ask("GET", f"/files/{made['id']}").status_code == 404
    assert served.client().get(f"/media/{made['id']}").status_code in (303, 401)
    assert [row["text"] for row in kept(served, channel)] == ["", "Hello"]


def test_a_document_is_saved_and_never_opened_here(shop: Shop) -> None:
    ana = shop.visitor()
    made = send_up(ana, b"%PDF-1.7 <script>", "bill.html").json()
    shown = ana.ask("GET", f"/files/{made['id']}")
    assert shown.headers["content-type"] == "application/octet-stream"
    assert shown.headers["content-disposition"] == "attachment; filename*=UTF-8''bill.html.pdf"


REFUSED = [
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 422),
    (b"MZ\x90\0", 422),
    (b"", 422),
    (b"\0\0\0\x20ftypisom", 422),
    (PNG + b"x" * 8_400_000, 413),
]


def test_what_may_not_be_sent_is_refused_with_words(shop: Shop) -> None:
    for content, status in REFUSED:
        answer = send_up(shop.visitor(), content)
        assert answer.status_code == status, content[:20]
        assert answer.json()["detail"]
    assert shop.served.value(select(func.count()).where(media.c.channel_id == shop.channel.id)) == 0


def test_who_comes_anew_for_each_file_is_stopped(shop: Shop) -> None:
    answers = [send_up(shop.visitor(), b"hello").status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]


def test_a_file_of_another_cannot_be_said(shop: Shop) -> None:
    channel = shop.channel
    ana, ben = shop.visitor(), shop.visitor()
    made = send_up(ana, PNG).json()
    assert ben.write("", files=[made["id"]]).status_code == 403
    assert ben.write("Look", files=[made["id"], str(uuid.uuid4())]).status_code == 200
    assert '"attachments"' not in kept(shop.served, channel)[0]["data"]


def test_what_nothing_was_said_with_goes_after_a_day(shop: Shop) -> None:
    ana = shop.visitor()
    said, left = (send_up(ana, PNG + letter).json()["id"] for letter in (b"a", b"b"))
    ana.write("This one", files=[said])
    shop.served.ahead += DAY + 1
    while asyncio.run(shop.served.earful.fetcher.some()):
        continue
    query = select(media.c.id).where(media.c.channel_id == shop.channel.id)
    assert [row["id"] for row in shop.served.rows(query)] == [said]
    assert left != said
