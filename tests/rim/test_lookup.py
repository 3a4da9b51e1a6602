"""getaddrinfo in threads of its own, and what else is read about names on this machine."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from pathlib import Path

import pytest

from probe.failures import LookFailed
from probe.machine.hosts import ADDRESSES_KEPT, HostsFile, overruled, read
from probe.machine.lookup import THREADS, Lookup
from probe.machine.portable import PortableMachine
from probe.machine.proxies import proxy_variables
from probe.machine.resolv_conf import configured_resolvers, nameservers
from probe.words import Failure, Step

# ------------------------------------------------------------------ getaddrinfo


async def test_applications_get_loopback_for_localhost() -> None:
    assert set(await Lookup()("localhost")) <= {"127.0.0.1", "::1"}


async def test_the_systems_own_word_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(socket.gaierror):
        await Lookup()("gone.example")


async def test_hanging_calls_are_abandoned_and_only_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()

    def hang(*args: object, **kwargs: object) -> list[object]:
        release.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    lookup = Lookup()
    for _ in range(THREADS):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lookup("slow.example"), 0.02)

    with pytest.raises(LookFailed) as caught:
        await lookup("slow.example")
    assert (caught.value.failure, caught.value.step) == (Failure.NOT_RUN, Step.OURS)

    release.set()
    free = False
    for _ in range(500):
        free = free or await _free(lookup)
        await asyncio.sleep(0 if free else 0.01)
    assert free


async def _free(lookup: Lookup) -> bool:
    try:
        await lookup("slow.example")
    except LookFailed:
        return False
    return True


async def test_asyncios_own_threads_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []

    def note(*args: object, **kwargs: object) -> list[object]:
        names.append(threading.current_thread().name)
        assert threading.current_thread().daemon  # a hanging call must not hold up the exit
        return []

    monkeypatch.setattr(socket, "getaddrinfo", note)
    await Lookup()("some.example")

    assert names == ["lookup some.example"]


# ------------------------------------------------------------------ resolv.conf


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("nameserver 192.0.2.53\n", ("192.0.2.53",), id="one"),
        pytest.param(
            "# made by hand\nsearch lan\nnameserver 192.0.2.53\nnameserver\t2001:db8::53  # two\n",
            ("192.0.2.53", "2001:db8::53"),
            id="two, among other lines",
        ),
        pytest.param("nameserver fe80::1%eth0\n", ("fe80::1%eth0",), id="with a scope"),
        pytest.param("nameserver 127.0.0.11\n", ("127.0.0.11",), id="Docker's"),
        pytest.param("nameserver 192.0.2.53\n" * 2, ("192.0.2.53",), id="the same twice"),
        pytest.param(
            "".join(f"nameserver 192.0.2.{number}\n" for number in range(1, 9)),
            ("192.0.2.1", "192.0.2.2", "192.0.2.3"),
            id="more than applications ask",
        ),
        pytest.param("nameserver\nnameserver router.lan\n", (), id="no addresses"),
        pytest.param(";nameserver 192.0.2.53\n#nameserver 192.0.2.54\n", (), id="commented out"),
        pytest.param("\0\xff\n" * 10, (), id="garbage"),
        pytest.param("", (), id="empty"),
    ],
)
def test_a_resolv_conf_that_has(text: str, expected: tuple[str, ...]) -> None:
    assert nameservers(text) == expected


def test_a_stub_is_followed_to_what_is_behind_it(tmp_path: Path) -> None:
    stub, behind = tmp_path / "resolv.conf", tmp_path / "behind.conf"
    stub.write_text("nameserver 127.0.0.53\noptions edns0 trust-ad\n")
    behind.write_text("nameserver 192.0.2.53\nnameserver 192.0.2.54\n")

    assert configured_resolvers(stub, behind) == ("192.0.2.53", "192.0.2.54", "127.0.0.53")


def test_dockers_stub_is_followed_to_what_the_container_can_ask(tmp_path: Path) -> None:
    stub = tmp_path / "resolv.conf"
    stub.write_text(
        "nameserver 127.0.0.11\noptions ndots:0\n"
        "# ExtServers: [192.0.2.53 host(127.0.0.53) 192.0.2.54]\n"
    )

    found = configured_resolvers(stub, tmp_path / "gone")

    assert found == ("192.0.2.53", "192.0.2.54", "127.0.0.11")


def test_a_stub_with_nothing_readable_behind_it_is_asked_itself(tmp_path: Path) -> None:
    stub = tmp_path / "resolv.conf"
    stub.write_text("nameserver 127.0.0.53\n")

    assert configured_resolvers(stub, tmp_path / "gone") == ("127.0.0.53",)


def test_a_stub_beside_others_is_one_of_them(tmp_path: Path) -> None:
    path, behind = tmp_path / "resolv.conf", tmp_path / "behind.conf"
    path.write_text("nameserver 127.0.0.53\nnameserver 192.0.2.1\n")
    behind.write_text("nameserver 192.0.2.53\n")

    assert configured_resolvers(path, behind) == ("127.0.0.53", "192.0.2.1")


def test_a_file_that_is_not_there_names_no_resolver(tmp_path: Path) -> None:
    assert configured_resolvers(tmp_path / "gone", tmp_path / "gone") == ()


def test_a_file_that_is_there_and_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert configured_resolvers(tmp_path, tmp_path / "gone") is None


def test_without_a_file_applications_ask_what_systemd_has(tmp_path: Path) -> None:
    behind = tmp_path / "behind.conf"
    behind.write_text("nameserver 192.0.2.53\n")

    assert configured_resolvers(tmp_path / "gone", behind) == ("192.0.2.53",)


def test_where_the_list_is_kept_elsewhere_a_file_without_names_says_nothing(
    tmp_path: Path,
) -> None:
    conf = tmp_path / "resolv.conf"
    assert PortableMachine(resolv_conf=conf).resolvers() is None

    conf.write_text("nameserver 192.0.2.53\n")
    assert PortableMachine(resolv_conf=conf).resolvers() == ("192.0.2.53",)


def test_an_endless_file_is_read_only_so_far(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text("#" * 70_000 + "\nnameserver 192.0.2.53\n")

    assert configured_resolvers(path, tmp_path / "gone") == ()


# ------------------------------------------------------------------ proxies


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://proxy.lan:3128", "http://proxy.lan:3128"),
        ("http://anna:secret@proxy.lan:3128/x?y", "http://***@proxy.lan:3128"),
        ("anna:secret@proxy.lan:3128", "***@proxy.lan:3128"),
        ("proxy.lan:3128", "proxy.lan:3128"),
        ("socks5://[2001:db8::1]:1080", "socks5://[2001:db8::1]:1080"),
        ("http://secret:port@proxy.lan:notanumber", "***"),
    ],
)
def test_a_proxy_is_shown_without_its_password(value: str, shown: str) -> None:
    assert proxy_variables({"https_proxy": value}) == {"https_proxy": shown}


def test_only_proxy_variables_that_are_set_are_shown() -> None:
    environment = {"HTTP_PROXY": "http://a:1", "no_proxy": ".lan", "PATH": "/", "all_proxy": ""}

    assert proxy_variables(environment) == {"HTTP_PROXY": "http://a:1", "no_proxy": ".lan"}


# ------------------------------------------------------------------ the hosts file


MATTER = ("gsa.apple.com", "idmsa.apple.com", "x.example", "gone.example")


async def test_a_hosts_file_says_which_names_it_overrules(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text(
        "127.0.0.1 localhost\n# 10.0.0.1 gone.example\n"
        "0.0.0.0\tGSA.apple.com idmsa.apple.com. # blocked\n"
        "::1 gsa.apple.com\nno-address x.example\n\n"
    )

    assert await HostsFile(path)(MATTER) == {
        "gsa.apple.com": ("0.0.0.0", "::1"),
        "idmsa.apple.com": ("0.0.0.0",),
    }
    assert await HostsFile(tmp_path / "gone")(MATTER) == {}
    assert await HostsFile(tmp_path)(MATTER) == {}, "a folder is no hosts file"


async def test_a_hosts_file_is_read_again_only_when_it_or_the_question_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read_in = tmp_path / "hosts", []

    def note(path: Path, names: frozenset[str]) -> object:
        read_in.append(threading.current_thread())
        return read(path, names)

    monkeypatch.setattr("probe.machine.hosts.read", note)
    path.write_text("0.0.0.0 gsa.apple.com\n")
    asking = HostsFile(path)

    first = [await asking(MATTER) for _ in range(3)]
    path.write_text("0.0.0.0 gsa.apple.com idmsa.apple.com\n")
    second = [await asking(MATTER) for _ in range(3)]
    third = await asking(("idmsa.apple.com",))

    assert [list(found) for found in first] == [["gsa.apple.com"]] * 3
    assert [list(found) for found in second] == [["gsa.apple.com", "idmsa.apple.com"]] * 3
    assert list(third) == ["idmsa.apple.com"]
    assert len(read_in) == 3
    assert threading.main_thread() not in read_in, "a long block list must not hold up the loop"


async def test_a_hosts_file_that_could_not_be_read_once_is_read_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hosts"
    path.write_text("0.0.0.0 gsa.apple.com\n")
    asking = HostsFile(path)

    def full(path: Path, names: frozenset[str]) -> object:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("probe.machine.hosts.read", full)
        assert await asking(MATTER) == {}

    assert await asking(MATTER) == {"gsa.apple.com": ("0.0.0.0",)}


def test_of_a_long_block_list_only_the_names_that_matter_are_kept() -> None:
    lines = [f"0.0.0.0 ads-{n}.example" for n in range(5_000)]
    lines += [f"10.0.{n // 256}.{n % 256} gsa.apple.com" for n in range(5_000)]

    found = overruled(lines, frozenset(MATTER))

    assert list(found) == ["gsa.apple.com"]
    assert len(found["gsa.apple.com"]) == ADDRESSES_KEPT
