"""Reading ahead: a second process makes what this one consumes."""

import multiprocessing
import pickle
from collections.abc import Callable, Generator, Iterable
from multiprocessing.connection import Connection
from queue import Queue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")

AT_MOST = 12
"""So many items wait at most, so that memory stays flat when the consumer is the slower one."""


class ReadingAheadError(Exception):
    """The second process ended before its work did."""


def read_ahead(make: Callable[..., Iterable[T]], *arguments: Any) -> Generator[T, None, None]:
    """The items of ``make(*arguments)``, made in a process of its own; its exceptions are raised here.

    Function, arguments, items and exceptions must be picklable. The process ends with the iteration. The main
    module is imported anew in it, so a script that calls this must be guarded by its ``__name__``.
    """
    context = multiprocessing.get_context("spawn")
    received, sent = context.Pipe(duplex=False)
    process = context.Process(target=_make, args=(sent, make, arguments), daemon=True)
    process.start()
    # only the process holds the other end now: when it dies, also in the middle of an item, this one ends
    sent.close()
    try:
        while True:
            try:
                is_item, value = received.recv()
            except (EOFError, OSError) as error:
                process.join()
                raise ReadingAheadError(f"exit code {process.exitcode}") from error
            if is_item:
                yield value
            elif value is None:
                return
            else:
                raise value
    finally:
        process.terminate()
        process.join()
        received.close()


def _make(items: Connection, make: Callable[..., Iterable[T]], arguments: tuple[Any, ...]) -> None:
    waiting: Queue[bytes] = Queue(AT_MOST)

    def send() -> None:
        while packed := waiting.get():
            items.send_bytes(packed)

    sender = Thread(target=send, daemon=True)
    sender.start()
    try:
        for item in make(*arguments):
            waiting.put(pickle.dumps((True, item)))
    except Exception as error:  # noqa: BLE001 - it is raised again where the items are consumed
        waiting.put(pickle.dumps((False, error)))
    else:
        waiting.put(pickle.dumps((False, None)))
    waiting.put(b"")
    sender.join()
