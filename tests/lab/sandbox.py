"""A room without doors: worlds are built in namespaces that lead nowhere and vanish alone.

A world runs as the first process of its own PID, mount and network namespaces. When it ends, or is
killed, or whoever started it is killed, the kernel ends everything in it and takes its namespaces
and mounts away. Nothing of the machine's own network is ever touched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# Debian's name of the package that brings each program.
PROGRAMS = {
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "ip": "iproute2",
    "tc": "iproute2",
    "nft": "nftables",
    "tcpdump": "tcpdump",
    "dnsmasq": "dnsmasq-base",
    "unbound": "unbound",
    "nginx": "nginx-light",
    "haproxy": "haproxy",
    "chronyd": "chrony",
    "squid": "squid",
    "tayga": "tayga",
    "dig": "bind9-dnsutils",
    "curl": "curl",
    "openssl": "openssl",
    "ping": "iputils-ping",
    "conntrack": "conntrack",
}
FILES = {
    "/usr/lib/nginx/modules/ngx_stream_module.so": "libnginx-mod-stream",
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1": "faketime",
    "/dev/net/tun": "a kernel with TUN devices",
}


def lacking() -> list[str]:
    """What this machine lacks for the lab, in words; empty when it has everything."""
    found = []
    if os.geteuid() != 0:
        found.append("root: namespaces, packet filters and low ports")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    found += [
        f"{program} (package {package})"
        for program, package in PROGRAMS.items()
        if shutil.which(program) is None
    ]
    machine = os.uname().machine
    for path, package in FILES.items():
        if not Path(path.replace("x86_64", machine)).exists():
            found.append(f"{path} ({package})")
    if not found and subprocess.run(["unshare", "--net", "--mount", "true"]).returncode:
        found.append("a kernel that grants namespaces")
    return found


# Ends with the thread that starts it, whatever ends that.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
ROOM = (
    *DIES_WITH_US,
    *("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
)


def command(module: str, *arguments: str) -> Sequence[str]:
    """The command that runs a module of this repository inside a fresh room."""
    return (*ROOM, sys.executable, "-m", module, *arguments)


class NotSealed(RuntimeError):
    """Something here leads outside. The message says what."""


def seal() -> None:
    """Make the room ready, from inside. Raises NotSealed when anything leads out of it."""
    if os.getpid() != 1:
        raise NotSealed("not the first process of its own PID namespace")
    ways = [link["ifname"] for link in _ip("link") if link["ifname"] != "lo"]
    if ways:
        raise NotSealed(f"there are network interfaces: {', '.join(ways)}")
    routes = _ip("route", "show", "table", "all") + _ip("-6", "route", "show", "table", "all")
    if routes:
        raise NotSealed(f"there are routes: {routes[0]}")
    for place in ("/run/netns", "/etc/netns"):
        Path(place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "lab", place], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def _ip(*arguments: str) -> list[dict[str, str]]:
    done = subprocess.run(["ip", "-j", *arguments], check=True, capture_output=True, text=True)
    found: list[dict[str, str]] = json.loads(done.stdout or "[]")
    return found
