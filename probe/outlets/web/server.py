"""uvicorn inside our own loop: no signal handlers, no output, an end that is awaited."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

BACKLOG = 64
MOST_CONNECTIONS = 64  # a page, a scraper, a few phones; more is 503, not memory
IDLE_SECONDS = 15  # keep-alive; a scraper comes back after 15 s
END_SECONDS = 2  # for answers under way when we stop
# A caller that takes nothing of an answer for so long has gone: the kernel then closes (tcp(7)).
STUCK_SECONDS = 20
TICK_SECONDS = 1.0  # uvicorn's own tick is 0.1 s, which costs 0.165 % of a core (measured)


class CannotListen(OSError):
    """The address cannot be served. Its text says which, why, and what to do."""


class _Server(uvicorn.Server):
    """uvicorn's server with our loop's manners."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals are the application's: uvicorn would raise them again after its end

    async def main_loop(self) -> None:
        """As uvicorn's, but woken by the end instead of asking for it ten times a second."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK_SECONDS)

    def end(self) -> None:
        self.should_exit = True
        self._ending.set()


class WebServer:
    """Serves one application. Prints nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._server: _Server | None = None
        self._stopped = False
        self._ended = asyncio.Event()

    async def serve(
        self,
        host: str,
        port: int,
        *,
        listening: Callable[[str, int], object] = lambda host, port: None,
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
    ) -> None:
        """Serve once, until `stop` or cancellation. An empty host is every address we have.

        With `tls` only over TLS, each connection with what it gives then: a certificate may be
        renewed while we run. `listening` hears the address really bound, once callers can connect.
        Raises CannotListen.
        """
        if self._stopped:
            return
        taken = listen(host, port)
        # Each connection inherits it. asyncio would set it, but not on a socket without a protocol
        # number, as `create_server` makes them; a kept connection then waits 40 ms for each answer.
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; each connection inherits it
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_SECONDS * 1000)
        config = uvicorn.Config(
            self._app,
            http="h11",
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_config=None,
            log_level="error",  # its warnings are about what strangers send
            server_header=False,
            proxy_headers=False,  # who asks is who connects: anyone can write a header
            backlog=BACKLOG,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=END_SECONDS,
        )
        config.load()
        config.ssl = first = tls()
        if first is not None:
            first.sni_callback = lambda caller, _, usual: setattr(caller, "context", tls() or usual)
        self._server = _Server(config)
        serving = asyncio.create_task(self._server.serve(sockets=[taken]), name="uvicorn")
        try:
            listening(*taken.getsockname()[:2])
            await asyncio.shield(serving)
        finally:
            self._server.end()
            try:
                await serving
            finally:
                taken.close()  # uvicorn closes it too, unless it failed before
                self._ended.set()

    async def stop(self) -> None:
        """End, for good, and wait for the end."""
        self._stopped = True
        if self._server is not None:
            self._server.end()
            await self._ended.wait()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotListen in words that say what to do."""
    try:
        if not host and socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG
            )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        place = f"[{host}]:{port}" if ":" in host else f"{host or 'every address'}:{port}"
        reasons = {
            errno.EADDRINUSE: "is already in use; is isitme running there? "
            "Choose another with --listen",
            errno.EADDRNOTAVAIL: "is not an address of this machine",
            errno.EACCES: "needs more rights; choose a port above 1023 with --listen",
        }
        reason = reasons.get(error.errno or 0, f"cannot be served: {error.strerror or error}")
        raise CannotListen(error.errno, f"{place} {reason}") from None
