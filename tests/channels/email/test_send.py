"""How a reply is written as a mail."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from earful.channels.contract import Reply, ReplyTarget, SendRefused
from earful.channels.email.send import compose
from earful.channels.email.settings import EmailSettings
from earful.model.message import Visibility

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SETTINGS = EmailSettings(
    address="support@brand.test",
    imap_host="x",
    smtp_host="x",
    sender_name="Brand",
    aliases=["help@brand.test"],
)
TARGET = ReplyTarget(
    native_id="<q@x>",
    author_handle="ana@example.test",
    visibility=Visibility.DIRECT,
    subject="Parcel",
    ancestor_ids=["<r@x>", "<p@x>"],
)
REPLY = Reply(client_id="id-1", text="Hello\nAna", audience=Visibility.DIRECT, to=TARGET)


def to(**changes: object) -> Reply:
    return structs.replace(REPLY, to=structs.replace(TARGET, **changes))


def test_headers_thread_and_name_us() -> None:
    mail = compose(REPLY, SETTINGS, now=NOW)
    assert mail["Message-ID"] == "<id-1@brand.test>"
    assert mail["In-Reply-To"] == "<q@x>"
    assert mail["References"] == "<r@x> <p@x> <q@x>"
    assert (mail["From"], mail["To"], mail["Cc"]) == ("Brand <support@brand.test>", "ana@example.test", None)
    assert mail.get_content() == "Hello\nAna\n"
    assert b"\r\n" in mail.as_bytes()


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Parcel", "Re: Parcel"),
        ("Re: Parcel", "Re: Parcel"),
        ("RE: AW: Antw: Parcel", "Re: Parcel"),
        ("Re[2]: Parcel", "Re: Parcel"),
        ("Rebate", "Re: Rebate"),
        ("", "Re:"),
        ("a\r\nBcc: evil@x.test", "Re: a  Bcc: evil@x.test"),
    ],
)
def test_the_subject_is_answered_once_and_on_one_line(subject: str, expected: str) -> None:
    mail = compose(to(subject=subject), SETTINGS, now=NOW)
    assert mail["Subject"] == expected
    assert mail["Bcc"] is None


def test_reply_to_is_obeyed_and_others_are_reached_only_by_a_group_reply() -> None:
    reply = to(context={"reply_to": ["private@x.test"], "others": ["bob@x.test", "help@brand.test"]})
    direct = compose(reply, SETTINGS, now=NOW)
    assert (direct["To"], direct["Cc"]) == ("private@x.test", None)
    group = compose(structs.replace(reply, audience=Visibility.GROUP), SETTINGS, now=NOW)
    assert (group["To"], group["Cc"]) == ("private@x.test", "bob@x.test")


@pytest.mark.parametrize(
    "reply",
    [
        structs.replace(REPLY, audience=Visibility.PUBLIC),
        structs.replace(REPLY, audience=Visibility.INTERNAL),
        structs.replace(REPLY, text="  \n"),
        to(author_handle="unknown@invalid"),
        to(author_handle="ana@x.test\nBcc: evil@x.test"),
        to(author_handle="a@x.test, b@x.test"),
        to(author_handle="support@brand.test"),
        to(author_handle="jürgen@x.test"),
        to(author_handle=""),
    ],
)
def test_what_must_not_be_sent_is_refused(reply: Reply) -> None:
    with pytest.raises(SendRefused):
        compose(reply, SETTINGS, now=NOW)


def test_text_that_cannot_be_encoded_is_still_sent() -> None:
    mail = compose(structs.replace(REPLY, text="a\ud83d\0b"), SETTINGS, now=NOW)
    assert mail.get_content() == "a\ufffdb\n"


def test_made_up_ids_are_not_shown_to_the_world() -> None:
    mail = compose(to(native_id="<sha256:abc>", ancestor_ids=[]), SETTINGS, now=NOW)
    assert mail["In-Reply-To"] is None
    assert mail["References"] is None


def test_a_long_chain_keeps_root_and_nearest() -> None:
    mail = compose(to(ancestor_ids=[f"<{n}@x>" for n in range(100)]), SETTINGS, now=NOW)
    chain = mail["References"].split()
    assert (len(chain), chain[0], chain[-1]) == (30, "<0@x>", "<q@x>")
