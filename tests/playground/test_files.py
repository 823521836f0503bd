"""The playground's page shows what the brand said with a file, and lets nothing in it run."""

import asyncio

import httpx2

from earful.model.message import Network
from earful.model.time import Instant
from earful.playground.networks.app import Networks, build
from earful.playground.networks.world import SentFile
from tests.desk.media.test_media import PICTURE


def test_a_picture_of_the_brand_is_seen_with_its_description_and_a_document_is_saved() -> None:
    networks = Networks("http://network.test", lambda: Instant(1_795_000_000_000))
    world = networks.simulators[Network.TELEGRAM].world
    ana = world.customer("ana")
    asked = world.say(ana, "How do I open it?", private=True)
    lid = SentFile(name="lid.png", mime="image/png", content=PICTURE, alt="A hand <turns> the lid")
    bill = SentFile(name="bill.html", mime="text/html", content=b"<script>alert(1)</script>")
    said = world.say(world.brand, "As shown", parent=asked.id, private=True, to=ana.id, files=[lid, bill])

    async def look() -> tuple[httpx2.Response, ...]:
        transport = httpx2.ASGITransport(app=build(networks))
        async with httpx2.AsyncClient(transport=transport, base_url="http://network.test") as http:
            paths = (f"/file/telegram/{said.id}/{place}" for place in range(3))
            return await http.get("/?network=telegram"), *[await http.get(path) for path in paths]

    page, picture, document, nothing = asyncio.run(look())
    assert f'src="/file/telegram/{said.id}/0"' in page.text
    assert "A hand &lt;turns&gt; the lid" in page.text
    assert (picture.headers["content-type"], picture.content) == ("image/png", PICTURE)
    assert document.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in document.headers["content-security-policy"]
    assert nothing.status_code == 404
