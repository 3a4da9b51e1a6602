"""The one table of looks: how often, how seldom at most, how long, and what it costs the line.

Everything that depends on pace is computed from this table: the schedule, the age at which evidence
is too old, the load on the line. `floor_seconds` protects Apple, the NTP operators and the line:
no setting goes below it. `attempts` is the number of attempts of one look on a dual-stack host with
two resolvers; `packets` is what one attempt sends, counted from its protocol (a TLS 1.3 look: SYN,
ACK, ClientHello in two segments, Finished, request, ACKs, FIN).
"""

from __future__ import annotations

from dataclasses import dataclass

from probe.words import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one look is paced."""

    look: Look
    every_seconds: float
    floor_seconds: float
    timeout_seconds: float  # the whole look; each step has its own, shorter bound
    attempts: int
    packets: int
    on_demand_seconds: float = 0  # asked for by doubt, then at most this often; 0: by the clock
    # In how many parts the calm pace asks, spread evenly over the interval: whatever is one of a
    # few is then touched sooner at the same cost. Doubt always asks the whole.
    turns: int = 1
    opt_in: bool = False  # off unless it is switched on
    why: str

    @property
    def max_age_seconds(self) -> float:
        """When its evidence is too old to be used.

        1.5 intervals and one timeout, plus the 15 s of latency that Nagios grants
        (DEFAULT_ADDITIONAL_FRESHNESS_LATENCY). What is asked for by doubt answers that doubt only.
        """
        pace = self.on_demand_seconds or self.every_seconds
        return 1.5 * pace + self.timeout_seconds + 15

    @property
    def calm_seconds(self) -> float:
        """From one part to the next."""
        return self.every_seconds / self.turns

    @property
    def may_be_answered_near(self) -> bool:
        """A name that the router still knows says nothing of the line."""
        return self.look in {Look.DNS_EACH, Look.DNS_APP}

    @property
    def sees_the_way_out(self) -> bool:
        """It fails when nothing gets out, and is made often enough to be the first to notice."""
        return (
            bool(self.packets)
            and not self.on_demand_seconds
            and self.every_seconds <= OFTEN_SECONDS
            and self.look is not Look.GATEWAY
        )


OFTEN_SECONDS = 120.0
# What devices ask of Apple.
APPLE_LOOKS = (Look.PUSH_5223, Look.PUSH_443, Look.APPLE_WEB)

PLANS: tuple[Plan, ...] = (
    Plan(look=Look.SELF, every_seconds=5, floor_seconds=1, timeout_seconds=2, attempts=1,
         packets=0, why="May this process be believed?"),
    Plan(look=Look.LINK, every_seconds=5, floor_seconds=1, timeout_seconds=2, attempts=1,
         packets=0, why="Kernel tables: carrier, address, default route."),
    # Failed ARP shows after 3.05-3.08 s (measured): a shorter wait blurs it into a timeout.
    Plan(look=Look.GATEWAY, every_seconds=15, floor_seconds=5, timeout_seconds=4, attempts=2,
         packets=2, why="Does the router give any sign of life?"),
    Plan(look=Look.REF_IP, every_seconds=60, floor_seconds=20, timeout_seconds=6, attempts=6,
         packets=9, why="Is the internet there, without names?"),
    Plan(look=Look.REF_NAME, every_seconds=60, floor_seconds=20, timeout_seconds=7, attempts=6,
         packets=11, why="Is the internet there, by name?"),
    Plan(look=Look.CAPTIVE, every_seconds=120, floor_seconds=60, timeout_seconds=6, attempts=3,
         packets=7, why="Does a sign-in page stand in the way?"),
    # Only where a proxy is set; two references and a courier (probe/probes/proxy.py).
    Plan(look=Look.PROXY, every_seconds=60, floor_seconds=20, timeout_seconds=6, attempts=3,
         packets=13, why="Does the configured proxy let us out?"),
    Plan(look=Look.DNS_EACH, every_seconds=30, floor_seconds=15, timeout_seconds=5, attempts=8,
         packets=2, why="Is every configured resolver right?"),
    Plan(look=Look.DNS_APP, every_seconds=30, floor_seconds=15, timeout_seconds=6, attempts=3,
         packets=2, why="What do applications feel?"),
    Plan(look=Look.DNS_ALT, every_seconds=120, floor_seconds=60, timeout_seconds=5, attempts=6,
         packets=14, why="What do resolvers elsewhere say about Apple's names?"),
    Plan(look=Look.DNS_MANNERS, every_seconds=900, floor_seconds=60, timeout_seconds=6, attempts=9,
         packets=3, why="How do resolvers answer what is seldom asked?"),
    Plan(look=Look.DNS_ALIVE, every_seconds=3600, floor_seconds=20, timeout_seconds=6, attempts=2,
         packets=7, on_demand_seconds=30, why="Is a silent resolver alive?"),
    Plan(look=Look.DNS_CROSS, every_seconds=3600, floor_seconds=20, timeout_seconds=6, attempts=10,
         packets=8, on_demand_seconds=60, why="Is a failing Apple name right elsewhere?"),
    # RFC 4330: never under 15 s; chrony calls under 64 s to public servers possible abuse.
    Plan(look=Look.NTP, every_seconds=1024, floor_seconds=64, timeout_seconds=4, attempts=2,
         packets=1, why="Is this host's clock right?"),
    # Two couriers, or two hosts of each service group, by turns: something of each every 20 s, so
    # that one service that fails is told within 21 s (product.md 9).
    Plan(look=Look.PUSH_5223, every_seconds=40, floor_seconds=40, timeout_seconds=7, attempts=4,
         packets=9, turns=4, why="Do Apple's push couriers answer where devices call first?"),
    Plan(look=Look.PUSH_443, every_seconds=60, floor_seconds=60, timeout_seconds=7, attempts=2,
         packets=9, why="Do couriers answer on the fallback port?"),
    Plan(look=Look.PUSH_HTTP, every_seconds=120, floor_seconds=60, timeout_seconds=7, attempts=1,
         packets=14, why="Does the provider side of push answer?"),
    Plan(look=Look.PORT_CTL, every_seconds=21600, floor_seconds=60, timeout_seconds=6, attempts=2,
         packets=4, on_demand_seconds=60, why="Does this network let other ports out?"),
    # Only those that a person chose ([messengers] ask).
    Plan(look=Look.MESSENGERS, every_seconds=21600, floor_seconds=120, timeout_seconds=7,
         attempts=3, packets=11, on_demand_seconds=120, why="Which other app works from here?"),
    Plan(look=Look.APPLE_WEB, every_seconds=40, floor_seconds=40, timeout_seconds=7, attempts=18,
         packets=11, turns=4, why="Do Apple's services answer?"),
    Plan(look=Look.NAT64, every_seconds=300, floor_seconds=60, timeout_seconds=5, attempts=1,
         packets=2, why="Does this network translate IPv6 to IPv4?"),
    Plan(look=Look.QUIC, every_seconds=300, floor_seconds=60, timeout_seconds=7, attempts=1,
         packets=6, why="Does UDP port 443 get out?"),
    Plan(look=Look.PUSH_IDLE, every_seconds=3600, floor_seconds=60, timeout_seconds=930,
         attempts=1, packets=12, opt_in=True, why="Does a quiet connection stay alive?"),
    Plan(look=Look.STATUS, every_seconds=120, floor_seconds=60, timeout_seconds=10, attempts=2,
         packets=40, why="What does Apple itself say?"),
    Plan(look=Look.NEARBY, every_seconds=3600, floor_seconds=20, timeout_seconds=6, attempts=4,
         packets=12, on_demand_seconds=60, why="Is it something near us that blocks Apple?"),
    # Three references eight connections each, and five datagrams to each of two hops.
    Plan(look=Look.LINE, every_seconds=3600, floor_seconds=15, timeout_seconds=6.5, attempts=5,
         packets=26, on_demand_seconds=20, why="Does the line lose packets, or make them wait?"),
)  # fmt: skip

PLAN: dict[Look, Plan] = {plan.look: plan for plan in PLANS}
USUAL: dict[Look, Plan] = {plan.look: plan for plan in PLANS if not plan.opt_in}
