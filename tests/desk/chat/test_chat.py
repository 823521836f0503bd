"""A visitor and an agent in the web chat, over the real application on both databases."""

import uuid

import msgspec
from sqlalchemy import func, select

from earful.model.message import Actor, MessageKind, Visibility
from earful.model.time import MINUTE
from earful.store.tables import cases, chat_visitors, media, outbox
from tests.desk.chat.conftest import Shop
from tests.desk.chat.visitor import ORIGIN, Visitor, answer, connect, kept
from tests.served import Served

ONE, TWO = str(uuid.uuid4()), str(uuid.uuid4())


def test_what_a_visitor_writes_becomes_a_case_and_the_answer_stands_in_the_chat(served: Served) -> None:
    channel, ana = connect(served), Visitor(served)
    assert ana.open() == {
        "lines": [], "place": 0, "known": False, "signed": False, "name": "", "email": "", "renew": False,
        "fault": "",
        "elsewhere": "",
    }  # fmt: skip
    assert ana.write("My kettle leaks").status_code == 200
    first = kept(served, channel)[0]
    assert (first["kind"], first["visibility"]) == (MessageKind.CHAT, Visibility.DIRECT)
    name = answer(served, first, "A new one is on its way")
    lines = ana.open()["lines"]
    assert [(one["text"], one["ours"]) for one in lines] == [
        ("My kettle leaks", False),
        ("A new one is on its way ^KD", True),
    ]
    assert lines[1] | {"at": 0} == {
        "id": name, "ours": True, "name": "Kim Doe", "text": "A new one is on its way ^KD", "at": 0,
        "files": [], "unread": True,
    }  # fmt: skip
    file = ana.ask("POST", "/files", content=b"My address", headers={"x-file-name": "a.txt"}).json()["id"]
    ana.write("Thank you", files=[file])
    last = kept(served, channel)[-1]["id"]
    assert served.value(select(media.c.message_id).where(media.c.id == file)) == last
    assert served.value(select(func.count()).select_from(cases)) == 1


def test_the_same_message_sent_again_is_one_message(shop: Shop) -> None:
    served, channel, ana = shop.served, shop.channel, shop.visitor()
    for _ in range(3):
        assert ana.write("Only once", id=ONE).status_code == 200
    ana.write("And then this", id=TWO)
    assert [row["text"] for row in kept(served, channel)] == ["Only once", "And then this"]
    assert ana.sees() == ["Only once", "And then this"]


def test_nobody_reads_the_chat_of_another(shop: Shop) -> None:
    other = Shop(shop.served)
    ana, ben = shop.visitor(), shop.visitor()
    ana.write("My order is A-12345")
    ben.write("Hello")
    assert ben.sees() == ["Hello"]
    same_key_elsewhere = other.visitor(ana.key)
    assert same_key_elsewhere.ask("GET", "/messages").status_code == 401
    assert shop.visitor("short").ask("GET", "/messages").status_code == 401


def test_what_was_missed_is_told_from_the_last_place(shop: Shop) -> None:
    channel, ana = shop.channel, shop.visitor()
    ana.write("One")
    place = ana.open()["place"]
    shop.served.ahead += 10 * MINUTE
    ana.write("Two")
    assert ana.sees(after=place + 5 * MINUTE) == ["Two"]
    assert ana.sees() == ["One", "Two"]
    assert len(kept(shop.served, channel)) == 2


def test_answers_are_delivered_and_read_as_the_page_says(shop: Shop) -> None:
    served, channel, ana = shop.served, shop.channel, shop.visitor()
    ana.write("Where is my order?")
    name = answer(served, kept(served, channel)[0], "On its way")
    state = select(outbox.c.state).where(outbox.c.id == name)
    for said, stands in (("delivered", "delivered"), ("read", "read"), ("delivered", "read")):
        told = ana.ask("POST", "/receipts", json={"ids": [name, "made-up"], "state": said})
        assert told.status_code == 204
        served.settle()
        assert served.value(state) == stands
    assert ana.open()["lines"][1]["unread"] is False
    ben = shop.visitor()
    ben.write("I am somebody else")
    assert ana.ask("POST", "/receipts", json={"ids": [name], "state": "eaten"}).status_code == 422


def test_a_name_or_an_address_that_was_typed_is_shown_but_proves_nothing(shop: Shop) -> None:
    channel, ana = shop.channel, shop.visitor()
    ana.write("Hello", name="Ana <b>", email="ana@example.com")
    author = msgspec.json.decode(kept(shop.served, channel)[0]["author"], type=Actor)
    assert (author.name, author.alt_ids) == ("Ana <b>", {})
    assert (
        shop.served.value(select(chat_visitors.c.email).where(chat_visitors.c.channel_id == shop.channel.id))
        == "ana@example.com"
    )


BAD = [
    (b"{", 422),
    (b"[" * 100_000, 413),
    (b'{"id":"x","text":"hi"}', 422),
    (b'{"id":"%b","text":"  "}' % ONE.encode(), 422),
    (b'{"id":"%b","text":"%b"}' % (ONE.encode(), b"a" * 10_001), 422),
    (b'{"id":"%b","text":"hi","email":"nobody"}' % ONE.encode(), 422),
    (b'{"id":"%b","text":"hi","website":"http://spam.example"}' % ONE.encode(), 422),
    (b'{"id":"%b","text":7}' % ONE.encode(), 422),
    (b"\xff\xfe", 422),
]


def test_bad_input_is_refused_with_words_and_keeps_nothing(shop: Shop) -> None:
    channel, ana = shop.channel, shop.visitor()
    for body, status in BAD:
        said = ana.ask("POST", "/messages", content=body)
        assert said.status_code == status, said.text
        assert any(words in said.text for words in ("nothing was sent", "not sent", "Write something"))
    assert kept(shop.served, channel) == []
    assert shop.served.value(select(func.count()).where(chat_visitors.c.channel_id == shop.channel.id)) == 0


def test_scripts_and_strange_letters_come_through_as_text(shop: Shop) -> None:
    channel, ana = shop.channel, shop.visitor()
    raw = msgspec.json.encode({"id": ONE, "text": "<script>alert(1)</script> \u202e", "name": "<b>"})
    broken = raw.replace(b"</script>", b"</script>\\ud800")
    assert ana.ask("POST", "/messages", content=broken).status_code == 422
    with_nul = raw.replace(b"</script>", b"</script>\\u0000").replace(b"<b>", b"<b>\\u0000")
    assert ana.ask("POST", "/messages", content=with_nul).status_code == 200
    shop.served.settle()
    assert ana.sees() == ["<script>alert(1)</script>\ufffd \u202e"]
    page = shop.served.signed_in().get("/inbox?view=all")
    assert "alert(1)" in page.text
    assert "<script>alert" not in page.text
    assert len(kept(shop.served, channel)) == 1


def test_who_is_too_fast_waits(shop: Shop) -> None:
    ana = shop.visitor()
    answers = [ana.ask("POST", "/messages", json={"id": str(uuid.uuid4()), "text": "x"}) for _ in range(21)]
    assert [one.status_code for one in answers].count(429) == 1
    assert int(answers[-1].headers["retry-after"]) >= 1
    shop.served.ahead += MINUTE
    assert ana.write("calm again").status_code == 200


def test_a_chat_that_is_off_or_is_none_is_not_there(shop: Shop) -> None:
    channel = shop.channel
    for name in ("shop", "nothing", "..%2f", "form"):
        assert shop.served.client().get(f"/chat/{name}").status_code == 404
    agent = shop.served.signed_in()
    assert agent.post(f"/channels/{channel.id}/off").status_code == 303
    shop.served.ahead += 3_000
    assert shop.served.client().get(f"/chat/{shop.name}").status_code == 404


def test_only_the_named_pages_may_show_it(shop: Shop) -> None:
    page = shop.served.client().get(f"/chat/{shop.name}")
    assert f"frame-ancestors 'self' {ORIGIN};" in page.headers["content-security-policy"] + ";"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert "set-cookie" not in page.headers
    script = shop.served.client().get(f"/chat/{shop.name}/widget.js")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert script.headers["content-type"].startswith("text/javascript")
    assert len(script.content) < 5_400
