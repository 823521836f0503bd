"""Private data in a text: cards, IBANs, phone numbers, e-mail, order and identity numbers, addresses.

Errs towards hiding. Cheap gates first: no `@`, no e-mail; no digit, nothing else.
"""

import re
from collections.abc import Container, Iterator

from earful.model.rating import Pii, Span

_DIGITS = re.compile(r"\d+")
_RUN = re.compile(r"(?<![\w.])\+?\(?\d[\d ()\-./\u00a0]{5,}\d(?!\w)")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b")
_LOCAL = re.compile(r"[\w.+\-']{1,64}\Z")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}\b")
_CUED = re.compile(
    r"\b(?:order|booking|reservation|confirmation|tracking|ticket|case|invoice|account|customer|ref|reference|pnr|"
    r"bestellung|bestellnummer|auftrag|buchung|sendungsnummer|commande|dossier|pedido|encomenda|reserva|ordine|"
    r"bestelling|ordernummer)\b"
    r"[ \t]{0,2}(?:number|no|nr|num|id|code|numero|num[ée]ro|nummer|n[º°])?[ .:#=\t]{0,4}(?:is[ :]{1,2})?#?"
    r"(?P<value>(?=[A-Z\-]{0,12}\d)[A-Z0-9][A-Z0-9\-]{4,30})\b",
    re.IGNORECASE,
)
_IDENTITY = re.compile(
    r"\b(?:passport|ssn|social security|national insurance|nino|dni|nie|nif|cpf|codice fiscale|bsn|"
    r"personalausweis|ausweisnummer|driving licen[cs]e|id card|steuer-?id)\b"
    r"[ \t]{0,2}(?:number|no|nr|num|nummer)?[ .:#=\t]{0,4}"
    r"(?:is[ :]{1,2})?(?P<value>(?=[A-Z.\- ]{0,6}\d)[A-Z0-9][A-Z0-9.\-]{5,24})\b",
    re.IGNORECASE,
)
_ADDRESS_AT_NUMBER = re.compile(
    r"\b\d{1,5}[A-Za-z]?,? (?:(?:[A-Z][\w'-]{1,30}) ){1,3}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Court|Crescent|Way|Place|Terrace|Boulevard|Blvd)\b"
    r"|\b\d{1,4},? (?:bis )?(?:rue|avenue|boulevard|chemin|impasse|all[ée]e) (?:[\w'-]{1,30} ?){1,4}"
)
_ADDRESS_AT_NAME = re.compile(
    r"\b[A-ZÄÖÜ][\wäöüß-]{1,30}"
    r"(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee|straat|laan|plein) \d{1,4}[a-z]?\b"
    r"|\b(?:[Cc]alle|[Rr]ua|[Aa]venida|[Vv]ia|[Pp]iazza|[Cc]orso) (?:[\w'-]{1,30} ){1,4}?,? ?\d{1,4}\b"
)
_STREETS = (
    "stra", "str.", "weg ", "platz ", "gasse ", "allee ", "laan ", "plein ",
    "alle ", "rua ", "Rua ", "venida ", "via ", "Via ", "iazza ", "orso ",
)  # fmt: skip
_REGIONS = {
    "en": ("US", "GB"), "de": ("DE", "AT"), "fr": ("FR",), "es": ("ES", "MX"), "pt": ("PT", "BR"),
    "it": ("IT",), "nl": ("NL",),
}  # fmt: skip
_FEWEST_DIGITS = 7
"""No card, IBAN or phone number has fewer."""
_FEWEST_OF_CODE = 5
_CHECKED = 200
"""After so many candidates a message is a list of numbers: all that look like one are taken for one."""


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
    runs: list[Span] = []
    if sum(end - start for start, end in places) >= _FEWEST_DIGITS:
        runs = [match.span() for match in _RUN.finditer(text)]
        _claim(found, "card", _cards(text, runs))
        _claim(found, "iban", _ibans(text))
    if any(_is_code(text, start, end) for start, end in places):
        if "cue:identity" in cues:
            _claim(found, "id_number", (match.span("value") for match in _IDENTITY.finditer(text)))
        if "cue:code" in cues:
            _claim(found, "order_number", (match.span("value") for match in _CUED.finditer(text)))
    if "cue:street" in cues:
        _claim(found, "address", (match.span() for match in _ADDRESS_AT_NUMBER.finditer(text)))
    if any(street in text for street in _STREETS):
        _claim(found, "address", (match.span() for match in _ADDRESS_AT_NAME.finditer(text)))
    if runs:
        _claim(found, "phone", _phones(text, runs, language))
    return sorted(found, key=lambda pii: pii.span)


def _is_code(text: str, start: int, end: int) -> bool:
    """True when the digits at a place stand in a word of five or more characters, as numbers of orders do."""
    while end - start < _FEWEST_OF_CODE and start and (text[start - 1].isalnum() or text[start - 1] in "-."):
        start -= 1
    while end - start < _FEWEST_OF_CODE and end < len(text) and (text[end].isalnum() or text[end] in "-."):
        end += 1
    return end - start >= _FEWEST_OF_CODE


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


_GROUP = re.compile(r"(?<!\d)\d{4}")


def _cards(text: str, runs: list[Span]) -> Iterator[Span]:
    for start, end in runs:
        done = start
        for group in _GROUP.finditer(text, start, end):
            if group.start() >= done and (stop := _card_end(text, group.start(), end)):
                done = stop
                yield group.start(), stop


def _card_end(text: str, start: int, end: int) -> int:
    """Where a card number that starts here ends, or 0. An expiry date may follow it in the same run."""
    if text[start] not in "23456":
        return 0
    digits = ""
    for at in range(start, min(end, start + 40)):
        if not text[at].isdecimal():
            continue
        digits += str(int(text[at]))
        whole = at + 1 == end or not text[at + 1].isdecimal()
        if whole and 13 <= len(digits) <= 19 and luhn(digits):
            return at + 1
    return 0


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        if iban(match.group()):
            yield match.span()


def _phones(text: str, runs: list[Span], language: str) -> Iterator[Span]:
    regions = _REGIONS.get(language, ("US", "GB"))
    for number, (start, end) in enumerate(runs):
        run = text[start:end]
        count = sum(map(str.isdecimal, run))
        if 7 <= count <= 15 and not _DATE.fullmatch(run) and (number > _CHECKED or phone(run, regions)):
            yield start, end


_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{1,4}(?: \d.*)?")


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 check digit; all one digit is refused."""
    if digits == digits[0] * len(digits):
        return False
    odd = sum(map(int, digits[-1::-2]))
    return (odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def iban(text: str) -> bool:
    """ISO 13616: 15 to 34 characters whose rearranged number leaves 1 modulo 97."""
    plain = text.replace(" ", "").upper()
    if not (15 <= len(plain) <= 34 and plain.isascii() and plain.isalnum()):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def phone(text: str, regions: tuple[str, ...]) -> bool:
    """A valid number, by libphonenumber, in one of the regions or in the country it names."""
    # Loaded when the first candidate comes: its tables cost more than the whole of triage.
    import phonenumbers  # noqa: PLC0415

    for region in (None,) if text.startswith("+") else regions:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False
