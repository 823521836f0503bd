"""Files are handed over before anything is said: whatever happens to them, nothing was sent."""

import asyncio

import pytest

from earful.channels.contract import (
    Reply,
    ReplyFile,
    ReplyTarget,
    SendPostponed,
    SendRefused,
    SendUnknown,
)
from earful.channels.hooks import Asked
from earful.channels.kit import uploading
from earful.channels.mastodon.files import taken
from earful.channels.mastodon.limits import FILES
from earful.model.message import Visibility
from earful.playground.networks.uploads import form_of

TO = ReplyTarget(native_id="1", visibility=Visibility.PUBLIC)


def reply(*names: str) -> Reply:
    files = [ReplyFile(name=name, mime="image/png", content=name.encode()) for name in names]
    return Reply(client_id="r", text="See here", audience=Visibility.PUBLIC, to=TO, files=files)


def test_every_file_is_handed_over_once_and_in_order() -> None:
    async def one(file: ReplyFile) -> str:
        return file.name.upper()

    assert asyncio.run(uploading.handed_over(reply("a.png", "b.png"), one)) == ["A.PNG", "B.PNG"]


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (
            SendUnknown("It did not answer. The reply may be out."),
            SendPostponed,
            "a.png could not be handed over",
        ),
        (
            SendRefused("Too many pixels; nothing was sent."),
            SendRefused,
            "a.png was not taken: Too many pixels",
        ),
        (SendPostponed("Slow down."), SendPostponed, "Slow down"),
    ],
)
def test_what_is_not_known_of_a_file_is_tried_again_and_what_is_refused_is_named(
    fault: Exception, kind: type[Exception], words: str
) -> None:
    async def one(file: ReplyFile) -> str:
        raise fault

    with pytest.raises(kind, match=words) as found:
        asyncio.run(uploading.handed_over(reply("a.png"), one))
    assert "may be out" not in str(found.value)


def test_what_takes_too_long_is_given_up_before_the_outbox_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one(file: ReplyFile) -> str:
        await asyncio.Event().wait()
        return ""

    monkeypatch.setattr(uploading, "UPLOAD_SECONDS", 0.01)
    with pytest.raises(SendPostponed, match="nothing was sent"):
        asyncio.run(uploading.handed_over(reply("a.png"), one))


def test_a_mastodon_server_says_what_it_takes() -> None:
    told = {
        "statuses": {"max_media_attachments": 6},
        "media_attachments": {
            "supported_mime_types": ["image/png", "video/mp4"], "image_size_limit": 500, "description_limit": 10_000,
        },
    }  # fmt: skip
    found = taken(told)
    assert (found.most, dict(found.largest), found.alt) == (6, {"image/png": 500}, 10_000)
    assert taken({}) == FILES


def test_the_playground_reads_a_form_to_the_byte() -> None:
    content = bytes(range(256)) + b"\r\n--not the end\r\n"
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n77\r\n'
        b'--xyz\r\nContent-Disposition: form-data; name="photo"; filename="a b.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + content + b"\r\n--xyz--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=xyz"}
    form = form_of(Asked(method="POST", url="", query={}, headers=headers, body=body))
    assert form.words == {"chat_id": "77"}
    assert (form.files["photo"].name, form.files["photo"].mime) == ("a b.png", "image/png")
    assert form.files["photo"].content == content
