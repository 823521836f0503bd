"""The comments of a blog by a real isso: they arrive, change and go, and an answer is on the page once."""

from collections.abc import Iterator

import msgspec
import pytest

from earful.channels.blog.connector import BlogConnector
from earful.channels.blog.settings import BlogSecrets, BlogSettings
from earful.channels.contract import Reply, ReplyTarget, SendPostponed, SendRefused, SendUnknown
from earful.channels.kit.tools import Tools
from earful.model.message import Direction, IncomingMessage, Visibility
from tests.channels.inlet import MemoryInlet
from tests.channels.running import later, receiving, run, tools
from tests.servers import isso as server
from tests.servers.isso import PAGE, IssoServer

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("isso")]
SITE = "https://blog.example.test"


@pytest.fixture(scope="module")
def isso() -> Iterator[IssoServer]:
    """A running isso."""
    if why := server.missing():
        pytest.skip(why)
    made = IssoServer()
    yield made
    made.stop()


def quick() -> Tools:
    return msgspec.structs.replace(tools(), pace=0.01)


def connected(isso: IssoServer, made: Tools) -> BlogConnector:
    settings = BlogSettings(
        system="isso", url=isso.url, name="Brewline", pages=[PAGE], site=SITE, poll_seconds=5
    )
    return BlogConnector(settings, BlogSecrets(password="only-we-know"), made)


def reply(to: IncomingMessage, text: str, client_id: str = "r-1") -> Reply:
    target = ReplyTarget(native_id=to.native_id, namespace=to.namespace, visibility=Visibility.PUBLIC)
    return Reply(client_id=client_id, text=text, audience=Visibility.PUBLIC, to=target)


def test_a_comment_arrives_is_changed_answered_once_and_taken_back(isso: IssoServer) -> None:
    async def walk() -> None:
        made, inlet = later(quick()), MemoryInlet()
        connector = connected(isso, made)
        assert await connector.check() == []
        early = isso.comment("I was here *before* <b>Earful</b>", "Tom & Jo")
        async with receiving(connector, inlet):
            await inlet.until(lambda: len(inlet.kept) == 1)
            (old,) = inlet.messages()
            assert (old.text, old.backfill) == ("I was here *before* <b>Earful</b>", True)
            assert old.author is not None
            assert old.author.name == "Tom & Jo"
            number = isso.comment("Where is the hand grinder?\n\nIt is 5 € elsewhere 📦")
            await inlet.until(lambda: len(inlet.kept) == 2)
            said = inlet.messages()[-1]
            assert said.text == "Where is the hand grinder?\n\nIt is 5 € elsewhere 📦"
            assert said.permalink == f"{SITE}{PAGE}#isso-{number}"
            assert (said.backfill, said.direction) == (False, Direction.INBOUND)

            isso.edit(number, "Where is the *small* grinder?")
            await inlet.until(lambda: any(one.edits for one in inlet.kept.values()))
            assert inlet.messages()[-1].text == "Where is the *small* grinder?"

            answer = reply(said, "Sorry, it is in part two & costs <5 €. 📦")
            assert await connector.find(answer) is None
            sent = await connector.send(answer)
            assert await connector.find(answer) == sent
            await inlet.until(lambda: len(inlet.kept) == 3)
            echo = inlet.messages()[-1]
            assert (echo.native_id, echo.namespace) == (sent.native_id, sent.namespace)
            assert (echo.direction, echo.client_id) == (Direction.OUTBOUND, "r-1")
            assert [one["author"] for one in isso.page() if one["parent"] == number] == ["Brewline"]

            isso.delete(number)
            isso.delete(early)
            await inlet.until(lambda: sum(one.deleted for one in inlet.kept.values()) == 2)
            assert not inlet.kept[echo.namespace, echo.native_id].deleted
            assert inlet.troubles == []
        await made.http.aclose()

    run(walk())


def test_nobody_else_writes_in_our_name(isso: IssoServer) -> None:
    async def walk() -> None:
        made, inlet = quick(), MemoryInlet()
        connector = connected(isso, made)
        async with receiving(connector, inlet):
            first = isso.comment("Do you take it back?")
            await inlet.until(lambda: any(m.text == "Do you take it back?" for m in inlet.messages()))
            asked = next(m for m in inlet.messages() if m.text == "Do you take it back?")
            await connector.send(reply(asked, "Of course we do.", "r-2"))
            mark = next(one["website"] for one in isso.page() if one["text"] == "Of course we do.")
            isso.comment("No, never.", "Brewline", parent=first, website=mark)
            await inlet.until(lambda: any(m.text == "No, never." for m in inlet.messages()))
            false = next(m for m in inlet.messages() if m.text == "No, never.")
            assert false.direction is Direction.INBOUND
        await made.http.aclose()

    run(walk())


def test_what_isso_refuses_is_told(isso: IssoServer) -> None:
    strict = IssoServer(most=1, moderated=True)

    async def walk() -> None:
        made = quick()
        connector = connected(strict, made)
        number = strict.comment("The only one of this minute")
        target = ReplyTarget(
            native_id=f"{PAGE}#isso-{number}",
            namespace=f"isso:127.0.0.1:{strict.port}",
            visibility=Visibility.PUBLIC,
        )
        answer = Reply(client_id="r-3", text="We come later", audience=Visibility.PUBLIC, to=target)
        with pytest.raises(SendPostponed, match="ratelimit") as later:
            await connector.send(answer)
        assert later.value.after_seconds == 60
        with pytest.raises(SendUnknown, match="moderation"):
            await connector.find(answer)
        secret = msgspec.structs.replace(answer, audience=Visibility.DIRECT)
        with pytest.raises(SendRefused, match="public"):
            await connector.send(secret)
        await made.http.aclose()

    try:
        run(walk())
    finally:
        strict.stop()


def test_a_page_that_is_no_isso_deletes_nothing(isso: IssoServer) -> None:
    async def walk() -> None:
        made, inlet = quick(), MemoryInlet()
        settings = BlogSettings(
            system="isso", url=f"{isso.url}/nowhere", name="Brewline", pages=[PAGE], poll_seconds=5
        )
        connector = BlogConnector(settings, BlogSecrets(password="12345678"), made)
        (problem,) = await connector.check()
        assert "not at" in problem
        async with receiving(connector, inlet):
            await inlet.until(lambda: bool(inlet.troubles))
        assert not inlet.kept
        await made.http.aclose()

    run(walk())
