"""getaddrinfo, as applications feel it: in threads of its own, because it cannot be cancelled."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress

from probe.failures import LookFailed
from probe.words import Failure, Speed, Step

# A call that its asker gave up on goes on for up to 15 s (measured, IPv6 answers dropped). More
# than these few at once would only be more of the same silence.
THREADS = 4


class Lookup:
    """Asks the system's own resolver. Threads are daemons: a hanging call does not hold up exit."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(THREADS)

    async def __call__(self, name: str) -> tuple[str, ...]:
        """The addresses that an application would get, in its order.

        Raises socket.gaierror; LookFailed when earlier calls still hold every thread.
        """
        if not self._free.acquire(blocking=False):
            raise LookFailed(
                Failure.NOT_RUN,
                Speed.SILENT,
                f"{THREADS} earlier lookups of this device are still waiting",
                step=Step.OURS,
            )
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[str, ...]] = loop.create_future()
        thread = threading.Thread(
            target=self._ask, args=(name, loop, answer), name=f"lookup {name}", daemon=True
        )
        try:
            thread.start()
        except BaseException:
            self._free.release()
            raise
        return await answer

    def _ask(
        self, name: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[tuple[str, ...]]
    ) -> None:
        addresses: tuple[str, ...] = ()
        failed: Exception | None = None
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        except Exception as error:  # handed to whoever waits, whatever it is
            failed = error
        finally:
            self._free.release()

        def tell() -> None:
            if answer.done():  # its asker gave up
                return
            if failed is not None:
                answer.set_exception(failed)
            else:
                answer.set_result(addresses)

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell)
