"""Addresses: a house number beside a word for a street, or what stands where an address is announced."""

import re
from collections.abc import Iterator

from earful.model.rating import Span

_HOUSE = r"\d{1,5}[A-Za-z]?(?:[-/]\d{1,4})?"
_NAME = r"[\w'’.-]{1,30}"
_AT_NUMBER = re.compile(
    rf"\b{_HOUSE},? (?:(?:[A-Z][\w'-]{{1,30}}) ){{1,3}}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Court|Ct|Crescent|Way|Place|Pl|Terrace|Boulevard|Blvd|"
    r"Square|Sq|Gardens|Grove|Hill|Highway|Hwy|Parkway|Pkwy|Circle|Cir|Row|Mews|Parade|Rise)\b"
    rf"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat)\.? \w{{1,6}})?"
    rf"|\b{_HOUSE},? (?:bis |ter )?(?:rue|avenue|av\.|boulevard|bd|chemin|impasse|all[ée]e|place|quai|cours|route)"
    rf" (?:{_NAME} ?){{1,4}}"
    r"|\b(?:P\.?O\.? ?Box|PSC|Unit|Postfach|Apartado(?: de Correos)?|Caixa Postal|Postbus|BP) \d{2,6}"
    r"(?:,? Box \d{1,6})?(?:,?\s(?:[ADF]PO) A[AEP] \d{5})?"
    rf"|\b(?:\d{{1,5}} )?(?:(?:[A-ZÀ-Þ]{_NAME} ){{1,3}}\d{{1,5}},?\s{{1,9}})?"
    rf"(?:Apt|Apartment|Suite|Flat)\.? \d{{1,5}}[A-Za-z]?\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}\b",
)
_AT_NAME = re.compile(
    r"\b[A-ZÄÖÜ][\wäöüß-]{1,30}"
    r"(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee|ufer|damm|straat|laan|plein|gracht|kade|singel|dijk|steeg)"
    r" \d{1,4}(?: ?[a-z]\b)?(?:, ?\d{5}|, ?\d{4} ?[A-Z]{2})?\b"
    r"|\b[A-ZÄÖÜ][\wäöüß-]{1,30} (?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Ufer|Damm) \d{1,4}[a-z]?\b"
    r"|\bStraße de[rs] (?:\w{1,20}\.? ){1,3}\d{1,4}\b"
    r"|\b(?:[Cc]alle|C/|[Cc]arrer|[Rr]ua|[Tt]ravessa|[Aa]venida|[Aa]vda?\.|[Pp]laza|[Pp]aseo|[Pp]ra[çc]a|[Ee]strada|"
    r"[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Vv]icolo|[Ll]argo) ?"
    rf"(?=(?:(?:d[aeio]\w{{0,3}}|l[ao]s?|el|san) ){{0,2}}[A-ZÀ-Þ\d])"
    rf"(?:{_NAME} ){{0,4}}?{_NAME},? (?:n\.? ?[º°]? ?)?\d{{1,4}}\b"
)
STREETS = (
    "stra", "str.", "weg ", "atz ", "gasse ", "alle", "ufer ", "damm ", "laan ", "plein ", "gracht ", "kade ",
    "singel ", "dijk ", "steeg ", "c/", "rua ", "venida ", "avda", "av.", "laza ", "aseo ", "raça ", "via ", "iale ",
    "azza ", "orso ", "icolo ", "arrer ", "avessa ", "trada ", "argo ",
)  # fmt: skip
"""None of these in a text in lower case: no street that is named before its number."""
_AT_CUE = re.compile(
    r"(?:\b(?:address|adresse|anschrift|direcci[óo]n|indirizzo|adres|endere[çc]o|morada|live at|living at|lives at|"
    r"located at|wohne in der|j'habite(?: au)?|vivo en|abito in|moro na|woon op|deliver(?:ed)? to|ship(?:ped)? to|"
    r"(?:office|restaurant|shop|house|store) is at|meet you at|return to)\b)"
    r"[ \t]{0,2}(?:is now|is|es|est|ist|è|é)?[ \t]{0,2}:?[ \t]{1,2}"
    rf"(?P<value>\d{{1,5}}[A-Za-z]?,? (?-i:[A-ZÀ-Þ]){_NAME}(?:,? {_NAME}){{0,3}}?(?:,? \d{{1,5}}\b|(?=[,.\n]|$))"
    rf"|(?-i:[A-ZÀ-Þ]){_NAME}(?: {_NAME}){{0,3}}?,? \d{{1,5}}[A-Za-z]?\b)",
    re.IGNORECASE,
)


def at_number(text: str) -> Iterator[Span]:
    """A number, then a street; boxes, flats and British postcodes."""
    return (match.span() for match in _AT_NUMBER.finditer(text))


def at_name(text: str) -> Iterator[Span]:
    """A street, then its number."""
    return (match.span() for match in _AT_NAME.finditer(text))


def at_cue(text: str) -> Iterator[Span]:
    """What stands where an address is announced and has a number."""
    return (match.span("value") for match in _AT_CUE.finditer(text))
