"""Asks a running isitme for its answer. Starts fast: the standard library and nothing else."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import unquote, urlsplit

DEFAULT_URL = "http://127.0.0.1:10054"
WAIT_SECONDS = 5.0  # a page of isitme takes milliseconds; this is for a machine that swaps
EVERY_SECONDS = 5.0  # as often as the service judges
ANSWER_BYTES = 2_000_000  # an answer has some ten thousand; this is for a stranger at that port


class NoAnswer(OSError):
    """No isitme answered there. Its text says where, and what came instead."""


def fetch(url: str = DEFAULT_URL, timeout: float = WAIT_SECONDS) -> dict[str, Any]:
    """What /status says. `timeout` in seconds, for each wait. Raises NoAnswer."""
    return _read(url, *_get(url, "/status", timeout))


def alive(url: str = DEFAULT_URL, timeout: float = WAIT_SECONDS) -> None:
    """Nothing, when the service is alive, whatever its answer is. Raises NoAnswer."""
    status, _ = _get(url, "/-/healthy", timeout)
    if status not in (200, 401):  # one that asks for a password is alive, too
        raise NoAnswer(f"{without_password(url)}: HTTP {status}; it is not well")


def _get(url: str, path: str, timeout: float) -> tuple[int, bytes]:
    """Status and body, cut off one byte past the bound. Raises NoAnswer."""
    parts, url = urlsplit(url), without_password(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NoAnswer(f"{url}: wanted an address such as {DEFAULT_URL}")
    headers = {"Accept": "application/json"}
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        connection = kind(parts.hostname, parts.port, timeout=timeout)
    except ValueError as error:  # a port that is none
        raise NoAnswer(f"{url}: {error}") from None
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}{path}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(ANSWER_BYTES + 1)
    except TimeoutError:
        raise NoAnswer(f"{url}: no answer within {timeout:g} s") from None
    except ConnectionRefusedError:
        raise NoAnswer(f"{url}: nothing listens there; start it with `isitme run`") from None
    except (OSError, HTTPException) as error:
        raise NoAnswer(f"{url}: {error or type(error).__name__}") from None
    finally:
        connection.close()


def without_password(url: str) -> str:
    """What may be shown of it."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://{after}" if at else url


def _read(url: str, status: int, body: bytes) -> dict[str, Any]:
    url = without_password(url)
    if len(body) > ANSWER_BYTES:
        raise NoAnswer(f"{url}: more than {ANSWER_BYTES} bytes; this is not isitme")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise NoAnswer(f"{url}: HTTP {status} without JSON; this is not isitme") from None
    if status != 200 or not isinstance(answer, dict) or not isinstance(answer.get("verdict"), dict):
        error = answer.get("error") if isinstance(answer, dict) else None
        said = error.get("message") if isinstance(error, dict) else "not an answer of isitme"
        raise NoAnswer(f"{url}: HTTP {status}: {str(said)[:200]!r}")
    return answer


def watch(
    url: str = DEFAULT_URL,
    timeout: float = WAIT_SECONDS,
    *,
    every_seconds: float = EVERY_SECONDS,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[dict[str, Any] | NoAnswer]:
    """Ask again and again, for good; yield only what is new: another answer, or none at all."""
    before: object = None
    while True:
        now: dict[str, Any] | NoAnswer
        try:
            now = fetch(url, timeout)
            told: object = {
                key: now["verdict"].get(key) for key in ("blame", "code", "cause", "since")
            }
        except NoAnswer as error:
            now, told = error, str(error)
        if told != before:
            yield now
        before = told
        sleep(every_seconds)
