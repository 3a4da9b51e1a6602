"""Which resolvers this host is configured to ask."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from probe.failures import no_room

RESOLV_CONF = Path("/etc/resolv.conf")
# Where systemd-resolved keeps the resolvers that its stub asks in turn.
BEHIND_THE_STUB = Path("/run/systemd/resolve/resolv.conf")
STUBS = frozenset({"127.0.0.53", "127.0.0.54"})
# Docker's 127.0.0.11 is kept: what is behind it cannot be reached from inside the container.
FILE_BYTES = 64 * 1024
MOST = 3  # MAXNS of resolv.h: applications never ask a fourth


def configured_resolvers(
    path: Path = RESOLV_CONF, behind_the_stub: Path = BEHIND_THE_STUB
) -> tuple[str, ...]:
    """The resolvers' addresses in their order; none when the file cannot be read.

    Raises LookFailed at Step.OURS when this process may open no more files.

    A list of stubs alone is followed to the resolvers behind it, because a stub answers for all of
    them at once and hides which one is ill.
    """
    found = _read(path)
    if found and STUBS.issuperset(found):
        return _read(behind_the_stub) or found
    return found


def _read(path: Path) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES).decode("utf-8", errors="replace")
    except OSError as error:
        no_room(error)
        return ()
    return nameservers(text)


def nameservers(text: str) -> tuple[str, ...]:
    """The `nameserver` lines of a resolv.conf (resolv.conf(5)), in order, each once."""
    found: dict[str, None] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver" and _is_address(words[1]):
            found[words[1]] = None
    return tuple(found)[:MOST]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
