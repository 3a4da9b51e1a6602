"""What this device's hosts file says: it overrules every resolver, for this device alone."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

HOSTS = Path("/etc/hosts")
FILE_BYTES = 8 * 1024 * 1024  # block lists grow to some 100,000 lines


def hosts(path: Path = HOSTS) -> Mapping[str, tuple[str, ...]]:
    """The addresses of every name in a hosts file (hosts(5)); none when it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if not _is_address(address):
            continue
        for name in names:
            key = name.lower().rstrip(".")
            found[key] = (*found.get(key, ()), address)
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
