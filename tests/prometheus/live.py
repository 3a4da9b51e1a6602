"""A real Prometheus and a real Alertmanager, on loopback, over real isitmes in drills."""

from __future__ import annotations

import contextlib
import json
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
from tests.prometheus.scene import (
    RULE_FILES,
    TARGETS,
    backfill,
    impatient,
    leaving,
    scraping,
    scraping_the_others,
)
from tests.prometheus.stories import THE_OTHERS
from tests.prometheus.test_rules import CONFIG

START_SECONDS = 60.0


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
    ports: Mapping[str, int]  # of every story, and of the others' Prometheus
    sink: Sink
    folder: Path

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
        """From the beginning until now, at the same moments each time."""
        given = {"query": expr, "start": self.began, "end": time.time(), "step": 5}
        return list(self.get("query_range", **given)["result"])

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
        write_rules(folder)
        leaving(folder, stories)
        backfill(folder, began)
        stack.enter_context(running(folder / "prometheus.log", *started(config, port)))
        ports = {**stories, THE_OTHERS: free_port()}
        others = folder / "others" / "prometheus.yml"
        others.parent.mkdir()
        others.write_text(json.dumps(scraping_the_others(stories)), encoding="utf-8")
        ask = started(others, ports[THE_OTHERS])
        stack.enter_context(running(others.parent / "prometheus.log", *ask))
        for story in stories:
            if story != "nobody listens":
                told = (sys.executable, "-m", "tests.prometheus.stories", story, json.dumps(ports))
                stack.enter_context(running(folder / f"{story}.log", *told))
        until(lambda: fetched(port, "/-/ready"), "Prometheus")
        yield Prometheus(port=port, began=began, ports=ports, sink=sink, folder=folder)


@contextmanager
def without_targets(folder: Path) -> Iterator[Prometheus]:
    """Another Prometheus with the same rules, whose scrape configuration was lost."""
    config, port = folder / "prometheus.yml", free_port()
    scrapes = {"global": {"evaluation_interval": "1s"}, "rule_files": RULE_FILES}
    config.write_text(json.dumps(scrapes), encoding="utf-8")
    write_rules(folder)
    began = time.time()
    with running(folder / "prometheus.log", *started(config, port)):
        until(lambda: fetched(port, "/-/ready"), "Prometheus")
        yield Prometheus(port=port, began=began, ports={}, sink=Sink(), folder=folder)


def started(config: Path, port: int) -> tuple[str, ...]:
    return (
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={config.parent / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )


def write_rules(folder: Path) -> None:
    for name in RULE_FILES:
        (folder / name).write_text(impatient((CONFIG / name).read_text(encoding="utf-8")))


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


def names(samples: Sequence[Mapping[str, Any]], *wanted: str) -> set[tuple[str, ...]]:
    return {tuple(sample["metric"].get(label, "") for label in wanted) for sample in samples}
