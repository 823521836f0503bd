"""Choosing a template in the pages and over the API, when the customer wrote too long ago for anything else."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from earful.channels.whatsapp.connector import WhatsAppConnector
from earful.channels.whatsapp.settings import WhatsAppSecrets, WhatsAppSettings
from earful.channels.whatsapp.templates import read_template
from earful.desk.channels import service as channels
from earful.desk.templates import service
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.model.message import Network
from earful.playground.networks import templates as simulated
from earful.store.audit import EARFUL
from earful.store.tables import cases, media, outbox
from tests.channels.running import tools
from tests.conftest import fresh_sqlite
from tests.desk.media.test_media import PICTURE
from tests.served import Browser, Served

CHANNEL = "numbers"
PDF = b"%PDF-1.7 a bill"


class Shop:
    """A desk with a WhatsApp number, its templates read, and a customer who wrote weeks ago."""

    def __init__(self, served: Served) -> None:
        self.served = served
        settings = {"phone_number_id": "1", "business_account_id": "2"}
        made = served.write(
            lambda tx: channels.create(
                tx, served.earful.vault, EARFUL,
                network=Network.WHATSAPP, name=CHANNEL, settings=dict(settings), now=served.now(),
            )
        )  # fmt: skip
        self.channel_id = made.id
        secrets = WhatsAppSecrets(app_secret="a-secret-of-the-app", verify_token="token")
        connector = WhatsAppConnector(msgspec.convert(settings, WhatsAppSettings), secrets, tools())
        served.earful.receiver.connectors[made.id] = connector
        found = [read_template(msgspec.Raw(msgspec.json.encode(one))) for one in simulated.shipped()]
        served.write(partial(service.keep, channel_id=made.id, found=found, now=served.now()))
        secret = served.write(
            lambda tx: channels.replace_secret(tx, served.earful.vault, EARFUL, made.id, served.now())
        )
        said = {
            "native_id": "wamid.1", "occurred_at": "2026-11-01T09:00:00Z", "kind": "dm", "visibility": "direct",
            "author": {"native_id": "DE.1", "handle": "49151", "name": "Ana Paz"}, "thread": "DE.1",
            "text": "Where is my order BL-1001? I have been waiting for it.", "context": {"wa_id": "49151"},
        }  # fmt: skip
        assert served.hook(said, channel=CHANNEL, secret=secret).status_code == 202
        served.settle()
        row = served.rows(select(cases))[0]
        self.case_id, self.number = row["id"], row["number"]
        page = served.signed_in().get(f"/inbox/case/{self.number}").text
        assert "Only a template can be sent now" in page
        self.message_id = page.partition(f"/inbox/case/{self.number}/template?to=")[2].partition('"')[0]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("templates")
    served = Served(folder, fresh_sqlite(folder))
    yield Shop(served)
    served.close()


def filled(shop: Shop, **values: str) -> dict[str, str]:
    chosen = {"template": "7001", "to": shop.message_id, "in_reply_to": shop.message_id}
    return chosen | {f"value.{name.replace('_', '.')}": text for name, text in values.items()}


def test_an_agent_chooses_fills_in_sees_and_sends(shop: Shop) -> None:
    kim: Browser = shop.served.signed_in(Role.AGENT)
    path = f"/inbox/case/{shop.number}/template"
    listed = kim.get(f"{path}?to={shop.message_id}").text
    assert listed.index("template=7001") < listed.index("The network rejected it")
    assert "template=7003" not in listed
    form = kim.get(f"{path}?to={shop.message_id}&template=7001").text
    assert 'name="value.body.1" value="Ana"' in form
    assert 'name="value.body.2" value="BL-1001"' not in form  # numbered: nobody knows what it is
    seen = kim.post(f"{path}/preview", data=filled(shop, body_1="Ana", body_2="<b>1001</b>"))
    assert "your order &lt;b&gt;1001&lt;/b&gt; is on its way." in seen.text

    lacking = kim.post(f"/cases/{shop.case_id}/template", data=filled(shop, body_1="Ana"))
    assert lacking.status_code == 422
    assert "Fill in" in lacking.text
    sent = kim.post(
        f"/cases/{shop.case_id}/template",
        data=filled(shop, body_1="Ana", body_2="BL-1001", button_0_1="1001"),
    )
    assert sent.status_code == 303, sent.text
    row = shop.served.rows(select(outbox).where(outbox.c.text.contains("BL-1001")))[0]
    assert row["text"].startswith("Brewline\nHello Ana, your order BL-1001 is on its way.")
    assert msgspec.json.decode(row["template"])["name"] == "order_update"
    taken = kim.post(f"/outbox/{row['id']}/cancel", headers={"hx-request": "true"})
    assert taken.status_code == 200
    assert "is your draft again" not in taken.headers["HX-Trigger"]


def test_an_agent_sends_a_template_with_the_file_that_it_begins_with(shop: Shop) -> None:
    kim, path = shop.served.signed_in(), f"/inbox/case/{shop.number}/template"
    form = kim.get(f"{path}?to={shop.message_id}&template=7006").text
    assert "The document that it begins with" in form
    assert 'accept="application/pdf" required' in form
    data = filled(shop, body_1="Ana") | {"template": "7006"}
    refused = kim.post(f"/cases/{shop.case_id}/template", data=data)
    assert (refused.status_code, "begins with a file; add it" in refused.text) == (422, True)

    def send(name: str, content: bytes, **more: str) -> Any:
        upload = {"upload": (name, content, "application/x-anything")}
        return kim.post(f"/cases/{shop.case_id}/template", data=data | more, files=upload)

    wrong = send("lid.png", PICTURE)
    assert (wrong.status_code, "PNG pictures are not taken here" in wrong.text) == (422, True)
    made = send("bill.pdf", PDF)
    assert made.status_code == 303, made.text
    row = shop.served.rows(select(outbox).where(outbox.c.text.contains("here is your invoice")))[0]
    (file,) = shop.served.rows(select(media).where(media.c.reply_id == row["id"]))
    assert (file["name"], file["mime"]) == ("bill.pdf", "application/pdf")
    kim.post(f"/outbox/{row['id']}/cancel", headers={"hx-request": "true"})
    again = kim.get(f"{path}?to={shop.message_id}&template=7006").text
    assert f'name="file" value="{file["id"]}" checked' in again, "it is in the draft again"
    assert "lid.png" not in again
    assert send("", b"", file=file["id"]).status_code == 303
    assert (
        kim.post(
            f"/cases/{shop.case_id}/template", data=data | {"template": "7005", "file": file["id"]}
        ).status_code
        == 422
    )


def test_a_program_lists_and_sends_once(shop: Shop) -> None:
    program = shop.served.program()
    program.headers = shop.served.token(Permission.CASES_READ, Permission.REPLIES_SEND)
    listed = program.get(f"/api/v1/channels/{CHANNEL}/templates?language=de").json()
    assert listed["templates"][0]["template"]["native_id"] == "7002"
    assert listed["templates"][0]["variables"] == ["body.1", "body.2", "button.0.1"]
    assert listed["read_at"] is not None
    assert program.get("/api/v1/channels/nowhere/templates").status_code == 404
    body = {
        "in_reply_to": shop.message_id, "template": "7005", "user_id": shop.served.made.admin,
        "values": {"body.first_name": "Ana", "body.fix": "the new lid"},
    }  # fmt: skip
    path = f"/api/v1/cases/{shop.case_id}/template"
    for _ in range(2):
        answer = program.post(path, json=body, headers={"idempotency-key": "one"})
        assert answer.status_code == 202, answer.text
        assert answer.json()["text"] == "Hi Ana, did the new lid help?"
    assert len(shop.served.rows(select(outbox).where(outbox.c.text.contains("new lid")))) == 1
    with_file = next(one for one in listed["templates"] if one["template"]["native_id"] == "7006")
    assert (with_file["file"], with_file["problem"]) == ("document", "")
    whole = body | {"template": "7006", "values": {"body.1": "Ana"}}
    assert program.post(path, json=whole).status_code == 422
    added = program.post(
        f"/api/v1/cases/{shop.case_id}/files?user_id={shop.served.made.admin}",
        files={"upload": ("bill.pdf", PDF, "application/pdf")},
    ).json()
    assert program.post(path, json=whole | {"file": added["id"]}).status_code == 202
    paused = program.post(path, json=body | {"template": "7004"})
    assert paused.status_code == 422
    assert "paused" in paused.json()["detail"]
    unknown = program.post(path, json=body | {"template": "nothing"})
    assert unknown.status_code == 404


def test_the_channels_page_shows_all_and_reads_again(shop: Shop) -> None:
    kim = shop.served.signed_in()
    assert f"/channels/{shop.channel_id}/templates" in kim.get(f"/channels/{shop.channel_id}").text
    path = f"/channels/{shop.channel_id}/templates"
    assert "it advertises" in kim.get(path).text
    assert kim.post(f"{path}/read").status_code in (302, 303)
    assert "are being read" in kim.get(path).text
