"""The terminal: arguments, exit codes, words. Each command imports the heavy parts it uses.

Exit codes: 0 nobody, 10 me, 11 provider, 12 apple, 13 unknown; 1 isitme failed, 2 usage or bad
configuration. Data goes to stdout, progress to stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probe.app import Setup
    from probe.model import News, Status
    from probe.outlets.terminal import Paper
    from probe.outlets.webhook import Hook
    from probe.service import Reread
    from probe.settings import Settings
    from probe.settings.addresses import Listen
    from probe.ways import Row, Survey

FAILED, USAGE = 1, 2
DEFAULT_URL = "http://127.0.0.1:10054"
CHECK_SECONDS = 12.0  # a sweep with every silent timeout, and one round of confirmation
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
        return 130
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


# ---------------------------------------------------------------- the commands


def check(chosen: argparse.Namespace) -> int:
    import asyncio

    from probe import app
    from probe.outlets import terminal
    from probe.outlets.status_json import exit_code, status_to_json
    from probe.verdict import why_not

    if chosen.group:
        return readiness(chosen)
    settings = load(chosen.config)
    quiet = chosen.json or not sys.stderr.isatty()
    outlets = [] if quiet else [Progress()]
    status = asyncio.run(app.check(setup_of(settings), outlets, within_seconds=chosen.timeout))
    if not quiet:
        Progress.wipe()
    if chosen.json:
        print_json(status_to_json(status, versions=app.VERSIONS))
    else:
        rules = [f"{rule.name}: {why}" for rule, why in why_not(status.readings)]
        said = terminal.report(status, paper(), verbose=chosen.verbose, not_matched=rules)
        print(said)
    return exit_code(status.verdict.blame)


def readiness(chosen: argparse.Namespace) -> int:
    """Is this network ready for Apple's devices? Every host of some groups, once."""
    from probe.clock import SystemClock
    from probe.outlets.readiness import readiness_code, readiness_json, readiness_text

    settings = load(chosen.config)
    found = surveyed(settings, chosen.group)
    if found is None:
        return USAGE
    if chosen.json:
        print_json(readiness_json(found, at=SystemClock().now(), site=settings.site))
    else:
        print(readiness_text(found, paper()))
    return readiness_code(found)


def audit_hosts(chosen: argparse.Namespace) -> int:
    """Where the catalogue of Apple's hosts and today's answers differ."""
    from probe.clock import SystemClock
    from probe.outlets.readiness import audit_code, audit_json, audit_text

    settings = load(chosen.config)
    found = surveyed(settings, chosen.group or ["all"])
    if found is None:
        return USAGE
    now = SystemClock().now()
    if chosen.json:
        print_json(audit_json(found, at=now, site=settings.site))
    else:
        print(audit_text(found, paper(), today=now.date()))
    return audit_code(found, today=now.date())


def surveyed(settings: Settings, groups: Sequence[str]) -> Survey | None:
    """Ask, with progress on a terminal; None for a group that does not exist, which is said."""
    import asyncio

    from probe import app
    from probe.catalogue import EVERYTHING, GROUP

    unknown = [name for name in groups if name not in {EVERYTHING, *GROUP}]
    if unknown:
        known = ", ".join((*GROUP, EVERYTHING))
        print(f"isitme: no group is called {unknown[0]!r}; there are {known}", file=sys.stderr)
        return None
    if not sys.stderr.isatty():
        return asyncio.run(app.survey(setup_of(settings), groups))
    try:
        return asyncio.run(app.survey(setup_of(settings), groups, Progress.row))
    finally:
        Progress.wipe()


class Progress:
    """One line on the terminal that says what was just seen."""

    async def hear(self, news: News) -> None:
        from probe.model import Observation
        from probe.outlets.printable import printable

        if isinstance(news, Observation):
            Progress.show(news.finding.passed, printable(news.finding.said))

    @staticmethod
    def row(row: Row) -> None:
        from probe.outlets.printable import printable
        from probe.ways import Way

        Progress.show(row.way is Way.OPEN, printable(f"{row.entry.host}: {row.said}"))

    @staticmethod
    def show(fine: bool, said: str) -> None:
        sys.stderr.write(f"\r\033[K{'ok' if fine else '--'} {said[:70]}")
        sys.stderr.flush()

    @staticmethod
    def wipe() -> None:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()


def run(chosen: argparse.Namespace) -> int:
    import asyncio

    from probe import service

    started = load(chosen.config, listen=chosen.listen)
    set_up_log(started.log.level, started.log.format)
    where, tls = started.web.where, started.lock.tls is not None
    asyncio.run(
        service.run(
            service_of(started),
            host=where.host,
            port=where.port,
            allowed_hosts=names_of(started),
            lan=where.open_to_network,
            on_ready=lambda status: announce(status, where, tls=tls),
            reread=rereading(chosen, started),
        )
    )
    return 0


def service_of(settings: Settings) -> Setup:
    """What the service needs beyond a single check."""
    from dataclasses import replace

    return replace(
        setup_of(settings),
        history=settings.history_file(os.environ),
        history_bytes=settings.history.most_megabytes * 1_000_000,
        hook=hook_of(settings),
        users=settings.lock.users,
        tls=settings.lock.tls,
    )


def rereading(chosen: argparse.Namespace, started: Settings) -> Callable[[], Reread]:
    """Reads the same settings as at the start, and says what differs."""
    current = started

    def reread() -> Reread:
        nonlocal current
        from probe.service import Reread
        from probe.settings.reload import changed, waits_for_restart

        before, current = current, load(chosen.config, listen=chosen.listen)
        set_up_log(current.log.level, current.log.format)
        return Reread(
            setup=service_of(current),
            allowed_hosts=names_of(current),
            changed=changed(before, current),
            waits_for_restart=waits_for_restart(started, current),
        )

    return reread


def announce(status: Status, where: Listen, *, tls: bool = False) -> None:
    """The first answer and where to see more."""
    from dataclasses import replace

    from probe.outlets import terminal

    print(terminal.report(status, paper()))
    print(f"\nThe page is at {url_of(where, tls=tls)}  (Ctrl-C ends it)", flush=True)
    if not where.host:
        for address in addresses_of(status)[:1]:
            there = url_of(replace(where, host=address), tls=tls)
            print(f"and for other devices on this network at {there}", flush=True)


def addresses_of(status: Status) -> list[str]:
    """This machine's addresses on its network, as the look at the link found them; IPv4 first."""
    from probe.model import NetworkFact

    facts = [fact for one in status.observations for fact in one.finding.facts]
    found = [address for f in facts if isinstance(f, NetworkFact) for address in f.addresses]
    return sorted(found, key=lambda address: ":" in address)


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
    from probe.triage import BadAnswer, answers_of, guide, sight_of
    from probe.triage.told import told

    try:
        pairs = [(pair.partition("=")[0], pair.partition("=")[2]) for pair in chosen.answer]
        answers = answers_of(pairs)
    except BadAnswer as mistake:
        print(f"isitme: {mistake}", file=sys.stderr)
        return USAGE
    if not chosen.answer and sys.stdin.isatty():
        answers = ask(input, lambda text: print(text, file=sys.stderr))
    sight = sight_of(status_now(chosen))
    found = told(guide(answers, sight), answers, sight)
    if chosen.json:
        print_json(found)
    else:
        print(pages(found, paper()))
    return 0


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


def record(chosen: argparse.Namespace) -> int:
    import asyncio

    from probe import app
    from probe.record import Recorder, what_to_hide

    settings = load(chosen.config)
    setup = setup_of(settings)
    recorder = Recorder(hidden=what_to_hide(setup.machine, setup.targets, setup.proxy))
    asyncio.run(app.check(setup, [recorder], within_seconds=CHECK_SECONDS, tap=recorder.tap))
    for path in recorder.write(chosen.into):
        print(path)
    for place in recorder.left_over():
        print(f"isitme: still in it, please look: {place}", file=sys.stderr)
    print(
        "Addresses and names of this network are replaced. Look the files through before you "
        "send them.",
        file=sys.stderr,
    )
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


def drill(chosen: argparse.Namespace) -> int:
    from probe.drill.states import DRILLS

    if chosen.list_drills or chosen.name is None:
        width = max(map(len, DRILLS))
        for name, staged in DRILLS.items():
            print(f"{name:<{width}}  {staged.said}")
        return 0 if chosen.list_drills else USAGE
    if chosen.name not in DRILLS:
        known = ", ".join(DRILLS)
        print(f"isitme: no drill is called {chosen.name!r}; there are {known}", file=sys.stderr)
        return USAGE
    import asyncio

    from probe import staging

    settings = load(None, listen=chosen.listen)
    set_up_log(settings.log.level, settings.log.format)
    where = settings.web.where
    asyncio.run(
        staging.run_drill(
            chosen.name,
            host=where.host,
            port=where.port,
            allowed_hosts=settings.web.allowed_hosts,
            healthy_seconds=chosen.after,
            on_ready=lambda status: announce(status, where),
            say=lambda text: print(text, flush=True),
        )
    )
    return 0


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


# ---------------------------------------------------------------- what they share


def load(path: Path | None, *, listen: str | None = None) -> Settings:
    """The settings. Raises SettingsError, one line per mistake."""
    from probe.settings import Settings

    switches = {"web.listen": ("--listen", listen)} if listen else {}
    return Settings.load(path, os.environ, switches=switches)


def setup_of(settings: Settings) -> Setup:
    from probe.app import Setup

    return Setup(
        site=settings.site,
        targets=settings.targets(),
        plans=settings.plans(),
        public_roots=Path(settings.trust.public_roots) if settings.trust.public_roots else None,
        apple_roots=Path(settings.trust.apple_roots) if settings.trust.apple_roots else None,
        signal_roots=Path(settings.trust.signal_roots) if settings.trust.signal_roots else None,
        source=settings.network.source or None,
        proxy=settings.proxy(),
        where=settings.where,
    )


def hook_of(settings: Settings) -> Hook | None:
    """Whom to tell, or None."""
    if not settings.notify.webhook:
        return None
    from probe.outlets.webhook import Hook, key_of
    from probe.words import Impact

    return Hook(
        url=settings.notify.webhook,
        secret=key_of(settings.notify.secret),
        least_impact=Impact(settings.notify.least_impact),
    )


def paper() -> Paper:
    """What standard output can show."""
    import shutil

    from probe.outlets.terminal import Paper, wants_colour

    return Paper(
        width=shutil.get_terminal_size().columns,
        colour=wants_colour(os.environ, is_terminal=sys.stdout.isatty()),
    )


def url_of(where: Listen, *, tls: bool = False) -> str:
    """What to open in a browser on this machine."""
    host = where.host or "127.0.0.1"
    scheme = "https" if tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{where.port}/"


def names_of(settings: Settings) -> tuple[str, ...]:
    """The names that the page answers to. Open to the network, also this machine's own: a phone
    finds "mini.local" by mDNS, and no stranger's domain can be called so."""
    import socket

    own = socket.gethostname().lower().removesuffix(".local")
    mine = (own, f"{own}.local") if settings.web.where.open_to_network and own else ()
    return (*settings.web.allowed_hosts, *mine)


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def set_up_log(level: str, form: str) -> None:
    """Log to standard error: text for people, JSON lines for a collector."""
    import logging

    from probe.outlets.printable import printable

    class Lines(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            said = printable(super().format(record)) if form == "text" else super().format(record)
            if form == "text":
                return said
            return json.dumps(
                {
                    "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
                    "level": record.levelname.lower(),
                    "part": record.name,
                    "said": said,
                },
                ensure_ascii=False,
            )

    handler = logging.StreamHandler()
    handler.setFormatter(Lines("%(levelname)s %(name)s: %(message)s" if form == "text" else None))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "apscheduler", "hpack", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
