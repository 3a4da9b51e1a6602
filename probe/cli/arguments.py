"""What may be said on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from probe.cli.shared import CHECK_SECONDS

DEFAULT_URL = "http://127.0.0.1:10054"


def build_parser() -> argparse.ArgumentParser:
    from probe import __version__

    parser = argparse.ArgumentParser(prog="isitme", description="Is it me, or is it Apple?")
    parser.add_argument("--version", action="version", version=f"isitme {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="look at everything once, now")
    check.add_argument("--json", action="store_true", help="the answer as JSON")
    check.add_argument("--verbose", action="store_true", help="every observation, every rule")
    check.add_argument("--config", type=Path, metavar="FILE")
    check.add_argument("--timeout", type=positive_seconds, default=CHECK_SECONDS, metavar="SECONDS")
    check.add_argument(
        "--group", action="append", metavar="NAME",
        help="instead: ask every host of a group (docs/hosts.md), such as mdm, messaging, all; "
        "is this network ready for Apple's devices?",
    )  # fmt: skip

    run = commands.add_parser("run", help="the service: looks, page, metrics")
    run.add_argument("--config", type=Path, metavar="FILE")
    run.add_argument("--listen", metavar="HOST:PORT", help="or lan, for the local network")

    status = commands.add_parser("status", help="ask a running service")
    status.add_argument("--url", default=DEFAULT_URL)
    status.add_argument("--json", action="store_true")
    status.add_argument("--watch", action="store_true", help="again and again, until Ctrl-C")
    status.add_argument("--alive", action="store_true", help="only whether it runs: 0 or 1")

    history = commands.add_parser("history", help="turns and incidents that were told")
    history.add_argument("--config", type=Path, metavar="FILE")
    history.add_argument("--since", type=span, default=span("24h"), metavar="SPAN",
                         help="such as 30m, 24h, 7d (default 24h)")  # fmt: skip
    history.add_argument("--json", action="store_true")
    history.add_argument("--csv", action="store_true")

    triage = commands.add_parser("triage", help='"Not Delivered": a few questions, then what to do')
    triage.add_argument("--url", default=DEFAULT_URL, help="the service that is asked")
    triage.add_argument("--config", type=Path, metavar="FILE", help="when no service runs")
    triage.add_argument("--json", action="store_true")
    triage.add_argument(
        "--answer", action="append", default=[], metavar="QUESTION=ANSWER",
        help="such as bubble=blue, who=one, more=password,sim; given, nothing is asked",
    )  # fmt: skip

    notify = commands.add_parser("notify", help="test sends one message to the webhook")
    notify.add_argument("action", choices=("test",))
    notify.add_argument("--config", type=Path, metavar="FILE")

    probes = commands.add_parser("probes", help="what is looked at, how often, and where")
    probes.add_argument("--config", type=Path, metavar="FILE")
    probes.add_argument("--json", action="store_true")

    config = commands.add_parser("config", help="show, check or start a configuration")
    config.add_argument("action", choices=("show", "check", "init"))
    config.add_argument("--config", type=Path, metavar="FILE")

    explain = commands.add_parser("explain", help="what a verdict or cause means")
    explain.add_argument("code", metavar="CODE")

    record = commands.add_parser("record", help="keep raw answers, redacted, for fixtures")
    record.add_argument("--config", type=Path, metavar="FILE")
    record.add_argument("--into", type=Path, default=Path("isitme-record"), metavar="FOLDER")

    audit = commands.add_parser("audit-hosts", help="the list of Apple's hosts against today")
    audit.add_argument("--config", type=Path, metavar="FILE")
    audit.add_argument("--json", action="store_true")
    audit.add_argument("--group", action="append", metavar="NAME", help="default: all")

    backtest = commands.add_parser(
        "backtest", help="what isitme would have told of recorded history (docs/backtest.md)"
    )
    backtest.add_argument("file", type=Path, metavar="FILE", help="JSON lines, perhaps .gz")
    backtest.add_argument("--config", type=Path, metavar="FILE", help="for what is watched")
    backtest.add_argument("--json", action="store_true")

    drill = commands.add_parser("drill", help="run the service against a staged fault, to try it")
    drill.add_argument("name", nargs="?", metavar="NAME")
    drill.add_argument("--list", action="store_true", dest="list_drills")
    drill.add_argument("--listen", metavar="HOST:PORT")
    drill.add_argument(
        "--after", type=positive_seconds, default=15.0, metavar="SECONDS",
        help="how long the world stays healthy before the fault (default 15)",
    )  # fmt: skip
    return parser


def positive_seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 86400:
        raise argparse.ArgumentTypeError(f"wanted seconds between 0 and a day, found {text}")
    return value


SPANS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def span(text: str) -> float:
    """Seconds of a span such as 24h."""
    try:
        seconds = float(text[:-1]) * SPANS[text[-1:]]
    except (KeyError, ValueError):
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"wanted a span such as 30m, 24h or 7d, found {text!r}")
    return seconds
