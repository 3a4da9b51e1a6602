"""This machine's own tables, read for real, and what is left where they cannot be read."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
import time
from itertools import count, pairwise
from pathlib import Path

import pytest

from probe.failures import LookFailed
from probe.machine import (
    Change,
    LinuxMachine,
    PortableMachine,
    changes,
    linux,
    this_machine,
)
from probe.machine.linux import read_tables
from probe.machine.portable import ways_out
from probe.wire.netlink import (
    HEADER,
    LINK,
    NLM_F_DUMP_INTR,
    NLMSG_DONE,
    RTM_NEWLINK,
    Interface,
    Row,
    Table,
    dump_request,
)
from probe.words import Failure, Family, Step
from tests.support.time import FakeClock

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has rtnetlink")


@linux_only
def test_the_kernels_tables_say_what_the_kernel_says_elsewhere() -> None:
    network = LinuxMachine().network()

    assert network.known
    listed = {found.index: found.name for found in network.interfaces}
    assert listed == dict(socket.if_nameindex())
    loopback = next(found for found in network.interfaces if found.loopback)
    assert (loopback.name, loopback.up, loopback.carrier) == ("lo", True, True)
    assert "127.0.0.1" in {found.address for found in network.addresses}
    local = network.route_to("127.0.0.1")
    assert local is not None
    assert local.interface_index == loopback.index


@linux_only
def test_default_routes_agree_with_proc() -> None:
    table = Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]
    columns = [line.split() for line in table]
    # Destination and mask zero, flag RTF_UP without RTF_REJECT (linux/route.h).
    expected = {
        line[0]
        for line in columns
        if line[1] == line[7] == "00000000" and int(line[3], 16) & 0x201 == 0x1
    }
    network = LinuxMachine().network()
    names = {found.index: found.name for found in network.interfaces}

    assert {names[r.interface_index] for r in network.default_routes(Family.IPV4)} == expected


@linux_only
def test_the_network_has_one_name_while_nothing_changes() -> None:
    machine = LinuxMachine()

    assert len({machine.network().fingerprint() for _ in range(5)}) == 1
    assert LinuxMachine().network().fingerprint() == machine.network().fingerprint()


@linux_only
def test_reading_is_quick_and_leaves_nothing_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    began = time.monotonic()
    for _ in range(20):
        read_tables()

    assert time.monotonic() - began < 2  # about 0.01 s here; this is no benchmark
    assert len(os.listdir("/proc/self/fd")) == before


NEAR = {Family.IPV4: "127.0.0.1"}


def deaf() -> list[Row]:
    """The tables in a sandbox without AF_NETLINK."""
    raise OSError(errno.EPERM, "Operation not permitted")


@linux_only
def test_a_sandbox_makes_the_tables_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    # Loopback stands for far away: the guard of these tests lets nothing else be dialled.
    monkeypatch.setattr("probe.machine.linux.ways_out", lambda: ways_out(NEAR))
    monkeypatch.setattr("probe.machine.linux.read_tables", deaf)
    network = LinuxMachine().network()

    assert not network.known
    assert len(network.default_routes(Family.IPV4)) == 1, "a sandbox is no missing way out"


@linux_only
def test_another_process_cannot_speak_for_the_kernel() -> None:
    """Netlink sockets hear any process that has the rights; only the kernel has port 0."""

    class Forged:
        def __init__(self) -> None:
            done = HEADER.pack(HEADER.size, NLMSG_DONE, 0, 1, 0)
            self.sent = [(done, (4711, 0))]
            self.real = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
            self.real.bind((0, 0))
            self.real.sendto(dump_request(Table.LINKS, 1), (0, 0))

        def recvfrom(self, size: int) -> tuple[bytes, tuple[int, int]]:
            return self.sent.pop() if self.sent else self.real.recvfrom(size)

    forged = Forged()
    try:
        rows, _ = linux._dump(forged, 1)  # type: ignore[arg-type]
    finally:
        forged.real.close()

    assert any(isinstance(row, Interface) and row.name == "lo" for row in rows)


class Churning:
    """A kernel whose tables change while they are told, so many times."""

    def __init__(self, torn: int) -> None:
        self.torn, self.asked = torn, 0
        self.replies: list[bytes] = []

    def sendto(self, request: bytes, to: tuple[int, int]) -> None:
        sequence = HEADER.unpack_from(request)[3]
        self.asked += 1
        flags = NLM_F_DUMP_INTR if self.asked <= self.torn else 0
        row = linux_row(sequence, flags)
        # The mark may stand on any message of the dump, and the dump goes on to its end.
        self.replies += [row, HEADER.pack(HEADER.size, NLMSG_DONE, 0, sequence, 0)]

    def recvfrom(self, size: int) -> tuple[bytes, tuple[int, int]]:
        return self.replies.pop(0), (0, 0)


def linux_row(sequence: int, flags: int) -> bytes:
    body = LINK.pack(0, 0, 7, 0x1, 0)
    return HEADER.pack(HEADER.size + len(body), RTM_NEWLINK, flags, sequence, 0) + body


@pytest.mark.parametrize("torn", [0, 1, 2])
def test_a_table_that_changed_while_it_was_told_is_asked_for_again(torn: int) -> None:
    kernel = Churning(torn)

    rows = linux._whole(kernel, Table.LINKS, count(1))  # type: ignore[arg-type]

    assert kernel.asked == torn + 1
    assert [row.index for row in rows if isinstance(row, Interface)] == [7]
    assert not kernel.replies, "what is left of a dump would stand in the way of the next"


def test_tables_that_never_rest_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Churning(torn=100)
    monkeypatch.setattr(
        linux,
        "read_tables",
        lambda: linux._whole(kernel, Table.LINKS, count(1)),  # type: ignore[arg-type]
    )

    with pytest.raises(LookFailed) as caught:
        LinuxMachine().network()

    assert (caught.value.step, caught.value.failure) == (Step.OURS, Failure.NOT_RUN)
    assert kernel.asked == linux.DUMPS


CHILD = """
from probe.machine import LinuxMachine
from probe.words import Failure, Family, Step
from tests.support.time import FakeClock
network = LinuxMachine().network()
print(network.known, len(network.interfaces), len(network.default_routes(Family.IPV4)))
print(*(found.up for found in network.interfaces))
"""


def can_unshare() -> bool:
    try:
        ran = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    except OSError:
        return False
    return ran.returncode == 0


@linux_only
@pytest.mark.slow
def test_a_network_of_loopback_alone_is_known_and_empty() -> None:
    if not can_unshare():
        pytest.skip("no network namespaces for this user")
    ran = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", CHILD],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=Path(__file__).parents[2],
    )

    known, interfaces, routes = ran.stdout.splitlines()[0].split()
    assert (known, routes) == ("True", "0")
    assert int(interfaces) >= 1
    assert "True" not in ran.stdout.splitlines()[1]


HEARING = """
import asyncio, subprocess
from probe.machine import LinuxMachine

async def main():
    heard = []
    listening = asyncio.create_task(LinuxMachine().follow(heard.append))
    await asyncio.sleep(0.3)
    quiet = list(heard)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    await asyncio.sleep(1.5)
    listening.cancel()
    print(quiet, heard)

asyncio.run(main())
"""


@linux_only
@pytest.mark.slow
def test_the_kernel_is_heard_when_a_link_comes_up() -> None:
    if not can_unshare():
        pytest.skip("no network namespaces for this user")
    ran = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", HEARING],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=Path(__file__).parents[2],
    )

    assert ran.stdout.strip() == "[] [<Change.TABLES: 'tables'>]"


@linux_only
async def test_who_may_not_listen_says_so_once_and_tries_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, virtual_time: FakeClock
) -> None:
    tries: list[float] = []
    heard: list[Change] = []
    listening = asyncio.Event()

    class Full(socket.socket):
        """No file is left, three times."""

        def __init__(self, *given: int) -> None:
            tries.append(virtual_time.elapsed())
            if len(tries) <= 3:
                raise OSError(errno.EMFILE, "Too many open files")
            super().__init__(*given)

        def bind(self, address: object) -> None:
            super().bind(address)  # type: ignore[arg-type]
            listening.set()

    monkeypatch.setattr(socket, "socket", Full)
    following = asyncio.create_task(changes.follow(heard.append))
    await listening.wait()
    following.cancel()

    assert [later - sooner for sooner, later in pairwise(tries)] == [changes.AGAIN_SECONDS] * 3
    assert len(caplog.records) == 1
    assert "Too many open files" in caplog.text
    assert heard == [Change.TABLES], "what changed meanwhile was not heard"


# ------------------------------------------------------------------ elsewhere than on Linux


def test_a_portable_machine_tells_the_way_out_and_no_more() -> None:
    # Loopback stands for the far address: the guard lets nothing else be connected to.
    network = PortableMachine(far_away={Family.IPV4: "127.0.0.1"}).network()

    assert not network.known
    assert (network.interfaces, network.neighbours) == ((), ())
    (route,) = network.default_routes(Family.IPV4)
    assert (route.gateway, route.interface_index) == ("", 0)
    assert network.default_routes(Family.IPV6) == ()
    assert [found.address for found in network.addresses] == ["127.0.0.1"]


def test_a_portable_machine_without_a_way_out_knows_none() -> None:
    # Broadcasting without asking for it fails, as connecting without a route does.
    network = PortableMachine(far_away={Family.IPV4: "127.255.255.255"}).network()

    assert network.routes == ()


@pytest.mark.parametrize(
    ("platform", "kind"), [("linux", LinuxMachine), ("darwin", PortableMachine)]
)
def test_each_system_has_its_machine(
    platform: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    assert isinstance(this_machine(), kind)


def test_a_machine_says_what_its_files_and_environment_say(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text("nameserver 192.0.2.53\n")
    environment = {"https_proxy": "http://me:secret@proxy.lan:3128"}

    for machine in (
        LinuxMachine(resolv_conf=conf, environment=environment),
        PortableMachine(resolv_conf=conf, environment=environment),
    ):
        assert machine.resolvers() == ("192.0.2.53",)
        assert machine.proxy_variables() == {"https_proxy": "http://***@proxy.lan:3128"}


async def test_a_machine_looks_names_up_as_applications_do() -> None:
    assert "127.0.0.1" in await this_machine().lookup("localhost")
