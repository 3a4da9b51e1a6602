"""A real browser reads the pages of the real service while its world breaks, one way after another.

Every state is seen on a desk and on a phone, light and dark, with and without JavaScript, and on a
wall; axe-core finds nothing against them; nothing asks another origin; what Apple says never runs.
One page stays open all the while: it must follow by itself, and say when nobody answers any more.
Pictures are left in artifacts/.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))  # benchmarks: a past to draw; the words
from benchmarks.year import make
from probe.triage import catalogue

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PICTURES = Path("artifacts")
READY_WITHIN = 40.0
# Five faults one after the other use up what may be asked: Apple's silence and then its errors were
# told after 28 and 37 s (measured); the contract has 21 s for a fault that comes alone.
TURNS_WITHIN = 90.0
FOLLOWS_WITHIN = 10.0  # an open page, after the answer turned
SMALLEST_PICTURE = 5_000  # bytes; an empty page of this size compresses to less


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How somebody looks at the page."""

    name: str
    width: int
    height: int
    dark: bool = False
    javascript: bool = True
    path: str = ""


DESK = Window(name="desk", width=1280, height=900)
PHONE = Window(name="phone", width=390, height=844, dark=True)
SMALL = Window(name="phone-no-javascript", width=390, height=844, javascript=False)
WINDOWS = (
    DESK,
    PHONE,
    Window(name="desk-no-javascript", width=1280, height=900, dark=True, javascript=False),
    SMALL,
    Window(name="wall", width=1920, height=1080, dark=True, path="wall"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is staged, and the answer it must get."""

    name: str
    told: tuple[str, ...]  # blame, code, and cause where it matters
    words: str  # that are somewhere on the page
    guided: tuple[str, str] = ("", "")  # blue, to everybody: the first reason and step of the guide


# The cable comes last: after it isitme looks at a new network first, and says so.
STATES = (
    State(name="healthy", told=("nobody", "ok"), words="All is well",
          guided=("registration", "try_again")),
    State(name="dns-block", told=("me", "dns"), words="broken here",
          guided=("network", "fix_network")),
    State(name="clock-wrong", told=("me", "clock"), words="broken here",
          guided=("time", "set_date")),
    State(name="internet-down", told=("unknown", "isp_internet"), words="broken here",
          guided=("network", "fix_network")),
    State(name="apple-silent", told=("unknown", "unknown", "apple_or_path"), words="Cannot tell",
          guided=("apple_or_way", "try_again")),
    State(name="apple-outage", told=("apple", "apple_suspected"), words="It's Apple",
          guided=("apple_suspected", "wait_for_apple")),
    State(name="hostile", told=("apple", "apple_acknowledged"),
          words="<script>window.hacked = 1</script>",
          guided=("apple_announced", "wait_for_apple")),
    State(name="link-down", told=("me", "local_link"), words="broken here"),
)  # fmt: skip


class Service:
    """isitme in a staged world."""

    def __init__(self, port: int, history: Path) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "staged.py"), str(port), str(history)],
            stdin=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(HERE.parent)},
        )

    def turn(self, state: State) -> None:
        """Stage it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{state.name}\n")
        self._process.stdin.flush()
        print(f"\n{state.name}: {self.settled(state)!r}", flush=True)

    def settled(self, state: State) -> str:
        """The headline, once the answer is the expected one: a busy machine may waver."""
        began = time.monotonic()
        verdict: dict[str, Any] = {}
        while time.monotonic() < began + TURNS_WITHIN:
            verdict = self.status()["verdict"]
            told = (verdict["blame"], verdict["code"], verdict["cause"])
            if told[: len(state.told)] == state.told:
                return str(verdict["headline"])
            time.sleep(0.25)
        raise AssertionError(f"{state.name}: wanted {state.told}, got {verdict}")

    def headline(self) -> str:
        return str(self.status()["verdict"]["headline"])

    def ready(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            assert self._process.poll() is None, f"it ended with {self._process.returncode}"
            try:
                urllib.request.urlopen(self.url + "-/ready", timeout=2).close()
            except OSError:
                time.sleep(0.25)
                continue
            return
        raise AssertionError(f"no answer within {READY_WITHIN} s")

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + "status", timeout=5) as answer:
            status: dict[str, Any] = json.load(answer)
        return status

    def stop(self) -> None:
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    axe = axe_core()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        history = Path(folder) / "history.db"
        make(history, now=time.time() - 120, days=120, hours=False)
        service = Service(free_port(), history)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            service.ready()
            with opened(browser, DESK, service.url) as left_open:
                follow = left_on_the_wall(left_open, service)
                for state in STATES:
                    service.turn(state)
                    for window in WINDOWS:
                        with opened(browser, window, service.url) as context:
                            look(context, window, state, service, axe)
                            if window is SMALL and state.guided[0]:
                                go_the_whole_way(context, state, service)
                    follow()
                for window in (DESK, PHONE):
                    with opened(browser, window, service.url) as context:
                        wander(context, window, service.url, axe)
                        be_guided(context, window, service.url, axe)
                service.stop()
                says_that_it_is_old(left_open)
        finally:
            browser.close()
            service.stop()


@contextmanager
def opened(browser: Browser, window: Window, url: str) -> Iterator[BrowserContext]:
    """A new empty profile: nothing remembered. It complains when anything else is asked."""
    asked: list[str] = []
    complaints: list[str] = []
    context = browser.new_context(
        viewport={"width": window.width, "height": window.height},
        color_scheme="dark" if window.dark else "light",
        java_script_enabled=window.javascript,
    )
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda said: complaints.append(said.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    outside = [each for each in asked if not each.startswith((url, "data:"))]
    assert not outside, f"the page asked others: {outside}"
    # A service that was stopped on purpose refuses, and the browser says so.
    bad = [said for said in complaints if "ERR_CONNECTION_REFUSED" not in said
           and "ERR_INCOMPLETE_CHUNKED_ENCODING" not in said]  # fmt: skip
    assert not bad, bad
    context.close()


def look(context: BrowserContext, window: Window, state: State, service: Service, axe: str) -> None:
    page = context.new_page()
    headlines = [service.settled(state)]
    answer = page.goto(service.url + window.path)
    assert answer is not None
    assert answer.ok, answer.status
    picture = PICTURES / f"page-{state.name}-{window.name}.png"
    page.screenshot(path=picture, full_page=window.path != "wall")
    heading = page.locator("h1").inner_text()
    sideways, down = overflow(page)
    headlines.append(service.headline())  # the answer may have got better meanwhile
    assert heading in headlines, f"the page says {heading!r}, /status says {headlines}"
    assert "drill" in page.locator(".drill").inner_text(), "the page must say that it is a drill"
    if window.path != "wall":
        assert state.words in page.locator("body").inner_text(), f"{state.words!r} is not there"
    else:
        assert down <= 0, f"the wall is {down} px higher than its screen"
    assert page.locator("main img").count() == 0
    assert not page.evaluate("'hacked' in window"), "what Apple said has run"
    assert sideways <= 0, f"the page is {sideways} px wider than the {window.name} window"
    assert picture.stat().st_size > SMALLEST_PICTURE, "the picture is empty"
    # Without JavaScript the page is the same; axe itself is JavaScript.
    found = judged(page, axe) if window.javascript else "not judged"
    print(f"  {window.name}: {picture.stat().st_size} bytes of picture, axe: {found}")
    page.close()


def left_on_the_wall(context: BrowserContext, service: Service) -> Callable[[], None]:
    """A page that is never loaded again; what follows checks that it went with the answer."""
    page = context.new_page()
    page.clock.install()
    page.goto(service.url)
    page.locator("#seen-dns summary").click()
    page.locator("#seen-push summary").focus()
    page.evaluate("window.sameDocument = true")

    def follow() -> None:
        until = time.monotonic() + FOLLOWS_WITHIN
        while (shown := page.locator("h1").inner_text()) != (told := service.headline()):
            assert time.monotonic() < until, f"it still shows {shown!r}, and not {told!r}"
            page.wait_for_timeout(200)
        assert page.evaluate("window.sameDocument"), "it was loaded again"
        assert page.locator("#seen-dns").get_attribute("open") is not None, "a row closed itself"
        focused = page.evaluate("document.activeElement.parentElement.id")
        assert focused == "seen-push", f"the focus went to {focused!r}"
        assert page.locator(".lost").inner_text() == ""
        print("  left open: it followed, its open row and its focus stayed")

    return follow


def says_that_it_is_old(context: BrowserContext) -> None:
    page = context.pages[0]
    page.clock.fast_forward("02:00")
    expect(page.locator(".lost")).to_contain_text("No word from isitme since")
    page.screenshot(path=PICTURES / "page-left-alone.png")
    print(f"left alone: {page.locator('.lost').inner_text()!r}")


def wander(context: BrowserContext, window: Window, url: str, axe: str) -> None:
    """To a signal, to an incident and back, by the links of the first page."""
    page = context.new_page()
    page.goto(url)
    page.locator("details summary").first.click()
    for summary in page.locator(".rows summary").all():
        summary.click()
    assert not judged(page, axe, "opened")
    cell = page.locator(".cells a").last
    cell.focus()
    expect(cell.locator(".tip")).to_have_css("opacity", "1")
    for name, link in (("signal", ".way li:nth-child(6) a"), ("incident", ".incidents a")):
        page.goto(url)
        page.locator(link).first.click()
        page.wait_for_url(f"**/{name}/*")
        page.screenshot(path=PICTURES / f"{name}-{window.name}.png", full_page=True)
        sideways, _ = overflow(page)
        assert sideways <= 0, f"the {name} is {sideways} px wider than the {window.name} window"
        print(f"{name} on {window.name}: {page.locator('h1').inner_text()!r}, "
              f"axe: {judged(page, axe)}")  # fmt: skip
        page.locator("footer a").click()
        page.wait_for_url(url)
    page.close()


def go_the_whole_way(context: BrowserContext, state: State, service: Service) -> None:
    """On a phone without JavaScript: from the answer by its link to the form, to the next step."""
    page = context.new_page()
    service.settled(state)
    page.goto(service.url)
    page.get_by_role("link", name=catalogue.INVITATION_LINK).click()
    page.wait_for_url("**/triage")
    page.screenshot(path=PICTURES / f"triage-form-{state.name}-{SMALL.name}.png", full_page=True)
    for answer in ("Blue", "Everybody I tried", catalogue.ANSWER_TEXTS["pace"]["after_waiting"]):
        page.get_by_label(answer, exact=True).check()
    page.get_by_role("button", name=catalogue.FIND).click()
    service.settled(state)
    page.screenshot(path=PICTURES / f"triage-{state.name}-{SMALL.name}.png", full_page=True)
    reason = page.locator(".reasons li strong").first.inner_text()
    step = page.locator(".advice > li").first.inner_text()
    whole = page.locator("main").inner_text()
    wanted, first = (catalogue.REASON_TEXTS[state.guided[0]], catalogue.STEP_TEXTS[state.guided[1]])
    assert reason == wanted.title, f"{state.name}: the guide says {reason!r}"
    assert step.startswith(first.do), f"{state.name}: the guide begins with {step!r}"
    if state.told[0] != "nobody":
        for drastic in ("sign_out_and_in", "toggle_imessage", "reset_network", "recreate_thread"):
            assert catalogue.STEP_TEXTS[drastic].do not in whole, f"{state.name}: {drastic}"
    assert page.get_by_label("Blue", exact=True).is_checked(), "the answers are kept"
    sideways, _ = overflow(page)
    assert sideways <= 0, f"the guide is {sideways} px wider than the {SMALL.name} window"
    page.get_by_role("link", name=catalogue.BACK).click()
    page.wait_for_url(service.url)
    print(f"  guided on a phone without JavaScript: {reason!r}, {first.do!r}")
    page.close()


def be_guided(context: BrowserContext, window: Window, url: str, axe: str) -> None:
    """From the answer to the form, and from the form to the next step."""
    page = context.new_page()
    page.goto(url)
    page.get_by_role("link", name=catalogue.INVITATION_LINK).click()
    page.get_by_label("Green", exact=True).check()
    page.get_by_label("There is a picture, a video or a file in it").check()
    page.get_by_role("button", name=catalogue.FIND).click()
    page.screenshot(path=PICTURES / f"triage-{window.name}.png", full_page=True)
    first = page.locator(".advice li").first.inner_text()
    sideways, _ = overflow(page)
    print(f"triage on {window.name}: {first.splitlines()[0]!r}, axe: {judged(page, axe)}")
    assert first.startswith("Send the text without the picture"), first
    assert page.get_by_label("Green", exact=True).is_checked(), "the answers are kept"
    assert sideways <= 0, f"the guide is {sideways} px wider than the {window.name} window"
    page.close()


def overflow(page: Page) -> tuple[int, int]:
    """How many pixels the page is wider and higher than its window."""
    wide, high = page.evaluate(
        "[document.documentElement.scrollWidth - innerWidth,"
        " document.documentElement.scrollHeight - innerHeight]"
    )
    return int(wide), int(high)


def judged(page: Page, axe: str, what: str = "") -> list[str]:
    """What axe-core says against the page; always nothing, or this raises AssertionError."""
    page.evaluate(axe)  # by the debugger: the page's own policy stays as it is
    found = page.evaluate("axe.run().then(done => done.violations)")
    said = [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]
    assert not said, f"{page.url} {what}: {said}"
    return said


def axe_core() -> str:
    """Its source, as the lock beside this file pins it."""
    folder = Path(os.environ.get("CI_SCRATCH") or tempfile.mkdtemp()) / "axe"
    shutil.copytree(HERE / "axe", folder, dirs_exist_ok=True)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder, check=True,
    )  # fmt: skip
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        port: int = probing.getsockname()[1]
    return port


if __name__ == "__main__":
    main()
