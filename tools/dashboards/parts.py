"""What every dashboard is put together from: queries, mappings, and five kinds of panel.

Each panel says in words what it shows, names its unit, and asks the data source that the viewer
chose. Expressions keep to the labels that the scrape gives: job, site, instance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import common as shown
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from probe.words import GOOD, VALUES, Signal

DATASOURCE = shown.DataSourceRef(type_val="prometheus", uid="${datasource}")
# Every selector has these, so that the variables on top of the page mean the same everywhere.
HERE = 'job="isitme", site=~"$site", instance=~"$instance"'

GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"
BLUE, PURPLE, GREY = "blue", "purple", "text"

Panel = timeseries.Panel | stat.Panel | statetimeline.Panel | bargauge.Panel | table.Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One expression, and how each of its series is called: `{{label}}` is filled in."""

    expr: str
    legend: str
    now: bool = False  # only the newest value
    rows: bool = False  # as rows of a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a number stands for."""

    said: str
    colour: str


# ---------------------------------------------------------------- expressions


def rate(counter: str, labels: str = "") -> str:
    return f"rate({counter}{{{HERE}{', ' + labels if labels else ''}}}[$__rate_interval])"


def set_as_number(metric: str, label: str, words: Iterable[str], labels: str = "") -> str:
    """A state set as one number: the place, from 1, of the word that is true."""
    more = f", {labels}" if labels else ""
    places = (
        f'{metric}{{{HERE}{more}, {label}="{word}"}} * {place}'
        for place, word in enumerate(words, start=1)
    )
    return f"max without ({label}) (\n  " + "\n  or ".join(places) + "\n)"


def meanings(words: Iterable[str], colours: Mapping[str, str]) -> dict[int, Meaning]:
    """The words of a state set, by their place from 1."""
    return {
        place: Meaning(said=word.replace("_", " "), colour=colours[word])
        for place, word in enumerate((str(word) for word in words), start=1)
    }


def signal_as_number(signal: Signal) -> str:
    return set_as_number("isitme_signal", "value", VALUES[signal], f'signal="{signal}"')


def signal_meanings(signal: Signal) -> dict[int, Meaning]:
    colours = {str(word): RED for word in VALUES[signal]}
    return meanings(VALUES[signal], colours | {str(GOOD[signal]): GREEN, "unknown": GREY})


# Whether a signal is good: what several signals in one panel have in common.
SIGN = {
    0: Meaning(said="bad", colour=RED),
    1: Meaning(said="good", colour=GREEN),
    2: Meaning(said="unknown", colour=GREY),
}


def sign_as_number(signal: Signal) -> str:
    of = f'isitme_signal{{{HERE}, signal="{signal}", value="%s"}}'
    return (
        f"max without (value) ({of % GOOD[signal]})\n+ 2 * max without (value) ({of % 'unknown'})"
    )


# ---------------------------------------------------------------- panels


def _asked(query: Query, number: int) -> prometheus.Dataquery:
    asked = (
        prometheus.Dataquery()
        .datasource(DATASOURCE)
        .ref_id(chr(ord("A") + number))
        .expr(query.expr)
        .legend_format(query.legend)
    )
    if query.rows:
        asked = asked.format(PromQueryFormat.TABLE)
    return asked.instant() if query.now or query.rows else asked.range()


def _mapped(said: Mapping[int, Meaning]) -> list[ValueMapping]:
    results = {
        str(number): ValueMappingResult(text=meaning.said, color=meaning.colour, index=place)
        for place, (number, meaning) in enumerate(said.items())
    }
    return [ValueMap(options=results)] if said else []


def _steps(steps: Sequence[tuple[float | None, str]]) -> dashboard.ThresholdsConfig:
    """Colours from a value on; the first has none."""
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value=value, color=colour) for value, colour in steps])
    )


PLAIN: Sequence[tuple[float | None, str]] = ((None, GREEN),)


def lines(
    title: str,
    said: str,
    *queries: Query,
    unit: str,
    width: int = 12,
    steps: Sequence[tuple[float | None, str]] = PLAIN,
    stacked: bool = False,
    least: float | None = None,
) -> timeseries.Panel:
    """Numbers over time: as lines, or as stacked bars where they are counts."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(said)
        .datasource(DATASOURCE)
        .unit(unit)
        .span(width)
        .height(8)
        .thresholds(_steps(steps))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .legend(
            common.VizLegendOptions()
            .display_mode(shown.LegendDisplayMode.LIST)
            .placement(shown.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(shown.TooltipDisplayMode.MULTI))
    )
    if least is not None:
        panel = panel.min(least)
    if stacked:
        panel = (
            panel.draw_style(shown.GraphDrawStyle.BARS)
            .fill_opacity(70)
            .stacking(common.StackingConfig().mode(shown.StackingMode.NORMAL))
        )
    elif len(steps) > 1:
        panel = panel.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(shown.GraphThresholdsStyleMode.DASHED)
        )
    for number, query in enumerate(queries):
        panel = panel.with_target(_asked(query, number))
    return panel


def bands(
    title: str,
    said: str,
    *queries: Query,
    meaning: Mapping[int, Meaning],
    width: int = 24,
    height: int = 6,
) -> statetimeline.Panel:
    """States over time, one band each."""
    panel = (
        statetimeline.Panel()
        .title(title)
        .description(said)
        .datasource(DATASOURCE)
        .unit("none")
        .span(width)
        .height(height)
        .mappings(_mapped(meaning))
        .thresholds(_steps(PLAIN))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .merge_values(True)
        .show_value(shown.VisibilityMode.AUTO)
        .row_height(0.85)
        .legend(
            common.VizLegendOptions()
            .display_mode(shown.LegendDisplayMode.LIST)
            .placement(shown.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )
    for number, query in enumerate(queries):
        panel = panel.with_target(_asked(query, number))
    return panel


def number(
    title: str,
    said: str,
    query: Query,
    *,
    unit: str = "none",
    meaning: Mapping[int, Meaning] | None = None,
    steps: Sequence[tuple[float | None, str]] = PLAIN,
    width: int = 4,
    by_name: bool = False,
    none: str = "no data",
) -> stat.Panel:
    """One thing, large. `by_name`: the name of the series is what is shown."""
    text = shown.BigValueTextMode.NAME if by_name else shown.BigValueTextMode.VALUE
    return (
        stat.Panel()
        .title(title)
        .description(said)
        .datasource(DATASOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .mappings(_mapped(meaning or {}))
        .thresholds(_steps(steps))
        .text_mode(text)
        .color_mode(shown.BigValueColorMode.BACKGROUND)
        .graph_mode(shown.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value(none)
        .with_target(_asked(replace(query, now=True), 0))
    )


def bars(
    title: str,
    said: str,
    query: Query,
    *,
    unit: str,
    width: int = 12,
    height: int = 8,
    steps: Sequence[tuple[float | None, str]] = PLAIN,
    least: float = 0.0,
    most: float | None = None,
) -> bargauge.Panel:
    """One bar for each series, of its newest value."""
    panel = (
        bargauge.Panel()
        .title(title)
        .description(said)
        .datasource(DATASOURCE)
        .unit(unit)
        .span(width)
        .height(height)
        .min(least)
        .thresholds(_steps(steps))
        .orientation(shown.VizOrientation.HORIZONTAL)
        .display_mode(shown.BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
        .no_value("none")
        .with_target(_asked(replace(query, now=True), 0))
    )
    return panel if most is None else panel.max(most)


def rows(
    title: str, said: str, query: Query, *, unit: str = "none", width: int = 24, height: int = 8
) -> table.Panel:
    """One row for each series, its labels as columns."""
    return (
        table.Panel()
        .title(title)
        .description(said)
        .datasource(DATASOURCE)
        .unit(unit)
        .span(width)
        .height(height)
        .thresholds(_steps(PLAIN))
        .show_header(True)
        .no_value("none")
        .override_by_regexp(
            "^(Time|Value|__name__|job)$", [DynamicConfigValue(id_val="custom.hidden", value=True)]
        )
        .with_target(_asked(query, 0))
    )
