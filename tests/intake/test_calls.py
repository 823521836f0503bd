"""Calls over HTTP: signed by Standard Webhooks' own library, or by Twilio's; refused when they are not."""

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from earful.desk.channels import service as channels
from earful.model.message import Network
from earful.store.audit import EARFUL
from earful.store.tables import deliveries, messages, refusals
from tests.served import Served
from tests.servers.earful import signed

SECRET = "12345"
CALL = {
    "id": "c-7", "from": "+14155550123", "to": "+15550009000", "started_at": "2026-11-20T09:30:00Z",
    "ended_at": "2026-11-20T09:33:00Z", "agent": "Kim Doe", "note": "The lid of her kettle is cracked.",
}  # fmt: skip


def phone(served: Served, **settings: Any) -> str:
    """A channel for calls; returns its webhook secret."""
    made = served.write(
        lambda tx: channels.create(
            tx, served.earful.vault, EARFUL, network=Network.PHONE, name="hotline",
            settings={"calls": "system"} | settings, secrets={"auth_token": SECRET}, now=served.now(),
        )
    )  # fmt: skip
    return served.write(
        lambda tx: channels.replace_secret(tx, served.earful.vault, EARFUL, made.id, served.now())
    )


def test_a_telephone_system_hands_in_a_call_once(small_served: Served) -> None:
    served, secret = small_served, phone(small_served)
    for _ in range(2):
        answer = served.hook(CALL, channel="hotline", secret=secret, webhook_id="msg_1")
        assert answer.status_code == 202
    again = served.hook(CALL, channel="hotline", secret=secret)
    assert again.json() | {"refused": []} == {"accepted": 0, "changed": 0, "duplicates": 2, "refused": []}
    served.settle()
    rows = served.rows(select(messages).order_by(messages.c.occurred_at))
    assert [(row["direction"], row["kind"]) for row in rows] == [("inbound", "call"), ("outbound", "call")]
    assert rows[0]["case_id"] is not None
    assert {row["case_id"] for row in rows} == {rows[0]["case_id"]}


def test_what_is_not_signed_by_the_channel_is_refused(small_served: Served) -> None:
    served, secret = small_served, phone(small_served)
    body = msgspec.json.encode(CALL)
    good = signed(secret, body, at_ms=served.now())
    refused = {
        "missing": {name: value for name, value in good.items() if name != "webhook-signature"},
        "truncated": good | {"webhook-signature": good["webhook-signature"][:-4]},
        "another body": signed(secret, body + b" ", at_ms=served.now()),
        "another channel's": signed(served.made.secret, body, at_ms=served.now()),
        "old": signed(secret, body, at_ms=served.now() - 400_000),
        "another number": good | {"webhook-id": "msg_other"},
    }
    for name, headers in refused.items():
        answer = served.program().post("/hooks/hotline", content=body, headers=headers)
        assert answer.status_code == 401, name
    assert served.kept() == 0
    wrong = served.hook(CALL | {"outcome": "sung"}, channel="hotline", secret=secret)
    assert wrong.status_code == 422
    assert "outcome" in wrong.json()["problems"][0]["detail"]


def test_twilio_is_told_what_to_say_once_the_call_is_kept(small_served: Served) -> None:
    served = small_served
    phone(served, calls="twilio", number="+15550009000", account="AC1")
    url = f"{served.settings.address}/hooks/hotline"
    fields = {"CallSid": "CA1", "From": "+14155550123", "To": "+15550009000", "CallStatus": "ringing"}

    def ask(told: dict[str, str], token: str = SECRET) -> Any:
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": RequestValidator(token).compute_signature(url, told),
        }
        return served.program().post("/hooks/hotline", content=urlencode(told).encode(), headers=headers)

    heard = ask(fields)
    assert (heard.status_code, heard.headers["content-type"].partition(";")[0]) == (200, "text/xml")
    assert "<Record " in heard.text
    assert f'action="{url}"' in heard.text
    assert ask(fields, token="other").status_code == 403
    left = {"RecordingUrl": "https://api.twilio.com/RE1", "RecordingSid": "RE1", "RecordingDuration": "9"}
    assert ask(fields | left | {"CallStatus": "completed"}).status_code == 200
    assert ask(fields | {"CallStatus": "completed", "CallDuration": "30"}).status_code == 204
    while served.earful.reader.read_some():
        pass
    served.settle()
    (row,) = served.rows(select(messages))
    assert row["text"] == "Called and left a message of 9 s."
    assert b"RE1.mp3" in row["data"].encode()
    assert len(served.rows(select(deliveries))) == 3
    assert served.rows(select(refusals))[0]["count"] == 1


def test_a_gateway_delivers_by_get_with_a_password(small_served: Served) -> None:
    served = small_served
    served.write(
        lambda tx: channels.create(
            tx, served.earful.vault, EARFUL, network=Network.SMS, name="text",
            settings={"provider": "kannel", "number": "13013", "account": "earful"},
            secrets={"auth_token": "pass", "shared_key": "shared-key-1"}, now=served.now(),
        )
    )  # fmt: skip
    query = "id=6a1&from=%2B15550123&to=13013&coding=2&charset=UTF-16BE&text=%04%13%044%045"
    for password, status in (("wrong", 401), ("shared-key-1", 200), ("shared-key-1", 200)):
        headers = {"authorization": f"Basic {b64encode(f'kannel:{password}'.encode()).decode()}"}
        answer = served.program().get(f"/hooks/text?{query}", headers=headers)
        assert answer.status_code == status
    # What is answered, a gateway sends to the customer.
    assert answer.content == b""
    assert served.program().get("/hooks/text").status_code == 401
    assert served.program().get("/hooks/shop").status_code == 400
    while served.earful.reader.read_some():
        pass
    (row,) = served.rows(select(messages))
    assert (row["text"], row["kind"], row["visibility"]) == ("Где", "sms", "direct")
    kept = served.rows(select(deliveries))
    assert {bytes(one["body"]) for one in kept} == {query.encode()}
    assert all("authorization" not in one["headers"] for one in kept)
