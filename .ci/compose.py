"""The compose file is what Docker Compose takes, and its Prometheus and Alertmanager work together.

Called with the path of docker-compose. No engine runs here: their own programs from this machine
are started with the commands of the file, beside a drill of isitme, in a network of their own.
Grafana is no package anywhere near; of it only the files are looked at.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

FILE = "config/compose/compose.yaml"
READY_WITHIN = 60.0
PROGRAMS = {"prometheus": "prometheus", "alertmanager": "prometheus-alertmanager"}
TAGGED = re.compile(r"[a-z/]+:v?\d+\.\d+\.\d+")  # a version; no digest and no "latest"


def main(docker_compose: str) -> None:
    told = subprocess.run([docker_compose, "-f", FILE, "config", "--format", "json"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    services = json.loads(told.stdout)["services"]
    for name, service in services.items():
        looks_right(name, service)
    print(f"compose: {', '.join(services)}")
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as until_the_end:
        isitme = [".venv/bin/isitme", "drill", "apple-outage", "--after", "600"]
        until_the_end.enter_context(running(isitme))
        for name, program in PROGRAMS.items():
            command = [here(each, services[name], scratch) for each in services[name]["command"]]
            until_the_end.enter_context(running([program, *command]))
        for name in PROGRAMS:
            (url,) = [word for word in services[name]["healthcheck"]["test"] if "://" in word]
            wait_for(f"{name} is ready", lambda url=url: asked(url) is not None)
        wait_for("Prometheus scrapes isitme", lambda: value("up") == "1")
        wait_for("its rules have worked", lambda: value("site:isitme_fine:min") == "1")
        wait_for("it has found Alertmanager", found_alertmanager)


def looks_right(name: str, service: dict[str, Any]) -> None:
    assert TAGGED.fullmatch(service["image"]), service["image"]
    assert service["read_only"], name
    assert service["cap_drop"] == ["ALL"], name
    assert name == "isitme" or service["healthcheck"]["test"][0] == "CMD", name
    for volume in service["volumes"]:
        if volume["type"] == "bind":
            assert volume["read_only"], volume
            # The dashboards are written by `make dashboards`; the folder must be there.
            assert Path(volume["source"]).exists(), volume["source"]


def here(word: str, service: dict[str, Any], scratch: str) -> str:
    """An argument with the container's paths as this machine's."""
    for volume in service["volumes"]:
        source = volume["source"] if volume["type"] == "bind" else f"{scratch}/{volume['source']}"
        word = word.replace(f"={volume['target']}", f"={source}")
    return word


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    """A program that runs until the block ends."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def asked(url: str) -> Any:
    """The body of a good answer; None without one."""
    try:
        with urllib.request.urlopen(url, timeout=5) as page:
            return page.read()
    except OSError:
        return None


def value(query: str) -> str:
    said = asked(f"http://127.0.0.1:9090/api/v1/query?query={quote(query)}")
    found = json.loads(said)["data"]["result"] if said else []
    return found[0]["value"][1] if found else ""


def found_alertmanager() -> bool:
    said = asked("http://127.0.0.1:9090/api/v1/alertmanagers")
    return bool(said and json.loads(said)["data"]["activeAlertmanagers"])


def wait_for(what: str, true: Any) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < READY_WITHIN, f"not within {READY_WITHIN:g} s: {what}"
        time.sleep(0.5)
    print(f"compose: {what} ({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    if sys.argv[-1] == "--inside":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        main(sys.argv[1])
    else:
        again = ["unshare", "--net", sys.executable, __file__, *sys.argv[1:], "--inside"]
        sys.exit(subprocess.run(again, check=False).returncode)
