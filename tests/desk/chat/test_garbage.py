"""Whatever a browser sends, the chat answers in its own words and never breaks."""

import uuid

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.json import anything, shaped
from tests.desk.chat.conftest import Shop

PATHS = ("/session", "/messages", "/receipts", "/address")
NAMES = ["id", "text", "files", "name", "email", "page", "link", "website", "identity", "ids", "state"]
ID = str(uuid.uuid4())
bodies = (
    anything()
    | shaped(NAMES, lambda inner: inner)
    | shaped(NAMES, lambda inner: {"id": ID, "text": "hello"} | inner)
    | st.binary(max_size=40)
    | st.text(max_size=60).map(
        lambda text: msgspec.json.encode({"id": ID, "text": text, "name": text, "page": text})
    )
)


@settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(path=st.sampled_from(PATHS), body=bodies)
def test_no_body_breaks_it(shop: Shop, path: str, body: bytes) -> None:
    shop.served.ahead += 60_000
    answer = shop.visitor().ask("POST", path, content=body)
    assert answer.status_code in (200, 204, 401, 403, 413, 422, 429), answer.text
    if answer.status_code >= 400:
        assert answer.json()["detail"]
    shop.served.settle()
