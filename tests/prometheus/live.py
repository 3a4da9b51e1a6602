"""A real Prometheus and a real Alertmanager, on loopback, over real isitmes in drills.

The rules, alerts and routes are the shipped ones, with one change: their patience is shortened, so
that the whole takes minutes. The shipped patience itself is played by promtool (test_rules.py).
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.drill.service import free_port
from tests.prometheus.test_rules import CONFIG

SCRAPE_SECONDS = 5  # and so long may one take, on a busy machine
EVALUATION_SECONDS = 3
START_SECONDS = 60.0
# One minute of patience becomes so many seconds: the order of all patience stays.
MINUTE_SECONDS = 6
GROUP_SECONDS = 12  # a few evaluations, as the shipped 30 s are two of 15 s


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One entry of a scrape: which isitme plays which site, seen by which job."""

    job: str
    site: str
    provider: str
    story: str


# Each job is a set of sites of its own: what they say together is worked out for each job. The
# sites of one job that share a story are one process, scraped under two names.
TARGETS = (
    Target(job="isitme", site="berlin", provider="cable-one", story="apple"),
    Target(job="isitme", site="hamburg", provider="cable-one", story="internet-down"),
    Target(job="isitme", site="munich", provider="fibre-two", story="dns-block"),
    Target(job="isitme", site="vienna", provider="fibre-two", story="healthy"),
    Target(job="isitme", site="bern", provider="", story="parade"),
    Target(job="isitme", site="oslo", provider="", story="nobody listens"),
    Target(job="at-one", site="berlin", provider="cable-one", story="dns-block"),
    Target(job="at-one", site="hamburg", provider="cable-one", story="healthy"),
    Target(job="at-one", site="munich", provider="fibre-two", story="healthy"),
    Target(job="at-a-provider", site="berlin", provider="cable-one", story="internet-down"),
    Target(job="at-a-provider", site="hamburg", provider="cable-one", story="internet-down"),
    Target(job="at-a-provider", site="munich", provider="fibre-two", story="healthy"),
    Target(job="at-apple", site="berlin", provider="cable-one", story="apple"),
    Target(job="at-apple", site="hamburg", provider="cable-one", story="apple"),
    Target(job="at-apple", site="munich", provider="fibre-two", story="apple"),
)


@dataclass
class Sink:
    """Takes what Alertmanager delivers: (receiver, message)."""

    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def open(self) -> Iterator[Sink]:
        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taken.append((self.path.strip("/"), json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@dataclass
class Prometheus:
    """Asks one over its HTTP API."""

    port: int
    began: float
    stories: Mapping[str, int]  # name -> port
    sink: Sink

    def get(self, path: str, **given: object) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(given)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{given}: {error.read().decode()}") from None
        assert said["status"] == "success", said
        return said["data"]

    def now(self, expr: str) -> list[dict[str, Any]]:
        return list(self.get("query", query=expr)["result"])

    def over(self, expr: str) -> list[dict[str, Any]]:
        """From the beginning until now."""
        end = time.time()
        return list(
            self.get("query_range", query=expr, start=self.began, end=end, step=5)["result"]
        )

    def wait_for(self, expr: str, seconds: float) -> list[dict[str, Any]]:
        """Until the expression gives something. Gives nothing when it does not in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.now(expr)
            if found:
                return found
            time.sleep(2)
        return []


@contextmanager
def running(log_file: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended at the end; its words go to a file."""
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(there: Callable[[], object], what: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            there()
            return
        time.sleep(0.5)
    raise AssertionError(f"{what} did not start in {START_SECONDS:.0f} s")


def fetched(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return str(answer.read().decode())


@contextmanager
def everything(folder: Path) -> Iterator[Prometheus]:
    """All of it, started; the worlds are healthy yet."""
    stories = {target.story: free_port() for target in TARGETS}
    sink = Sink()
    with contextlib.ExitStack() as stack:
        stack.enter_context(sink.open())
        alerting = started_alertmanager(stack, folder, sink)
        began, port = time.time(), free_port()
        config = folder / "prometheus.yml"
        config.write_text(json.dumps(scraping(stories, alerting)), encoding="utf-8")
        for name in ("isitme.rules.yml", "isitme.alerts.yml"):
            (folder / name).write_text(impatient((CONFIG / name).read_text(encoding="utf-8")))
        command = (
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        stack.enter_context(running(folder / "prometheus.log", *command))
        for story, its_port in stories.items():
            if story != "nobody listens":
                told = (sys.executable, "-m", "tests.prometheus.stories", story, str(its_port))
                stack.enter_context(running(folder / f"{story}.log", *told))
        until(lambda: fetched(port, "/-/ready"), "Prometheus")
        yield Prometheus(port=port, began=began, stories=stories, sink=sink)


def started_alertmanager(stack: contextlib.ExitStack, folder: Path, sink: Sink) -> int:
    port = free_port()
    text = (CONFIG / "alertmanager.yml").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:9099", f"127.0.0.1:{sink.port}")
    file = folder / "alertmanager.yml"
    file.write_text(impatient(text), encoding="utf-8")
    command = (
        "prometheus-alertmanager",
        f"--config.file={file}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )
    stack.enter_context(running(folder / "alertmanager.log", *command))
    until(lambda: fetched(port, "/-/ready"), "Alertmanager")
    return port


def scraping(stories: Mapping[str, int], alertmanager: int) -> dict[str, Any]:
    jobs = dict.fromkeys(target.job for target in TARGETS)
    return {
        "global": {
            "scrape_interval": f"{SCRAPE_SECONDS}s",
            "evaluation_interval": f"{EVALUATION_SECONDS}s",
        },
        "rule_files": ["isitme.rules.yml", "isitme.alerts.yml"],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
        },
        "scrape_configs": [
            {
                "job_name": job,
                # One process may stand for two sites: the site makes the target another one.
                "static_configs": [
                    {
                        "targets": [f"127.0.0.1:{stories[target.story]}"],
                        "labels": labels(target),
                    }
                    for target in TARGETS
                    if target.job == job
                ],
            }
            for job in jobs
        ],
    }


def labels(target: Target) -> dict[str, str]:
    provider = {"provider": target.provider} if target.provider else {}
    return {"site": target.site, **provider, "instance": f"isitme.{target.site}:10054"}


def impatient(text: str) -> str:
    """Minutes become seconds in all that waits; windows that are looked back over stay."""

    def shorter(found: re.Match[str]) -> str:
        many, unit = int(found[2]), found[3]
        seconds = many * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit] * MINUTE_SECONDS / 60
        return f"{found[1]}: {max(1, round(seconds))}s"

    text = text.replace("group_wait: 30s", f"group_wait: {GROUP_SECONDS}s")
    return re.sub(
        r"\b(for|keep_firing_for|interval|group_interval): (\d+)([smhd])\b", shorter, text
    )


def names(samples: Sequence[Mapping[str, Any]], *wanted: str) -> set[tuple[str, ...]]:
    return {tuple(sample["metric"].get(label, "") for label in wanted) for sample in samples}
