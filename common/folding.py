"""One spelling for searching and sorting: what people mean is found however it was typed.

The same function runs over stored names and over what is searched for, so both meet in the folded form.
"""

import re
import unicodedata
from functools import lru_cache

# Umlauts are written ü, ue or u; all three fold to u, and so does every other ue: both sides of a comparison fold alike.
_EXPANDED = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "æ": "a", "œ": "o", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_UMLAUT_PAIR = re.compile(r"([aou])e+")
_FINALS = str.maketrans("ךםןףץ", "כמנפצ")
# Marks inside a word that people leave out or type in many ways: apostrophes, geresh, gershayim, invisible direction marks.
_INSIDE = re.compile("['’‘`´\"״׳“”„\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_BETWEEN = re.compile(r"[\W_]+")


@lru_cache(maxsize=100_000)
def fold(text):
    """`text` in lower case without diacritics, niqqud, final letters and punctuation, words parted by one space."""
    text = _INSIDE.sub("", text.lower())
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_EXPANDED))
        text = "".join(char for char in text if not unicodedata.combining(char)).lower()
    return _BETWEEN.sub(" ", _UMLAUT_PAIR.sub(r"\1", text).translate(_FINALS)).strip()


def sort_key(family_name, given_name):
    """Key that sorts people by family, then given name in byte order: German umlauts beside their vowels, Hebrew by letter."""
    return f"{fold(family_name)}\x01{fold(given_name)}"


_PREFIX = re.compile(r"^\s*(?:\+|00)\s*(?:49|972|43|41)")


def digits(text):
    """Only the digits of a phone number from the area code on: 0351 8, +49 351 8 and 0049 (0)351 8 all give 3518."""
    return re.sub(r"\D", "", _PREFIX.sub("", text)).lstrip("0")


_HEBREW = dict(
    zip(
        "אבגדהוזחטיכלמנסעפצקרשת",
        ["", "b", "g", "d", "", "", "s", "", "t", "", "k", "l", "m", "n", "s", "", "p", "s", "k", "r", "s", "t"],
        strict=True,
    )
)
_HEARD = {"דוד": "דבד"}
_LATIN_PAIRS = [
    ("tsch", "s"),
    ("sch", "s"),
    ("tz", "s"),
    ("ts", "s"),
    ("sh", "s"),
    ("ch", ""),
    ("kh", ""),
    ("ph", "p"),
    ("th", "t"),
    ("ck", "k"),
    ("zt", "s"),
]
_LATIN = str.maketrans(
    {
        "c": "k",
        "q": "k",
        "z": "s",
        "h": "",
        "x": "ks",
        "v": "b",
        "w": "b",
        "f": "p",
        "j": "",
        "y": "",
        **dict.fromkeys("aeiou", ""),
    }
)


@lru_cache(maxsize=100_000)
def skeleton(text):
    """The consonants of each word in a spelling that Hebrew and Latin share: כהן, Cohen and Kohn meet, and so do לוי, Levi and Levy."""
    return " ".join(filter(None, (_word(word) for word in fold(text).split())))


def _word(word):
    if any("א" <= char <= "ת" for char in word):
        # Vav is a vowel except where Hebrew itself marks the consonant: at the beginning, doubled, before yod or a last he (לוי, חוה); in
        # דוד nothing marks it, everybody knows.
        word = _HEARD.get(word, word).replace("וו", "ב")
        consonants = "".join(
            "b" if char == "ו" and (not place or word[place + 1 :][:1] == "י" or word[place + 1 :] == "ה") else _HEBREW.get(char, "")
            for place, char in enumerate(word)
        )
    else:
        for pair, one in _LATIN_PAIRS:
            word = word.replace(pair, one)
        consonants = word.translate(_LATIN)
    return re.sub(r"(.)\1+", r"\1", consonants)
