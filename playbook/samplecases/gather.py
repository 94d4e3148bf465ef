"""The histories of all sample cases in one database: something to review where nobody has worked yet."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from playbook.domain.events import CaseOpened, Event, MessageApproved
from playbook.policy import load_policy
from playbook.samplecases.loading import load_sample, sample_names
from playbook.samplecases.replay import Replay
from playbook.settings import data_dir
from playbook.store import Store, open_store

_KEEP_TEXTS = timedelta(days=30)


def samples_database(folder: Path) -> tuple[Path, bool]:
    """Where the histories of the samples lie in *folder*, named after their content, and whether they do."""
    digest = hashlib.sha256(load_policy().version.encode())
    for name in sample_names():
        digest.update((data_dir() / "cases" / f"{name}.yaml").read_bytes())
    path = folder / f"samples-{digest.hexdigest()[:12]}.db"
    return path, path.exists()


def gather(path: Path, names: Sequence[str] = ()) -> Iterator[str]:
    """Replay the samples (all by default) and keep their histories at *path*; gives each name when done.

    Of samples on one order only the first is kept: each was written for a desk of its own, and together they
    would compensate the same units twice. The file is there only when all are in.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".making")
    for left in making.parent.glob(f"{making.name}*"):
        left.unlink()
    held: set[str] = set()
    with open_store(f"sqlite:///{making}") as store:
        for number, name in enumerate(names or sample_names(), start=1):
            _take_over(name, number, store, held)
            yield name
    making.replace(path)


def review_moment(path: Path) -> datetime:
    """When most of the histories at *path* stand still: nine of ten cases have no later event.

    A few samples go on for weeks; reviewed at their end, every other case would be overdue.
    """
    with open_store(f"sqlite:///{path}") as store:
        ends = sorted(store.events(case_id)[-1].at for case_id in store.case_ids())
    return ends[len(ends) * 9 // 10 - 1]


def _take_over(name: str, number: int, store: Store, held: set[str]) -> None:
    """Replay one sample under a case number of its own, and copy its history and its texts."""
    replay = Replay(load_sample(name), number=number)
    try:
        replay.lock()
        replay.breakdown()
        replay.remedy()
        replay.follow_up()
        case = replay.work.case
        if case.order is not None and case.order.order_id in held:
            return
        held |= {case.order.order_id} if case.order is not None else set()
        events = [_with_text(event, replay.store, store) for event in replay.store.events(case.case_id)]
        with store.write(case.case_id) as tx:
            tx.append(case.case_id, events, expected_version=0)
            for version in {event.policy_version for event in events} - {""}:
                files = replay.store.rules(version)
                if files is not None:
                    tx.keep_rules(version, files)
    finally:
        replay.close()


def _with_text(event: Event, source: Store, target: Store) -> Event:
    """The event with its text in the vault of *target*."""
    body = event.body
    if not isinstance(body, CaseOpened | MessageApproved) or not body.message_ref:
        return event
    text = source.vault_get(body.message_ref)
    if text is None:
        return event
    kind = "message" if isinstance(body, CaseOpened) else "letter"
    purge_after = (event.at + _KEEP_TEXTS).date()
    ref = target.vault_put(kind, text, purge_after=purge_after, case_id=event.case_id)
    return event.model_copy(update={"body": body.model_copy(update={"message_ref": ref})})
