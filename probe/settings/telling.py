"""From pydantic's errors to mistakes: each named by the place where a person can mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from probe.settings.mistakes import UNKNOWN_KEY, WANTED, Mistake, closest, dotted, shown
from probe.settings.sources import KeyPath, keys_at

NOT_SHOWN = "a value that is not shown"


def mistakes_of(
    error: ErrorDetails,
    origins: Mapping[tuple[str, ...], str],
    file: str,
    *,
    model: type[BaseModel],
    secrets: Collection[KeyPath],
) -> Iterator[Mistake]:
    """One mistake of pydantic's in our words, or the several that one check of ours found."""
    path, kind, context = error["loc"], error["type"], error.get("ctx", {})
    found = shown(error["input"])
    if path in secrets:
        found = NOT_SHOWN
    if kind == "isitme":
        several = [(context["at"], context["wanted"], context["found"]), *context.get("more", ())]
        for at, wanted, value in several:
            said = found if found == NOT_SHOWN else value
            yield mistake_at(path, origins, file, below=at, wanted=wanted, found=said)
    elif kind in UNKNOWN_KEY:
        near = closest(str(path[-1]), keys_at(model, path[:-1]))
        found = f"{path[-1]}{near}"
        yield mistake_at(path, origins, file, wanted="a setting that exists", found=found)
    else:
        wanted = f"one of {context['expected']}" if "expected" in context else error["msg"]
        found = "nothing" if kind == "missing" else found
        yield mistake_at(path, origins, file, wanted=WANTED.get(kind, wanted), found=found)


def mistake_at(
    path: KeyPath,
    origins: Mapping[tuple[str, ...], str],
    file: str = "",
    *,
    wanted: str,
    found: str,
    below: str = "",
) -> Mistake:
    """A mistake at a path, named by the variable that said it, or by file and key."""
    keys = tuple(str(part) for part in path)
    for most in range(len(keys), 0, -1):
        origin = origins.get(keys[:most], "")
        if origin.startswith(("ISITME_", "--")):
            rest = dotted(path[most:])
            break
        if origin:
            file = origin
    else:
        origin, rest = file, dotted(path)
    dot = "." if rest and below and not below.startswith("[") else ""
    return Mistake(where=origin, key=f"{rest}{dot}{below}", wanted=wanted, found=found)
