"""Apple's names for its services, which change from year to year."""

from __future__ import annotations

from functools import lru_cache

# Older name -> today's, as seen in recorded feeds of 2017-2026.
ALIASES: dict[str, str] = {
    "apple id": "apple account",
    "itunes sandbox": "app store - sandbox",
    "apple tv+": "apple tv",
    "icloud account": "icloud account & sign in",
}


@lru_cache(maxsize=1024)  # a feed has some 60 names, and each is asked for at every judgement
# Every judgement compares the same hundred names, thousands of times.
@lru_cache(maxsize=1024)
def canonical(name: str) -> str:
    """One spelling per service: case, stray blanks and old names do not matter."""
    plain = " ".join(name.split()).casefold()
    return ALIASES.get(plain, plain)


def same_service(one: str, other: str) -> bool:
    return canonical(one) == canonical(other)
