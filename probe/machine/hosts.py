"""What this device's hosts file says: it overrules every resolver, for this device alone.

Block lists grow to some 100,000 lines. Only the names that are asked about are kept, the file is
read again only when it has changed, and in a thread: reading one takes a small board a second, and
meanwhile every answer of the network would seem late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

HOSTS = Path("/etc/hosts")
FILE_BYTES = 8 * 1024 * 1024
ADDRESSES_KEPT = 32  # of one name; applications try fewer

Addresses = Mapping[str, tuple[str, ...]]  # by name


@dataclass(frozen=True, slots=True)
class _Read:
    asked: tuple[object, ...]  # the file as it was, and the names
    found: Addresses


class HostsFile:
    """One hosts file, and what was last found in it."""

    def __init__(self, path: Path = HOSTS) -> None:
        self._path = path
        self._read: _Read | None = None

    async def __call__(self, names: Collection[str]) -> Addresses:
        """The addresses that the file has for those of these names that it overrules; none when it
        cannot be read. Does not raise."""
        wanted = frozenset(names)
        try:
            is_now = self._path.stat()
            asked = (is_now.st_mtime_ns, is_now.st_size, is_now.st_ino, wanted)
            if self._read is None or self._read.asked != asked:
                self._read = _Read(asked, await asyncio.to_thread(read, self._path, wanted))
        except OSError:
            return {}
        return self._read.found


def read(path: Path, names: frozenset[str]) -> Addresses:
    """The addresses of some names in a hosts file. Raises OSError."""
    with path.open("rb") as file:
        text = file.read(FILE_BYTES).decode("utf-8", errors="replace")
    return overruled(text.splitlines(), names)


def overruled(lines: Iterable[str], names: frozenset[str]) -> Addresses:
    """The addresses that lines of a hosts file (hosts(5)) give to these names, in their order."""
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        address, *called = line.partition("#")[0].split() or [""]
        for name in called:
            key = name.lower().rstrip(".")
            if key in names and _is_address(address):
                kept = found.setdefault(key, {})
                if len(kept) < ADDRESSES_KEPT:
                    kept[address] = None
    return {name: tuple(addresses) for name, addresses in found.items()}


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
