"""The closed lists that other programs rely on: every word isitme may say, in one place.

Metrics labels, JSON values, docs and tests use these names, so a change here is a change of the
contract: `docs/words.md` is generated from this file, and a test fails when one changes without a
line in the changelog. Failure names follow OONI df-007 where OONI has one.
"""

from __future__ import annotations

from enum import StrEnum


class Blame(StrEnum):
    """Whose fault it is, as far as this host can tell."""

    NOBODY = "nobody"
    ME = "me"
    PROVIDER = "provider"
    APPLE = "apple"
    UNKNOWN = "unknown"


class Code(StrEnum):
    """What is wrong, in the decision table's words."""

    OK = "ok"
    LOCAL_LINK = "local_link"
    LOCAL_GATEWAY = "local_gateway"
    CAPTIVE_PORTAL = "captive_portal"
    PROXY = "proxy"
    CLOCK = "clock"
    DNS = "dns"
    TLS_INTERCEPTION = "tls_interception"
    FIREWALL_PORT_BLOCKED = "firewall_port_blocked"
    IPV6_BROKEN = "ipv6_broken"
    ISP_INTERNET = "isp_internet"
    APPLE_ACKNOWLEDGED = "apple_acknowledged"
    APPLE_SUSPECTED = "apple_suspected"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


class Impact(StrEnum):
    """What a person would notice."""

    NONE = "none"
    LOW = "low"
    PARTIAL = "partial"
    FULL = "full"


class Certainty(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Cause(StrEnum):
    """The sub-cause behind a code. `probe/verdict/causes/` says what each one means."""

    # local_link
    NO_CARRIER = "no_carrier"
    NO_USABLE_ADDRESS = "no_usable_address"
    NO_DEFAULT_ROUTE = "no_default_route"
    LOCAL_ROUTE_DIVERGENCE = "local_route_divergence"
    # local_gateway
    GW_NEIGH_FAILED = "gw_neigh_failed"
    # captive_portal
    PORTAL_REDIRECT = "portal_redirect"
    PORTAL_CONTENT = "portal_content"
    PORTAL_DNS = "portal_dns"
    PORTAL_TLS = "portal_tls"
    PORTAL_EXPIRED = "portal_expired"
    PORTAL_API = "portal_api"
    # proxy
    PROXY_REQUIRED = "proxy_required"
    PROXY_BROKEN = "proxy_broken"
    # clock
    OFFSET_LARGE = "offset_large"
    TLS_DATE_ERRORS = "tls_date_errors"
    # dns
    RESOLVER_UPSTREAM_DEAD = "resolver_upstream_dead"
    RESOLVER_REFUSED = "connection_refused"
    RESOLVER_SILENT = "generic_timeout_error"
    RESOLVER_OR_UPSTREAM = "resolver_or_upstream"
    DNS_STALE = "dns_stale"
    DNS_SERVFAIL = "dns_servfail_error"
    DNS_REFUSED = "dns_refused_error"
    DNS_FILTERED = "dns_filtered"
    DNS_AAAA_WRONG = "dns_aaaa_wrong"
    DNS_TCP_BLOCKED = "dns_tcp_blocked"
    DNS_MISBEHAVING = "dns_server_misbehaving"
    INTERCEPTED_RESOLVER_BROKEN = "intercepted_resolver_broken"
    HOSTS_FILE_OVERRIDE = "hosts_file_override"
    SPLIT_DNS_ROUTE = "split_dns_route"
    NO_RESOLVER_CONFIGURED = "no_resolver_configured"
    # tls_interception
    INSPECTION_ROOT_INSTALLED = "inspection_root_installed"
    INSPECTION_UNKNOWN_ROOT = "inspection_unknown_root"
    ON_HOST_AV = "on_host_av"
    # firewall_port_blocked
    FALLBACK_443_OK = "fallback_443_ok"
    PUSH_FULLY_BLOCKED = "push_fully_blocked"
    ACTIVE_REJECT = "active_reject"
    ACTIVE_REJECT_NEAR = "active_reject_near"
    SNI_FILTERED = "sni_filtered"
    PARTIAL_CONNECTIVITY = "partial_connectivity"
    LOCAL_HOST_FIREWALL = "local_host_firewall"
    EGRESS_WEB_ONLY = "egress_web_only"
    # ipv6_broken
    V6_BLACKHOLE = "v6_blackhole"
    V6_PMTU = "v6_pmtu"
    # isp_internet
    GATEWAY_OR_UPSTREAM = "gateway_or_upstream"
    WAN_DOWN = "wan_down"
    UPSTREAM_SILENT = "upstream_silent"
    VPN_OR_UPSTREAM = "vpn_or_upstream"
    PMTU_BLACKHOLE = "pmtu_blackhole"
    PATH_TO_APPLE = "path_to_apple"
    NAT64_DEAD = "nat64_dead"
    # apple_acknowledged, maintenance
    APPLE_REPORTS = "apple_reports"
    CONFIRMED_BY_PROBES = "confirmed_by_probes"
    APPLE_MAINTENANCE = "apple_maintenance"
    # apple_suspected
    HTTP_5XX = "http_5xx"
    PUSH_TLS_HANG = "push_tls_hang"
    PUSH_REFUSED = "push_refused"
    APPLE_AUTHORITATIVE_DNS = "apple_authoritative_dns"
    APPLE_SERVICE_FAILS = "apple_service_fails"
    APPLE_SERVICE_SILENT = "apple_service_silent"
    APPLE_CERTIFICATE = "apple_certificate"
    PUSH_PROTOCOL = "push_protocol"
    UNREACHABLE_ELSEWHERE_TOO = "unreachable_elsewhere_too"
    # degraded
    LOSS = "loss"
    LAN_LOSS = "lan_loss"
    WAN_BUFFERBLOAT = "wan_bufferbloat"
    NEW_CONNECTIONS_FAILING = "new_connections_failing"
    INTERMITTENT = "intermittent"
    CONTROLS_PARTLY = "controls_partly"
    APPLE_PARTLY = "apple_partly"
    ONLY_443 = "only_443"
    RESOLVER_FAILOVER_SLOW = "resolver_failover_slow"
    AAAA_QUERY_DROPPED = "aaaa_query_dropped"
    DNS_SLOW = "dns_slow"
    IPV4_BROKEN = "ipv4_broken"
    APPLE_SLOW = "apple_slow"
    APPLE_ENDPOINT_CERT_EXPIRED = "apple_endpoint_cert_expired"
    RATE_LIMITED_BY_TARGET = "rate_limited_by_target"
    NAT_IDLE_TIMEOUT_SHORT = "nat_idle_timeout_short"
    APPLE_STATUS_UNAVAILABLE = "apple_status_unavailable"
    HTTP_TAMPERED = "http_tampered"
    LARGE_CLIENT_HELLO_DROPPED = "large_client_hello_dropped"
    RECOVERING = "recovering"
    # unknown
    SELF_IMPAIRED = "self_impaired"
    CONTROLS_UNKNOWN = "controls_unknown"
    APPLE_OR_PATH = "apple_or_path"
    PUSH_OR_FILTER = "push_or_filter"
    AMBIGUOUS = "ambiguous"
    IP_CONFLICT = "ip_conflict"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    STARTING_UP = "starting_up"
    RESUMED = "resumed"
    NETWORK_CHANGED = "network_changed"


class Note(StrEnum):
    """True things worth knowing that change no verdict."""

    DNS_INTERCEPTED = "dns_intercepted"
    NXDOMAIN_REWRITTEN = "nxdomain_rewritten"
    AAAA_FILTERED = "aaaa_filtered"
    ROUTER_DNS_DIFFERS = "router_dns_differs"
    PRIVATE_RELAY_DISABLED = "private_relay_disabled_by_network"
    NTP_FALSETICKER = "ntp_falseticker"
    NTP_BLOCKED = "ntp_blocked"
    NTP_KOD = "ntp_kod"
    NTP_UNSYNCHRONIZED = "ntp_unsynchronized"
    NTP_BOGUS = "ntp_bogus"
    NTP_INTERCEPTED_WRONG = "ntp_intercepted_wrong"
    CLOCK_OFF = "clock_off"
    CLOCK_DRIFT = "clock_drift"
    GATEWAY_IGNORES_PING = "gateway_ignores_ping"
    CONTROL_DOWN = "control_down"
    PROXY_NOT_WORKING = "proxy_not_working"
    PROXY_ENV_IGNORED = "proxy_env_ignored"
    INSPECTION_SPARES_APPLE = "inspection_spares_apple"
    QUIC_BLOCKED = "quic_blocked"
    NAT64 = "nat64"
    RECENT_INCIDENT = "recent_incident"
    UNWATCHED_INCIDENT = "unwatched_incident"
    MAINTENANCE_SCHEDULED = "maintenance_scheduled"
    APPLE_FEED_UNKNOWN_WORDS = "apple_feed_unknown_words"
    NEVER_SEEN_WORKING = "never_seen_working"
    COURIERS_SWITCHED_OFF = "couriers_switched_off"
    FLAPPING = "flapping"
    CONTAINER_NETWORK = "container_network"


class Signal(StrEnum):
    """The axes of the decision table, nearest to this host first."""

    SELF = "self"
    LINK = "link"
    GATEWAY = "gateway"
    INTERNET = "internet"
    PORTAL = "portal"
    PROXY = "proxy"
    CLOCK = "clock"
    DNS = "dns"
    DNS_APPLE = "dns_apple"
    TLS = "tls"
    PUSH = "push"
    SERVICES = "services"
    PORT = "port"
    IPV6 = "ipv6"
    APPLE_STATUS = "apple_status"
    NEARBY = "nearby"


class Daemon(StrEnum):
    """Signal `self`: may this very process be believed?"""

    FINE = "fine"
    IMPAIRED = "impaired"
    UNKNOWN = "unknown"


class Link(StrEnum):
    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Gateway(StrEnum):
    """GONE when the neighbour cannot be resolved, or a router that answered until now is silent to
    everything; any sign of life is ALIVE."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"


class Internet(StrEnum):
    """Authenticated non-Apple references of at least three operators."""

    REACHED = "reached"
    PARTLY = "partly"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


class Portal(StrEnum):
    """CLEAR: the exact expected answer. FAILED: no answer at all, which accuses nobody."""

    CLEAR = "clear"
    CAPTIVE = "captive"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Proxy(StrEnum):
    NOT_NEEDED = "not_needed"
    REQUIRED = "required"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class HostClock(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


class Dns(StrEnum):
    """The configured resolvers on names that have nothing to do with Apple."""

    WORKS = "works"
    FAILS = "fails"
    UNKNOWN = "unknown"


class AppleDns(StrEnum):
    """The configured resolvers on Apple's names, against a second opinion over HTTPS."""

    RIGHT = "right"
    WRONG_HERE = "wrong_here"
    WRONG_EVERYWHERE = "wrong_everywhere"
    UNKNOWN = "unknown"


class Tls(StrEnum):
    TRUSTED = "trusted"
    INTERCEPTED = "intercepted"
    INTERCEPTED_APPLE = "intercepted_apple"
    UNKNOWN = "unknown"


class Push(StrEnum):
    """FAILS: the far end itself answered wrongly. SILENT: nothing came back, which proves less."""

    WORKS = "works"
    ONLY_443 = "only_443"
    FAILS = "fails"
    SILENT = "silent"
    UNKNOWN = "unknown"


class Services(StrEnum):
    """Apple's services, by group.

    ONE_FAILS / ONE_SILENT: a group hard-fails while other groups are fine. FAIL: every group
    fails, and the far end itself said so. SILENT: everything in Apple's own network is silent,
    whatever its rented CDN says.
    """

    WORK = "work"
    PARTLY = "partly"
    ONE_FAILS = "one_fails"
    ONE_SILENT = "one_silent"
    FAIL = "fail"
    SILENT = "silent"
    UNKNOWN = "unknown"


class Port(StrEnum):
    """May this network reach ports other than the web's?"""

    OPEN = "open"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class Ipv6(StrEnum):
    """FINE: works, or is simply absent."""

    FINE = "fine"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class AppleStatus(StrEnum):
    """Apple's own word about the services that are watched."""

    CLEAR = "clear"
    INCIDENT = "incident"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"


class Nearby(StrEnum):
    """After an Apple-only failure: was anything found on this side that explains it?

    CLEAN means looked and found nothing, not that nothing is there. FINE_ELSEWHERE and
    FAILS_ELSEWHERE are another vantage point's word.
    """

    CLEAN = "clean"
    FILTERED = "filtered"
    FINE_ELSEWHERE = "fine_elsewhere"
    FAILS_ELSEWHERE = "fails_elsewhere"
    LOCAL_ROUTE = "local_route"
    UNKNOWN = "unknown"


class Sign(StrEnum):
    """What a value says about its subject. UNKNOWN is a full answer, not a missing one."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


VALUES: dict[Signal, type[StrEnum]] = {
    Signal.SELF: Daemon,
    Signal.LINK: Link,
    Signal.GATEWAY: Gateway,
    Signal.INTERNET: Internet,
    Signal.PORTAL: Portal,
    Signal.PROXY: Proxy,
    Signal.CLOCK: HostClock,
    Signal.DNS: Dns,
    Signal.DNS_APPLE: AppleDns,
    Signal.TLS: Tls,
    Signal.PUSH: Push,
    Signal.SERVICES: Services,
    Signal.PORT: Port,
    Signal.IPV6: Ipv6,
    Signal.APPLE_STATUS: AppleStatus,
    Signal.NEARBY: Nearby,
}

GOOD: dict[Signal, StrEnum] = {
    Signal.SELF: Daemon.FINE,
    Signal.LINK: Link.UP,
    Signal.GATEWAY: Gateway.ALIVE,
    Signal.INTERNET: Internet.REACHED,
    Signal.PORTAL: Portal.CLEAR,
    Signal.PROXY: Proxy.NOT_NEEDED,
    Signal.CLOCK: HostClock.RIGHT,
    Signal.DNS: Dns.WORKS,
    Signal.DNS_APPLE: AppleDns.RIGHT,
    Signal.TLS: Tls.TRUSTED,
    Signal.PUSH: Push.WORKS,
    Signal.SERVICES: Services.WORK,
    Signal.PORT: Port.OPEN,
    Signal.IPV6: Ipv6.FINE,
    Signal.APPLE_STATUS: AppleStatus.CLEAR,
    Signal.NEARBY: Nearby.CLEAN,
}


def sign_of(signal: Signal, value: str) -> Sign:
    """Whether a signal's value is good, bad or unknown. Raises ValueError for a foreign value."""
    word = VALUES[signal](value)
    if word.value == "unknown":
        return Sign.UNKNOWN
    return Sign.GOOD if word == GOOD[signal] else Sign.BAD


class Look(StrEnum):
    """What is looked at; `probe/looks.py` says how often and at what cost."""

    SELF = "self"
    LINK = "link"
    GATEWAY = "gateway"
    REF_IP = "ref_ip"
    REF_NAME = "ref_name"
    CAPTIVE = "captive"
    PROXY = "proxy"
    DNS_EACH = "dns_each"
    DNS_APP = "dns_app"
    DNS_ALT = "dns_alt"
    DNS_MANNERS = "dns_manners"
    DNS_ALIVE = "dns_alive"
    DNS_CROSS = "dns_cross"
    NTP = "ntp"
    PUSH_5223 = "push_5223"
    PUSH_443 = "push_443"
    PUSH_HTTP = "push_http"
    PORT_CTL = "port_ctl"
    MESSENGERS = "messengers"
    APPLE_WEB = "apple_web"
    STATUS = "status"
    NEARBY = "nearby"
    LINE = "line"
    NAT64 = "nat64"
    QUIC = "quic"
    PUSH_IDLE = "push_idle"


class Step(StrEnum):
    """The part of an attempt that was under way."""

    READ = "read"  # a table of this machine
    RESOLVE = "resolve"
    CONNECT = "connect"
    HANDSHAKE = "handshake"
    EXCHANGE = "exchange"
    CONTENT = "content"  # the answer came; what it says is wrong
    OURS = "ours"  # our own doing: a bug, or no room to look


class Speed(StrEnum):
    """ACTIVE: something answered. SILENT: nothing did. The strongest hint about where to look."""

    ACTIVE = "active"
    SILENT = "silent"


class Family(StrEnum):
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    NONE = "none"


class Failure(StrEnum):
    """How a step failed."""

    # device, link, gateway
    SELF_EVENT_LOOP_LAG = "self_event_loop_lag"
    SELF_FD_EXHAUSTED = "self_fd_exhausted"
    SELF_LOOPBACK_FAILED = "self_loopback_failed"
    NO_CARRIER = "no_carrier"
    NETWORK_DOWN = "network_down"
    NO_USABLE_ADDRESS = "no_usable_address"
    NO_DEFAULT_ROUTE = "no_default_route"
    NETWORK_UNREACHABLE = "network_unreachable"
    LOCAL_ROUTE_DIVERGENCE = "local_route_divergence"
    OPERATION_NOT_PERMITTED = "operation_not_permitted"
    GW_NEIGH_FAILED = "gw_neigh_failed"
    GW_SILENT = "gw_silent"
    HOST_UNREACHABLE = "host_unreachable"
    # transport
    GENERIC_TIMEOUT = "generic_timeout_error"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_RESET = "connection_reset"
    CONNECTION_ABORTED = "connection_aborted"
    EOF = "eof_error"
    # dns
    DNS_SERVFAIL = "dns_servfail_error"
    DNS_REFUSED = "dns_refused_error"
    DNS_NXDOMAIN = "dns_nxdomain_error"
    DNS_NO_ANSWER = "dns_no_answer"
    DNS_WRONG_ID = "dns_reply_with_wrong_query_id"
    DNS_MISBEHAVING = "dns_server_misbehaving"
    DNS_FORMERR = "dns_formerr"
    DNS_TRUNCATED = "dns_truncated"
    DNS_TCP_BLOCKED = "dns_tcp_blocked"
    DNS_BOGON = "dns_bogon_error"
    DNS_ANSWER_INVALID = "dns_answer_invalid"
    DNS_NO_RESOLVER = "dns_no_resolver"
    # tls
    SSL_FAILED_HANDSHAKE = "ssl_failed_handshake"
    SSL_INVALID_HOSTNAME = "ssl_invalid_hostname"
    SSL_UNKNOWN_AUTHORITY = "ssl_unknown_authority"
    SSL_CERT_NOT_YET_VALID = "ssl_cert_not_yet_valid"
    SSL_CERT_EXPIRED = "ssl_cert_expired"
    SSL_CERT_REVOKED = "ssl_cert_revoked"
    SSL_INVALID_CERTIFICATE = "ssl_invalid_certificate"
    SSL_UNEXPECTED_ISSUER = "ssl_unexpected_issuer"
    ALPN_NOT_SELECTED = "alpn_not_selected"
    # http
    HTTP_5XX = "http_5xx"
    HTTP_UNEXPECTED_STATUS = "http_unexpected_status_code"
    HTTP_UNEXPECTED_REDIRECT = "http_unexpected_redirect_url"
    HTTP_BODY_MISMATCH = "http_body_mismatch"
    PORTAL_API = "portal_api"
    HTTP_511 = "http_511"
    HTTP_MALFORMED = "http_malformed"
    HTTP_TOO_LARGE = "http_too_large"
    HTTP_ENCODING = "http_content_encoding"
    HTTP2_GOAWAY = "http2_goaway"
    RATE_LIMITED = "rate_limited_by_target"
    JSON_PARSE = "json_parse_error"
    # proxy
    PROXY_AUTH_REQUIRED = "proxy_auth_required"
    PROXY_CONNECT_FAILED = "proxy_connect_failed"
    # ntp
    NTP_KOD = "ntp_kod"
    NTP_UNSYNCHRONIZED = "ntp_unsynchronized"
    NTP_BOGUS = "ntp_bogus"
    NTP_BAD_DISTANCE = "ntp_bad_distance"
    # apple's feeds
    FEED_UNREADABLE = "feed_unreadable"
    FEED_STALE = "feed_stale"
    # meta
    NOT_RUN = "not_run"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown_failure"
