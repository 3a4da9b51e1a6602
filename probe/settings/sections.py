"""Every setting: its name, its default, its meaning. The example file is written from here."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StrictBool, create_model
from pydantic.config import JsonDict

from probe.catalogue import GROUPS
from probe.looks import PLANS, Plan
from probe.settings.addresses import (
    Listen,
    is_address,
    is_host,
    is_network,
    is_proxy,
    is_resolver,
    is_web_address,
    read_listen,
)
from probe.settings.mistakes import shown, wrong
from probe.targets import Targets

IS_FILE: JsonDict = {"file": True}  # a path; relative paths start from the file that says it
IS_SECRET: JsonDict = {"secret": True}  # never shown
SLOWEST_SECONDS = 86_400.0  # a look less often than daily is no look; switch it off instead
ANY_HOST = "*"


def _must(test: Callable[[str], bool], wanted: str, *, empty: bool = False) -> AfterValidator:
    """A text that passes the test; the empty text too, where it means "not set"."""

    def check(text: str) -> str:
        if test(text) or (empty and not text):
            return text
        raise wrong(wanted, text)

    return AfterValidator(check)


def _listenable(text: str) -> str:
    try:
        read_listen(text)
    except ValueError as error:
        raise wrong(str(error), text) from None
    return text


def _is_key(text: str) -> bool:
    """Standard Webhooks: what follows "whsec_" is base64."""
    try:
        base64.b64decode(text.removeprefix("whsec_"), validate=text.startswith("whsec_"))
    except binascii.Error:
        return not text.startswith("whsec_")
    return True


def _is_token(text: str) -> bool:
    """What may stand in a header (RFC 6750 2.1 allows less)."""
    return text.isascii() and text.isprintable() and " " not in text


def _site(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isprintable()  # fits a label and a headline


HostName = Annotated[
    str, _must(lambda text: text == ANY_HOST or is_host(text), 'a host name, or "*"')
]
Resolver = Annotated[
    str, _must(is_resolver, 'an address such as "192.168.1.1" or "192.0.2.1#5353"')
]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Web(Section):
    """The page, /status and /metrics."""

    listen: Annotated[str, AfterValidator(_listenable)] = Field(
        default="127.0.0.1:10054",
        description='HOST:PORT of the page. "lan" opens the read-only routes to the local '
        "network, on every address of this machine.",
    )
    allowed_hosts: tuple[HostName, ...] = Field(
        default=(),
        description="Names this machine is called by in a browser or a scrape configuration, "
        'besides localhost. Others are refused (DNS rebinding); "*" allows every name.',
    )

    config_file: str = Field(
        default="",
        description="TLS and passwords for this port, covering every route: a file in the form of "
        "Prometheus' web.config.file (tls_server_config, basic_auth_users).",
        json_schema_extra=IS_FILE,
    )

    @property
    def where(self) -> Listen:
        return read_listen(self.listen)


class Network(Section):
    """From where this host looks out."""

    proxy: Annotated[str, _must(is_proxy, "http://[user:password@]host:port", empty=True)] = Field(
        default="",
        repr=False,
        description="The web proxy this network requires, http://[user:password@]host:port. "
        "Proxy variables of the environment are reported, never used.",
        json_schema_extra=IS_SECRET,
    )
    proxy_file: str = Field(
        default="",
        description="A file that holds the proxy's address, so that its password is not here.",
        json_schema_extra=IS_FILE,
    )
    source: Annotated[str, _must(is_address, "an IP address", empty=True)] = Field(
        default="",
        description="Look from this address of this machine: a VLAN, or one of two lines.",
    )


class Dns(Section):
    """Name resolution. The resolvers this machine uses are always asked."""

    also_ask: tuple[Resolver, ...] = Field(
        default=(), description="Further resolvers to ask: an address, or address#port."
    )


class Messengers(Section):
    """Other apps, so that "use another app meanwhile" names one that works from here."""

    ask: tuple[Literal["WhatsApp", "Signal", "Telegram"], ...] = Field(
        default=(),
        description="Which are asked, and only while something of Apple's fails: WhatsApp, "
        "Signal (needs trust.signal_roots), Telegram.",
    )


class Vantage(Section):
    """What other sites see, read back from the Prometheus that scrapes them: asked only when
    something of Apple's fails here, never required."""

    prometheus: Annotated[
        str, _must(is_web_address, "http(s)://host[:port][/prefix]", empty=True)
    ] = Field(default="", description="Its address. Empty: nobody is asked.")
    site: str = Field(
        default="", description='This place\'s label "site" there. Empty: as `site` above.'
    )
    provider: str = Field(
        default="",
        description='This place\'s label "provider" there: sites behind the same provider are then '
        "left out, because they share its faults.",
    )
    token: Annotated[str, _must(_is_token, "visible ASCII", empty=True)] = Field(
        default="",
        repr=False,
        description="A bearer token, where it wants one.",
        json_schema_extra=IS_SECRET,
    )
    token_file: str = Field(
        default="", description="A file that holds the token.", json_schema_extra=IS_FILE
    )


class Trust(Section):
    """Certificates that are trusted, for private networks and labs."""

    public_roots: str = Field(
        default="",
        description="A PEM file that replaces the system's root certificates.",
        json_schema_extra=IS_FILE,
    )
    apple_roots: str = Field(
        default="",
        description="A PEM file that replaces Apple's own roots, which isitme brings.",
        json_schema_extra=IS_FILE,
    )
    signal_roots: str = Field(
        default="",
        description="A PEM file of Signal's own roots (they are in its apps' public source). "
        "Signal is asked only with it.",
        json_schema_extra=IS_FILE,
    )


class Keep(Section):
    """What is kept across restarts: turns, incidents, and what was seen."""

    keep: StrictBool = Field(default=True, description="Whether anything is kept.")
    file: str = Field(
        default="",
        description="Where. Empty: history.db in the folder for state that systemd gives, else in "
        "~/.local/state/isitme (or XDG_STATE_HOME).",
        json_schema_extra=IS_FILE,
    )
    most_megabytes: Annotated[int, Strict(), Field(ge=1, le=10_000)] = Field(
        default=200, description="The oldest goes when it grows past this."
    )


class Notify(Section):
    """Who is told when the answer turns."""

    webhook: Annotated[str, _must(is_web_address, "http(s)://host[:port]/path", empty=True)] = (
        Field(
            default="",
            repr=False,
            description="Where a message is posted at every turn that matters. Empty: nowhere.",
            json_schema_extra=IS_SECRET,
        )
    )
    webhook_file: str = Field(
        default="",
        description="A file that holds the webhook's address.",
        json_schema_extra=IS_FILE,
    )
    secret: Annotated[str, _must(_is_key, 'base64 after "whsec_", or a text', empty=True)] = Field(
        default="",
        repr=False,
        description='What messages are signed with (Standard Webhooks): a text, or "whsec_" and '
        "base64. Empty: unsigned.",
        json_schema_extra=IS_SECRET,
    )
    secret_file: str = Field(
        default="", description="A file that holds the secret.", json_schema_extra=IS_FILE
    )
    least_impact: Literal["low", "partial", "full"] = Field(
        default="partial", description="The least a person would notice: low, partial or full."
    )


class Log(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is worth a line: debug, info, warning or error."
    )
    format: Literal["text", "json"] = Field(
        default="text", description="text for people, json for a log collector."
    )


ENABLED = "Whether it looks at all. What is not looked at is unknown, never good."


class Pace(Section):
    """How one look is paced."""

    every_seconds: Annotated[float, Strict(), Field(allow_inf_nan=False)]
    enabled: StrictBool = Field(
        default=True,
        description=ENABLED,
    )


def _not_faster(plan: Plan, seconds: float) -> float:
    if seconds < plan.floor_seconds:
        raise wrong(
            f"{plan.floor_seconds:g} or more (the floor of {plan.look.value}, "
            "which protects those who are asked and this line)",
            seconds,
        )
    if seconds > SLOWEST_SECONDS:
        raise wrong(f"{SLOWEST_SECONDS:g} or less (or enabled = false)", seconds)
    return seconds


def _pace(plan: Plan) -> Any:
    seconds = Field(
        default=plan.every_seconds,
        allow_inf_nan=False,
        description=f"Seconds between two looks; {plan.floor_seconds:g} at least.",
    )
    paced = create_model(
        f"Pace_{plan.look.value}",
        __base__=Pace,
        every_seconds=(
            Annotated[float, Strict(), AfterValidator(partial(_not_faster, plan))],
            seconds,
        ),
        enabled=(StrictBool, Field(default=not plan.opt_in, description=ENABLED)),
    )
    return paced, Field(default_factory=paced, description=plan.why)


if TYPE_CHECKING:
    Looks = Section
else:
    Looks = create_model(
        "Looks",
        __base__=Section,
        __doc__="What is looked at, and how often. Intervals can be raised, never below the floor.",
        **{plan.look.value: _pace(plan) for plan in PLANS},
    )

TARGETS_SAY = {
    "references_by_address": "Hosts that are not Apple's, asked without names.",
    "references_by_name": "Hosts that are not Apple's, asked by name.",
    "portal_pages": "Plain web pages whose answer is known to the byte: a sign-in page differs.",
    "control_names": "Names that are not Apple's, asked of every resolver.",
    "apple_names": "Apple's names, asked of every resolver.",
    "apple_own_names": "Those of apple_names that must lie in apple_networks.",
    "no_resolvers": "Addresses without a resolver: an answer from there is somebody else's.",
    "relay_names": "Names that a network leaves out when it wants no Private Relay.",
    "apple_networks": "The networks Apple owns.",
    "known_networks": "Private networks whose addresses are right answers here, not a filter's.",
    "courier": "Apple's push couriers, as devices call them.",
    "provider": "Apple's push, as senders call it. looks.push_http.enabled = false leaves it out.",
    "apple_hosts": "Apple's services and what a healthy answer looks like.",
    "time_servers": "Time servers, one answer each.",
    "feeds": "Apple's own status feeds.",
    "watched_services": "Services whose trouble matters here, by their names in Apple's feeds. A "
    "group stands for all of its services: "
    + ", ".join(g.name for g in GROUPS if g.services)
    + ".",
    "peers": "Other isitmes, on other lines, asked only when something of Apple's fails here.",
    "port_controls": "Hosts that are not Apple's, on ports that are not the web's.",
}
OWN_SETTING = {
    "also_ask": "dns.also_ask",
    "messengers": "messengers.ask",
    "vantage": "vantage.prometheus",
}  # set elsewhere, for people


def _sound(targets: Targets) -> Targets:
    """Ports, hosts and names; every mistake at once."""
    mistakes = list(_strange_fields(targets))
    if mistakes:
        at, wanted, found = mistakes[0]
        first = wrong(wanted, found, at=at)
        more = [(at, wanted, shown(found)) for at, wanted, found in mistakes[1:]]
        first.context["more"] = more  # type: ignore[index]  # wrong() has set it
        raise first
    return targets


def _strange_fields(targets: Targets) -> Iterator[tuple[str, str, object]]:
    for own, elsewhere in OWN_SETTING.items():
        if getattr(targets, own):
            yield own, f"it as {elsewhere}", getattr(targets, own)
    for field in dataclasses.fields(targets):
        value = getattr(targets, field.name)
        if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            yield from _strange_list(field.name, value)
        elif dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from _strange_item(field.name, value)
    for key in ("apple_networks", "known_networks"):
        for place, network in enumerate(getattr(targets, key)):
            if not is_network(network):
                yield f"{key}[{place}]", 'a network such as "17.0.0.0/8"', network
    for place, address in enumerate(targets.no_resolvers):
        if not is_address(address):
            yield f"no_resolvers[{place}]", "an IP address", address
    for place, reference in enumerate(targets.references_by_address):
        for key in ("host", "host_v6"):
            host = getattr(reference, key)
            if not is_address(host) and (host or key == "host"):
                yield f"references_by_address[{place}].{key}", "an IP address", host


def _strange_list(name: str, items: Sequence[Any]) -> Iterator[tuple[str, str, object]]:
    seen: set[str] = set()
    for place, item in enumerate(items):
        at = f"{name}[{place}]"
        if item.name in seen:
            yield f"{at}.name", "a name used once in this list", item.name
        seen.add(item.name)
        if not item.name or not item.name.isprintable() or len(item.name) > 64:
            yield f"{at}.name", "a name of 1 to 64 printable characters", item.name
        yield from _strange_item(at, item)


def _strange_item(at: str, item: Any) -> Iterator[tuple[str, str, object]]:
    for key in ("port", "fallback_port", "other_port"):
        port = getattr(item, key, 1)
        if not 1 <= port <= 65535:
            yield f"{at}.{key}", "a port from 1 to 65535", port
    host = getattr(item, "host", None)
    if host is not None and not is_host(host):
        yield f"{at}.host", "a host name or an IP address", host


CheckedTargets = Annotated[Targets, AfterValidator(_sound)]
SiteName = Annotated[str, _must(_site, "1 to 64 printable characters")]
