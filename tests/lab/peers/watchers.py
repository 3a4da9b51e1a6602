"""The other watchers in the host's namespace, configured by the files beside this one."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import threading
import time
import xml.etree.ElementTree as xml
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.net import standing_in
from tests.lab.world import World

HERE = Path(__file__).parent
POLL_SECONDS = 1.0
# Debian's name of the exporter, and its own; a `go install` puts programs where PATH may not look.
PATH = f"{os.environ['PATH']}:/usr/sbin:{Path.home() / 'go/bin'}"
PROGRAMS = {
    "prometheus": (("prometheus",), "prometheus"),
    "blackbox": (
        ("blackbox_exporter", "prometheus-blackbox-exporter"),
        "prometheus-blackbox-exporter",
    ),
    "monit": (("monit",), "monit"),
}

Troubles = Mapping[str, str]  # what is complained about -> the complaint in the watcher's words


def program(name: str) -> str | None:
    names, _ = PROGRAMS[name]
    return next(filter(None, (shutil.which(one, path=PATH) for one in names)), None)


def lacking() -> list[str]:
    return [
        f"{names[0]} (package {package})"
        for one, (names, package) in PROGRAMS.items()
        if program(one) is None
    ]


def version(name: str) -> str:
    """What a binary says of itself, in one line."""
    path = program(name)
    assert path is not None
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    first = (done.stdout or done.stderr).splitlines()[0]
    return re.sub(r" \(branch.*", "", first).removeprefix("This is ")


@dataclass(slots=True)
class Watched:
    """One watcher's complaints over time: when each first and last stood, on the lab's clock."""

    name: str
    ask: Callable[[], Troubles | None]
    standing: dict[str, str] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)  # of those that stand now
    history: list[tuple[float, str, str]] = field(default_factory=list)  # when, "+" or "-", what
    seen: int = 0  # answers

    def look(self) -> None:
        troubles = self.ask()
        if troubles is None:
            return
        now = time.monotonic()
        self.seen += 1
        for what in troubles.keys() - self.standing.keys():
            self.history.append((now, "+", what))
            self.since[what] = now
        for what in self.standing.keys() - troubles.keys():
            self.history.append((now, "-", what))
            del self.since[what]
        self.standing = dict(troubles)


class Watchers:
    """All of them in one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all = [Watched("prometheus", prometheus_alerts), Watched("monit", monit_failures)]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        out, net = self.world.out, self.world.net
        roots = self.world.certificates / "public_roots.pem"
        trust = {"SSL_CERT_FILE": str(roots), "SSL_CERT_DIR": str(out / "no-more-roots")}
        write_configuration(out, roots, ipv6=self.world.dual)
        net.spawn(
            "host",
            "blackbox",
            str(program("blackbox")),
            f"--config.file={HERE}/blackbox.yml",
            "--web.listen-address=127.0.0.1:9115",
            environment=trust,
            ready=net.listening("host", "tcp", "127.0.0.1:9115"),
        )
        net.spawn(
            "host",
            "prometheus",
            str(program("prometheus")),
            f"--config.file={out}/prometheus.yml",
            f"--storage.tsdb.path={out}/prometheus",
            "--web.listen-address=127.0.0.1:9090",
            environment=trust,
            ready=net.listening("host", "tcp", "127.0.0.1:9090"),
            within_seconds=30.0,
        )
        net.spawn(
            "host",
            "monit",
            *(str(program("monit")), "-c", str(out / "monitrc")),
            *("-s", str(out / "monit.state"), "-p", str(out / "monit.pid")),
            *("-l", str(out / "monit-told.log"), "-I"),
            environment={"HOME": str(out)},
            ready=net.listening("host", "tcp", "127.0.0.1:2812"),
        )
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        with standing_in("host"):
            while not self._over.wait(POLL_SECONDS):
                for watched in self.all:
                    watched.look()


def write_configuration(out: Path, roots: Path, *, ipv6: bool) -> None:
    """The files beside this one, with the lab's roots, and what is for homes with IPv6."""
    for name, more in (("prometheus.yml", "prometheus_ipv6.yml"), ("monitrc", "monitrc_ipv6")):
        text = (HERE / name).read_text() + ((HERE / more).read_text() if ipv6 else "")
        text = text.replace("/etc/ssl/certs/ca-certificates.crt", str(roots))
        text = text.replace("/var/lib/monit/id", str(out / "monit.id"))
        (out / name).write_text(text)
        (out / name).chmod(0o700)  # monit reads its file only so
    shutil.copy(HERE / "rules.yml", out)


def prometheus_alerts() -> Troubles | None:
    """Alerts that fire, one for each target."""
    text = get(9090, "/api/v1/alerts")
    if text is None:
        return None
    return {
        " ".join(filter(None, (alert["labels"]["alertname"], alert["labels"].get("instance")))): (
            alert["labels"].get("job", "")
        )
        for alert in json.loads(text)["data"]["alerts"]
        if alert["state"] == "firing"
    }


def monit_failures() -> Troubles | None:
    """Hosts with a failed check."""
    text = get(2812, "/_status?format=xml")
    if text is None:
        return None
    return {
        service.findtext("name", ""): service.findtext("status_message", "")
        for service in xml.fromstring(text).iter("service")
        if service.get("type") == "4" and service.findtext("status") != "0"
    }


def get(port: int, path: str) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
