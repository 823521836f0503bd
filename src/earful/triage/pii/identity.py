"""Numbers that name a person: those whose shape and check digits are proof enough, and those that a word announces."""

import re
from collections.abc import Callable, Iterator

from earful.model.rating import Span
from earful.triage.pii import checks

_SHAPES = re.compile(
    r"\b(?:(?P<cf>[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z])|(?P<nino>[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D])"
    r"|(?P<dni>(?:\d\d\.?\d{3}\.?\d{3}|[XYZ][ -]?\d{7})[ -]?[A-Z])|(?P<pan>(?-i:[A-Z]{5}\d{4}[A-Z]))"
    r"|(?P<nir>[1-478] ?\d\d ?\d\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d)|(?P<ssn>\d{3}-\d\d-\d{4})"
    r"|(?P<cpf>\d{3}\.\d{3}\.\d{3}-\d\d)|(?P<aadhaar>\d{4}[ -]\d{4}[ -]\d{4}))(?![\w-])",
    re.IGNORECASE,
)
_SHAPED: dict[str, Callable[[str], bool]] = {
    "cf": checks.codice_fiscale, "nino": checks.nino, "dni": checks.dni, "pan": checks.pan, "nir": checks.nir,
    "ssn": checks.ssn, "cpf": checks.cpf, "aadhaar": checks.aadhaar,
}  # fmt: skip


def _papers(text: str) -> bool:
    return 6 <= len(text) <= 18 and sum(map(str.isdecimal, text)) >= 4


_ANNOUNCED: tuple[tuple[str, Callable[[str], bool]], ...] = (
    (r"ssn|social security", checks.ssn),
    (r"nhs", checks.nhs),
    (r"nino|national insurance", checks.nino),
    (r"dni|nie|nif|contribuinte|nif/nie", lambda text: checks.dni(text) or checks.nif(text)),
    (r"nir|s[ée]curit[ée] sociale|s[ée]cu|insee", checks.nir),
    (r"steuer-?id(?:entifikationsnummer)?|steuernummer|idnr|tax id", checks.steuer_id),
    (r"codice fiscale|c\.?f\.?", checks.codice_fiscale),
    (r"bsn|burgerservicenummer|sofinummer", checks.bsn),
    (r"cpf", checks.cpf),
    (r"pesel", checks.pesel),
    (r"aadh?aar", checks.aadhaar),
    (r"pan", checks.pan),
    (
        r"passport|pasaporte|passaporte|passaporto|passeport|paspoort|reisepass|paszport|personalausweis|"
        r"ausweisnummer|driv(?:ing|er'?s?|er’s) licen[cs]e|id card|id number|f[üu]hrerschein|permis de conduire|"
        r"carta d'identit[àa]|carte d'identit[ée]|patente|identiteitskaart|rijbewijs|cart[ãa]o de cidad[ãa]o|rg",
        _papers,
    ),
)
_CUES = re.compile(
    r"\b(?:" + "|".join(f"(?P<g{at}>{words})" for at, (words, _) in enumerate(_ANNOUNCED)) + r")\b"
    r"(?:[^\w\n]{0,3}(?:number|no|nr|num|num[eé]ro|n[uú]mero|nummer|card|n|is|es|est|ist|[eèé]|lautet|the|my)\b){0,3}"
    r"[^\w\n]{0,4}(?P<value>(?=[A-Z]{0,6}[ -]?\d)[A-Z0-9]{1,20}(?:[ .\-/](?=[A-Z]{0,3}\d|[A-Z]\b)[A-Z0-9]{1,20}){0,7})",
    re.IGNORECASE,
)
_APART = re.compile(r"[ .\-/]")


def shaped(text: str, first: int, last: int) -> Iterator[Span]:
    """Numbers that nothing needs to announce."""
    for match in _SHAPES.finditer(text, first, last):
        name = match.lastgroup
        if name and _SHAPED[name](_APART.sub("", match.group()).upper()):
            yield match.span()


def announced(text: str, first: int, last: int) -> Iterator[Span]:
    """Numbers after a word that says what they are. What follows in the same run of numbers is left out."""
    for match in _CUES.finditer(text, first, last):
        is_one = next(check for at, (_, check) in enumerate(_ANNOUNCED) if match[f"g{at}"])
        start, end = match.span("value")
        ends = [end, *(start + gap.start() for gap in reversed([*_APART.finditer(match["value"])]))]
        for stop in ends:
            if is_one(_APART.sub("", text[start:stop]).upper()):
                yield start, stop
                break
