"""What the service sends, counted on the wire, beside what the table of looks says.

    .venv/bin/python -m tests.lab --shell '.venv/bin/python -m benchmarks.wire'

Counted by the kernel (nftables) in the namespace of the lab's host, as root: healthy minutes, and
then minutes in which nothing comes back from beyond the router. What the table says is the attempts
that were made (`isitme_probe_runs_total`) times the packets of one (probe/looks.py): on a good
line, with no packet sent again.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from benchmarks.idle import ISITME, PORT, roots, told
from probe.looks import PLAN
from probe.words import Look

APPLE, COURIERS, PROVIDER = "17.0.0.0/8", "17.57.144.0/24", "17.188.143.34"
REFERENCES = "{ 1.1.1.1, 8.8.8.8, 9.9.9.9 }"
APPLES_CDN = "23.32.0.0/11"
# Kind, how it is known on the wire, and the looks that send it. The first that fits counts.
KINDS: tuple[tuple[str, str, tuple[Look, ...]], ...] = (
    ("names (port 53)", "meta l4proto { tcp, udp } th dport 53",
     (Look.DNS_EACH, Look.DNS_APP, Look.DNS_MANNERS, Look.NAT64, Look.DNS_ALIVE)),
    ("time (NTP)", "udp dport 123", (Look.NTP,)),
    ("push, 5223", "tcp dport 5223", (Look.PUSH_5223,)),
    ("push, 443", f"ip daddr {COURIERS} tcp dport 443", (Look.PUSH_443,)),
    ("push, provider's side", f"ip daddr {PROVIDER} tcp", (Look.PUSH_HTTP,)),
    ("Apple's services", f"ip daddr {{ {APPLE}, {APPLES_CDN} }} tcp dport 443",
     (Look.APPLE_WEB, Look.STATUS)),
    ("references by address", f"ip daddr {REFERENCES} tcp",
     (Look.REF_IP, Look.DNS_ALT, Look.DNS_CROSS, Look.LINE)),
    ("references by name", "tcp dport 443", (Look.REF_NAME,)),
    ("plain pages", "tcp dport 80", (Look.CAPTIVE,)),
    ("QUIC", "udp dport 443", (Look.QUIC,)),
    ("all else: router, port controls, near us", "",
     (Look.GATEWAY, Look.PORT_CTL, Look.MESSENGERS, Look.NEARBY)),
)  # fmt: skip


def counting() -> str:
    names = [f"kind{n}" for n, _ in enumerate(KINDS)]
    counters = "".join(f"counter {name} {{}}\n" for name in names)
    rules = "".join(
        f"{expression} {_word(expression)} counter name {name} return\n"
        for name, (_, expression, _) in zip(names, KINDS, strict=True)
    )
    return (
        f"table inet wire {{\n{counters}chain sent {{ type filter hook output priority -300;\n"
        f"oifname lo return\n{rules}}}\n}}\n"
    )


def _word(expression: str) -> str:
    """A bare protocol needs a word of its own to be a match."""
    return "dport 1-65535" if expression.endswith(" tcp") else ""


SILENCE = """table inet cut { chain come { type filter hook input priority 0;
iifname != lo ip saddr != 192.168.0.0/16 drop
}
}
"""


def nft(rules: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def counted() -> list[int]:
    said = subprocess.run(
        ["nft", "-j", "list", "counters", "table", "inet", "wire"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = [one["counter"] for one in json.loads(said)["nftables"] if "counter" in one]
    packets = {one["name"]: int(one["packets"]) for one in found}
    return [packets[f"kind{n}"] for n, _ in enumerate(KINDS)]


def runs() -> Mapping[Look, float]:
    """Attempts made so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=10) as page:
        text = page.read().decode()
    found = re.findall(r'^isitme_probe_runs_total\{probe="(\w+)"\} ([\d.e+]+)', text, re.M)
    return {Look(name): float(value) for name, value in found}


def measure(minutes: float, title: str) -> None:
    packets, attempts, began = counted(), runs(), time.monotonic()
    time.sleep(minutes * 60)
    took = (time.monotonic() - began) / 60
    more, made = counted(), runs()
    print(f"\n{title}, {took:.1f} min, ends with {told()}\n")
    print("| sent to | packets a minute | attempts a minute | the table says, for these |")
    print("|---|---|---|---|")
    sums = [0.0, 0.0, 0.0]
    for (kind, _, looks), before, after in zip(KINDS, packets, more, strict=True):
        tried = {look: made.get(look, 0.0) - attempts.get(look, 0.0) for look in looks}
        said = sum(number * PLAN[look].packets for look, number in tried.items())
        numbers = [(after - before) / took, sum(tried.values()) / took, said / took]
        sums = [a + b for a, b in zip(sums, numbers, strict=True)]
        print(f"| {kind} | {numbers[0]:.1f} | {numbers[1]:.1f} | {numbers[2]:.1f} |")
    print(f"| all | {sums[0]:.1f} | {sums[1]:.1f} | {sums[2]:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", type=float, default=45.0, help="seconds until all has begun")
    parser.add_argument("--healthy", type=float, default=4.0, help="minutes")
    parser.add_argument("--outage", type=float, default=4.0, help="minutes")
    chosen = parser.parse_args()
    nft(counting())
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "isitme.toml"
        file.write_text(roots())
        service = subprocess.Popen(
            [sys.executable, str(ISITME), "run", "--config", str(file),
             "--listen", f"127.0.0.1:{PORT}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": home, "XDG_STATE_HOME": home},
        )  # fmt: skip
        try:
            time.sleep(chosen.after)
            measure(chosen.healthy, "Healthy")
            nft(SILENCE)
            measure(chosen.outage, "Nothing comes back")
        finally:
            service.terminate()
            service.wait(20)


if __name__ == "__main__":
    main()
