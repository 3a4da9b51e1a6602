"""A second isitme on another line, beyond the provider, which ours may ask what it sees."""

from __future__ import annotations

import json
from pathlib import Path

from tests.lab import internet
from tests.lab.daemon import ISITME
from tests.lab.world import World

# Beside whatever a scenario configures: variables and the file are merged.
ENVIRONMENT = {
    "ISITME_TARGETS__PEERS": json.dumps([{"name": "vps", "host": internet.VPS.names[0]}])
}


def run(world: World) -> None:
    """Start it. Raises LabError when it does not become ready."""
    directory = Path("/etc/netns/vps")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "resolv.conf").write_text(f"nameserver {internet.QUAD9.v4}\n")
    roots = world.certificates
    file = world.net.out / "peer.toml"
    # Whoever has IPv6 asks over it, and a listener has one address.
    place = f"[{internet.VPS.v6}]" if world.v6_only else internet.VPS.v4
    file.write_text(
        f'[web]\nlisten = "{place}:10054"\nallowed_hosts = ["*"]\n'
        f'[trust]\npublic_roots = "{roots}/public_roots.pem"\n'
        f'apple_roots = "{roots}/apple_roots.pem"\n'
    )
    home = world.net.out / "peer-home"
    home.mkdir(exist_ok=True)
    world.net.spawn(
        "vps",
        "peer",
        *(str(ISITME), "run", "--config", str(file)),
        environment={"HOME": str(home), "XDG_STATE_HOME": str(home / "state")},
        ready=lambda: (
            world.net.attempt("vps", "curl", "-sf", f"http://{place}:10054/-/ready").returncode == 0
        ),
        within_seconds=90.0,
    )
