"""A real browser reads the page of the healthy drill: on a desk, on a phone, without JavaScript."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PICTURES = Path("artifacts")
READY_WITHIN = 20.0
SMALLEST_PICTURE = 5_000  # bytes; an empty page of this size compresses to less


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How somebody looks at the page."""

    name: str
    width: int
    height: int
    dark: bool = False
    javascript: bool = True


WINDOWS = (
    Window(name="desk", width=1280, height=900),
    Window(name="phone", width=390, height=844, dark=True),
    Window(name="no-javascript", width=1280, height=900, javascript=False),
    Window(name="phone-no-javascript", width=390, height=844, javascript=False),
)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    isitme = str(Path(sys.executable).with_name("isitme"))
    drill = subprocess.Popen([isitme, "drill", "healthy", "--listen", f"127.0.0.1:{port}"])
    try:
        headline = wait_for_answer(url, drill)
        print(f"/status says: {headline}")
        with sync_playwright() as playwright:
            for window in WINDOWS:
                # A new empty profile each time: nothing remembered, nothing fetched for it.
                with tempfile.TemporaryDirectory() as profile:
                    context = playwright.chromium.launch_persistent_context(
                        profile,
                        executable_path=CHROMIUM,
                        headless=True,
                        args=FLAGS,
                        viewport={"width": window.width, "height": window.height},
                        color_scheme="dark" if window.dark else "light",
                        java_script_enabled=window.javascript,
                    )
                    look(context, window.name, url, headline)
                    if window.name != "desk":
                        be_guided(context, window.name, url)
                    context.close()
    finally:
        drill.send_signal(signal.SIGINT)
        drill.wait(10)


def look(context: BrowserContext, name: str, url: str, headline: str) -> None:
    """Open the page once; every complaint of the browser counts."""
    complaints: list[str] = []
    asked: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    answer = page.goto(url)

    assert answer is not None
    assert answer.ok, answer.status
    picture = PICTURES / f"page-{name}.png"
    page.screenshot(path=picture, full_page=True)
    heading = page.locator("h1").inner_text()
    sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    print(f"{name}: {heading!r}, {picture.stat().st_size} bytes of picture, asked {len(asked)}")
    assert heading == headline, f"the page says {heading!r}, /status says {headline!r}"
    assert "healthy" in page.locator(".drill").inner_text(), "the page must say that it is a drill"
    outside = [each for each in asked if not each.startswith((url, "data:"))]
    assert not outside, f"the page asked others: {outside}"
    assert not complaints, complaints
    assert sideways <= 0, f"the page is {sideways} px wider than the {name} window"
    assert picture.stat().st_size > SMALLEST_PICTURE, "the picture is empty"


def be_guided(context: BrowserContext, name: str, url: str) -> None:
    """From the answer to the form, and from the form to the next step."""
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    page.get_by_role("link", name="Find the reason").click()
    page.get_by_label("Green", exact=True).check()
    page.get_by_label("There is a picture, a video or a file in it").check()
    page.get_by_role("button", name="Find the reason").click()
    page.screenshot(path=PICTURES / f"triage-{name}.png", full_page=True)
    first = page.locator(".advice li").first.inner_text()
    sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    print(f"triage on {name}: {first.splitlines()[0]!r}")
    assert first.startswith("Send the text without the picture"), first
    assert page.get_by_label("Green", exact=True).is_checked(), "the answers are kept"
    assert sideways <= 0, f"the guide is {sideways} px wider than the {name} window"
    outside = [each for each in asked if not each.startswith((url, "data:"))]
    assert not outside, f"the guide asked others: {outside}"


def wait_for_answer(url: str, drill: subprocess.Popen[bytes]) -> str:
    """The headline of /status, once the first sweep is judged."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        assert drill.poll() is None, f"the drill ended with {drill.returncode}"
        try:
            urllib.request.urlopen(url + "-/ready", timeout=2).close()
        except OSError:
            time.sleep(0.2)
            continue
        with urllib.request.urlopen(url + "status", timeout=2) as answer:
            status = json.load(answer)
        verdict = status["verdict"]
        assert (verdict["blame"], verdict["code"]) == ("nobody", "ok"), verdict
        return str(verdict["headline"])
    raise AssertionError(f"no answer within {READY_WITHIN} s")


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        port: int = probing.getsockname()[1]
    return port


if __name__ == "__main__":
    main()
