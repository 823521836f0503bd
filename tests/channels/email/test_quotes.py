"""What is new in a mail, and what its program quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earful.channels.email.quotes import split

NEW = "Das Paket ist immer noch nicht da."
OLD = "> Wir kümmern uns.\n> Viele Grüße"

ATTRIBUTIONS = [
    "On Tue, 3 Mar 2026 at 10:12, Brand Support <support@brand.test> wrote:",
    "On 3/3/26 10:12 AM, Brand Support wrote:",
    "Am 03.03.2026 um 10:12 schrieb Brand Support <support@brand.test>:",
    "Am Di., 3. März 2026 um 10:12 Uhr schrieb Brand <support@brand.test>:",
    "Le mar. 3 mars 2026 à 10:12, Brand <support@brand.test> a écrit :",
    "El mar, 3 mar 2026 a las 10:12, Brand (<support@brand.test>) escribió:",
    "Il giorno mar 3 mar 2026 alle ore 10:12 Brand <support@brand.test> ha scritto:",
    "Op di 3 mrt 2026 om 10:12 schreef Brand <support@brand.test>:",
    "Em ter., 3 de mar. de 2026 às 10:12, Brand <support@brand.test> escreveu:",
    "On Tue, 3 Mar 2026 at 10:12, Brand Support\n<support@brand.test> wrote:",
    "2026-03-03 10:12 GMT+01:00 Brand <support@brand.test>\nschrieb:",
]

SEPARATORS = [
    "-----Original Message-----\nFrom: Brand",
    "-----Ursprüngliche Nachricht-----\nVon: Brand",
    "-------- Message d'origine --------\nDe : Brand",
    "-----Mensaje original-----\nDe: Brand",
    "-----Messaggio originale-----\nDa: Brand",
    "-----Oorspronkelijk bericht-----\nVan: Brand",
    "-----Mensagem original-----\nDe: Brand",
    "________________________________\nFrom: Brand <a@b.c>\nSent: 3 March 2026\nTo: Ana\nSubject: Parcel",
    "Von: Brand <a@b.c>\nGesendet: Dienstag, 3. März 2026\nAn: Ana\nBetreff: Paket",
    "De : Brand <a@b.c>\nEnvoyé : mardi 3 mars 2026\nÀ : Ana\nObjet : Colis",
    "De: Brand <a@b.c>\nEnviado el: martes, 3 de marzo\nPara: Ana\nAsunto: Paquete",
    "Da: Brand <a@b.c>\nInviato: martedì 3 marzo\nA: Ana\nOggetto: Pacco",
    "Van: Brand <a@b.c>\nVerzonden: dinsdag 3 maart\nAan: Ana\nOnderwerp: Pakket",
    "De: Brand <a@b.c>\nEnviado: terça-feira\nPara: Ana\nAssunto: Pacote",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("quotation", [OLD, "Wir kümmern uns."])
def test_an_attribution_and_what_follows_is_old(attribution: str, quotation: str) -> None:
    found = split(f"{NEW}\n\n{attribution}\n\n{quotation}\n")
    assert (found.text, found.rule) == (NEW, "attribution")
    assert "kümmern" in found.quoted
    assert attribution in found.quoted


@pytest.mark.parametrize("separator", SEPARATORS)
def test_below_an_outlook_separator_all_is_old(separator: str) -> None:
    found = split(f"{NEW}\n\n{separator}\n\nWir kümmern uns.")
    assert (found.text, found.rule) == (NEW, "outlook")
    assert found.quoted.endswith("Wir kümmern uns.")


@pytest.mark.parametrize(
    "text",
    [
        NEW,
        "I called on Monday and the man wrote:\nnothing at all",
        "From: my heart\nthank you",
        "Prices: a > b\n> is not <",
        "> you asked for the number\nIt is 4711.\n> and the date\nMonday.",
        f"{OLD}",
        "-----Original Message-----\nFrom: Brand\n\nonly a forward",
        "He said:\n- one\n- two",
        "",
    ],
)
def test_when_in_doubt_the_words_stay(text: str) -> None:
    found = split(text)
    assert (found.text, found.quoted, found.rule) == (text.strip(), "", "")


def test_an_answer_below_the_quotation_is_found() -> None:
    found = split(f"{ATTRIBUTIONS[0]}\n{OLD}\n\n{NEW}")
    assert (found.text, found.rule) == (NEW, "attribution")


def test_answers_between_the_lines_are_left_whole() -> None:
    text = f"{ATTRIBUTIONS[0]}\n> where is it?\nHere.\n> and when?\nNow."
    assert split(text).text == text


def test_a_quotation_at_the_end_needs_no_attribution() -> None:
    assert split(f"{NEW}\n\n{OLD}") == split(f"{NEW}\n\n{OLD}\n\n")
    assert split(f"{NEW}\n\n{OLD}").rule == "trailing"


@given(
    st.lists(
        st.sampled_from(["", NEW, "> old", "wrote:", *ATTRIBUTIONS, *SEPARATORS, "x" * 700]), max_size=12
    )
)
def test_no_line_is_ever_lost(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    found = split(text)
    kept = sorted(line.strip() for line in (found.text + "\n" + found.quoted).split("\n") if line.strip())
    assert kept == sorted(line.strip() for line in text.split("\n") if line.strip())
    assert bool(found.text) == bool(text.strip())
