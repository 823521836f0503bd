"""What a network takes of a reply's files, and the messages that the reply becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels import registry
from earful.channels.contract import Capabilities, Files
from earful.channels.kit.media import UPLOADS
from earful.desk.attaching import rules
from earful.desk.attaching.rules import File
from earful.model.message import Network, Visibility

TWO = Files(
    largest={"image/png": 1_000_000, "image/gif": 2_000_000}, most=2, alt=20, alone=frozenset({"image/gif"})
)


def file(name: str = "leak.png", mime: str = "image/png", size: int = 900, alt: str = "") -> File:
    return File(id=name, name=name, mime=mime, size=size, alt=alt)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([file()], []),
        ([file("bill.pdf", "application/pdf")], ["bill.pdf: PDF documents are not taken here"]),
        ([file(size=1_500_000)], ["leak.png has 1.5 MB, 1 MB are taken here"]),
        ([file("a"), file("b"), file("c")], ["Only 2 can go with one reply here; take 1 off."]),
        ([file("a"), file("b.gif", "image/gif")], ["b.gif can only go alone"]),
        ([file(alt="x" * 21)], ["has 21 characters, 20 are taken here"]),
    ],
)
def test_what_a_network_does_not_take_is_said_with_what_to_do(files: list[File], words: list[str]) -> None:
    found = rules.problems(files, TWO, "")
    assert len(found) == len(words)
    assert all(said in problem for said, problem in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("in_one", "caption", "words"),
    [
        (None, None, ""),
        (1, None, "the first with the words."),
        (1, 1_024, "the first with the words; words of more than 1,024 characters go first."),
        (1, 0, "The words go out first, then each file in a message of its own."),
    ],
)
def test_it_is_said_in_which_messages_a_reply_goes_out(
    in_one: int | None, caption: int | None, words: str
) -> None:
    said = rules.in_messages(Files(largest={}, most=3, in_one=in_one, caption=caption))
    assert said.endswith(words)
    assert bool(said) is bool(words)


def test_a_network_without_files_says_why_and_only_when_there_are_some() -> None:
    assert rules.problems([], None, "No.") == []
    assert rules.problems([file()], None, "No.") == ["No. Take the files off to send the words."]


def test_every_network_that_takes_files_takes_only_what_can_be_put_to_a_reply_and_says_so() -> None:
    takes = {}
    for network in registry.NETWORKS:
        can = registry.capabilities(network)
        assert isinstance(can, Capabilities)
        for audience in (Visibility.PUBLIC, Visibility.DIRECT):
            found = rules.taken(can, audience)
            if found is None:
                assert rules.why_none(can)
                continue
            takes[network, audience] = found
            assert set(found.largest) <= UPLOADS
            assert rules.in_words(found).endswith(".")
    public = {network for network, audience in takes if audience is Visibility.PUBLIC}
    assert public == {
        Network.MASTODON, Network.TELEGRAM, Network.BLUESKY, Network.X, Network.FACEBOOK,
    }  # fmt: skip
    assert (Network.BLUESKY, Visibility.DIRECT) not in takes


@given(
    st.lists(st.text("ab", min_size=1, max_size=8), min_size=1, max_size=4),
    st.lists(st.integers(0, 99).map(str), max_size=5, unique=True),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 0, 4]),
)
def test_every_word_and_every_file_goes_out_once_and_in_order(
    texts: list[str], files: list[str], in_one: int | None, caption: int | None
) -> None:
    takes = Files(largest={}, most=9, in_one=in_one, caption=caption)
    pieces = rules.divided(texts, files, takes, len)
    assert [one.text for one in pieces if one.text] == texts
    assert [name for one in pieces for name in one.files] == files
    for one in pieces:
        assert one.text or one.files
        assert in_one is None or len(one.files) <= in_one
        assert not (one.text and one.files) or caption is None or len(one.text) <= caption
    if files and (caption is None or len(texts[0]) <= caption):
        assert pieces[0].files, "files go with the first words where they fit"
