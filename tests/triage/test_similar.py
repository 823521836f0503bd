"""Near duplicates: what a copy may differ in, what makes it another message, and what is forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.triage.similar import FEWEST_WORDS, Groups

TEXT = (
    "Lumenbank has closed the branch in our village without a word and now my mother must drive forty minutes "
    "to get her own money, so I am moving all our accounts elsewhere"
)
COPIES = [
    f"RT @ana: {TEXT}", TEXT.upper(), TEXT.replace(",", "!!!").replace(" and", ", and"), f"{TEXT} https://t.co/abc",
    f"@lumenbank {TEXT} @ombudsman", f"😡😡 {TEXT} 👎", f"{TEXT} shame on you", f"so true: {TEXT}",
    "  ".join(TEXT.split(" ")), TEXT.replace(" ", "\n"), f"“{TEXT}”", f"{TEXT}.",
]  # fmt: skip
DIFFERENT = [
    "Lumenbank has opened a branch in our village and my mother is happy that she can get her money there",
    "My card was refused at the petrol station although there is money on the account",
    "Where do I find the IBAN of my savings account in the new app?",
    "The branch in the city was closed on Monday without a word",
]


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_in_the_group_of_its_original(copy: str) -> None:
    assert Groups(64).place([TEXT, copy]) == [0, 0]
    assert Groups(64).place([copy, TEXT]) == [0, 0]


def test_different_messages_have_groups_of_their_own() -> None:
    assert Groups(64).place([TEXT, *DIFFERENT]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "text", ["", "thanks!", "thank you so", "@ana @ben https://x.example 😡 !!! ...", "\0", "\ud800"]
)
def test_short_texts_have_no_group(text: str) -> None:
    assert Groups(64).place([text, text]) == [None, None]


def test_a_copy_of_a_copy_is_in_the_first_ones_group() -> None:
    groups = Groups(64)
    assert groups.place([TEXT, f"{TEXT} shame on you", f"RT: {TEXT} shame on you"]) == [0, 0, 0]
    assert groups.place([TEXT]) == [0]


def test_only_the_newest_are_remembered() -> None:
    groups = Groups(16)
    fillers = [f"number {n} says word{n} thing{n} deed{n} name{n} place{n}" for n in range(16)]
    assert groups.place([TEXT, *fillers]) == list(range(17))
    assert groups.place([TEXT]) == [17]
    assert groups.place([TEXT]) == [17]


def test_a_group_that_goes_on_outlives_its_first() -> None:
    groups = Groups(16)
    for turn in range(8):
        assert groups.place([TEXT])[0] == 0
        groups.place([f"turn {turn} {n} says word{n}x{turn} thing{n}y deed{n}z{turn}" for n in range(8)])


LETTERS = ["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr", "st", "uv", "wx", "yz"]
WORDS = st.lists(st.sampled_from(LETTERS), max_size=30)


@given(st.lists(WORDS.map(" ".join), max_size=12))
def test_groups_are_named_by_their_first_and_do_not_depend_on_batches(texts: list[str]) -> None:
    together, one = Groups(64), Groups(64)
    found = together.place(texts)
    assert found == [one.place([text])[0] for text in texts]
    for at, group in enumerate(found):
        assert (group is None) == (len(texts[at].split()) < FEWEST_WORDS)
        if group is not None:
            assert group <= at
            assert found[group] == group
    for at, text in enumerate(texts):
        before = texts.index(text)
        assert found[at] == found[before] or before == at


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=())), max_size=6))
def test_any_text_is_placed(texts: list[str]) -> None:
    assert len(Groups(8).place(texts)) == len(texts)
