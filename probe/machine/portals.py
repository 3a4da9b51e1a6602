"""Where this network says whether it wants a sign-in: the address of its portal API (RFC 8910).

A network tells it by DHCP (option 114, DHCPv6 103) or in a router advertisement (37). To ask for
those takes privilege. So it is read where those who asked leave it for everybody to read:
systemd-networkd's state of a link (since version 254), and dhclient's leases. Out of reach without
privilege: NetworkManager and connman (told over D-Bus alone), dhcpcd (its leases are root's).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

NETWORKD_LINKS = Path("/run/systemd/netif/links")
DHCLIENT_LEASES = (Path("/var/lib/dhcp"), Path("/var/lib/dhclient"))
FILE_BYTES = 64 * 1024
MOST_FILES = 20
URI_CHARACTERS = 2048  # RFC 8910 2: at most 255 octets by DHCP, more by advertisement
LEASE = re.compile(r"^lease\s*\{(.*?)^\}", re.MULTILINE | re.DOTALL)
# Option 114 was "default-url" before RFC 8910 gave it away; who has no name for it writes a number.
OFFERED = re.compile(
    r'^\s*option\s+(?:\S+\.)?(?:v4-captive-portal|captive-portal|default-url|unknown-114)\s+"([^"]*)"',
    re.MULTILINE,
)
ADDRESS = re.compile(r"^\s*fixed-address\s+(\S+);", re.MULTILINE)
EXPIRES = re.compile(r"^\s*expire\s+\d\s+(\d+/\d+/\d+ \d+:\d+:\d+);", re.MULTILINE)


def portal_apis(
    interfaces: Collection[int],
    addresses: Collection[str],
    now: datetime,
    *,
    links: Path = NETWORKD_LINKS,
    leases: Collection[Path] = DHCLIENT_LEASES,
) -> tuple[str, ...]:
    """The APIs that the networks of these interfaces (by number) offer; none when none is known.

    A lease counts while it lasts, for an address that this host has: another network's API would
    speak of another network. Does not raise.
    """
    found = [
        *(uri for index in sorted(interfaces) for uri in networkd(_read(links / str(index)))),
        *(uri for text in _texts(leases) for uri in dhclient(text, addresses, now)),
    ]
    return tuple(dict.fromkeys(uri for uri in found if is_usable(uri)))


def networkd(text: str) -> Iterator[str]:
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "CAPTIVE_PORTAL":
            yield value.strip()


def dhclient(text: str, addresses: Collection[str], now: datetime) -> Iterator[str]:
    """The newest lease stands last."""
    every = LEASE.findall(text)
    lease = every[-1] if every else ""
    address, expires = ADDRESS.search(lease), EXPIRES.search(lease)
    if address is None or address.group(1) not in addresses or expires is None:
        return
    try:
        until = datetime.strptime(expires.group(1), "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return
    if until > now:
        yield from OFFERED.findall(lease)


def is_usable(uri: str) -> bool:
    """RFC 8908 3: over TLS only. `urn:ietf:params:capport:unrestricted` says that there is none."""
    if len(uri) > URI_CHARACTERS or not uri.isascii() or not uri.isprintable() or " " in uri:
        return False
    try:
        parts = urlsplit(uri)
        return (
            parts.scheme == "https"
            and bool(parts.hostname)
            and parts.username is None
            and parts.port != 0
        )
    except ValueError:
        return False


def _texts(leases: Collection[Path]) -> Iterator[str]:
    """dhclient writes dhclient.leases, dhclient-eth0.lease, dhclient.eth0.leases ..."""
    for folder in leases:
        try:
            files = sorted(folder.glob("dhclient*.lease*"))[:MOST_FILES]
        except OSError:
            continue
        yield from map(_read, files)


def _read(path: Path) -> str:
    """The end of a file, where the newest is; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - FILE_BYTES))
            return file.read(FILE_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
