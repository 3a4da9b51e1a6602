"""Where settings come from: a TOML file, ISITME_* variables, files that hold secrets."""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, TomlConfigSettingsSource

from probe.settings.mistakes import Mistake, SettingsError

PREFIX = "ISITME_"
KeyPath = tuple[str | int, ...]
SECRET_BYTES = 65_536  # a password, a URL, a token; never a film

# Variables with our prefix that are no settings.
NOT_SETTINGS = frozenset(
    {
        "ISITME_CONFIG",  # which file
        "ISITME_REQUIRE_ALL",  # the test runner's
    }
)
# Kubernetes and container links set these in every container beside a service named "isitme"
# (kubernetes.io, "Accessing the Service: Environment Variables").
SERVICE_LINK = re.compile(
    r"ISITME_(SERVICE_HOST|SERVICE_PORT(_\w+)?|NAME|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)"
)


def fields_of(kind: Any) -> dict[str, Any]:
    """The keys below a table and what each holds; empty when it is no table."""
    kind = bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return typing.get_type_hints(kind)
    return {}


def bare(kind: Any) -> Any:
    """A type without Annotated and without "or None"."""
    while True:
        origin = typing.get_origin(kind)
        if origin is typing.Annotated:
            kind = typing.get_args(kind)[0]
        elif origin in (typing.Union, types.UnionType):
            kind = next(arg for arg in typing.get_args(kind) if arg is not types.NoneType)
        else:
            return kind


def leaves(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every setting below a table: its path and its type. A list is one setting."""
    below = fields_of(kind)
    if not below:
        yield path, bare(kind)
    for name, inner in below.items():
        yield from leaves(inner, (*path, name))


def keys_at(kind: Any, path: KeyPath) -> list[str]:
    """The keys known at a place, for "closest" hints."""
    for part in path:
        if isinstance(part, int):
            kind = next(iter(typing.get_args(bare(kind))), None)
        else:
            kind = fields_of(kind).get(part)
    return list(fields_of(kind))


def read_toml(path: Path, model: type[BaseSettings]) -> dict[str, Any]:
    """The file's tables. Raises SettingsError."""
    try:
        if not path.exists():
            raise _bad(path, "a settings file", "no such file")
        if not path.is_file():
            raise _bad(path, "a settings file", "something that is not a file")
        return TomlConfigSettingsSource(model, toml_file=path)()
    except tomllib.TOMLDecodeError as error:  # its text ends with the line and the column
        raise _bad(path, "TOML", str(error)) from None
    except UnicodeDecodeError as error:
        raise _bad(path, "text in UTF-8", f"the byte 0x{error.object[error.start]:02x}") from None
    except OSError as error:
        raise _bad(path, "a file this user may read", error.strerror or str(error)) from None


def _bad(path: Path, wanted: str, found: str) -> SettingsError:
    return SettingsError([Mistake(where=str(path), wanted=wanted, found=found)])


def read_environ(
    environ: Mapping[str, str], model: type[BaseSettings]
) -> tuple[dict[tuple[str, ...], tuple[str, Any]], list[Mistake]]:
    """What ISITME_* variables say: path -> (variable, value), and the names nobody knows.

    An unknown name is a mistake: pydantic-settings would silently leave it aside.
    """
    known = {variable(path): (path, kind) for path, kind in leaves(model)}
    said: dict[tuple[str, ...], tuple[str, Any]] = {}
    mistakes = []
    for name, text in sorted(environ.items()):
        if not name.upper().startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        if name in known:
            path, kind = known[name]
            said[path] = (name, value_of(kind, text))
        elif not SERVICE_LINK.fullmatch(name):
            near = difflib.get_close_matches(name.upper(), [*known, *NOT_SETTINGS], n=1, cutoff=0.0)
            mistakes.append(
                Mistake(where=name, wanted=f"the name of a setting, such as {near[0]}",
                        found="a name that no setting has")
            )  # fmt: skip
    return said, mistakes


def variable(path: tuple[str, ...]) -> str:
    """ISITME_LOOKS__NTP__EVERY_SECONDS"""
    return PREFIX + "__".join(path).upper()


def value_of(kind: Any, text: str) -> Any:
    """A variable's text as the value its writer meant; the text itself where that fails, so that
    the mistake shows what was written.

    Lists are separated by commas, or JSON; an empty text is the empty list.
    """
    origin = typing.get_origin(kind)
    if kind is str or origin is typing.Literal:
        return text
    try:
        if origin is tuple:
            if text.lstrip().startswith("["):
                return json.loads(text)
            return [part.strip() for part in text.split(",") if part.strip()]
        return TypeAdapter(kind).validate_python(text)
    except (ValidationError, ValueError, RecursionError):
        return text


def read_secret(path: Path) -> str:
    """A secret's text without its last line end. Raises OSError or ValueError in plain words."""
    with path.open("rb") as file:
        raw = file.read(SECRET_BYTES + 1)
    if len(raw) > SECRET_BYTES:
        raise ValueError(f"a file of more than {SECRET_BYTES} bytes")
    try:
        text = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("a file that is not text in UTF-8") from None
    if not text:
        raise ValueError("an empty file")
    return text
