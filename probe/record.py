"""Keep the raw answers of all looks, redacted, so that a user can contribute them as fixtures.

What this host and its network are called is replaced: its addresses and those of its neighbours,
its router's and resolvers', its name, the proxy and its password, the other isitmes that it asks.
What outside hosts said is kept to the byte. Afterwards every file is searched again, in another
way, for what should not be in it.
"""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from probe.machine import Machine
from probe.model import News, Observation
from probe.targets import Targets, WebProxy

FORMAT = 1  # of the files; a reader checks it first
ANSWER_BYTES = 512 * 1024  # the largest healthy answer, a status feed, is a tenth of it
ANSWERS = 500  # one sweep gives about fifty
# What another isitme says is about another network, and not ours to give away.
NOT_KEPT = frozenset({"peer"})
PLAIN_CHARACTERS = 7  # shorter names, such as "pi", stand inside other words by chance


@dataclass(slots=True)
class Recorder:
    """Hears raw answers (as the tools' tap) and observations (as an outlet)."""

    hidden: Mapping[bytes, bytes]
    answers: list[dict[str, object]] = field(default_factory=list)
    observations: list[dict[str, object]] = field(default_factory=list)

    def tap(self, kind: str, where: str, data: bytes) -> None:
        """One raw answer: what kind, from where, and the bytes."""
        if len(self.answers) < ANSWERS:
            kept = b"" if kind in NOT_KEPT else self._redacted(data[:ANSWER_BYTES])
            self.answers.append(
                {
                    "kind": kind,
                    "from": self._text(where),
                    "bytes": len(data),
                    "base64": base64.b64encode(kept).decode("ascii"),
                }
            )

    async def hear(self, news: News) -> None:
        if isinstance(news, Observation):
            finding = news.finding
            self.observations.append(
                {
                    "look": news.look.value,
                    "target": self._text(finding.target),
                    "family": finding.family.value,
                    "address": self._text(finding.address),
                    "at": news.at.isoformat(timespec="milliseconds"),
                    "said": self._text(finding.said),
                    "steps": [
                        {
                            "step": step.step.value,
                            "seconds": round(step.seconds, 6),
                            "failure": step.failure.value if step.failure else None,
                            "speed": step.speed.value if step.speed else None,
                            "detail": self._text(step.detail),
                        }
                        for step in finding.steps
                    ],
                }
            )

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Two files of one JSON object per line. Raises OSError that names the file."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = folder / "observations.jsonl", folder / "answers.jsonl"
        for path, rows in zip(paths, (self.observations, self.answers), strict=True):
            head = {"isitme_record": FORMAT, "rows": len(rows)}
            lines = [json.dumps(row, ensure_ascii=False) for row in (head, *rows)]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return paths

    def left_over(self) -> list[str]:
        """Where something that is to be hidden may still stand: found by plain search, also as
        addresses and headers spell it. Empty: nowhere was it found."""
        places = []
        for row in self.answers:
            data = base64.b64decode(str(row["base64"]))
            places += self._found(f"answers: {row['kind']} from {row['from']}", data)
        for row in self.observations:
            said = json.dumps(row, ensure_ascii=False).encode()
            places += self._found(f"observations: {row['look']} {row['target']}", said)
        return places

    def _found(self, where: str, data: bytes) -> list[str]:
        plain = data.lower()
        return [
            f"{where}: {shown.decode()}"
            for secret, shown in self.hidden.items()
            if len(secret) >= PLAIN_CHARACTERS
            # An address may be the beginning of a longer one, which is another.
            and not secret[-1:].isdigit()
            and any(form in plain for form in forms_of(secret))
        ]

    def _redacted(self, data: bytes) -> bytes:
        for secret, shown in self.hidden.items():
            data = standing_alone(secret).sub(shown, data)
        return data

    def _text(self, text: str) -> str:
        return self._redacted(text.encode()).decode(errors="replace")


@lru_cache(maxsize=64)
def standing_alone(secret: bytes) -> re.Pattern[bytes]:
    """Where a name or an address stands by itself, in any case.

    A host called "pi" must not turn "api" into something else, nor 10.0.0.1 the start of 10.0.0.17.
    """
    return re.compile(rb"(?<![0-9a-z])" + re.escape(secret) + rb"(?![0-9a-z])", re.IGNORECASE)


def forms_of(secret: bytes) -> tuple[bytes, ...]:
    """A text, and what becomes of it in an address and in a header (RFC 7617)."""
    text = secret.decode("utf-8", errors="replace").lower()
    return secret.lower(), quote(text, safe="").lower().encode(), base64.b64encode(secret).lower()


def what_to_hide(
    machine: Machine, targets: Targets | None = None, proxy: WebProxy | None = None
) -> dict[bytes, bytes]:
    """The names and addresses of this host and its network, and of whom it was told of in its
    settings; longest first.

    Longest first, or a name would be found inside a longer one.
    """
    network = machine.network()
    kinds = {
        "own-address": [address.address for address in network.addresses],
        "router": [route.gateway for route in network.routes if route.gateway],
        "resolver": [resolver.partition("#")[0] for resolver in machine.resolvers() or ()],
        "neighbour": [neighbour.address for neighbour in network.neighbours],
        "hardware": [neighbour.mac for neighbour in network.neighbours],
        "own-name": [socket.gethostname()],
        "peer": [word for peer in (targets or Targets()).peers for word in (peer.host, peer.name)],
        "proxy": [] if proxy is None else [proxy.host, proxy.user, proxy.password],
    }
    hidden: dict[bytes, bytes] = {}
    for kind, values in kinds.items():
        for number, value in enumerate(dict.fromkeys(values), 1):
            if value and value not in {"127.0.0.1", "::1", "localhost"}:
                hidden.setdefault(value.encode(), f"[{kind}-{number}]".encode())
    return dict(sorted(hidden.items(), key=lambda pair: len(pair[0]), reverse=True))
