"""The drills, as data: what is broken, how, and the answer that each must get.

A drill changes what a server, a wire or a table does, never a signal or an observation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probe.drill.layout import APPLES_OWN
from probe.drill.manners import CourierManner
from probe.drill.nameserver import NO_REACHABLE_AUTHORITY, Rule, Says
from probe.drill.wires import Wire
from probe.words import Code

if TYPE_CHECKING:
    from probe.drill.world import World

WRONG_SECONDS = 600.0  # sign-in and push may fail from five minutes on
NOT_THE_WEB = (5222, 5223, 5228)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One staged fault. `change` is done to a healthy world; `heal` makes it healthy again."""

    name: str
    said: str  # one sentence for `drill --list`
    code: Code  # the verdict it must get
    change: Callable[[World], None]

    def heal(self, world: World) -> None:
        world.restore()


def _nothing(world: World) -> None:
    pass


def _apple_outage(world: World) -> None:
    world.manners.courier = CourierManner.HANGS
    world.manners.provider_status = 503
    world.manners.apple_status = 503


def _apple_acknowledged(world: World) -> None:
    world.post_outage()


def _dns_block(world: World) -> None:
    world.manners.names["*.push.apple.com"] = Rule(says=Says.NULL)


def _provider_dns(world: World) -> None:
    world.manners.names["*"] = Rule(says=Says.SERVFAIL)


def _apple_silent(world: World) -> None:
    world.wire(Wire.SILENT, places=APPLES_OWN)


def _clock_wrong(world: World) -> None:
    world.clock_offset_seconds = WRONG_SECONDS


def _portal(world: World) -> None:
    world.manners.portal = True
    for opening in world.openings:
        if opening.place.beyond_gateway and opening.real_port != 80:
            opening.turn(Wire.SILENT)


def _push_blocked(world: World) -> None:
    world.wire(Wire.SILENT, real_ports=NOT_THE_WEB)


def _internet_down(world: World) -> None:
    for opening in world.openings:
        if opening.place.beyond_gateway:
            opening.turn(Wire.SILENT)
    world.manners.names["*"] = Rule(says=Says.SERVFAIL, extended_error=NO_REACHABLE_AUTHORITY)


def _link_down(world: World) -> None:
    world.link.carrier = False
    world.wire(Wire.SILENT)  # nothing crosses a cable that is not there


_ALL = (
    Drill(
        name="healthy",
        said="Nothing is wrong: the world as it should be.",
        code=Code.OK,
        change=_nothing,
    ),
    Drill(
        name="apple-outage",
        said="Apple's push servers accept connections and say nothing, its identity and account "
        "services answer 503, and its status page still says that all is well.",
        code=Code.APPLE_SUSPECTED,
        change=_apple_outage,
    ),
    Drill(
        name="apple-acknowledged",
        said="Apple's status page reports an outage of iMessage and FaceTime.",
        code=Code.APPLE_ACKNOWLEDGED,
        change=_apple_acknowledged,
    ),
    Drill(
        name="apple-silent",
        said="Everything in Apple's own network is silent: Apple, or the way there? From one place "
        "nobody can tell.",
        code=Code.UNKNOWN,
        change=_apple_silent,
    ),
    Drill(
        name="dns-block",
        said="The router's DNS answers 0.0.0.0 for Apple's push servers, as an ad blocker does.",
        code=Code.DNS,
        change=_dns_block,
    ),
    Drill(
        name="clock-wrong",
        said="This device's clock is ten minutes behind the rest of the world.",
        code=Code.CLOCK,
        change=_clock_wrong,
    ),
    Drill(
        name="provider-dns",
        said="The provider's name servers fail, and the router passes that on.",
        code=Code.DNS,
        change=_provider_dns,
    ),
    Drill(
        name="portal",
        said="A sign-in page answers every plain web request, and nothing else comes through.",
        code=Code.CAPTIVE_PORTAL,
        change=_portal,
    ),
    Drill(
        name="push-blocked",
        said="The network lets nothing out but the web: push ports 5222, 5223 and 5228 are silent.",
        code=Code.FIREWALL_PORT_BLOCKED,
        change=_push_blocked,
    ),
    Drill(
        name="internet-down",
        said="Everything beyond the router is silent, and the router's DNS says that it reaches "
        "nobody.",
        code=Code.ISP_INTERNET,
        change=_internet_down,
    ),
    Drill(
        name="link-down",
        said="The cable is out, or the Wi-Fi is gone.",
        code=Code.LOCAL_LINK,
        change=_link_down,
    ),
)

DRILLS: dict[str, Drill] = {drill.name: drill for drill in _ALL}
