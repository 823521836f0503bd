"""Numbers that money moves by: payment cards, IBANs, and bank accounts that a word announces."""

import re
from collections.abc import Iterator

from earful.model.rating import Span
from earful.triage.pii.checks import IBAN_LENGTHS, card, iban, routing

RUN = re.compile(r"(?<![\w.])\+?\(?\d[\d ()\-./\u00a0]{5,}\d(?:(?: ?x| ?ext\.? ?)\d{1,6})?(?!\w)")
"""Digits as cards and phones are written."""
_GROUP = re.compile(r"(?<!\d)\d{4}")
_IBAN = re.compile(r"\b([A-Za-z]{2})\d{2} ?[A-Za-z0-9]{4}")
_CARD_CUE = re.compile(
    r"card|carte|karte|tarjeta|carta|cart[ãa]o|kaart|karty|\bcc\b|visa|maestro|mastercard", re.IGNORECASE
)
_SHORT_CARD = 13
"""Up to here a number that nothing calls a card is as likely an order's: one in ten passes the check."""
_CUE_REACH = 48
_BANK = re.compile(
    r"\b(?:(?P<sort>sort[ -]?code)|(?P<routing>routing|aba|rtn)|bsb|ifsc|clabe|blz|bankleitzahl|ag[êe]ncia|rib|"
    r"(?:bank )?(?:account|acct|a/c|acc)|kontonummer|konto(?:-?nr)?|num[ée]ro de compte|compte|"
    r"n[úu]mero de cuenta|cuenta|conta|rekeningnummer|rekening|numero di conto|conto)\b"
    r"(?:[ \t]{1,2}(?:bancaria|corriente|corrente|bancaire|bancario|number|no|nr|num|n[úu]mero|nummer|is|es|ist|est)\b"
    r"){0,3}[ .:#=\t]{0,4}"
    r"(?P<value>\d{2}([ -]?)\d{2}\4\d{2}(?![\d-])|[A-Z]{4}0[A-Z0-9]{6}\b|\d[\d -]{4,20}\d)(?!\w)",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?<![\d-])\d{2}-\d{2}-\d{2}[ ,;/]{1,3}(?:a(?:/c|cc(?:ount)?|cct)?\.?:? ?)?\d{8}(?!\d)")


def cards(text: str, runs: list[Span]) -> Iterator[Span]:
    """Card numbers in the runs of digits."""
    for start, end in runs:
        done = start
        for group in _GROUP.finditer(text, start, end):
            if group.start() >= done and (stop := _card_end(text, group.start(), end)):
                done = stop
                yield group.start(), stop


def _card_end(text: str, start: int, end: int) -> int:
    """Where a card number that starts here ends, or 0. An expiry date may follow it in the same run."""
    if text[start] not in "1234568":
        return 0
    digits = ""
    for at in range(start, min(end, start + 40)):
        if not text[at].isdecimal():
            if text[at] in "()/":
                break
            continue
        digits += str(int(text[at]))
        whole = at + 1 == end or not text[at + 1].isdecimal()
        if (
            whole
            and 12 <= len(digits) <= 19
            and card(digits)
            and (len(digits) > _SHORT_CARD or _called(text, start))
        ):
            return at + 1
    return 0


def _called(text: str, start: int) -> bool:
    return _CARD_CUE.search(text, max(0, start - _CUE_REACH), start) is not None


def ibans(text: str) -> Iterator[Span]:
    """IBANs, as long as those of their country are."""
    last = 0
    for match in _IBAN.finditer(text):
        missing = IBAN_LENGTHS.get(match[1].upper(), 0)
        if not missing or match.start() < last:
            continue
        at = match.start()
        while at < len(text) and missing and (text[at].isalnum() or text[at] == " "):
            missing -= text[at] != " "
            at += 1
        if not missing and (at == len(text) or not text[at].isalnum()) and iban(text[match.start() : at]):
            last = at
            yield match.start(), at


def accounts(text: str, first: int, last: int) -> Iterator[Span]:
    """Bank accounts, sort codes and routing numbers after a word that says so, or a sort code before its account."""
    found = [match.span() for match in _PAIR.finditer(text, first, last)]
    for match in _BANK.finditer(text, first, last):
        digits = "".join(char for char in match["value"] if char.isalnum())
        if match["sort"]:
            right = len(digits) in (6, 14)
        elif match["routing"]:
            right = routing(digits)
        else:
            right = 6 <= len(digits) <= 20
        if right:
            found.append(match.span("value"))
    end = 0
    for span in sorted(found):
        if span[0] >= end:
            end = span[1]
            yield span
