"""A lead erases somebody by hand, a program does, and Meta asks; whoever asked can look how far it is."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import urlencode

import msgspec
import pytest
from sqlalchemy import select

from earful.channels.meta.signed import read_signed
from earful.desk.channels import service as channels
from earful.desk.users.rules import Permission
from earful.model.desk import Role
from earful.model.message import Network
from earful.store.audit import EARFUL
from earful.store.tables import audit, authors, cases, erasures
from earful.store.tables import channels as channel_table
from tests.conftest import fresh_sqlite
from tests.served import Served

APP_SECRET = "a-secret-of-the-app"


def signed(user_id: str, secret: str = APP_SECRET) -> str:
    said = base64.urlsafe_b64encode(
        msgspec.json.encode({"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": 1_700_000_000})
    ).rstrip(b"=")
    mac = hmac.new(secret.encode(), said, hashlib.sha256).digest()
    return f"{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}.{said.decode()}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("erasing")
    desk = Served(folder, fresh_sqlite(folder))
    yield desk
    desk.close()


def test_a_lead_sees_what_goes_and_erases(served: Served) -> None:
    (message_id,) = served.say("My xylograph is broken", by="zorilla")
    case_id = served.case_of(message_id)
    person = served.value(select(cases.c.person_id).where(cases.c.id == case_id))
    path = f"/people/{person}/erase"
    assert served.signed_in(Role.AGENT).get(path).status_code == 403
    lead = served.signed_in(Role.LEAD)
    assert path in lead.get(f"/people/{person}").text
    asked = lead.get(path).text
    assert "What goes" in asked
    assert "What stays" in asked
    assert "cannot be taken back" in asked
    for lacking in ({"reason": "asked"}, {"sure": "1", "reason": " "}):
        refused = lead.post(path, data=lacking)
        assert refused.status_code == 422
        assert "Nothing was erased" in refused.text
    begun = lead.post(path, data={"sure": "1", "reason": "asked by mail on Monday"})
    assert begun.status_code in (302, 303)
    assert "Being erased" in lead.get(begun.headers["location"]).text
    served.settle()
    done = lead.get(begun.headers["location"]).text
    assert "Done." in done
    code = served.value(select(erasures.c.code))
    public = served.client().get(f"/erasure/{code}")
    assert public.status_code == 200
    assert "Done." in public.text
    assert "zorilla" not in public.text.lower()
    assert served.client().get("/erasure/nothing").status_code == 404
    assert "asked by mail on Monday" in lead.get("/erasures").text
    page = lead.get(f"/inbox/case/{served.value(select(cases.c.number).where(cases.c.id == case_id))}")
    assert page.status_code == 200
    assert "xylograph" not in page.text
    assert served.value(select(audit.c.actor).where(audit.c.action == "person.erase"))

    (other,) = served.say("Another one", by="quux")
    person = served.value(select(cases.c.person_id).where(cases.c.id == served.case_of(other)))
    program = served.program()
    program.headers = served.token(Permission.PEOPLE_ERASE)
    body = {"reason": "asked", "user_id": served.made.admin}
    answer = program.post(f"/api/v1/people/{person}/erase", json=body)
    assert answer.status_code == 202, answer.text
    served.settle()
    found = program.get(f"/api/v1/erasures/{answer.json()['id']}").json()
    assert (found["state"], found["messages"]) == ("done", 1)
    assert program.post("/api/v1/people/nobody/erase", json=body).status_code == 404


def test_meta_asks_and_is_told_where_to_look(served: Served) -> None:
    made = served.write(
        lambda tx: channels.create(
            tx, served.earful.vault, EARFUL, network=Network.MESSENGER, name="page", settings={"page_id": "9"},
            secrets={"app_secret": APP_SECRET, "verify_token": "token"}, account="9", now=served.now(),
        )
    )  # fmt: skip
    served.say("My xylograph is broken", by="4711")
    theirs = authors.c.native_id == "4711"
    served.write(lambda tx: tx.execute(authors.update().where(theirs).values(network="messenger")))

    def post(place: str, request: str) -> object:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return served.program().post(
            f"/hooks/page/{place}", content=urlencode({"signed_request": request}), headers=headers
        )

    answers = [post("deletion", signed("4711")) for _ in range(2)]
    told = [msgspec.json.decode(one.content) for one in answers]  # type: ignore[attr-defined]
    assert told[0] == told[1]
    assert told[0]["url"].endswith(f"/erasure/{told[0]['confirmation_code']}")
    while served.earful.reader.read_some():
        pass
    served.settle()
    rows = served.rows(select(erasures).where(erasures.c.source == "meta"))
    assert [row["state"] for row in rows] == ["done"]
    assert served.rows(select(authors).where(theirs)) == []
    public = served.client().get(f"/erasure/{told[0]['confirmation_code']}")
    assert "Done." in public.text

    for bad in (signed("4711", "another-secret-entirely"), "", "a.b"):
        assert post("deletion", bad).status_code == 401  # type: ignore[attr-defined]
    assert post("elsewhere", signed("4711")).status_code == 404  # type: ignore[attr-defined]
    assert post("deauthorise", signed("1")).status_code == 200  # type: ignore[attr-defined]
    while served.earful.reader.read_some():
        pass
    trouble = served.value(select(channel_table.c.trouble).where(channel_table.c.id == made.id))
    assert "Connect it again" in trouble
    assert read_signed(APP_SECRET, signed("7")).user_id == "7"
