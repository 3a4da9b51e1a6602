"""What a real Prometheus says of real isitmes at two other sites: the way back."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from probe.clock import Chance, SystemClock
from probe.elsewhere import ask_for_all
from probe.http import Http
from probe.machine import LinuxMachine
from probe.model import NearbyFact, Observation
from probe.targets import Vantage
from probe.tools import Tools
from probe.trust import Trust
from probe.words import Failure, Look, Nearby
from tests.support.sightings import sighting

pytestmark = pytest.mark.timeout(180)
FINE, FAILS = Nearby.FINE_ELSEWHERE, Nearby.FAILS_ELSEWHERE
SITES = {"munich": "healthy", "berlin": "apple-outage"}  # the drill that plays each site
READY_WITHIN = 90.0


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vantage]:
    """Prometheus that scrapes both sites every second, when both drills are where they go."""
    folder = tmp_path_factory.mktemp("vantage")
    ports = {site: free_port() for site in SITES}
    jobs = "".join(
        f"    - targets: [127.0.0.1:{port}]\n      labels: {{site: {site}, provider: of-{site}}}\n"
        for site, port in ports.items()
    )
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s}\n"
        f"scrape_configs:\n- job_name: isitme\n  static_configs:\n{jobs}"
    )
    vantage = Vantage(host="127.0.0.1", port=free_port(), site="home")
    commands = [
        [sys.executable, "-m", "probe", "drill", drill, "--after", "1",
         "--listen", f"127.0.0.1:{ports[site]}"]
        for site, drill in SITES.items()
    ] + [[
        "prometheus", f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{vantage.port}",
    ]]  # fmt: skip
    processes = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in commands
    ]
    try:
        wait_for(ports["munich"], 'isitme_signal{signal="push",value="works"} 1.0')
        wait_for(ports["berlin"], 'isitme_signal{signal="push",value="fails"} 1.0')
        time.sleep(3)  # two scrapes
        yield vantage
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(15)


def wait_for(port: int, line: str) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
                if line in page.read().decode():
                    return
        except URLError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"not within {READY_WITHIN:g} s: {line}")


def failing(*, before_seconds: float) -> list[Observation]:
    """Push fails here, and was last seen to so long ago."""
    now = SystemClock().elapsed()
    return [
        replace(one, started=now - before_seconds, ended=now - before_seconds)
        for one in (sighting(Look.PUSH_5223, "courier-1", Failure.GENERIC_TIMEOUT, silent=True),)
    ]


async def told(vantage: Vantage, *, before_seconds: float = 3600.0) -> list[tuple[str, Nearby]]:
    trust = Trust()
    tools = Tools(
        clock=SystemClock(),
        chance=Chance(1),
        machine=LinuxMachine(environment={}),
        trust=trust,
        http=Http(trust, {}, "isitme/test"),
        ports={},
        user_agent="isitme/test",
    )
    finding = await ask_for_all(tools, vantage, failing(before_seconds=before_seconds))
    assert finding.passed, finding
    return [(f.target, f.found) for f in finding.facts if isinstance(f, NearbyFact)]


async def test_each_site_says_what_it_sees(prometheus: Vantage) -> None:
    assert sorted(await told(prometheus)) == [("push", FAILS), ("push", FINE)]


async def test_a_site_is_no_vantage_point_for_itself(prometheus: Vantage) -> None:
    assert await told(replace(prometheus, site="munich")) == [("push", FAILS)]
    assert await told(replace(prometheus, site="berlin")) == [("push", FINE)]


async def test_a_site_behind_the_same_provider_is_none_either(prometheus: Vantage) -> None:
    assert await told(replace(prometheus, provider="of-berlin")) == [("push", FINE)]


async def test_what_was_seen_before_it_failed_here_says_nothing(prometheus: Vantage) -> None:
    assert await told(prometheus, before_seconds=-60.0) == []


async def test_a_prometheus_that_is_not_there_costs_nothing(prometheus: Vantage) -> None:
    trust = Trust()
    tools = Tools(
        clock=SystemClock(), chance=Chance(1), machine=LinuxMachine(environment={}), trust=trust,
        http=Http(trust, {}, "isitme/test"), ports={}, user_agent="isitme/test",
    )  # fmt: skip
    gone = replace(prometheus, port=free_port())

    finding = await ask_for_all(tools, gone, failing(before_seconds=5))

    assert finding.failed is not None
    assert finding.failed.failure is Failure.CONNECTION_REFUSED
    assert finding.facts == ()
