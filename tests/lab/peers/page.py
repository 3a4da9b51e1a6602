"""The page of the comparison, from what one run recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.lab.peers.chosen import CHOSEN, Row
from tests.lab.peers.scene import FAULT_SECONDS

Result = Mapping[str, Any]
# Whom each of the rules that ask whose fault it is means.
MEANS = {"AppleDown": "apple", "InternetDown": "provider", "RouterDown": "me"}
NOT_MET = "not measured: the lab moves the clock of isitme alone"
PAGE = Path(__file__).with_suffix(".md")


def page(results: Sequence[Result], versions: Mapping[str, str]) -> str:
    """The whole page. Only whole results."""
    by_name = {result["name"]: result for result in results}
    rows = [(row, by_name[row.scenario]) for row in CHOSEN if row.scenario in by_name]
    heads = ("fault", "isitme", "Prometheus with blackbox_exporter", "Monit", "not said by them")
    table = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|"]
    for row, result in rows:
        cells = (
            row.fault,
            isitme(result),
            prometheus(row, result) if row.met_by_all else NOT_MET,
            monit(result) if row.met_by_all else NOT_MET,
            row.cannot,
        )
        table.append(f"| {' | '.join(cells)} |")
    return PAGE.read_text().format(
        fault=FAULT_SECONDS / 60, summary=summary(rows), table="\n".join(table), **versions
    )


def isitme(result: Result) -> str:
    told = result["isitme"]
    party, code, certainty = told["answer"].split()
    since = "all along" if party == "nobody" else f"after {stood(result):.0f} s"
    words = [f"{told['headline']} `{code}`, certainty {certainty}, {since}"]
    words += [f"notes {', '.join(f'`{note}`' for note in told['notes'])}"] if told["notes"] else []
    before = otherwise(result)
    words += [f"before that {', '.join(f'`{other}`' for other in before)}"] if before else []
    words += [] if told["right"] else [f"not what the scenario wants: `{result['wanted']}`"]
    return "; ".join(words)


def shown(result: Result) -> list[tuple[float, str]]:
    """What isitme showed since the fault: seconds, and the answer without its certainty."""
    found = []
    for line in result["isitme"]["way"]:
        seconds, party, code, _ = line.split()
        found.append((float(seconds), f"{party} {code}"))
    return found


def stood(result: Result) -> float:
    """Seconds from the fault until the last answer stood for good: as the others are timed."""
    last = " ".join(result["isitme"]["answer"].split()[:2])
    since = 0.0
    for seconds, answer in reversed(shown(result)):
        if answer != last:
            break
        since = seconds
    return since


def otherwise(result: Result) -> list[str]:
    """Other answers shown before the last one stood, but for those that say nothing yet."""
    last = " ".join(result["isitme"]["answer"].split()[:2])
    before = [answer for seconds, answer in shown(result) if seconds < stood(result)]
    told = [answer for answer in before if not answer.startswith(("nobody ", "unknown unknown/"))]
    found = [answer for answer in dict.fromkeys(told) if answer != last]
    return [*found, f"{last}, taken back"] if last in told else found


def prometheus(row: Row, result: Result) -> str:
    alerts = standing(result, "prometheus")
    words = []
    for alert in alerts:
        name = rule(alert)
        if name in MEANS:
            said = f"`{name}` after {alert['seconds']:.0f} s"
            words.append(f"~~{said}~~" if MEANS[name] == "apple" and not row.apple else said)
    usual: dict[str, list[float]] = {}
    for alert in alerts:
        name = rule(alert)
        if name not in MEANS:
            usual.setdefault(name, []).append(alert["seconds"])
    words += [
        f"`{name}` of {len(at)} target{'s' * (len(at) != 1)} from {min(at):.0f} s"
        for name, at in usual.items()
    ]
    return "; ".join(words) or "nothing"


def monit(result: Result) -> str:
    standing = [one for one in result["peers"]["monit"]["troubles"] if one["seconds"] is not None]
    if not standing:
        return "nothing"
    names = ", ".join(one["what"] for one in standing)
    return f"{names} from {standing[0]['seconds']:.0f} s"


def summary(rows: Sequence[tuple[Row, Result]]) -> str:
    """The numbers, counted from the rows that every watcher met."""
    rows = [(row, result) for row, result in rows if row.met_by_all]
    ours = [(row, result) for row, result in rows if not row.apple]
    accused = [named(result) for _, result in ours]
    cells = [
        (f"of the {len(rows)} faults that all met", "isitme", "Prometheus", "Monit"),
        ("---",) * 4,
        (
            "told nothing at all",
            sum(not told_something(result) for _, result in rows),
            sum(not standing(result, "prometheus") for _, result in rows),
            sum(not standing(result, "monit") for _, result in rows),
        ),
        (
            "named the party whose fault it is, or rightly nobody",
            sum(blame(result["isitme"]["answer"]) == wanted(result) for _, result in rows),
            f"{sum(named(result) == {wanted(result)} - NOBODY for _, result in rows)},"
            " by the three rules",
            "names none",
        ),
        (
            f"blamed Apple for one of the {len(ours)} that are not Apple's",
            sum(blame(result["isitme"]["answer"]) == "apple" for _, result in ours),
            f"{sum('apple' in parties for parties in accused)}, by `AppleDown`",
            "names none",
        ),
        (
            "median seconds: isitme to its last answer, the others to their first complaint",
            _median(stood(r) for _, r in rows if told_something(r)),
            *(
                _median(s[0]["seconds"] for _, r in rows if (s := standing(r, name)))
                for name in ("prometheus", "monit")
            ),
        ),
    ]
    cells.append(
        (
            "complained before isitme's last answer stood",
            "-",
            *(sum(sooner(r, name) for _, r in rows) for name in ("prometheus", "monit")),
        )
    )
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in cells)


def sooner(result: Result, name: str) -> bool:
    """Whether a watcher's first complaint came before isitme's answer, or isitme had none."""
    complaints = standing(result, name)
    if not complaints:
        return False
    first: float = complaints[0]["seconds"]
    return not told_something(result) or first < stood(result)


NOBODY = {"nobody", "unknown"}


def blame(answer: str) -> str:
    return answer.partition(" ")[0]


def wanted(result: Result) -> str:
    """The party that the fault makes right, from the scenario."""
    return blame(result["wanted"])


def named(result: Result) -> set[str]:
    """Parties that Prometheus' rules name. A home that is cut off has no line either."""
    parties = {MEANS[rule(a)] for a in standing(result, "prometheus") if rule(a) in MEANS}
    return parties - {"provider"} if "me" in parties else parties


def rule(alert: Mapping[str, Any]) -> str:
    """The alert's name; its target, where it has one, stands behind it."""
    name: str = alert["what"].partition(" ")[0]
    return name


def told_something(result: Result) -> bool:
    return blame(result["isitme"]["answer"]) != "nobody" or bool(result["isitme"]["notes"])


def _median(seconds: Iterable[float]) -> str:
    values = list(seconds)
    return f"{median(values):.0f}" if values else "-"


def standing(result: Result, name: str) -> list[Mapping[str, Any]]:
    """What a watcher complained of at the end of the fault, first complaint first."""
    return [one for one in result["peers"][name]["troubles"] if one["seconds"] is not None]
