"""Private data is found where it is, and not where it only looks so."""

import time
from itertools import pairwise

import pytest

from earful.triage.pii import find, iban, luhn
from earful.triage.pii.checks import nhs, routing

FOUND = [
    ("my card 4111 1111 1111 1111 was charged", "card", "4111 1111 1111 1111"),
    ("card 5555-5555-5555-4444 exp 12/26", "card", "5555-5555-5555-4444"),
    ("4111 1111 1111 1111 12/26", "card", "4111 1111 1111 1111"),
    ("amex 3782 822463 10005", "card", "3782 822463 10005"),
    ("card 6304 0000 0000", "card", "6304 0000 0000"),
    ("refund to DE89 3704 0044 0532 0130 00 please", "iban", "DE89 3704 0044 0532 0130 00"),
    ("ES91 2100 0418 4502 0005 1332 soon", "iban", "ES91 2100 0418 4502 0005 1332"),
    ("GB82WEST12345698765432", "iban", "GB82WEST12345698765432"),
    ("account number: 31926819", "account_number", "31926819"),
    ("sort code 20-00-00 please", "account_number", "20-00-00"),
    ("pay 20-00-00 55779911", "account_number", "20-00-00 55779911"),
    ("routing number 021000021", "account_number", "021000021"),
    ("Kontonummer 0532013000", "account_number", "0532013000"),
    ("ring +44 20 7946 0958 today", "phone", "+44 20 7946 0958"),
    ("text +44 7700 900123", "phone", "+44 7700 900123"),
    ("mine is 07700 900123", "phone", "07700 900123"),
    ("call me: (212) 555-2368", "phone", "(212) 555-2368"),
    ("it's 555-0142, thanks", "phone", "555-0142"),
    ("345-899-3560x4587", "phone", "345-899-3560x4587"),
    ("Handy: 78 651 450", "phone", "78 651 450"),
    ("write to ana.p+shop@example.org, thanks", "email", "ana.p+shop@example.org"),
    ("order number: AB-120934 is late", "order_number", "AB-120934"),
    ("Bestellnummer 99120341 fehlt", "order_number", "99120341"),
    ("commande n° 8812345", "order_number", "8812345"),
    ("mi pedido número 5512873", "order_number", "5512873"),
    ("o meu pedido é 5512873", "order_number", "5512873"),
    ("ordine n. 7781234", "order_number", "7781234"),
    ("klantnummer 4451290", "order_number", "4451290"),
    ("customer number C-99120", "order_number", "C-99120"),
    ("policy no. HX/2231/99", "order_number", "HX/2231/99"),
    ("tracking number 1234 5678 9012", "order_number", "1234 5678 9012"),
    ("passport no. X1234567", "id_number", "X1234567"),
    ("mein Reisepass C01X00T47", "id_number", "C01X00T47"),
    ("my driver's license number is F162823540116", "id_number", "F162823540116"),
    ("it is 536-90-4399", "id_number", "536-90-4399"),
    ("SSN 536904399", "id_number", "536904399"),
    ("NI: QQ 12 34 56 C or AB 12 34 56 C", "id_number", "AB 12 34 56 C"),
    ("NHS number 943 476 5919", "id_number", "943 476 5919"),
    ("soy 12345678Z", "id_number", "12345678Z"),
    ("NIE X-1234567-L", "id_number", "X-1234567-L"),
    ("2 55 08 14 168 025 38", "id_number", "2 55 08 14 168 025 38"),
    ("Steuer-ID 86 095 742 719", "id_number", "86 095 742 719"),
    ("sono RSSMRA85T10A562S", "id_number", "RSSMRA85T10A562S"),
    ("BSN 111222333 graag", "id_number", "111222333"),
    ("NIF 123456789", "id_number", "123456789"),
    ("meu 111.444.777-35", "id_number", "111.444.777-35"),
    ("CPF 11144477735", "id_number", "11144477735"),
    ("PESEL 44051401359", "id_number", "44051401359"),
    ("2341 2341 2346", "id_number", "2341 2341 2346"),
    ("PAN ABCPE1234F", "id_number", "ABCPE1234F"),
    ("I live at 40 Elm Road in Leeds", "address", "40 Elm Road"),
    ("PO Box 4412", "address", "PO Box 4412"),
    ("flat at SW1A 1AA", "address", "SW1A 1AA"),
    ("my address is 450 Birkenhof 15", "address", "450 Birkenhof 15"),
    ("Musterstraße 12 in Köln", "address", "Musterstraße 12"),
    ("Villacher Strasse 89", "address", "Villacher Strasse 89"),
    ("Keizersgracht 112, 1015 AB", "address", "Keizersgracht 112, 1015 AB"),
    ("au 12 rue de la Paix", "address", "12 rue de la Paix"),
    ("Calle Mayor 5", "address", "Calle Mayor 5"),
    ("Rua das Flores, 12", "address", "Rua das Flores, 12"),
    ("in Via Roma 12", "address", "Via Roma 12"),
]
CLEAN = [
    "4111 1111 1111 1112", "0000 0000 0000 0000", "GB82 WEST 1234 5698 7654 33", "@handle hello", "at 5@home",
    "on 2021-03-04 and 12.05.2022", "£1,299.00 for 2 items", "my order is late", "version 14.2.1", "call 911",
    "in order to pay 12 euros", "season 3 episode 12", "from 172.61.42.192", "DE89 3704 0044 0532",
    "it is 630400000000",
    "666-90-4399", "000-12-3456", "AB 12 34 56 E", "soy 12345678A", "RSSMRA85T10A562T",
    "BSN 111222334", "NIF 123456780", "111.444.777-36", "PESEL 44051401358", "2341 2341 2347", "my pan 28cm",
    "Steuer-ID 86 095 742 718", "2 55 08 14 168 025 39", "PAN ABCDE1234F", "routing number 021000022",
    "sort code 20-00", "the account has 250 euros", "a case of 24 bottles", "ticket for 2 people", "via app 12 times",
    "I walked 12 blocks that way", "the passport office at 9", "on flight 1234 to Rome", "in 2025 I paid 1200",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "words"), FOUND)
def test_private_data_is_found(text: str, name: str, words: str) -> None:
    assert (name, words) in [(pii.type, text[slice(*pii.span)]) for pii in find(text, "en")]


@pytest.mark.parametrize("text", CLEAN)
def test_what_only_looks_private_is_left(text: str) -> None:
    assert find(text, "en") == []


def test_a_number_is_read_in_the_country_of_the_language() -> None:
    text = "ich bin die 030 23125000"
    assert [pii.type for pii in find(text, "de")] == ["phone"]


def test_check_digits() -> None:
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert iban("NL91 ABNA 0417 1643 00")
    assert not iban("NL91")
    assert not iban("NL91 ABNA 0417 1643 001")
    assert not routing("000000000")
    assert nhs("9434765919")
    assert not nhs("9434765918")


def test_finds_do_not_overlap() -> None:
    text = "order 4111111111111111 a@b.co +442079460958 card 4111 1111 1111 1111"
    spans = [pii.span for pii in find(text, "en")]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert len(spans) == 4


def test_without_a_word_that_announces_it_no_code_is_looked_for() -> None:
    assert find("order number: AB-120934", "en", cues=()) == []
    assert find("box 48213 on the label", "en", cues=()) == []


REPEATED = (
    *(
        "ssn ",
        "ssn 1",
        "ssn: my my ",
        "passport A1 ",
        "sort code 12",
        "account 1 ",
        "order number ",
        "call ",
        "1/",
    ),
    *(
        "live at 1 A",
        "123-45-6789 ",
        "12-34-56 ",
        "A1",
        "RSSMRA85",
        "111.444.777-",
        "calle a a ",
        "Apt ",
        "rue a ",
    ),
    *("12 rue a a a ", "1.", "GB82WEST", "Straße der a ", "12 Elm Elm ", "visa 5011", "(", "2341 "),
)


@pytest.mark.parametrize("piece", REPEATED)
def test_time_is_linear_in_the_text(piece: str) -> None:
    def seconds(length: int) -> float:
        return min(timed((piece * length)[:length] + " 123456789x") for _ in range(2))

    # Twenty times for eight times the text leaves room for noise; a square would take 64 times.
    assert seconds(64_000) < max(20 * seconds(8_000), 0.05)


def timed(text: str) -> float:
    start = time.process_time()
    find(text, "en")
    return time.process_time() - start
