"""A container sees its engine where others see a cable and a router. Is isitme in one?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probe.machine import Address, Interface, Network, Route
from probe.machine.container import in_container
from probe.probes.link import fact_of
from probe.words import Family

PLACES: dict[str, tuple[dict[str, str], bool, bool]] = {
    # variables, whether an engine's file is there, what follows
    "nothing says so": ({}, False, False),
    "Docker's or Podman's file": ({}, True, True),
    "our own image": ({"container": "oci"}, False, True),
    "Podman's variable": ({"container": "podman"}, False, True),
    # Proxmox's and systemd's are bridged to the real network.
    "LXC": ({"container": "lxc"}, False, False),
    "said to be none, whatever lies about": ({"container": ""}, True, False),
}


@pytest.mark.parametrize("case", PLACES)
def test_whether_this_is_a_container(case: str, tmp_path: Path) -> None:
    environment, marked, contained = PLACES[case]
    if marked:
        (tmp_path / "mark").touch()

    assert in_container(environment, (tmp_path / "mark",)) is contained


def network(*kinds: str) -> Network:
    """A way out over a link of each kind."""
    links = dict(enumerate(kinds, start=2))
    return Network(
        interfaces=tuple(
            Interface(index=n, name=f"eth{n}", up=True, carrier=True, loopback=False, kind=kind)
            for n, kind in links.items()
        ),
        addresses=(Address(address="172.17.0.2", interface_index=2, prefix_length=16),),
        routes=tuple(
            Route(
                family=Family.IPV4,
                destination="",
                prefix_length=0,
                gateway="172.17.0.1",
                interface_index=n,
            )
            for n in links
        ),
    )


LINKS = {
    "Docker's bridge": (("veth",), True),
    "Podman without root": (("tun",), True),
    "macvlan: the real router": (("macvlan",), False),
    "the host's own network": (("",), False),
    "a bridge of its own beside the real one": (("veth", "macvlan"), False),
    "no way out at all": ((), False),
}


@pytest.mark.parametrize(("kinds", "inside"), LINKS.values(), ids=LINKS.keys())
def test_where_the_way_out_begins(kinds: tuple[str, ...], inside: bool) -> None:
    assert network(*kinds).begins_inside() is inside
    assert not fact_of(network(*kinds), ()).contained  # the machine says it, not the link


IN_A_ROOM = """
import subprocess
from probe.machine import LinuxMachine
subprocess.run(["sh", "-ec", '''
    ip link add eth0 type veth peer name far
    ip addr add 172.17.0.2/16 dev eth0
    ip link set eth0 up; ip link set far up
    ip route add default via 172.17.0.1
'''], check=True)
for environment in ({"container": "oci"}, {"container": ""}):
    print(LinuxMachine(environment=environment).network().contained)
"""


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(
    subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode != 0
    if shutil.which("unshare") and shutil.which("ip")
    else True,
    reason="no network namespaces for this user",
)
def test_the_kernel_says_that_a_cable_ends_inside_this_machine() -> None:
    ran = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", IN_A_ROOM],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=Path(__file__).parents[2],
    )

    assert ran.stdout.split() == ["True", "False"]
