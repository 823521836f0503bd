"""Private data: found where it is, and not where it only looks so."""

from itertools import pairwise

import pytest

from earful.triage.pii import find, iban, luhn

FOUND = [
    ("my card 4111 1111 1111 1111 was charged", "card", "4111 1111 1111 1111"),
    ("card 5555-5555-5555-4444 exp 12/26", "card", "5555-5555-5555-4444"),
    ("4111 1111 1111 1111 12/26", "card", "4111 1111 1111 1111"),
    ("refund to DE89 3704 0044 0532 0130 00 please", "iban", "DE89 3704 0044 0532 0130 00"),
    ("GB82WEST12345698765432", "iban", "GB82WEST12345698765432"),
    ("ring +44 20 7946 0958 today", "phone", "+44 20 7946 0958"),
    ("call me: (212) 555-2368", "phone", "(212) 555-2368"),
    ("write to ana.p+shop@example.org, thanks", "email", "ana.p+shop@example.org"),
    ("order number: AB-120934 is late", "order_number", "AB-120934"),
    ("Bestellnummer 99120341 fehlt", "order_number", "99120341"),
    ("commande n° 8812345", "order_number", "8812345"),
    ("passport no. X1234567", "id_number", "X1234567"),
    ("I live at 40 Elm Road in Leeds", "address", "40 Elm Road"),
    ("Musterstraße 12 in Köln", "address", "Musterstraße 12"),
    ("au 12 rue de la Paix", "address", "12 rue de la Paix"),
]
CLEAN = [
    "4111 1111 1111 1112", "0000 0000 0000 0000", "GB82 WEST 1234 5698 7654 33", "@handle hello", "at 5@home",
    "on 2021-03-04 and 12.05.2022", "£1,299.00 for 2 items", "my order is late", "version 14.2.1", "call 911",
    "in order to pay 12 euros", "season 3 episode 12",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "words"), FOUND)
def test_private_data_is_found(text: str, name: str, words: str) -> None:
    assert (name, words) in [(pii.type, text[slice(*pii.span)]) for pii in find(text, "en")]


@pytest.mark.parametrize("text", CLEAN)
def test_what_only_looks_private_is_left(text: str) -> None:
    assert find(text, "en") == []


def test_a_number_is_read_in_the_country_of_the_language() -> None:
    text = "ruft mich an: 030 23125000"
    assert [pii.type for pii in find(text, "de")] == ["phone"]


def test_check_digits() -> None:
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert iban("NL91 ABNA 0417 1643 00")
    assert not iban("NL91")


def test_finds_do_not_overlap() -> None:
    text = "order 4111111111111111 a@b.co +442079460958 card 4111 1111 1111 1111"
    spans = [pii.span for pii in find(text, "en")]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert len(spans) == 4
