"""Mail that no customer wrote, each kind caught by the filter that is named after it."""

from datetime import UTC, datetime

import pytest

from earful.channels.email.filters import CHAIN
from earful.channels.email.parse import Identity, parse
from earful.model.message import IncomingMessage, MessageKind

RECEIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CLIENT_ID = "0198c8a2-1111-7222-8333-444455556666"
REPLY = f"<{CLIENT_ID}@brand.test>"


def read(raw: str, *, own_lists: frozenset[str] = frozenset()) -> IncomingMessage:
    identity = Identity(ours=frozenset({"support@brand.test"}), our_domain="brand.test", own_lists=own_lists)
    return parse(raw.replace("\n", "\r\n").encode(), identity=identity, received_at=RECEIVED)


def mail(head: str, body: str = "words", sender: str = "ana@example.test") -> str:
    return f"From: {sender}\nTo: support@brand.test\nMessage-ID: <m@x>\n{head}\n\n{body}"


@pytest.mark.parametrize(
    ("raw", "caught_by"),
    [
        (mail("Auto-Submitted: auto-replied"), "auto_reply"),
        (mail("Auto-Submitted: auto-generated; owner-email=x"), "auto_reply"),
        (mail("X-Autoreply: yes"), "auto_reply"),
        (mail("Precedence: auto_reply"), "auto_reply"),
        (mail("Subject: Out of Office: Ana"), "auto_reply"),
        (mail("Subject: Automatische Antwort: Paket"), "auto_reply"),
        (mail("Subject: =?utf-8?q?R=C3=A9ponse_automatique?= : colis"), "auto_reply"),
        (mail("", sender="Support <SUPPORT@brand.test>"), "own_mail"),
        (mail("List-Id: News <news.example.test>"), "mailing_list"),
        (mail("Precedence: bulk"), "mailing_list"),
        (mail("List-Unsubscribe: <mailto:x@y>"), "mailing_list"),
        (mail("Return-Path: <>"), "null_sender"),
        (mail("Return-Path: < >\nAuto-Submitted: no"), "null_sender"),
        (mail("", f"Message-ID: {REPLY}\n550 no such user", "MAILER-DAEMON@mx.test"), "bounce"),
        (mail(f"Return-Path: <>\nIn-Reply-To: {REPLY}", "5.1.1 unknown"), "bounce"),
    ],
)
def test_each_kind_has_its_filter(raw: str, caught_by: str) -> None:
    message = read(raw)
    assert (message.kind, message.context["caught_by"]) == (MessageKind.SYSTEM, caught_by)
    assert message.context["why"].endswith(".")
    assert message.text


@pytest.mark.parametrize(
    "raw",
    [
        mail(""),
        mail("Auto-Submitted: no"),
        mail("X-Auto-Response-Suppress: All"),
        mail("Return-Path: <ana@example.test>"),
        mail("Precedence: normal"),
        mail("Subject: My automatic door does not open"),
        mail("Subject: Re: Out of office hours?"),
        mail("X-Autoreply: no"),
        mail(f"In-Reply-To: {REPLY}"),
    ],
)
def test_what_a_person_wrote_passes(raw: str) -> None:
    message = read(raw)
    assert (message.kind, message.context) == (MessageKind.EMAIL, {})


def test_customers_who_write_through_our_own_list_are_customers() -> None:
    raw = mail("List-Id: <support.brand.test>\nPrecedence: list")
    assert read(raw, own_lists=frozenset({"support.brand.test"})).kind is MessageKind.EMAIL
    assert read(raw, own_lists=frozenset({"other.brand.test"})).kind is MessageKind.SYSTEM


def test_the_order_is_part_of_the_rule() -> None:
    names = [name for name, _ in CHAIN]
    assert names == ["bounce", "auto_reply", "own_mail", "mailing_list", "null_sender"]
    assert names == [look.__name__ for _, look in CHAIN]


DSN = f"""From: MAILER-DAEMON@mx.test
To: support@brand.test
Message-ID: <dsn@mx.test>
Return-Path: <>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I could not deliver your mail.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; ana@example.test
Action: {{action}}
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 mailbox
 full
--B
Content-Type: {{copy}}

Message-ID: {REPLY}
Subject: Re: Parcel

--B--
"""


@pytest.mark.parametrize("copy", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_reply_recipient_and_reason(copy: str) -> None:
    message = read(DSN.format(action="failed", copy=copy))
    assert message.parent_id == REPLY
    assert message.context["bounce"] == {
        "original_message_id": REPLY,
        "client_id": CLIENT_ID,
        "recipient": "ana@example.test",
        "action": "failed",
        "status": "5.2.2",
        "diagnostic": "552 5.2.2 mailbox full",
    }
    assert "could not be delivered: 552 5.2.2 mailbox full" in message.context["why"]


def test_a_report_that_a_customer_forwards_is_a_customers_mail() -> None:
    inner = DSN.format(action="failed", copy="message/rfc822")
    head = 'Content-Type: multipart/mixed; boundary="F"'
    body = f"--F\n\nYour mail came back to me\n--F\nContent-Type: message/rfc822\n\n{inner}\n--F--"
    message = read(mail(head, body))
    assert (message.kind, message.text) == (MessageKind.EMAIL, "Your mail came back to me")


def test_a_delay_is_no_failure() -> None:
    message = read(DSN.format(action="delayed", copy="message/rfc822"))
    assert message.context["bounce"]["action"] == "delayed"
    assert "could not" not in message.context["why"]


def test_a_report_about_somebody_elses_mail_names_no_reply_of_ours() -> None:
    message = read(DSN.format(action="failed", copy="message/rfc822").replace("@brand.test>", "@other.test>"))
    assert message.context["bounce"]["client_id"] == ""
