"""Mistakes in settings, told so that a person can put them right: where, what was wanted, what
was found. One line each, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

LONGEST_VALUE = 80  # enough to recognise it, too short to fill a screen

# What pydantic calls a mistake -> what was wanted, in words a person uses.
WANTED = {
    "missing": "a value",
    "string_type": "text in quotes",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "bytes_type": "text in quotes",
    "tuple_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dataclass_type": "a table",
    "date_type": "a date",
    "date_parsing": "a date, such as 2026-01-31",
    "date_from_datetime_parsing": "a date, such as 2026-01-31",
}
UNKNOWN_KEY = frozenset({"extra_forbidden", "unexpected_keyword_argument"})


class SettingsError(ValueError):
    """The settings cannot be used. Its text has one line per mistake."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake: in a file under a key, or in a variable of the environment."""

    where: str  # the file, the variable, or the command line's switch
    key: str = ""  # the key path inside a file; empty when `where` names the setting itself
    wanted: str
    found: str

    def __str__(self) -> str:
        place = f"{self.where}: {self.key}" if self.key else self.where
        return f"{place}: wanted {self.wanted}, found {self.found}"


def wrong(wanted: str, found: object, *, at: str = "") -> PydanticCustomError:
    """What a validator raises. `at` is the path below the value that was validated."""
    context = {"wanted": wanted, "found": shown(found), "at": at}
    return PydanticCustomError("isitme", "wanted {wanted}, found {found}", context)


def shown(value: object) -> str:
    """A value as its writer wrote it, or near enough; bounded."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return f"a table ({', '.join(map(str, list(value)[:5]))})" if value else "an empty table"
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def closest(word: str, known: Sequence[str]) -> str:
    """ "; closest NAME" when one of the known words is near, else nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; closest: {near[0]}" if near else ""


def dotted(path: Iterable[str | int]) -> str:
    """("targets", "feeds", 0, "port") as targets.feeds[0].port"""
    key = ""
    for part in path:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key
