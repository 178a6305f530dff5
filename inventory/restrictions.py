"""Where a lot may go: codes of countries and channels as people write them, and as they are kept.

Kept are codes with one space between them, sorted, each once: `DE FR`. '' restricts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

BETWEEN = re.compile(r"[\s,;]+")
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
CHANNELS = ("dtc", "b2b", "fba")
COUNTRIES = ("only_countries", "never_countries")
NAMES = (*COUNTRIES, "only_channels")


def kept(name: str, text: str) -> str:
    """The codes in ``text`` as the restriction ``name`` keeps them; wrong ones are kept too."""
    proper = text.upper() if name in COUNTRIES else text.lower()
    return " ".join(sorted({code for code in BETWEEN.split(proper) if code}))


def faults(restrictions: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with kept restrictions: (name, code of the error, message).

    A country is two letters (the form of ISO 3166-1 alpha-2), a channel one of ours, and no
    country is both allowed and forbidden.
    """
    for name in COUNTRIES:
        if wrong := [code for code in restrictions[name].split() if not COUNTRY.fullmatch(code)]:
            yield name, "invalid_country", f"{_list(wrong)}: a country has two letters, such as DE."
    if wrong := [code for code in restrictions["only_channels"].split() if code not in CHANNELS]:
        yield "only_channels", "invalid_choice", f"{_list(wrong)}: choose of {_list(CHANNELS)}."
    allowed, forbidden = (set(restrictions[name].split()) for name in COUNTRIES)
    if both := sorted(allowed & forbidden):
        yield "never_countries", "contradiction", f"{_list(both)}: allowed and forbidden at once."


def _list(codes: Sequence[str]) -> str:
    return ", ".join(codes)
