"""Three subjects that deserve a page of their own: DNS, the clock, and Apple's push."""

from __future__ import annotations

from probe.words import Look, Signal
from tools.dashboards.board import Board, Row
from tools.dashboards.parts import GREEN, HERE, RED, YELLOW, Query, lines, number, rate
from tools.dashboards.words import failures, of, phases, signal, success

NAMES = (Look.DNS_EACH, Look.DNS_APP, Look.DNS_ALT, Look.DNS_MANNERS, Look.DNS_ALIVE,
         Look.DNS_CROSS)  # fmt: skip
DNS = Board(
    uid="isitme-dns",
    title="DNS",
    said="Whether the resolvers here answer, and whether what they say of Apple's names is right.",
    rows=[
        Row(
            title="What is judged",
            panels=[
                signal(Signal.DNS, "Names at large", "The configured resolvers on names that have "
                       "nothing to do with Apple."),
                signal(Signal.DNS_APPLE, "Apple's names", "The configured resolvers on Apple's "
                       "names, against a second opinion over HTTPS. Wrong here: a filter, say."),
            ],
        ),
        Row(
            title="What is seen",
            panels=[success(*NAMES), failures(*NAMES), phases(*NAMES),
                    phases(Look.DNS_APP, Look.DNS_EACH, phase="resolve|exchange",
                           title="How long an application waits for a name")],
        ),
    ],
)  # fmt: skip

AT_MOST = 300.0  # sign-in and push may fail from five minutes on (probe/drill/states.py)
CLOCK = Board(
    uid="isitme-clock",
    title="Clock",
    said="Whether the clock of each host is right, and by how much the sources agree.",
    rows=[
        Row(
            title="What is judged",
            panels=[
                signal(Signal.CLOCK, "The clock", "Right, wrong or unknown, by a majority of time "
                       "servers and by dates inside verified TLS."),
                number(
                    "Farthest from the truth",
                    "The largest offset that any source gives. One source alone may be wrong.",
                    Query(expr=f"max(abs(isitme_clock_offset_seconds{{{HERE}}}))", legend="offset"),
                    unit="s",
                    steps=((None, GREEN), (1, YELLOW), (AT_MOST, RED)),
                    width=6,
                ),
                number(
                    "Sources",
                    "How many sources have an opinion now.",
                    Query(expr=f"count(isitme_clock_offset_seconds{{{HERE}}})", legend="sources"),
                    steps=((None, RED), (2, YELLOW), (3, GREEN)),
                    width=6,
                ),
            ],
        ),
        Row(
            title="Offsets",
            panels=[
                lines(
                    "True time minus this clock, by source",
                    "The middle of what each source allows. Positive: this host is behind. A "
                    "date in HTTP is good to half a second, a time server to milliseconds.",
                    Query(expr=f"isitme_clock_offset_seconds{{{HERE}}}",
                          legend="{{source}} {{site}}"),
                    unit="s",
                ),
                lines(
                    "What all sources allow together",
                    "True time lies between the two lines, if no source is wrong. When the lower "
                    "one is above the upper one, two sources contradict each other.",
                    Query(expr="max by (site, instance) "
                          f"(isitme_clock_offset_low_seconds{{{HERE}}})", legend="least {{site}}"),
                    Query(expr="min by (site, instance) "
                          f"(isitme_clock_offset_high_seconds{{{HERE}}})", legend="most {{site}}"),
                    unit="s",
                ),
            ],
        ),
        Row(title="Time servers", panels=[success(Look.NTP), failures(Look.NTP), phases(Look.NTP)]),
    ],
)  # fmt: skip

COURIERS = (Look.PUSH_5223, Look.PUSH_443, Look.PUSH_HTTP, Look.PORT_CTL, Look.PUSH_IDLE)
PUSH = Board(
    uid="isitme-push",
    title="Push",
    said="Apple's push: the couriers that devices call, their two ports, and what may block them.",
    rows=[
        Row(
            title="What is judged",
            panels=[
                signal(Signal.PUSH, "Push", "Only 443: port 5223 is closed and the detour works. "
                       "Fails: the far end itself answered wrongly. Silent proves less."),
                signal(Signal.PORT, "Other ports",
                       "Whether this network lets anything out but the web."),
            ],
        ),
        Row(
            title="What is seen",
            panels=[
                success(*COURIERS),
                failures(*COURIERS),
                phases(*COURIERS),
                lines(
                    "Handshakes with couriers, the slowest tenth",
                    "A courier that takes the connection and then says nothing shows the bound of "
                    "the step, five seconds.",
                    Query(
                        expr="histogram_quantile(0.9, sum by (probe, le) ("
                        + rate("isitme_probe_duration_seconds_bucket",
                               f'{of(Look.PUSH_5223, Look.PUSH_443)}, phase="handshake"')
                        + "))",
                        legend="{{probe}}",
                    ),
                    unit="s",
                    least=0,
                ),
            ],
        ),
    ],
)  # fmt: skip
