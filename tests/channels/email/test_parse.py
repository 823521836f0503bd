"""Mail as it really comes: read for what it says, never refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earful.channels.email.parse import Identity, parse, unreadable
from earful.model.message import Direction, IncomingMessage, MessageKind, Visibility

RECEIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
US = Identity(ours=frozenset({"support@brand.test", "help@brand.test"}), our_domain="brand.test")
CLIENT_ID = "0198c8a2-1111-7222-8333-444455556666"


def read(raw: str | bytes, *, sent: bool = False, identity: Identity = US) -> IncomingMessage:
    content = raw if isinstance(raw, bytes) else raw.replace("\n", "\r\n").encode()
    return parse(content, identity=identity, received_at=RECEIVED, folder_is_sent=sent)


def mail(head: str, body: str = "Hello", **changes: str) -> str:
    fields = {
        "From": "Ana <ana@example.test>",
        "To": "support@brand.test",
        "Message-ID": "<a@example.test>",
        "Date": "Sat, 21 Nov 2026 11:00:00 +0100",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return "\n".join([*lines, *([head] if head else [])]) + "\n\n" + body


def test_a_plain_mail() -> None:
    message = read(mail("Subject: Parcel\nContent-Language: en"))
    assert (message.native_id, message.thread, message.parent_id) == ("<a@example.test>", "", "")
    assert message.occurred_at == datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert message.author is not None
    assert (message.author.native_id, message.author.name) == ("ana@example.test", "Ana")
    assert (message.kind, message.direction, message.visibility) == (
        MessageKind.EMAIL,
        Direction.INBOUND,
        Visibility.DIRECT,
    )
    assert (message.subject, message.text, message.language) == ("Parcel", "Hello", "en")


@pytest.mark.parametrize(
    ("head", "parent", "ancestors"),
    [
        ("", "", []),
        ("In-Reply-To: <b@x>", "<b@x>", ["<b@x>"]),
        ("References: <r@x> <b@x>", "<b@x>", ["<r@x>", "<b@x>"]),
        ("References: <r@x>\n\t<b@x>\nIn-Reply-To: <b@x>", "<b@x>", ["<r@x>", "<b@x>"]),
        ("References: <r@x> <b@x>\nIn-Reply-To: <r@x>", "<r@x>", ["<b@x>", "<r@x>"]),
        ("In-Reply-To: Your mail of Monday", "", []),
        ("In-Reply-To: <b@\n x>", "<b@x>", ["<b@x>"]),
        ("In-Reply-To: b@x", "b@x", ["b@x"]),
        ("References: <>  <@> garbage", "", []),
    ],
)
def test_threads_follow_references(head: str, parent: str, ancestors: list[str]) -> None:
    message = read(mail(head))
    assert (message.parent_id, message.ancestor_ids) == (parent, ancestors)


def test_endless_references_keep_root_and_nearest() -> None:
    chain = [f"<{n}@x>" for n in range(500)]
    message = read(mail("References: " + "\n ".join(chain)))
    assert len(message.ancestor_ids) == 30
    assert (message.ancestor_ids[0], message.ancestor_ids[-1]) == ("<0@x>", "<499@x>")


@pytest.mark.parametrize(
    "head", ["", "Message-ID: <>", "Message-ID:", "Message-ID: <a@x>\nMessage-ID: <b@x>", "Message-ID: none"]
)
def test_a_mail_without_a_usable_id_is_known_by_its_content(head: str) -> None:
    raw = mail(head, Message_ID="")
    first = read(raw)
    again = read("Received: by another.test\nReturn-Path: <x@y>\n" + raw)
    other = read(raw + "!")
    assert first.native_id.startswith("<sha256:")
    assert first.native_id == again.native_id != other.native_id


def test_an_id_written_twice_alike_is_an_id() -> None:
    assert read(mail("Message-ID: <a@example.test>")).native_id == "<a@example.test>"
    assert read(mail("", Message_ID="<" + "x" * 2000 + "@y>")).native_id.startswith("<sha256:")


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        ("=?utf-8?q?Jos=C3=A9?= <jose@x.test>", "José", "jose@x.test"),
        ("=?iso-8859-1?Q?Jos=E9?= =?iso-8859-1?Q?_P?= <JOSE@X.test>", "José P", "jose@x.test"),
        ("=?unknown?Q?J=E9?= <j@x.test>", "Jé", "j@x.test"),
        ("=?utf-8?b?broken <j@x.test>", "=?utf-8?b?broken", "j@x.test"),
        ('"Last, First" <f@x.test>', "Last, First", "f@x.test"),
        ("f@x.test (First)", "First", "f@x.test"),
        ("a@x.test, b@x.test", "", "a@x.test"),
        ("no address here", "", "unknown@invalid"),
        ("", "", "unknown@invalid"),
        ("undisclosed-recipients:;", "", "unknown@invalid"),
    ],
)
def test_people_are_read_from_whatever_they_write(field: str, name: str, address: str) -> None:
    author = read(mail("", From=field)).author
    assert author is not None
    assert (author.name, author.native_id) == (name, address)


def test_bytes_in_headers_are_read_as_the_web_would() -> None:
    utf8 = mail("Subject: Grüße", From="Jürgen <j@x.test>").replace("\n", "\r\n").encode()
    assert read(utf8).subject == "Grüße"
    latin = mail("Subject: Grüße").replace("\n", "\r\n").encode("latin-1")
    assert read(latin).subject == "Grüße"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sat, 21 Nov 2026 11:00:00 +0100", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("21 Nov 2026 11:00:00", datetime(2026, 11, 21, 11, tzinfo=UTC)),
        ("Sat, 21 Nov 2099 11:00:00 +0000", RECEIVED),
        ("Thu, 01 Jan 1970 00:00:00 +0000", RECEIVED),
        ("yesterday", RECEIVED),
        ("Sat, 99 Foo 2026 99:99:99 +9999", RECEIVED),
        ("", RECEIVED),
    ],
)
def test_times_that_cannot_be_are_not_believed(date: str, expected: datetime) -> None:
    assert read(mail("", Date=date)).occurred_at == expected


@pytest.mark.parametrize(
    ("charset", "encoded"),
    [
        ("utf-8", "Grüße".encode()),
        ("iso-8859-1", "Grüße".encode("latin-1")),
        ("windows-1252", "Grüße".encode("cp1252")),
        ("us-ascii", "Grüße".encode()),
        ("nonsense-7", "Grüße".encode()),
        ("utf-8", "Grüße".encode("latin-1")),
        ("utf-16", "Grüße".encode("utf-16")),
    ],
)
def test_the_body_is_read_in_the_charset_it_has(charset: str, encoded: bytes) -> None:
    head = mail(f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit", "")
    assert read(head.replace("\n", "\r\n").encode() + encoded).text == "Grüße"


def multipart(*parts: str, kind: str = "mixed") -> str:
    body = "".join(f"--B\n{part}\n" for part in parts) + "--B--\n"
    return mail(f'Content-Type: multipart/{kind}; boundary="B"', body)


def test_html_only_becomes_words_and_safe_html() -> None:
    message = read(
        mail("Content-Type: text/html", "<p>Where is my <b>parcel</b>?<script>x()</script></p><p>Ana</p>")
    )
    assert message.text == "Where is my parcel?\n\nAna"
    assert message.html == "<p>Where is my <b>parcel</b>?</p><p>Ana</p>"


def test_plain_words_are_preferred_and_files_are_named() -> None:
    message = read(
        multipart(
            'Content-Type: multipart/alternative; boundary="C"\n\n--C\nContent-Type: text/plain\n\nplain\n'
            "--C\nContent-Type: text/html\n\n<b>rich</b>\n--C--",
            "Content-Type: image/png\nContent-Disposition: attachment; filename*=utf-8''Fot%C3%B3.png\n"
            "Content-Transfer-Encoding: base64\n\naGVsbG8=",
            "Content-Type: text/plain\nContent-Disposition: attachment; filename=../../etc/passwd\n\nroot",
            "Content-Type: message/rfc822\n\nSubject: inner\n\nforwarded",
        )
    )
    assert (message.text, message.html) == ("plain", "<b>rich</b>")
    image, file, inner = message.attachments
    assert (image.kind, image.name, image.size, image.native_id) == ("image", "Fotó.png", 5, "2")
    assert (file.name, file.native_id) == (".._.._etc_passwd", "3")
    assert (inner.mime, inner.name) == ("message/rfc822", "mail.eml")


def test_quotations_leave_the_text_and_stay_in_the_context() -> None:
    message = read(mail("", "Still nothing.\n\nOn Mon, 1 Dec 2025, Brand wrote:\n> Soon.\n"))
    assert message.text == "Still nothing."
    assert message.context["quote_rule"] == "attribution"
    assert "> Soon." in message.context["quoted_text"]


def test_soft_line_breaks_are_joined() -> None:
    body = "This is one \nlong line.\n\n-- \nAna\n\n> quoted \n> line"
    assert (
        read(mail("Content-Type: text/plain; format=flowed", body)).text
        == "This is one long line.\n\n-- \nAna"
    )


def test_our_own_mail_comes_back_as_an_echo() -> None:
    echo = read(
        mail("", From="help@brand.test", Message_ID=f"<{CLIENT_ID}@brand.test>", To="ana@example.test")
    )
    assert (echo.direction, echo.client_id, echo.kind) == (Direction.OUTBOUND, CLIENT_ID, MessageKind.EMAIL)
    by_hand = read(mail("", From="support@brand.test", To="ana@example.test"), sent=True)
    assert (by_hand.direction, by_hand.client_id) == (Direction.OUTBOUND, "")
    forged = read(mail("", Message_ID=f"<{CLIENT_ID}@brand.test>"))
    assert (forged.direction, forged.client_id) == (Direction.INBOUND, "")


def test_several_people_make_a_group_and_reply_to_is_kept() -> None:
    message = read(mail("Cc: bob@x.test, help@brand.test\nReply-To: Ana <private@x.test>"))
    assert message.visibility is Visibility.GROUP
    assert message.context == {"reply_to": ["private@x.test"], "others": ["bob@x.test"]}
    assert [each.native_id for each in message.recipients] == [
        "support@brand.test",
        "bob@x.test",
        "help@brand.test",
    ]


def test_only_the_topmost_verdict_of_a_mail_server_counts() -> None:
    head = (
        "Authentication-Results: mx.brand.test; dkim=fail header.d=x; dmarc=fail\n"
        "Authentication-Results: mx.evil.test; dkim=pass; dmarc=pass"
    )
    assert read(mail(head)).context["authentication"] == {
        "server": "mx.brand.test",
        "dkim": "fail",
        "dmarc": "fail",
    }


def test_nesting_without_end_is_read_for_its_headers() -> None:
    deep = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(3000))
    message = read("From: ana@example.test\nMessage-ID: <deep@x>\n" + deep)
    assert message.native_id == "<deep@x>"


def test_what_cannot_be_read_is_kept_all_the_same() -> None:
    message = unreadable(b"whatever", received_at=RECEIVED, why="RecursionError")
    assert (message.kind, message.context) == (MessageKind.UNSUPPORTED, {"why": "RecursionError"})


PIECES = [
    b"From: a@b.c\r\n", b"Subject: =?utf-8?q?=ff?=\r\n", b"Content-Type: multipart/mixed; boundary=x\r\n",
    b"Content-Type: text/html; charset=\xff\r\n", b"\r\n", b"--x\r\n", b"--x--\r\n", b"\0\xff\xd8",
    b"Date: \x80\r\n",    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Type: message/delivery-status\r\n", b"Message-ID: <",
    b"Content-Disposition: attachment; filename*=x''%ff\r\n", b"Content-Type: message/rfc822\r\n", b"=\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\nbegin 644 x\r\n", b"List-Id: <\r\n", b"References: >>><<<\r\n",
]  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=20).map(b"".join))
def test_no_bytes_break_it(raw: bytes) -> None:
    message = parse(raw, identity=US, received_at=RECEIVED)
    assert 1 <= len(message.native_id) <= 998
    assert len(message.subject) <= 1000
    for words in (message.text, message.html, message.subject, message.native_id):
        words.encode("utf-8")
        assert "\0" not in words
    assert message == parse(raw, identity=US, received_at=RECEIVED)
