"""A brand's profile as TOML: what is written is read again, and mistakes are named with key and line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.triage.profile import ENTRIES_MOST, LISTS, InvalidProfileError, brand_of, read_brand, write_brand
from earful.triage.subject import Brand

words = st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20), max_size=6)


@given(st.fixed_dictionaries({key: words for key in LISTS if key != "domains"}))
def test_what_is_written_is_read_again(lists: dict[str, list[str]]) -> None:
    brand = brand_of(lists)
    assert read_brand(write_brand(brand)) == brand


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidProfileError):
        assert isinstance(read_brand(text), Brand)


def test_entries_are_trimmed_and_kept_once() -> None:
    brand = read_brand('names = ["Acme", " ACME ", "", "Acme  Shop"]\ndomains = ["acme.com"]')
    assert brand == Brand(names=("Acme", "Acme Shop"), domains=("acme.com",))
    assert read_brand("") == Brand()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("names = [", "not TOML"),
        ('names = ["Acme"]\nnmaes = ["Acme"]', "`nmaes` in line 2: there is no such list"),
        ('\nnames = "Acme"', "`names` in line 2: write a list"),
        ("products = [1]", "`products` in line 1: write a list"),
        ("[names]\na = 1", "`names` in line 1: write a list"),
        ('domains = ["https://acme.com/x"]', "`domains` in line 1: “https://acme.com/x” is not a domain"),
        (f'names = ["{"a" * 101}"]', "longer than 100"),
        (f"names = {[str(n) for n in range(ENTRIES_MOST + 1)]}", "too many"),
        ('names = ["a\\u0000b"]', "cannot be kept"),
        ("a = " + "[" * 5_000, "not"),
    ],
)
def test_mistakes_are_named(text: str, says: str) -> None:
    with pytest.raises(InvalidProfileError) as caught:
        read_brand(text)
    assert says in str(caught.value)


def test_the_line_of_a_syntax_error_is_named() -> None:
    with pytest.raises(InvalidProfileError, match="line 2"):
        read_brand('names = ["Acme"]\nhandles = [oops]')
