"""The terminal: arguments, exit codes, words. Each command imports the heavy parts it uses.

Exit codes: 0 nobody, 10 me, 11 provider, 12 apple, 13 unknown; 1 isitme failed, 2 usage or bad
configuration. Data goes to stdout, progress to stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from probe.cli.arguments import build_parser
from probe.cli.looking import audit_hosts, check, record
from probe.cli.reading import backtest, config, explain, history, notify, probes, status, triage
from probe.cli.serving import drill, run
from probe.cli.shared import FAILED, INTERRUPTED, USAGE

DEFAULT_COMMAND = "check"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; never raises for what a user or the world does."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = build_parser()
    # `isitme --json` is `isitme check --json`; `isitme --help` is about isitme.
    if not given or (given[0].startswith("-") and given[0] not in {"-h", "--help", "--version"}):
        given.insert(0, DEFAULT_COMMAND)
    chosen = parser.parse_args(given)
    try:
        return int(COMMANDS[chosen.command](chosen))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as in `isitme check | head -1`.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        print(f"isitme: {in_words(error)}", file=sys.stderr)
        return FAILED
    except ValueError as error:
        # Settings and trust raise their own kinds of ValueError, each with file, key and reason.
        if type(error).__name__ not in {"SettingsError", "TrustError"}:
            raise
        print(f"isitme: {error}", file=sys.stderr)
        return USAGE


def in_words(error: OSError) -> str:
    """What went wrong and with which file, without the error's number."""
    said = error.strerror or str(error)
    return f"{error.filename}: {said}" if error.filename else said


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": check,
    "run": run,
    "status": status,
    "history": history,
    "notify": notify,
    "triage": triage,
    "probes": probes,
    "config": config,
    "explain": explain,
    "record": record,
    "audit-hosts": audit_hosts,
    "backtest": backtest,
    "drill": drill,
}
