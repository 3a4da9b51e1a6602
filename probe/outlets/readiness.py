"""What a network lets out of Apple's, for those who run it: what to change, by host and port.

Pure: a Survey goes in, text or JSON comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from probe.catalogue import HTTP_PORT, MEDIA, NTP, QUIC, TCP
from probe.outlets.printable import printable
from probe.outlets.status_json import exit_code, utc
from probe.outlets.terminal import BOLD, GREEN, RED, YELLOW, Paper, wrapped
from probe.ways import IN_THE_WAY, Row, Survey, Way
from probe.words import Blame

SCHEMA = 1
# Apple changes its articles a few times a year.
READ_AGAIN_DAYS = 180

TITLES = {
    Way.INTERCEPTED: "Opened and read on the way",
    Way.ANSWERED_FOR: "Answered by somebody else",
    Way.REFUSED_BY_PROXY: "Refused by the proxy",
    Way.NO_NAME: "No address to be had",
    Way.CLOSED: "Closed: refused, reset or silent, and it does not show where",
    Way.FORBIDDEN: "Forbidden by this network's DNS, which is its right",
}


def blame_of(found: Survey) -> Blame:
    """Whose it is: nobody's when all is let out; this network's when something is seen in the way;
    otherwise nobody can tell from here."""
    if not found.missing:
        return Blame.NOBODY
    return Blame.ME if any(row.way in IN_THE_WAY for row in found.missing) else Blame.UNKNOWN


def readiness_code(found: Survey) -> int:
    """The exit code, as of `check`: 0 ready, 10 something here is in the way, 13 not ready."""
    return exit_code(blame_of(found))


def headline(found: Survey) -> str:
    asked = [row for row in found.rows if row.way is not Way.NOT_ASKED]
    missing = found.missing
    if not missing:
        return f"Ready: this network lets out all {len(asked)} ways that were asked for."
    if not found.reaches_others and blame_of(found) is Blame.UNKNOWN:
        return "Not known: hosts that are not Apple's are not reached either. Run isitme check."
    said = f"Not ready: {len(missing)} of {len(asked)} ways are not let out"
    stopped = sum(row.way in IN_THE_WAY for row in missing)
    return (
        f"{said}; of {stopped} something here is seen to be in the way." if stopped else f"{said}."
    )


def readiness_text(found: Survey, paper: Paper) -> str:
    """For a terminal, and to be pasted into a ticket."""
    colour = {Blame.NOBODY: GREEN, Blame.ME: RED}.get(blame_of(found), YELLOW)
    lines = [paper.paint(line, BOLD, colour) for line in wrapped(headline(found), paper)]
    lines += wrapped(f"Asked for: {', '.join(found.groups)}. {_how(found)}", paper)
    for way, title in TITLES.items():
        rows = found.with_way(way)
        if rows:
            lines += ["", paper.paint(title, BOLD)]
            lines += [text for row in rows for text in wrapped(_row(row), paper, first="  - ")]
    odd = [row for row in found.rows if row.answer]
    if odd:
        lines += ["", paper.paint("Let out, with an answer that was not expected", BOLD)]
        lines += [
            text
            for row in odd
            for text in wrapped(f"{_place(row)}: {printable(row.answer)}", paper, first="  - ")
        ]
    steps = tuple(advice(found))
    if steps:
        lines += ["", paper.paint("What to do", BOLD)]
        for number, step in enumerate(steps, 1):
            lines += wrapped(step, paper, first=f"  {number}. ")
    unasked = {row.entry.why for row in found.rows if row.entry.protocol == MEDIA}
    if unasked:
        lines += ["", paper.paint("Cannot be asked from here, and must be let out", BOLD)]
        lines += [text for why in sorted(unasked) for text in wrapped(why, paper, first="  - ")]
    return "\n".join(lines)


def _how(found: Survey) -> str:
    said = f"Through the proxy {found.proxy}." if found.proxy else "Directly, through no proxy."
    if found.proxy_variables and not found.proxy:
        said += f" (This machine's environment names one: {', '.join(found.proxy_variables)}.)"
    return said


def _place(row: Row) -> str:
    host = row.entry.host.replace("{n}", "N") or "any host"
    transport = "TCP" if row.entry.protocol == TCP else "UDP"
    return f"{host} {transport} {row.port} ({row.family.value})"


def _row(row: Row) -> str:
    failure = f" [{row.failure.value}]" if row.failure else ""
    return f"{_place(row)}, {row.entry.why}: {printable(row.said)}{failure}"


def advice(found: Survey) -> Iterator[str]:
    """What a network team can do, most likely to help first."""
    if found.missing and not found.reaches_others and found.with_way(Way.ANSWERED_FOR):
        yield "Sign in on the page that stands in the way, then ask again: isitme check says more."
        return
    if found.missing and not found.reaches_others:
        yield "Find out first why nothing at all is reached: run isitme check."
        return
    if rows := found.with_way(Way.INTERCEPTED):
        who = sorted({printable(row.issuer) for row in rows})
        yield (
            f"Take these names out of what {' and '.join(who)} inspects; Apple's services fail "
            f"behind it (Apple 101555): {_names(rows)}."
        )
    if rows := found.with_way(Way.REFUSED_BY_PROXY):
        yield f"Let the proxy connect to: {_names(rows)}."
    if rows := found.with_way(Way.ANSWERED_FOR, Way.NO_NAME):
        yield f"Let DNS and web filters leave these names alone: {_names(rows)}."
    closed = [row for row in found.missing if row.way is Way.CLOSED]
    for protocol, port in dict.fromkeys((row.entry.protocol, row.port) for row in closed):
        rows = tuple(r for r in closed if (r.entry.protocol, r.port) == (protocol, port))
        transport = "UDP" if protocol in {NTP, QUIC} else "TCP"
        yield f"Let {transport} port {port} out to: {_names(rows)}."
    if any(row.port == 5223 for row in closed):
        yield (
            "Where names cannot be used: Apple's push is in 17.0.0.0/8 and its IPv6 blocks "
            "(Apple 102266)."
        )


def _names(rows: Iterable[Row]) -> str:
    return ", ".join(dict.fromkeys(row.entry.allow or row.entry.host for row in rows))


def readiness_json(found: Survey, *, at: datetime, site: str) -> dict[str, Any]:
    """The same for programs. Keys are stable."""
    return {
        "schema": SCHEMA,
        "at": utc(at),
        "site": site,
        "scope": "from this host",
        "groups": list(found.groups),
        "ready": not found.missing,
        "blame": blame_of(found).value,
        "headline": headline(found),
        "proxy": found.proxy or None,
        "proxy_variables": list(found.proxy_variables),
        "others": [{"host": host, "reached": reached} for host, reached in found.others],
        "advice": list(advice(found)),
        "hosts": [row_to_json(row) for row in found.rows],
    }


def row_to_json(row: Row) -> dict[str, Any]:
    entry = row.entry
    return {
        "host": entry.host.replace("{n}", "N"),
        "port": row.port,
        "transport": "tcp" if entry.protocol == TCP else "udp",
        "secure": entry.protocol == TCP and row.port != HTTP_PORT,
        "family": row.family.value,
        "group": entry.group,
        "allow": entry.allow or entry.host,
        "why": entry.why,
        "services": list(entry.needs),
        "way": row.way.value,
        "said": row.said,
        "failure": row.failure.value if row.failure else None,
        "issuer": row.issuer or None,
        "root": row.root or None,
        "answer": row.answer or None,
        "address": row.address or None,
        "seconds": round(row.seconds, 3),
        "source": entry.source,
        "last_seen": entry.last_seen.isoformat() if entry.last_seen else None,
    }


# ---------------------------------------------------------------- the catalogue against today


def differences(found: Survey, *, today: date) -> dict[str, list[str]]:
    """Where today's answers and the catalogue differ, and which sources are old; by what to do."""
    by_host: dict[str, list[Row]] = {}
    for row in found.rows:
        by_host.setdefault(row.entry.name, []).append(row)
    said: dict[str, list[str]] = {"changed": [], "gone": [], "hindered": [], "seen": [], "old": []}
    for name, rows in by_host.items():
        entry = rows[0].entry
        asked = [row for row in rows if row.way is not Way.NOT_ASKED]
        said["changed"] += dict.fromkeys(f"{_place(r)}: {r.answer}" for r in rows if r.answer)
        if any(row.way in IN_THE_WAY for row in asked):
            said["hindered"].append(f"{name}: {asked[0].said}")
        elif asked and all(row.way in {Way.NO_NAME, Way.CLOSED} for row in asked):
            said["gone"].append(f"{name}: {asked[0].said}")
        elif asked and not any(row.answer for row in rows) and entry.last_seen is None:
            open_ones = [row for row in asked if row.way is Way.OPEN]
            said["seen"] += [f"{name}: passes from here"] if open_ones else []
        if (today - entry.checked).days > READ_AGAIN_DAYS:
            said["old"].append(f"{name}: {entry.source} was read on {entry.checked}")
    return said


AUDIT_TITLES = {
    "changed": "Answers otherwise than the catalogue says: read the source again",
    "gone": "Does not answer, while others do: it may have moved",
    "hindered": "This network is in the way: compare from another one",
    "seen": "Passes, and the catalogue says that it was never seen to: please report",
    "old": f"Its source was read more than {READ_AGAIN_DAYS} days ago",
}


def audit_code(found: Survey, *, today: date) -> int:
    """0: nothing to re-check; 13: something is, or it cannot be told from here."""
    said = differences(found, today=today)
    doubtful = not found.reaches_others or any(
        said[key] for key in ("changed", "gone", "hindered", "old")
    )
    return exit_code(Blame.UNKNOWN if doubtful else Blame.NOBODY)


def audit_text(found: Survey, paper: Paper, *, today: date) -> str:
    """The catalogue against today, for whoever keeps it."""
    if not found.reaches_others:
        said = (
            "Hosts that are not Apple's are not reached either: nothing can be compared from here."
        )
        return "\n".join(wrapped(said, paper))
    lines: list[str] = []
    for key, rows in differences(found, today=today).items():
        if rows:
            lines += [paper.paint(AUDIT_TITLES[key], BOLD)]
            lines += [text for row in rows for text in wrapped(printable(row), paper, first="  - ")]
            lines += [""]
    lines.append(f"{len({row.entry.name for row in found.rows})} hosts were compared.")
    return "\n".join(lines)


def audit_json(found: Survey, *, at: datetime, site: str) -> dict[str, Any]:
    rows: Sequence[Row] = found.rows
    return {
        "schema": SCHEMA,
        "at": utc(at),
        "site": site,
        "reaches_others": found.reaches_others,
        "differences": differences(found, today=at.date()),
        "hosts": [row_to_json(row) for row in rows],
    }
