"""Reading ahead: a second process makes what this one consumes."""

import multiprocessing
from collections.abc import Callable, Generator, Iterable
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty
from typing import Any, TypeVar

T = TypeVar("T")

AT_MOST = 12
"""So many items wait at most, so that memory stays flat when the consumer is the slower one."""
LOOK_EVERY = 1.0
"""Seconds between looks whether the second process still lives."""


class ReadingAheadError(Exception):
    """The second process ended before its work did."""


def read_ahead(make: Callable[..., Iterable[T]], *arguments: Any) -> Generator[T, None, None]:
    """The items of ``make(*arguments)``, made in a process of its own; its exceptions are raised here.

    Function, arguments, items and exceptions must be picklable. The process ends with the iteration. The main
    module is imported anew in it, so a script that calls this must be guarded by its ``__name__``.
    """
    context = multiprocessing.get_context("spawn")
    items: Queue[Any] = context.Queue(AT_MOST)
    process = context.Process(target=_make, args=(items, make, arguments), daemon=True)
    process.start()
    try:
        while True:
            is_item, value = _next(items, process)
            if is_item:
                yield value
            elif value is None:
                return
            else:
                raise value
    finally:
        process.terminate()
        process.join()
        items.close()


def _next(items: "Queue[Any]", process: BaseProcess) -> tuple[bool, Any]:
    while True:
        lives = process.is_alive()
        try:
            found: tuple[bool, Any] = items.get(timeout=LOOK_EVERY)
        except Empty:
            if not lives:
                raise ReadingAheadError(f"exit code {process.exitcode}") from None
        else:
            return found


def _make(items: "Queue[Any]", make: Callable[..., Iterable[T]], arguments: tuple[Any, ...]) -> None:
    try:
        for item in make(*arguments):
            items.put((True, item))
    except Exception as error:  # noqa: BLE001 - it is raised again where the items are consumed
        items.put((False, error))
    else:
        items.put((False, None))
