"""Check digits and shapes of numbers that name a person, a card or an account. Pure; spaces and hyphens are gone.

Each takes letters in upper case and says whether the number can be one. The rule's source stands in each docstring.
"""

import re

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""Characters of an IBAN by country: SWIFT's IBAN registry."""

_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|220[0-4]"), (16,)),
    (re.compile(r"3[47]|1800|2131"), (15,)),
    (re.compile(r"30[0-5]|36|3[89]"), (14,)),
    (re.compile(r"35|6(?:011|2|4[4-9]|5|0)|8[12]"), (16, 17, 18, 19)),
    (re.compile(r"50|5[6-8]|6"), (12, 13, 14, 15, 16, 17, 18, 19)),
)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 check digit; all one digit is refused."""
    if digits == digits[0] * len(digits):
        return False
    odd = sum(map(int, digits[-1::-2]))
    return (odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


def card(digits: str) -> bool:
    """A payment card: its issuer's prefix and lengths (the networks' published ranges), and Luhn."""
    return any(len(digits) in lengths and start.match(digits) for start, lengths in _ISSUERS) and luhn(digits)


def iban(text: str) -> bool:
    """ISO 13616: the country's length, and a rearranged number that leaves 1 modulo 97."""
    plain = text.replace(" ", "").upper()
    if IBAN_LENGTHS.get(plain[:2]) != len(plain) or not (plain.isascii() and plain.isalnum()):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def ssn(digits: str) -> bool:
    """US social security number (SSA, POMS RM 10201.035): no area 000, 666 or 9xx, no group 00, no serial 0000."""
    return (
        len(digits) == 9
        and digits[:3] not in ("000", "666")
        and digits[0] != "9"
        and digits[3:5] != "00"
        and digits[5:] != "0000"
    )


def routing(digits: str) -> bool:
    """US routing number (ABA Routing Number Policy): weights 3, 7, 1 and a prefix that is in use."""
    return (
        len(digits) == 9
        and (
            digits[:2] <= "12"
            or "21" <= digits[:2] <= "32"
            or "61" <= digits[:2] <= "72"
            or digits[:2] == "80"
        )
        and int(digits) > 0
        and _weighted(digits, (3, 7, 1) * 3) % 10 == 0
    )


def nino(text: str) -> bool:
    """UK national insurance number (HMRC, NIM39110): prefixes in use and a suffix of A to D."""
    return bool(
        re.fullmatch(
            r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]",
            text,
        )
    )


def nhs(digits: str) -> bool:
    """NHS number (NHS Data Model, Modulus 11): weights 10 to 2."""
    if len(digits) != 10 or digits == digits[0] * 10:
        return False
    return (11 - _weighted(digits[:9], range(10, 1, -1)) % 11) % 11 == int(digits[9])


def dni(text: str) -> bool:
    """Spanish DNI or NIE (Ministerio del Interior): the letter at the place of the number modulo 23."""
    if not re.fullmatch(r"[XYZ\d]\d{7}[A-Z]", text):
        return False
    number = text[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return number != "0" * 8 and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def nir(text: str) -> bool:
    """French NIR (INSEE): a sex, a month, and a key of 97 less the number modulo 97; Corsica is 2A and 2B."""
    if not re.fullmatch(r"[1-478]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d{2}|2[AB])\d{8}", text):
        return False
    number = text[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(number) % 97 == int(text[13:])


def steuer_id(digits: str) -> bool:
    """German tax identification number (BZSt, § 139b AO): one digit of the first ten stands two or three times, and
    ISO/IEC 7064 MOD 11,10."""
    if not re.fullmatch(r"[1-9]\d{10}", digits):
        return False
    most = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if most[-1] not in (2, 3) or most[:-1] != [1] * (len(most) - 1):
        return False
    rest = 10
    for digit in digits[:10]:
        rest = ((rest + int(digit)) % 10 or 10) * 2 % 11
    return (11 - rest) % 10 == int(digits[10])


_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
         10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def codice_fiscale(text: str) -> bool:
    """Italian codice fiscale (D.M. 23 December 1976): the last letter from the odd and even places."""
    if not re.fullmatch(r"[A-Z]{6}\d{2}[ABCDEHLMPRST][0-7]\d[A-Z]\d{3}[A-Z]", text):
        return False
    odd = sum(_ODD[char] for char in text[:15:2])
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in text[1:15:2])
    return chr(65 + (odd + even) % 26) == text[15]


def bsn(digits: str) -> bool:
    """Dutch BSN (RvIG, Logisch Ontwerp BSN): the eleven test, with -1 for the last digit."""
    return len(digits) == 9 and int(digits) > 0 and _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def nif(digits: str) -> bool:
    """Portuguese NIF (Decreto-Lei 14/2013): weights 9 to 2 modulo 11; 10 and 11 count as 0."""
    if not re.fullmatch(r"[1235689]\d{8}", digits):
        return False
    check = 11 - _weighted(digits[:8], range(9, 1, -1)) % 11
    return (0 if check > 9 else check) == int(digits[8])


def cpf(digits: str) -> bool:
    """Brazilian CPF (Receita Federal): two check digits modulo 11."""
    if len(digits) != 11 or digits == digits[0] * 11:
        return False
    return all(
        _weighted(digits[:count], range(count + 1, 1, -1)) * 10 % 11 % 10 == int(digits[count])
        for count in (9, 10)
    )


def pesel(digits: str) -> bool:
    """Polish PESEL (Ministerstwo Cyfryzacji): a day, a month with its century, and weights 1, 3, 7, 9."""
    return (
        len(digits) == 11
        and 1 <= int(digits[2:4]) % 20 <= 12
        and 1 <= int(digits[4:6]) <= 31
        and _weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    )


_TURN = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_JOIN = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043",
    "8765932104", "9876543210",
)  # fmt: skip


def aadhaar(digits: str) -> bool:
    """Indian Aadhaar (UIDAI): twelve digits, not from 0 or 1, and Verhoeff's check digit (1969)."""
    if not re.fullmatch(r"[2-9]\d{11}", digits):
        return False
    sum_ = 0
    for at, digit in enumerate(reversed(digits)):
        sum_ = int(_JOIN[sum_][int(_TURN[at % 8][int(digit)])])
    return sum_ == 0


def pan(text: str) -> bool:
    """Indian PAN (Income Tax Department): the fourth letter is the kind of holder."""
    return bool(re.fullmatch(r"[A-Z]{3}[ABCFGHLJPT][A-Z](?!0000)\d{4}[A-Z]", text))


def _weighted(digits: str, weights: range | tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
