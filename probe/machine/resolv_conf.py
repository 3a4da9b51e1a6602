"""Which resolvers this host is configured to ask, as far as its files say."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path

from probe.failures import no_room
from probe.wire.addresses import STUBS

RESOLV_CONF = Path("/etc/resolv.conf")
# Where systemd-resolved keeps the resolvers that its stub asks in turn.
BEHIND_THE_STUB = Path("/run/systemd/resolve/resolv.conf")
# Docker writes what it forwards to; what it reaches from the host alone, as "host(address)", cannot
# be reached from here.
BEHIND_DOCKER = re.compile(r"^#\s*ExtServers:\s*\[(.*)\]", re.MULTILINE)
SYSTEMD_STUBS = frozenset({"127.0.0.53", "127.0.0.54"})
FILE_BYTES = 64 * 1024
MOST = 3  # MAXNS of resolv.h: applications never ask a fourth


def configured_resolvers(
    path: Path = RESOLV_CONF, behind_the_stub: Path = BEHIND_THE_STUB
) -> tuple[str, ...] | None:
    """The resolvers' addresses in their order; none where no file names any. None: it is not
    known, because the file is there and cannot be read.

    Raises LookFailed at Step.OURS when this process may open no more files.

    A list of stubs alone is followed to the resolvers behind it, because a stub answers for all of
    them at once and hides which one is ill. The stubs come last: applications hear them alone.
    """
    try:
        text = _read(path)
    except FileNotFoundError:
        # Applications may ask systemd-resolved without any file (nss-resolve(8)).
        return _behind(behind_the_stub)
    except OSError as error:
        no_room(error)
        return None
    found = nameservers(text)
    if not found or not STUBS.issuperset(found):
        return found
    behind = _behind(behind_the_stub) if SYSTEMD_STUBS & set(found) else ()
    behind = behind or behind_docker(text)
    return tuple(dict.fromkeys((*behind, *found)))


def _behind(path: Path) -> tuple[str, ...]:
    """The resolvers that systemd-resolved asks; none where it does not run or may not be read."""
    try:
        return nameservers(_read(path))
    except OSError as error:
        no_room(error)
        return ()


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(FILE_BYTES).decode("utf-8", errors="replace")


def behind_docker(text: str) -> tuple[str, ...]:
    """The resolvers that Docker's stub asks and that can be asked from inside the container."""
    noted = BEHIND_DOCKER.search(text)
    words = noted.group(1).split() if noted else []
    return tuple(word for word in words if _is_address(word))[:MOST]


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
