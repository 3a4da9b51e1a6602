"""Commands that read what is there: a running service, its history, settings, a recording."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from probe.cli.looking import Progress
from probe.cli.shared import (
    CHECK_SECONDS,
    FAILED,
    INTERRUPTED,
    USAGE,
    hook_of,
    load,
    paper,
    print_json,
    setup_of,
)


def status(chosen: argparse.Namespace) -> int:
    """Ask a running service. Imports neither the looks nor the settings: it must be quick."""
    from probe import client
    from probe.outlets.status_json import exit_code, one_line_of

    if chosen.alive:
        client.alive(chosen.url)  # NoAnswer is an OSError: said, and exit code 1
        return 0
    answers = client.watch(chosen.url) if chosen.watch else iter([client.fetch(chosen.url)])
    code = FAILED
    for answer in answers:
        if isinstance(answer, client.NoAnswer):
            print(f"isitme: {answer}", file=sys.stderr, flush=True)
            continue
        print(
            json.dumps(answer, ensure_ascii=False, indent=2)
            if chosen.json
            else one_line_of(answer),
            flush=True,
        )
        code = exit_code(answer["verdict"].get("blame", ""))
    return code


def history(chosen: argparse.Namespace) -> int:
    """What was told, from the file itself: the service need not run."""
    from probe.clock import SystemClock
    from probe.history.read import read, text_of, write_csv

    settings = load(chosen.config)
    file = settings.history_file(os.environ)
    if file is None:
        print("isitme: nothing is kept ([history] keep = false)", file=sys.stderr)
        return USAGE
    if not file.is_file():
        print(f"isitme: {file}: nothing has been kept yet", file=sys.stderr)
        return FAILED
    told = read(file, since=SystemClock().now().timestamp() - chosen.since)
    if chosen.json:
        print_json(told)
    elif chosen.csv:
        write_csv(told, sys.stdout)
    else:
        print(text_of(told))
    return 0


def triage(chosen: argparse.Namespace) -> int:
    """Ask what is not given, look at what the service says, and guide."""
    from probe.outlets.guide import ask, pages
    from probe.triage import BadAnswer, answers_of, catalogue, guide, sight_of
    from probe.triage.told import told

    try:
        pairs = [(pair.partition("=")[0], pair.partition("=")[2]) for pair in chosen.answer]
        answers = answers_of(pairs)
    except BadAnswer as mistake:
        print(f"isitme: {mistake}", file=sys.stderr)
        return USAGE
    if not chosen.answer and sys.stdin.isatty():
        try:
            answers = ask(prompted, lambda text: print(text, file=sys.stderr), paper())
        except KeyboardInterrupt:
            print(f"\n{catalogue.LEFT_OFF}", file=sys.stderr)
            return INTERRUPTED
    sight = sight_of(status_now(chosen))
    found = told(guide(answers, sight), answers, sight)
    if chosen.json:
        print_json(found)
    else:
        print(pages(found, paper()))
    return 0


def prompted(prompt: str) -> str:
    """A line that was typed. The prompt is no data: it stays out of standard output.

    Raises EOFError at the end of the input.
    """
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        print(file=sys.stderr)
        raise EOFError
    return line


def status_now(chosen: argparse.Namespace) -> dict[str, Any]:
    """What the service says; without one, one look at everything from here."""
    from probe import client

    try:
        return client.fetch(chosen.url)
    except client.NoAnswer as none:
        print(f"isitme: {none}; looking once from here", file=sys.stderr)
    import asyncio

    from probe import app
    from probe.outlets.status_json import status_to_json

    setup = setup_of(load(chosen.config))
    status = asyncio.run(app.check(setup, within_seconds=CHECK_SECONDS))
    return status_to_json(status, versions=app.VERSIONS)


def notify(chosen: argparse.Namespace) -> int:
    """Send one message now, so that a wrong address or secret is found before it matters."""
    import asyncio

    from probe import app

    settings = load(chosen.config)
    hook = hook_of(settings)
    if hook is None:
        print("isitme: no webhook is set ([notify] webhook)", file=sys.stderr)
        return USAGE
    trouble = asyncio.run(app.try_webhook(setup_of(settings), hook))
    if trouble:
        print(f"isitme: the webhook {trouble}", file=sys.stderr)
        return FAILED
    print("The webhook took the test message.")
    return 0


def probes(chosen: argparse.Namespace) -> int:
    from probe.inventory import inventory, inventory_text

    settings = load(chosen.config)
    rows = inventory(
        settings.plans(),
        settings.targets(),
        settings.where,
        proxy=settings.proxy(),
        webhook=settings.notify.webhook,
    )
    if chosen.json:
        print_json(rows)
    else:
        print(inventory_text(rows))
    return 0


def config(chosen: argparse.Namespace) -> int:
    from probe.settings.written import documented

    if chosen.action == "init":
        path = chosen.config or Path("isitme.toml")
        # "x": somebody's settings are never written over.
        with path.open("x", encoding="utf-8") as file:
            file.write(documented())
        print(f"Wrote {path}: every setting at its default, commented out.")
        return 0
    settings = load(chosen.config)
    if chosen.action == "check":
        print(f"{settings.file or 'No settings file; the defaults'}: fine.")
    else:
        print_json(settings.shown())
    return 0


def explain(chosen: argparse.Namespace) -> int:
    from probe.verdict.describe import explanation

    text = explanation(chosen.code)
    if text is None:
        print(f"isitme: no verdict or cause is called {chosen.code!r}", file=sys.stderr)
        return USAGE
    print(text)
    return 0


def backtest(chosen: argparse.Namespace) -> int:
    """Replay recorded history through the engine, and compare with when Apple said so."""
    import gzip
    import logging

    from probe.backtest.recording import RecordingError
    from probe.backtest.replay import replay
    from probe.backtest.report import report_json, report_text

    settings = load(chosen.config)
    opened = gzip.open if chosen.file.suffix == ".gz" else open
    shown = sys.stderr.isatty()
    # Time is left out in a replay; the history would warn of each leap.
    log = logging.getLogger("probe")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with opened(chosen.file, "rb") as lines:
            found = replay(
                lines,
                settings.targets(),
                heard=lambda at: Progress.show(True, f"{at:%Y-%m-%d %H:%M}") if shown else None,
            )
    except RecordingError as mistake:
        print(f"isitme: {chosen.file}: {mistake}", file=sys.stderr)
        return USAGE
    finally:
        log.setLevel(level)
        if shown:
            Progress.wipe()
    if chosen.json:
        print_json(report_json(found, watched=settings.targets().watched_services))
    else:
        print(report_text(found, watched=settings.targets().watched_services))
    return 0
