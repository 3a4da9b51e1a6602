"""The settings file that documents itself: every setting, commented, at its default.

Prose starts with "# ", a setting with "#": take that one character away to set it.
"""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel

from probe.settings import Settings
from probe.settings.sections import OWN_SETTING, TARGETS_SAY
from probe.targets import Targets

HEAD = """\
# isitme: every setting, each at its default. Nothing has to be set.
# Take the "#" away before a setting to change it. Environment variables win over this file:
# ISITME_WEB__LISTEN is listen in [web]. Lists are replaced as a whole; an empty one switches off.
# Read from --config, else ISITME_CONFIG, else ./isitme.toml, else /etc/isitme/isitme.toml.
"""
LINE = 98


def documented() -> str:
    """The whole file."""
    return "\n".join([HEAD, *_table(Settings(), ())]).rstrip() + "\n"


def _table(model: BaseModel, path: tuple[str, ...]) -> Iterator[str]:
    tables: list[tuple[str, Any, str]] = []
    for name, field in type(model).model_fields.items():
        value, key = getattr(model, name), field.alias or name
        if isinstance(value, BaseModel | Targets):
            tables.append((key, value, field.description or (type(value).__doc__ or "")))
            continue
        yield from _prose(field.description or "")
        yield f"#{key} = {toml(value)}"
    for key, value, said in tables:
        yield ""
        yield from _prose(said)
        yield f"[{'.'.join((*path, key))}]"
        if isinstance(value, Targets):
            yield from _targets(value, key)
        else:
            yield from _table(value, (*path, key))


def _targets(targets: Targets, path: str) -> Iterator[str]:
    """Plain lists first: what follows a table's header belongs to that table."""
    values = {f.name: getattr(targets, f.name) for f in dataclasses.fields(targets)}
    values = {name: value for name, value in values.items() if name not in OWN_SETTING}
    plain = [n for n, v in values.items() if isinstance(v, tuple) and isinstance((*v, "")[0], str)]
    for name in plain:
        yield from _prose(TARGETS_SAY[name])
        yield f"#{name} = {toml(values[name])}"
    for name, value in values.items():
        if name in plain:
            continue
        yield ""
        yield from _prose(TARGETS_SAY[name])
        for item in value if isinstance(value, tuple) else ():
            yield f"#[[{path}.{name}]]"
            yield from _item(item)
        if not isinstance(value, tuple):
            yield f"#[{path}.{name}]"
            yield from _item(value, whole=True)


def _item(item: Any, *, whole: bool = False) -> Iterator[str]:
    """One table of a list; `whole` shows what is at its default too."""
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if value is not None and (whole or value != field.default):
            yield f"#{field.name} = {toml(value)}"


def _prose(text: str) -> Iterator[str]:
    for line in textwrap.wrap(" ".join(text.split()), LINE):
        yield f"# {line}"


def toml(value: Any) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value:g}" if value == int(value) and abs(value) < 1e6 else repr(value)
        case bytes():
            return toml(value.decode())
        case str():
            return json.dumps(value, ensure_ascii=False)  # a TOML basic string, for text like ours
        case date():
            return value.isoformat()
        case tuple():
            return f"[{', '.join(map(toml, value))}]"
        case _:
            raise TypeError(f"TOML has no {type(value).__name__}")
