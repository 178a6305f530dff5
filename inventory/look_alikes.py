"""Lot numbers that a person may take for one another: pure, no database.

Two numbers look alike where their skeletons are equal, after the idea of UTS #39 (confusables),
with the few signs that stand in lot numbers. A look-alike is never taken for the same lot: a
person is asked.
"""

from __future__ import annotations

import unicodedata

MOST_CHARACTERS = 192
# What is printed on cartons and mistaken there, upper case: one sign stands for each group.
_ALIKE = {"O": "0", "Q": "0", "I": "1", "L": "1", "S": "5", "B": "8", "Z": "2"}
# Letters of other alphabets that are drawn as Latin ones are, upper and lower case.
_GREEK = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχϲϳ", "ABEZHIKMNOPTYXAIKVOPUXCJ", strict=True))
_CYRILLIC = dict(
    zip(
        "АВЕКМНОРСТУХЅІЈԚԜҮЗЬавекмнорстухѕіјԛԝүзь",
        "ABEKMHOPCTYXSIJQWY3BABEKMHOPCTYXSIJQWY3B",
        strict=True,
    )
)
_DRAWN_ALIKE = str.maketrans(
    {**_GREEK, **_CYRILLIC, "Ø": "O", "ø": "O", "\u0131": "I", "\u017f": "S"}
)
_SIGNS = str.maketrans({"|": "1", "!": "1"})


def skeleton(number: str) -> str:
    """The form in which numbers that look alike are equal; '' where the number is ''.

    Without accents, white space, dashes and other punctuation; letters of other alphabets as the
    Latin ones that they resemble; 0/O/Q, 1/I/l/|, 5/S, 8/B and 2/Z as one each. What has nothing
    but punctuation stays as it is.
    """
    drawn = unicodedata.normalize("NFKD", number.translate(_DRAWN_ALIKE)).translate(_DRAWN_ALIKE)
    marks = drawn.translate(_SIGNS)
    bare = "".join(c for c in marks if c.isalnum()).upper()
    return ("".join(_ALIKE.get(c, c) for c in bare) or number.strip())[:MOST_CHARACTERS]
