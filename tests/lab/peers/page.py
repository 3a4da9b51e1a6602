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
PAGE = Path(__file__).with_suffix(".md")


def page(results: Sequence[Result], versions: Mapping[str, str]) -> str:
    """The whole page. Only whole results."""
    by_name = {result["name"]: result for result in results}
    shown = [(row, by_name[row.scenario]) for row in CHOSEN if row.scenario in by_name]
    table = [
        "| fault | isitme | Prometheus with blackbox_exporter | Monit | the others cannot say |"
    ]
    table.append("|---|---|---|---|---|")
    for row, result in shown:
        cells = (
            row.fault,
            isitme(result),
            prometheus(row, result),
            monit(result),
            row.cannot,
        )
        table.append(f"| {' | '.join(cells)} |")
    return PAGE.read_text().format(
        fault=FAULT_SECONDS / 60, summary=summary(shown), table="\n".join(table), **versions
    )


def isitme(result: Result) -> str:
    told = result["isitme"]
    party, code, certainty = told["answer"].split()
    wrong = "" if told["right"] else " (not what the scenario wants: " + result["wanted"] + ")"
    notes = f"; notes {', '.join(f'`{n}`' for n in told['notes'])}" if told["notes"] else ""
    since = "all along" if party == "nobody" else f"after {told['seconds']:.0f} s"
    return f"{told['headline']} `{code}`, certainty {certainty}, {since}{notes}{wrong}"


def prometheus(row: Row, result: Result) -> str:
    alerts = standing(result, "prometheus")
    words = []
    for alert in alerts:
        name = alert["what"]
        if name in MEANS:
            said = f"`{name}` after {alert['seconds']:.0f} s"
            words.append(f"~~{said}~~" if MEANS[name] == "apple" and not row.apple else said)
    usual: dict[str, list[float]] = {}
    for alert in alerts:
        name = alert["what"].partition(" ")[0]
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


def summary(shown: Sequence[tuple[Row, Result]]) -> str:
    """The numbers, counted from the table."""
    ours = [(row, result) for row, result in shown if not row.apple]
    accused = [named(result) for _, result in ours]
    cells = [
        (f"of these {len(shown)} faults", "isitme", "Prometheus", "Monit"),
        ("---",) * 4,
        (
            "told nothing at all",
            sum(not told_something(result) for _, result in shown),
            sum(not standing(result, "prometheus") for _, result in shown),
            sum(not standing(result, "monit") for _, result in shown),
        ),
        (
            "named the party whose fault it is, or rightly nobody",
            sum(blame(result["isitme"]["answer"]) == wanted(result) for _, result in shown),
            f"{sum(named(result) == {wanted(result)} - NOBODY for _, result in shown)},"
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
            "median seconds to the first word that stood",
            _median(r["isitme"]["seconds"] for _, r in shown if told_something(r)),
            *(
                _median(s[0]["seconds"] for _, r in shown if (s := standing(r, name)))
                for name in ("prometheus", "monit")
            ),
        ),
    ]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in cells)


NOBODY = {"nobody", "unknown"}


def blame(answer: str) -> str:
    return answer.partition(" ")[0]


def wanted(result: Result) -> str:
    """The party that the fault makes right, from the scenario."""
    return blame(result["wanted"])


def named(result: Result) -> set[str]:
    """Parties that Prometheus' rules name. A home that is cut off has no line either."""
    parties = {MEANS[a["what"]] for a in standing(result, "prometheus") if a["what"] in MEANS}
    return parties - {"provider"} if "me" in parties else parties


def told_something(result: Result) -> bool:
    return blame(result["isitme"]["answer"]) != "nobody" or bool(result["isitme"]["notes"])


def _median(seconds: Iterable[float]) -> str:
    values = list(seconds)
    return f"{median(values):.0f}" if values else "-"


def standing(result: Result, name: str) -> list[Mapping[str, Any]]:
    """What a watcher complained of at the end of the fault, first complaint first."""
    return [one for one in result["peers"][name]["troubles"] if one["seconds"] is not None]
