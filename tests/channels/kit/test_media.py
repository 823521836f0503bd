"""Files told by their content, and fetched once, from where they may be."""

import asyncio
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels import registry
from earful.channels.kit.http import client
from earful.channels.kit.media import (
    MediaLater,
    MediaRefused,
    Source,
    fetch_media,
    known,
    mime_of,
)
from earful.model.message import Attachment, Network
from earful.model.time import Instant
from tests.channels.simulated import simulated

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
NOW = Instant(1_795_000_000_000)


def zipped(**files: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


WORD = zipped(**{"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})
MACRO = zipped(**{"[Content_Types].xml": b"<x/>", "word/vbaProject.bin": b"x"})
OPEN = zipped(mimetype=b"application/vnd.oasis.opendocument.text", content=b"x")


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        ("Grüße".encode(), "text/plain"),
        (WORD, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (OPEN, "application/vnd.oasis.opendocument.text"),
        (MACRO, ""),
        (zipped(anything=b"x"), ""),
        (b"PK\x03\x04 cut off", ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", ""),
        (b"\xef\xbb\xbf <!doctype html><script>alert(1)</script>", ""),
        (b"#!/bin/sh\nrm -rf /", ""),
        (b"MZ\x90\0", ""),
        (b"\x7fELF", ""),
        (b"", ""),
    ],
)
def test_a_file_is_what_its_content_says(content: bytes, mime: str) -> None:
    assert mime_of(content) == mime


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"RIFF", b"\x89PNG"]))
def test_no_content_breaks_it(content: bytes, head: bytes) -> None:
    mime_of(head + content)


def test_what_is_unknown_is_refused_with_words() -> None:
    with pytest.raises(MediaRefused, match="not kept"):
        known(b"MZ\x90\0")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.png",
        "http://[::1]/x.png",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "http://",
    ],
)
def test_addresses_inside_are_never_called(url: str) -> None:
    async def fetched() -> None:
        async with client(allow_private=False) as http:
            await fetch_media(http, Source(url=url), NOW)

    with pytest.raises(MediaRefused):
        asyncio.run(fetched())


@pytest.mark.parametrize("network", [Network.TELEGRAM, Network.WHATSAPP])
def test_a_network_that_names_a_file_by_its_id_says_where_it_is(network: Network) -> None:
    async def story() -> None:
        async with simulated(network) as (simulator, tools, clock):
            wiring = simulator.wiring()
            connector = registry.connect(network, wiring.settings, wiring.secrets, tools)
            simulator.files["1001"] = PNG
            source = await connector.media(Attachment(native_id="1001"))  # type: ignore[attr-defined]
            found = await fetch_media(tools.http, source, clock())
            assert (found.content, found.mime) == (PNG, "image/png")
            with pytest.raises((MediaRefused, MediaLater)):
                await connector.media(Attachment(native_id="gone"))  # type: ignore[attr-defined]
            assert simulator.violations == []

    asyncio.run(story())
