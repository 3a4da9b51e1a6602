"""HTTP over httpx, for what needs it: HTTP/2, DNS over HTTPS, conditional requests, webhooks.

The only importer of httpx. It dials an address that is already known, so that a name is never
resolved behind our back, and verifies the host's name inside TLS.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from probe.failures import LookFailed, failure_of
from probe.trust import Trust, Use
from probe.words import Failure, Speed, Step

if TYPE_CHECKING:
    import httpx

# httpx's own command line would bring click, rich and pygments where they happen to be installed:
# 5.7 MiB and 75 ms (measured). httpx does without it when it cannot be imported.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: "cannot be imported"

# What httpcore says it is doing, in the words of this program. Everything else is the exchange.
STEP_BY_EVENT = (("connection.connect_tcp", Step.CONNECT), ("connection.start_tls", Step.HANDSHAKE))
# How httpcore and h11 put it that the far end closed too early: before and in the middle of an
# answer.
ENDED = ("disconnected", "closed connection")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole answer. Header names are lower-case; a header that came twice is joined by ", "."""

    status: int
    http_version: str  # "HTTP/1.1", "HTTP/2"
    headers: Mapping[str, str]
    body: bytes
    seconds: Mapping[Step, float]


@dataclass(slots=True)
class _Trace:
    """Which step is under way, how long the finished ones took, and the connection they are on."""

    loop: asyncio.AbstractEventLoop
    stream: Any = None  # httpcore's, while it is being set up
    receiving: bool = False
    step: Step = Step.CONNECT
    began: float = field(init=False)
    seconds: dict[Step, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.loop.time()

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self.stream = info.get("return_value")
        if not event.endswith(".started") or ".response_closed." in event:
            return
        self.receiving = ".receive_" in event
        step = next((step for name, step in STEP_BY_EVENT if event.startswith(name)), Step.EXCHANGE)
        if step is not self.step:
            self.end(step)

    def end(self, after: Step) -> None:
        now = self.loop.time()
        self.seconds[self.step] = self.seconds.get(self.step, 0.0) + now - self.began
        self.step, self.began = after, now


class Http:
    """Asks over HTTP, each time on a connection of its own.

    A kept connection would hide that new ones fail, and httpcore shares one HTTP/2 connection among
    all requests to an address, whatever host they verify. What is dear is the TLS context, and that
    is built once per use in `trust`.
    """

    def __init__(
        self,
        trust: Trust,
        ports: Mapping[int, int],
        user_agent: str,
        *,
        source: str | None = None,
    ) -> None:
        self._trust, self._ports, self._user_agent = trust, ports, user_agent
        self._source = source
        self._open: set[httpx.AsyncHTTPTransport] = set()

    async def fetch(
        self,
        *,
        method: str,
        address: str,
        host: str,
        port: int,
        path: str,
        use: Use | None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        http2: bool = False,
        max_bytes: int,
        within_seconds: float,
    ) -> HttpAnswer:
        """Ask once; redirects are answers. `use` None: plain HTTP.

        `within_seconds` bounds everything from the first SYN to the last byte, `max_bytes` the
        body. Raises LookFailed with the step that failed; ValueError for an address that is a name.
        """
        import httpx  # here, because it costs 50 ms that most starts can spend later

        literal = ip_address(address)
        trace = _Trace(asyncio.get_running_loop())
        request = httpx.Request(
            method,
            self._url(literal.version, address, port, path, secure=use is not None),
            headers=self._headers(host, port, use, headers),
            content=body,
            extensions={"sni_hostname": host, "trace": trace, "timeout": {}},
        )
        transport = httpx.AsyncHTTPTransport(
            verify=self._trust.context(use) if use is not None else False,
            http2=http2,
            trust_env=False,
            local_address=None if literal.is_loopback else self._source,
        )
        self._open.add(transport)
        try:
            async with asyncio.timeout(within_seconds):
                response = await transport.handle_async_request(request)
                return await _whole(response, trace, max_bytes)
        except Exception as error:
            failed = _failed(error, trace, within_seconds)
            if failed is None:
                raise
            raise failed from error
        finally:
            self._open.discard(transport)
            await transport.aclose()
            if trace.stream is not None:
                # httpcore 1.0.9 forgets the connection when it is cancelled during the TLS
                # handshake; nobody else would ever close it.
                await trace.stream.aclose()

    async def aclose(self) -> None:
        """Break off whatever is still being asked."""
        while self._open:
            await self._open.pop().aclose()

    def _url(self, version: int, address: str, port: int, path: str, *, secure: bool) -> str:
        shown = f"[{address}]" if version == 6 else address
        scheme = "https" if secure else "http"
        return f"{scheme}://{shown}:{self._ports.get(port, port)}{path}"

    def _headers(
        self, host: str, port: int, use: Use | None, more: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        shown = f"[{host}]" if ":" in host else host
        if port != (80 if use is None else 443):
            shown = f"{shown}:{port}"
        return [
            ("Host", shown),
            ("User-Agent", self._user_agent),
            ("Accept-Encoding", "identity"),  # a bomb cannot go off that is never unpacked
            *more,
        ]


async def _whole(response: httpx.Response, trace: _Trace, max_bytes: int) -> HttpAnswer:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise LookFailed(
            Failure.HTTP_ENCODING, Speed.ACTIVE, f"sent {encoding[:40]}, asked for identity"
        )
    body = bytearray()
    async for chunk in response.stream:  # type: ignore[union-attr]
        body += chunk
        if len(body) > max_bytes:
            raise LookFailed(
                Failure.HTTP_TOO_LARGE, Speed.ACTIVE, f"answer is larger than {max_bytes} bytes"
            )
    trace.end(Step.EXCHANGE)
    version = response.extensions.get("http_version", b"HTTP/1.1")
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return HttpAnswer(
        status=response.status_code,
        http_version=version.decode("ascii", errors="replace"),
        headers=headers,
        body=bytes(body),
        seconds=trace.seconds,
    )


def _failed(error: Exception, trace: _Trace, within_seconds: float) -> LookFailed | None:
    """The error as this program tells it; None for a bug of ours."""
    if isinstance(error, LookFailed):
        return LookFailed(error.failure, error.speed, error.detail, step=trace.step)
    known = failure_of(error)
    if known is None:
        failure = _library_word(error, receiving=trace.receiving)
        known = (failure, Speed.ACTIVE, str(error)) if failure is not None else None
    if known is None:
        return None
    failure, speed, detail = known
    if isinstance(error, TimeoutError) and error.errno is None:  # ours, not the kernel's
        detail = f"no whole answer within {within_seconds:g} s"
    return LookFailed(failure, speed, detail, step=trace.step)


def _library_word(error: Exception, *, receiving: bool) -> Failure | None:
    """What httpx found by itself, with no word of the kernel's or of TLS behind it."""
    import httpx

    match error:
        case httpx.RemoteProtocolError() if (word := _goodbye(error)) is not None:
            return word
        case httpx.RemoteProtocolError() if any(said in str(error) for said in ENDED):
            return Failure.EOF
        case httpx.RemoteProtocolError():
            return Failure.HTTP_MALFORMED
        case httpx.LocalProtocolError() if receiving:
            return Failure.HTTP_MALFORMED  # httpcore calls the far end's bad HTTP/2 frames local
        case httpx.NetworkError():
            return Failure.EOF  # anyio reports a closed connection without saying more
        case _:
            return None


# Error codes of GOAWAY (RFC 9113 7) that are about the far end or about us; any other complains of
# what was sent, and that is nobody's outage.
GOODBYES = {
    0x0: Failure.HTTP2_GOAWAY,  # NO_ERROR: it is being shut down
    0x2: Failure.HTTP2_GOAWAY,  # INTERNAL_ERROR
    0xB: Failure.RATE_LIMITED,  # ENHANCE_YOUR_CALM
}

# Error codes with which one request alone is given up (RFC 9113 7), as a rule by what stands in
# front and got no answer itself: NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL.
GIVEN_UP = frozenset({0x0, 0x2, 0x7, 0x8})


def _goodbye(error: Exception) -> Failure | None:
    """What the far end meant by ending an HTTP/2 connection, or this request on it, before it
    answered; None if it did not.

    httpx repeats httpcore's error in words; httpcore's own carries h2's event.
    """
    said = error.__cause__.args if error.__cause__ is not None else ()
    code = getattr(said[0], "error_code", None) if said else None
    if code is None:
        return None
    from h2.events import StreamReset

    if isinstance(said[0], StreamReset):
        return Failure.EOF if int(code) in GIVEN_UP else None
    return GOODBYES.get(int(code))
