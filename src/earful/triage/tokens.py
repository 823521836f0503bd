"""Words with their places. Everything later reads these, so a text is scanned once."""

import re

_FOLD_FROM = "àáâãäåāçčèéêëēìíîïīñòóôõöøōšùúûüūýÿžß’‘`´"
_FOLD_TO = "aaaaaaacceeeeeiiiiinooooooosuuuuuyyzs''''"
_FOLD = str.maketrans(_FOLD_FROM, _FOLD_TO)

# Each alternative starts with another class of character and none can backtrack into the next: linear time.
_TOKEN = re.compile(
    r"https?://\S+"
    r"|[@#£$€]?\w+(?:['-]\w+)*"
    r"|[.!?…\n]+"
    r"|[\u2600-\u27bf\U0001f300-\U0001faff]"
)

HANDLE, URL, NUMBER, MONEY, END = "<handle>", "<url>", "<num>", "<money>", "."

_NUMBER_WORDS = """
    two three four five six seven eight nine ten eleven twelve several multiple many countless dozen dos
    tres cuatro cinco seis siete ocho nueve diez doce varias deux trois quatre cinq sept huit neuf dix
    plusieurs zwei drei vier funf sechs sieben acht neun zehn zwolf mehrere duas dois quatro sete oito
    nove dez due tre quattro cinque sei sette otto dieci twee drie vijf zes zeven negen tien
"""
NUMBER_WORDS = frozenset(_NUMBER_WORDS.split())


def fold(text: str) -> str:
    """Lower case without accents, one code point for one code point, so that offsets stay true.

    Characters whose lower case is longer (İ) keep their first code point.
    """
    low = text.lower()
    if low.isascii():
        return low
    if len(low) != len(text):
        low = "".join(char.lower()[0] for char in text)
    return low.translate(_FOLD)


class Tokens:
    """The words of one text: `words[i]` lies at `text[starts[i]:ends[i]]`.

    Words are folded; handles, links, amounts and numbers are replaced by their class; a sentence end
    is `END`. `raw` keeps the folded characters.
    """

    __slots__ = ("ends", "folded", "raw", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.words: list[str] = []
        self.raw: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        words, raw, starts, ends = self.words, self.raw, self.starts, self.ends
        for match in _TOKEN.finditer(self.folded):
            word = match.group()
            start, end = match.span()
            raw.append(word)
            words.append(word if "a" <= word[0] <= "z" and word[:4] != "http" else _classify(word))
            starts.append(start)
            ends.append(end)

    def __len__(self) -> int:
        return len(self.words)


def _classify(word: str) -> str:
    first = word[0]
    if first == "@" and len(word) > 1:
        return HANDLE
    if word.startswith(("https://", "http://")):
        return URL
    if first in "£$€":
        return MONEY
    if first in "0123456789":
        return NUMBER
    if first in ".!?…\n":
        return END
    return word
