"""A TCP relay whose connections can be cut: a network fault that is real to both ends."""

import asyncio
from collections.abc import Callable
from contextlib import suppress


class Relay:
    """Listens on loopback and passes everything on to another port of loopback."""

    def __init__(self, target_port: int, rewrite: Callable[[bytes], bytes] = lambda data: data) -> None:
        self._target_port = target_port
        self._rewrite = rewrite
        """Applied to what the server says."""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.accepted = 0
        """Connections so far."""

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def cut(self) -> None:
        """Refuse new connections and break the open ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def mend(self) -> None:
        """Let connections through again, on the same port."""
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", self.port)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            there_in, there_out = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, there_out}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, there_out, lambda data: data))
                group.create_task(_pump(there_in, writer, self._rewrite))
        finally:
            for each in (writer, there_out):
                self._open.discard(each)
                each.transport.abort()


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, rewrite: Callable[[bytes], bytes]
) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(rewrite(data))
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
