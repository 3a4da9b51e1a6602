"""The clock and time servers.

The program alone is moved in time, by libfaketime: nothing ever sets the machine's clock, and the
clocks that measure ages (CLOCK_MONOTONIC, CLOCK_BOOTTIME) stay. Drift and suspend, which take hours
and another kernel clock, are in the virtual-time tier (tests/hours/).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.lab import internet, servers
from tests.lab.internet import Server
from tests.lab.scenario import ACTIVE, OK, SLOWLY, Change, Expect, Fault, Scenario, Symptom
from tests.lab.world import World

# The program's own clock, as an offset in a file that may change while it runs. In a place that
# every world has for itself.
CLOCK = Path("/etc/netns/program-clock")
HOUR, DAY = 3600, 86_400
NTP_OFTEN = "[looks.ntp]\nevery_seconds = 64\n"  # the least: a scenario cannot wait for 1024 s
WITHIN_A_LOOK = 90.0  # of time servers: 64 s, its jitter, and the wait for a silent one


def program_clock() -> Mapping[str, str]:
    environment = servers.faked("")
    del environment["FAKETIME"]
    return {**environment, "FAKETIME_TIMESTAMP_FILE": str(CLOCK)}


def set_to(seconds: float) -> None:
    """Set the program's clock so far beside the true time."""
    fresh = CLOCK.with_suffix(".new")
    fresh.write_text(f"{seconds:+.0f}")
    fresh.replace(CLOCK)  # whole, also for whoever reads it just now


def offset_shows(healthy: str, broken: str) -> Symptom:
    """How far the program's clock is from the machine's, as `date` says it."""
    words = " ".join(f"{name}={value}" for name, value in program_clock().items())
    return Symptom(
        command=f"echo $(( $(env {words} date +%s) - $(date +%s) ))",
        healthy=healthy,
        broken=broken,
    )


def near(seconds: int) -> str:
    """A pattern for a number of seconds, one more or one less."""
    return rf"^({seconds - 1}|{seconds}|{seconds + 1})\b"


def moved(
    name: str, row: str, seconds: int, expect: Expect, *, before: int = 0, **more: object
) -> Scenario:
    """The program's clock is set while it runs (or before it starts)."""
    return Scenario(
        name=name,
        row=row,
        fault=Fault(
            inject=lambda world: set_to(seconds),
            heal=lambda world: set_to(before),
            symptom=offset_shows(near(before), near(seconds)),
        ),
        expect=expect,
        within_seconds=ACTIVE,
        prepare=lambda world: set_to(before),
        environment=program_clock(),
        **more,  # type: ignore[arg-type]
    )


# ---------------------------------------------------------------- time servers that are not right


def lie(world: World, server: Server, manner: str, *more: str) -> None:
    """Put a scripted server in the place of a real one, on every address of its."""
    world.net.stop(f"ntp-{server.names[0]}")
    for address in (server.v4, server.v6):
        world.net.spawn(
            server.site,
            f"lie-{address}",
            sys.executable,
            *("-m", "tests.lab.servers_that_lie.clock", address, manner, *more),
            ready="ready",
        )


def tell_the_truth(world: World, server: Server) -> None:
    for address in (server.v4, server.v6):
        world.net.stop(f"lie-{address}", kill=True)
    servers.time_server(world.net, server)


def query(server: Server) -> str:
    return f"{sys.executable} tests/lab/sntp_query.py {server.v4}"


def reply_shows(server: Server, broken: str) -> Symptom:
    """What a raw question to the server brings."""
    return Symptom(
        command=query(server),
        healthy=r"stratum 2 offset [+-]0\.[01]\d* leap 0 code \S+ origin ours",
        broken=broken,
    )


LIAR = internet.TIME_CLOUDFLARE


def lying(manner: str) -> Change:
    return lambda world: lie(world, LIAR, manner)


def honest(world: World) -> None:
    tell_the_truth(world, LIAR)


def wrong_server(
    name: str,
    row: str,
    inject: Change,
    broken: str,
    *notes: str,
    heal: Change = honest,
    without: tuple[str, ...] = (),
    why: str = "",
) -> Scenario:
    """One time server of two is no good: that is worth a note, and changes no verdict."""
    return Scenario(
        name=name,
        row=row,
        fault=Fault(inject=inject, heal=heal, symptom=reply_shows(LIAR, broken)),
        expect=Expect(blame="nobody", code="ok", notes=notes, without=without),
        trap=("clock",),
        within_seconds=WITHIN_A_LOOK,
        configuration=NTP_OFTEN,
        watch_seconds=0.0 if notes else WITHIN_A_LOOK,
        why=why,
    )


def false_chrony(world: World) -> None:
    servers.time_server(world.net, LIAR, faketime="+30s")


def true_chrony(world: World) -> None:
    servers.time_server(world.net, LIAR)


def unsynchronised(world: World) -> None:
    """chrony without a source and without `local`: it answers, and says that it knows no time."""
    net, server = world.net, LIAR
    name = f"ntp-{server.names[0]}"
    net.stop(name)
    configuration = net.out / f"{name}.conf"
    configuration.write_text(configuration.read_text().replace("local stratum 2\n", ""))
    net.spawn(
        server.site,
        name,
        *("chronyd", "-x", "-d", "-f", str(configuration)),
        ready=net.listening(server.site, "udp", f"{server.v4}:123"),
    )


def intercept(world: World) -> None:
    """The router answers every time server's name itself, ten minutes late."""
    net = world.net
    configuration = net.out / "gw-ntp.conf"
    configuration.write_text(
        servers.lines(
            *("local stratum 3", "allow", "cmdport 0", "user root"),
            f"pidfile {net.out}/gw-ntp.pid",
            f"bindaddress {world.at_home(internet.GATEWAY_V4)}",
        )
    )
    net.spawn(
        "gw",
        "gw-ntp",
        *("chronyd", "-x", "-d", "-f", str(configuration)),
        environment=servers.faked("-600s"),
        ready=net.listening("gw", "udp", world.at_home(f"{internet.GATEWAY_V4}:123")),
    )
    world.redirect(f"udp dport 123 dnat ip to {internet.GATEWAY_V4}")
    world.forget_connections()


def no_intercept(world: World) -> None:
    world.no_redirect()
    world.forget_connections()
    world.net.stop("gw-ntp")


def set_while_asked(world: World) -> None:
    """Between every question and its answer the program's clock moves half a minute, to and fro."""
    lie(world, LIAR, "moving", str(CLOCK), "+30", "+0")


def not_set(world: World) -> None:
    tell_the_truth(world, LIAR)
    set_to(0)


def set_meanwhile_shows() -> Symptom:
    offset = offset_shows("", "").command
    return Symptom(
        command=f"{offset}; {query(LIAR)} > /dev/null; {offset}",
        healthy=r"^(-1|0|1)\s+(-1|0|1)\b",
        broken=r"^(29|30|31)\s+(-1|0|1)\b|^(-1|0|1)\s+(29|30|31)\b",
    )


# ---------------------------------------------------------------- dates from a cache


def cached(world: World) -> None:
    """Every reference's answers come from a cache, an hour old, and say so."""
    net = world.net
    web, front = net.out / "refs-web" / "nginx.conf", net.out / "refs-front.cfg"
    web.write_text(
        web.read_text().replace(
            "server_tokens off;", "server_tokens off; add_header Age 3600 always;"
        )
    )
    front.write_text(
        front.read_text().replace(
            "hdr date %[date,http_date]", "hdr date %[date(-3600),http_date] hdr age 3600"
        )
    )
    net.stop("refs-web")
    (web.parent / "pid").unlink(missing_ok=True)
    net.spawn(
        "refs",
        "refs-web",
        *("nginx", "-e", str(web.parent / "error.log"), "-c", str(web)),
        environment=servers.faked("-3600s"),  # nginx writes its Date itself
        ready=net.listening("refs", "tcp", f"{internet.GOOGLE.v4}:443"),
    )
    net.stop("refs-front")
    net.spawn(
        "refs",
        "refs-front",
        *("haproxy", "-db", "-f", str(front)),
        ready=net.listening("refs", "tcp", f"{internet.QUAD9.v4}:443"),
    )


def fresh(world: World) -> None:
    servers.reference_sites(world.net, world.certificates)
    servers.public_resolvers(world.net, world.certificates)


NOT_THE_CLOCK = ("apple_suspected", "tls_interception", "captive_portal", "isp_internet", "dns")
WRONG = Expect(blame="me", code="clock", causes=("offset_large",))
FAR_OFF = Expect(
    blame="me", code="clock", causes=("tls_date_errors",), certainties=("medium", "high")
)

SCENARIOS: tuple[Scenario, ...] = (
    moved("clock-ten-minutes-fast", "90", 600, WRONG, trap=NOT_THE_CLOCK),
    moved("clock-ten-minutes-slow", "", -600, WRONG, trap=NOT_THE_CLOCK),
    moved("clock-400-days-slow", "91", -400 * DAY, FAR_OFF, trap=NOT_THE_CLOCK),
    moved("clock-400-days-fast", "", 400 * DAY, FAR_OFF, trap=NOT_THE_CLOCK),
    moved(
        "clock-four-seconds",
        "",
        4,
        Expect(blame="nobody", code="ok", notes=("clock_off",)),
        trap=("clock",),
    ),
    moved(
        "clock-set-right",
        "129",
        0,
        OK,
        before=-HOUR,
        healthy=WRONG,
        trap=NOT_THE_CLOCK,
        why="The catalogue's step of an hour ends in `ok`, so it is the step that sets the clock "
        "right: the other way round the clock is wrong afterwards, which is row 90.",
    ),
    Scenario(
        name="clock-set-while-asked",
        row="93",
        fault=Fault(inject=set_while_asked, heal=not_set, symptom=set_meanwhile_shows()),
        expect=OK,
        trap=("clock",),
        within_seconds=SLOWLY,
        prepare=lambda world: set_to(0),
        environment=program_clock(),
        configuration=NTP_OFTEN,
        watch_seconds=WITHIN_A_LOOK,
    ),
    wrong_server(
        "time-server-false",
        "94",
        false_chrony,
        r"stratum 2 offset [+](29|30)\.",
        "ntp_falseticker",
        heal=true_chrony,
    ),
    wrong_server("time-server-weary", "96", lying("rate"), "stratum 0 .* code RATE", "ntp_kod"),
    wrong_server(
        "time-server-unsynchronised",
        "97",
        unsynchronised,
        r"leap 3",
        "ntp_unsynchronized",
        heal=true_chrony,
    ),
    wrong_server("time-server-leap-3", "", lying("leap-3"), "leap 3", "ntp_unsynchronized"),
    wrong_server("time-reply-forged", "98", lying("forged"), "origin foreign", "ntp_bogus"),
    wrong_server("time-reply-without-stamps", "", lying("no-stamps"), "stratum 1", "ntp_bogus"),
    wrong_server(
        "leap-second-smeared",
        "101",
        lying("half-a-second"),
        r"offset [+]0\.[45]",
        without=("ntp_falseticker", "ntp_intercepted_wrong", "clock_off"),
    ),
    Scenario(
        name="time-intercepted",
        row="",
        fault=Fault(
            inject=intercept,
            heal=no_intercept,
            symptom=reply_shows(LIAR, r"stratum 3 offset -(599|600)\."),
        ),
        expect=Expect(blame="nobody", code="ok", notes=("ntp_intercepted_wrong",)),
        trap=("clock",),
        within_seconds=WITHIN_A_LOOK,
        configuration=NTP_OFTEN,
    ),
    Scenario(
        name="dates-from-a-cache",
        row="102",
        fault=Fault(
            inject=cached,
            heal=fresh,
            symptom=Symptom(
                command="curl -skI https://www.google.com/; curl -skI https://9.9.9.9/; date -u",
                healthy=r"(?s)^(?!.*[Aa]ge: 3600)",
                broken=r"(?s)[Aa]ge: 3600.*[Aa]ge: 3600",
            ),
        ),
        expect=replace(OK, without=("clock_off", "ntp_intercepted_wrong", "ntp_falseticker")),
        trap=("clock",),
        within_seconds=ACTIVE,
        watch_seconds=SLOWLY,
    ),
)
