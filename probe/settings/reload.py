"""What a change of settings means for a service that runs: taken at once, or at the next start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from probe.settings import Settings

# Every other setting is taken at once.
NEEDS_RESTART: Mapping[str, str] = {
    "web.listen": "the port is opened once; open pages and scrapers would lose it",
    "network.source": "every socket of a look under way is bound to it",
    "trust.public_roots": "roots are read once, before the first look times anything",
    "trust.apple_roots": "roots are read once, before the first look times anything",
    "trust.signal_roots": "roots are read once, before the first look times anything",
    "history.keep": "one file holds what was told since the start",
    "history.file": "one file holds what was told since the start",
}


def changed(before: Settings, after: Settings) -> tuple[str, ...]:
    """The keys that differ, in the order of the settings file. A list differs as a whole."""
    old, new = dict(leaves(values(before))), dict(leaves(values(after)))
    return tuple(key for key in {**old, **new} if old.get(key) != new.get(key))


def waits_for_restart(started: Settings, now: Settings) -> Mapping[str, str]:
    """Keys that are not as they were at the start and are only read then, each with its reason."""
    differs = set(changed(started, now))
    waits = {key: why for key, why in NEEDS_RESTART.items() if key in differs}
    # Users and a renewed certificate are taken at once.
    if (started.lock.tls is None) != (now.lock.tls is None):
        waits["web.config_file"] = "a port speaks TLS or does not from its opening on"
    return waits


def values(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json", by_alias=True)


def leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
