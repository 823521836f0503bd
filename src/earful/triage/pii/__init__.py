"""Private data in a text: cards, accounts, phone numbers, e-mail, numbers of orders and persons, addresses.

Errs towards hiding. Cheap gates first: no `@`, no e-mail; no digit, nothing else; few digits or no word that
announces a number, no search for it.
"""

import re
from collections.abc import Callable, Container, Iterator, Sequence

from earful.model.rating import Pii, Span
from earful.triage.pii import identity
from earful.triage.pii.checks import card, iban, luhn
from earful.triage.pii.money import RUN, accounts, cards, ibans
from earful.triage.pii.phones import phones
from earful.triage.pii.places import STREETS, at_cue, at_name, at_number

__all__ = ["ALL_CUES", "card", "find", "iban", "luhn"]

_DIGITS = re.compile(r"\d+")
_LOCAL = re.compile(r"[\w.+\-']{1,64}\Z")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_ORDERS = re.compile(
    r"\b(?:orders?|booking|reservation|confirmation|tracking|ticket|case|invoice|account|customer|client|member|"
    r"membership|policy|claim|contract|subscription|serial|imei|parcel|shipment|consignment|ref|reference|pnr|"
    r"bestellung|bestellnummer|auftrags?(?:nummer)?|buchung(?:snummer)?|sendungs?nummer|kundennummer|"
    r"rechnung(?:snummer)?|vertrag(?:snummer)?|vorgangsnummer|versicherungsnummer|ticketnummer|"
    r"commande|dossier|facture|colis|contrat|abonn[ée]|abonnement|r[ée]servation|suivi|billet|"
    r"pedido|encomenda|reserva|factura|fatura|contrato|cliente|p[óo]liza|ap[óo]lice|protocolo|conta|cuenta|env[íi]o|"
    r"localizador|seguimiento|rastreio|ordine|prenotazione|fattura|contratto|pratica|spedizione|codice|polizza|"
    r"bestelling|ordernummer|bestelnummer|klantnummer|factuur(?:nummer)?|boeking(?:snummer)?|pakket|polisnummer|"
    r"track ?(?:&|and|en) ?trace|zam[óo]wieni[ea]|ordrenummer|siparis|заказа?)\b"
    r"(?:[ \t]{1,2}(?:number|no|nr|num|id|ref|reference|code|n[úu]mero|num[ée]ro|nummer|n|"
    r"account|confirmation|de|di|du)\b){0,2}"
    r"[ \t]{0,2}(?:n[º°])?[ .:#=\t]{0,4}(?:(?:is|was|es|est|ist|[eèé])[ :]{1,2})?#?"
    r"(?P<value>\d{4}(?: \d{4}){1,5}|(?=[A-Z\-/]{0,12}\d)[A-Z0-9][A-Z0-9\-/]{4,30})(?![\w-])",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 7
"""No card, IBAN or phone number has fewer."""
_FEWEST_OF_PERSON = 6
_FEWEST_OF_CODE = 5

_SHAPED, _ANNOUNCED = (8, 28), (72, 48)
"""How far before and after digits a number with a shape of its own reaches, and one that a word announces."""
_Finder = Callable[[str, int, int], Iterator[Span]]

ALL_CUES = frozenset({"cue:code", "cue:identity", "cue:street"})


def find(text: str, language: str = "und", cues: Container[str] = ALL_CUES) -> list[Pii]:
    """Private data in order of place, without overlaps; the surest type wins a place. `language` guesses a
    phone number's country when it names none. `cues` are the labels of the phrases found in the text: without a
    word that announces a code, an identity or a street, none is looked for."""
    found: list[Pii] = []
    if "@" in text:
        found.extend(Pii("email", span) for span in _emails(text))
    places = [match.span() for match in _DIGITS.finditer(text)]
    if not places:
        return found
    digits = sum(end - start for start, end in places)
    runs: list[Span] = []
    if digits >= _FEWEST_DIGITS:
        runs = [match.span() for match in RUN.finditer(text)]
        _claim(found, "card", cards(text, runs))
        _claim(found, "iban", ibans(text))
    if digits >= _FEWEST_OF_PERSON:
        _claim(found, "id_number", _each(identity.shaped, text, _windows(text, places, *_SHAPED)))
    codes = any(_is_code(text, start, end) for start, end in places)
    if (codes or runs) and ("cue:identity" in cues or "cue:code" in cues):
        windows = _windows(text, places, *_ANNOUNCED)
        if "cue:identity" in cues:
            _claim(found, "id_number", _each(identity.announced, text, windows))
        if "cue:code" in cues:
            _claim(found, "account_number", _each(accounts, text, windows))
            _claim(found, "order_number", _each(_orders, text, windows))
    if "cue:street" in cues:
        _claim(found, "address", at_number(text))
        _claim(found, "address", at_cue(text))
    lower = text.lower()
    if any(street in lower for street in STREETS):
        _claim(found, "address", at_name(text))
    if runs:
        _claim(found, "phone", phones(text, runs, language))
    return sorted(found, key=lambda pii: pii.span)


def _is_code(text: str, start: int, end: int) -> bool:
    """True when the digits at a place stand in a word of five or more characters, as numbers of orders do."""
    while end - start < _FEWEST_OF_CODE and start and (text[start - 1].isalnum() or text[start - 1] in "-./"):
        start -= 1
    while end - start < _FEWEST_OF_CODE and end < len(text) and (text[end].isalnum() or text[end] in "-./"):
        end += 1
    return end - start >= _FEWEST_OF_CODE


def _windows(text: str, places: Sequence[Span], before: int, after: int) -> list[Span]:
    """Where to look for numbers: around the digits, without overlaps."""
    found: list[Span] = []
    last = 0
    for start, end in places:
        if found and start - before <= last:
            found[-1] = (found[-1][0], min(end + after, len(text)))
        else:
            found.append((max(start - before, 0), min(end + after, len(text))))
        last = found[-1][1]
    return found


def _each(finder: _Finder, text: str, windows: list[Span]) -> Iterator[Span]:
    for start, end in windows:
        yield from finder(text, start, end)


def _orders(text: str, first: int, last: int) -> Iterator[Span]:
    return (match.span("value") for match in _ORDERS.finditer(text, first, last))


def _claim(found: list[Pii], name: str, spans: Iterator[Span]) -> None:
    """Add the spans that overlap nothing found by a surer rule. Spans come in order, so one sweep does."""
    taken = sorted(pii.span for pii in found)
    at = 0
    for start, end in spans:
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if at == len(taken) or taken[at][0] >= end:
            found.append(Pii(name, (start, end)))


def _emails(text: str) -> Iterator[Span]:
    # From each @ outwards with bounded steps: a pattern that starts at the left is quadratic on a long word.
    at, last = text.find("@"), 0
    while at >= 0:
        local = _LOCAL.search(text, max(last, at - 64), at)
        domain = _DOMAIN.match(text, at + 1)
        if local is not None and domain is not None:
            yield local.start(), domain.end()
            last = domain.end()
        at = text.find("@", max(at + 1, last))
