"""A run of the review over a period: what is asked is checked first, then cases are reviewed part by part."""

import hashlib
import json
import pickle
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from playbook import __version__
from playbook.domain.claims import ProblemType
from playbook.domain.ids import CaseId, Marketplace
from playbook.policy import load_policy
from playbook.review.files import RunFiles
from playbook.review.reader import Chunk, Part, cases_of, review_chunk, reviewed, take
from playbook.review.results import Asked, NotChecked, Results, Totals
from playbook.review.scorecard import load_scorecard, scorecard_names
from playbook.settings import Settings
from playbook.store import Store, open_store

CASES_AT_ONCE = 200
"""Cases of one part: enough that reading them together pays, few enough that a part is done in a second."""

AHEAD = 3
"""Parts that wait for each worker, so that none is idle and memory stays flat."""

_STAMP = "%Y%m%dT%H%M%S%fZ"
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)

_GOES_ON = "what was done is kept: start the same review again and it goes on from there"

MARKER = "review.json"
"""The file by which a folder is known as one of ours, to be written over."""


class ReviewRefused(ValueError):  # noqa: N818 - it is a refusal, not a bug
    """What was asked cannot be reviewed; the sentences say why and what to write instead."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


class ReviewImpossible(ReviewRefused):
    """What was asked is sensible, but cannot be done here: a folder, a scheduler, a package is missing."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is done: what came of it, and the folder with its files."""

    results: Results
    folder: Path

    @property
    def has_findings(self) -> bool:
        """Whether anything is wrong: a finding that counts, or a damaged case."""
        return bool(self.results.now.findings or self.results.now.damaged)


Progress = Callable[[int, int], None]
"""Told how many cases are done, of how many."""


def check_asked(asked: Asked, settings: Settings) -> None:
    """Raise ReviewRefused with a sentence for everything that cannot be meant."""
    wrong = []
    if asked.last < asked.first:
        wrong.append(f"the period ends on {asked.last}, before it begins on {asked.first}; swap the two days")
    if asked.as_of.tzinfo is None:
        wrong.append(f"as_of {asked.as_of.isoformat()} has no time zone; write it as 2026-11-30T18:00:00Z")
    if asked.sample < 0:
        wrong.append(f"a sample of {asked.sample} cases; write how many, or 0 for all")
    known: dict[str, tuple[Sequence[str], Sequence[str]]] = {
        "marketplace": (asked.marketplaces, [market.value for market in Marketplace]),
        "agent": (asked.agents, sorted(settings.staff)),
        "team": (asked.teams, sorted(set(settings.teams.values()) - {""})),
        "problem type": (asked.problems, [kind.value for kind in ProblemType]),
        "scorecard": ((asked.scorecard,), scorecard_names()),
    }
    for what, (names, all_of_them) in known.items():
        wrong += [_unknown(what, name, all_of_them) for name in names if name not in all_of_them]
    if wrong:
        raise ReviewRefused(wrong)


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=2) or get_close_matches(name.upper(), known, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known) or 'none'}"
    return f"there is no {what} {name!r}; {hint}"


def run(
    asked: Asked,
    settings: Settings,
    *,
    out: Path | None = None,
    database_url: str | None = None,
    lang: str = "en",
    jobs: int = 1,
    scheduler: str | None = None,
    made_at: datetime | None = None,
    progress: Progress | None = None,
    any_time: bool = False,
) -> Run:
    """Review the cases that were opened in a period, and write the files of the run into a folder.

    *jobs* is how many processes of this machine work; *scheduler* the address of a dask scheduler that has
    the work done instead. Parts that are done are kept until the run is: started again with the same question
    about the same log, it goes on from there; with *any_time* (nobody asked for a certain ``as_of``) also
    where ``as_of`` has moved on by less than a day since: it keeps that of the run that was stopped. Raises
    ReviewRefused for a question or a folder that cannot be.
    """
    check_asked(asked, settings)
    url = database_url or settings.database_url
    folder = out or settings.home / "reviews" / f"{asked.first}_{asked.last}"
    _claim(folder)
    policy, card = load_policy(), load_scorecard(asked.scorecard, load_policy())
    days = (asked.last - asked.first).days + 1
    before_first, before_last = asked.first - timedelta(days=days), asked.first - timedelta(days=1)
    with open_store(url) as store:
        current = cases_of(store, asked.first, asked.last)
        earlier = cases_of(store, before_first, before_last)
        known = set(current)
        earlier = [case_id for case_id in earlier if case_id not in known]
        rules = (policy.version, card.name, card.rows, __version__)
        question = (replace(asked, as_of=_NO_TIME), settings.staff, settings.teams, rules)
        about = settings.home / "reviews" / ".parts" / _fingerprint((question, store.log_digest(), url))
        if any_time:
            asked = _as_stopped(asked, about)
        with RunFiles(folder, lang, policy) as files:
            if asked.sample:
                now = _sampled(store, current, asked, settings, files)
                before = Totals()
            else:
                chunks = _chunks(url, current, asked, settings, details=True)
                chunks += _chunks(url, earlier, asked, settings, details=False)
                kept = about / asked.as_of.astimezone(UTC).strftime(_STAMP)
                now, before = _all(chunks, files, kept, jobs, scheduler, progress)
    results = Results(
        asked=asked,
        scorecard=card,
        now=now,
        before=before,
        before_first=before_first,
        before_last=before_last,
        not_checked=_not_checked(now, asked, len(current)),
        files=tuple(files.names),
        made_at=made_at,
    )
    (folder / MARKER).write_text(json.dumps(_marker(results), indent=2, default=str) + "\n", encoding="utf-8")
    return Run(results, folder)


def _claim(folder: Path) -> None:
    """Make the folder of a run, or take one of an earlier run. Raises ReviewRefused for any other."""
    try:
        ours = (folder / MARKER).exists()
        if folder.exists() and not ours and (not folder.is_dir() or any(folder.iterdir())):
            raise ReviewRefused(
                [f"{folder} is there and holds no review; name a new folder, or empty this one"]
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
    except OSError as error:
        raise ReviewImpossible([f"{folder} cannot be written: {error.strerror or error}"]) from None


def _marker(results: Results) -> dict[str, object]:
    """What a scheduler may want to read of a run without its report."""
    now = results.now
    return {
        "asked": asdict(results.asked),
        "cases": now.cases,
        "open": now.still_open,
        "failed": now.failed,
        "findings": now.findings,
        "damaged": [one.case_id for one in now.damaged],
        "earlier_cases": results.before.cases,
        "files": list(results.files),
    }


def _not_checked(now: Totals, asked: Asked, opened: int) -> tuple[NotChecked, ...]:
    """What the report says it has not looked at; *opened* cases belong to the period."""
    unread = sum(not one.checked for one in now.damaged)
    notes = [NotChecked("damaged", unread)] if unread else []
    if asked.sample:
        notes.append(NotChecked("sample", opened - now.cases - unread))
    return tuple(notes)


def _as_stopped(asked: Asked, about: Path) -> Asked:
    """The question with the time of the latest stopped run about it, if that is less than a day ago."""
    found = [datetime.strptime(place.name, _STAMP).replace(tzinfo=UTC) for place in about.glob("*Z")]
    recent = [at for at in found if timedelta(0) <= asked.as_of - at < timedelta(days=1)]
    return replace(asked, as_of=max(recent, default=asked.as_of))


def _fingerprint(question: object) -> str:
    return hashlib.sha256(repr(question).encode()).hexdigest()[:24]


def _chunks(
    url: str, case_ids: Sequence[CaseId], asked: Asked, settings: Settings, *, details: bool
) -> list[Chunk]:
    return [
        Chunk(
            url,
            tuple(case_ids[at : at + CASES_AT_ONCE]),
            asked,
            dict(settings.staff),
            dict(settings.teams),
            details,
        )
        for at in range(0, len(case_ids), CASES_AT_ONCE)
    ]


def _sampled(
    store: Store, case_ids: Sequence[CaseId], asked: Asked, settings: Settings, files: RunFiles
) -> Totals:
    """Review so many of the cases asked for, drawn by a hash of their numbers: always the same ones."""
    drawn = sorted(case_ids, key=lambda case_id: hashlib.sha256(case_id.encode()).digest())
    card = load_scorecard(asked.scorecard, load_policy())
    part = Part()
    left = asked.sample
    for at in range(0, len(drawn), CASES_AT_ONCE):
        some = drawn[at : at + CASES_AT_ONCE]
        for review in reviewed(store, some, asked.as_of, settings.staff, settings.teams):
            left -= take(part, review, card, asked, details=True)
            if not left:
                break
        if not left:
            break
    part.findings.sort(key=lambda line: (line.case_id, line.seq, line.check))
    part.scores.sort(key=lambda line: line.case_id)
    files.add(part)
    return part.totals


# ---- parts, here or elsewhere ------------------------------------------------------------------------


class _Done(Protocol):
    def result(self) -> Part: ...


Submit = Callable[[Chunk], _Done]


def _all(
    chunks: Sequence[Chunk],
    files: RunFiles,
    kept: Path,
    jobs: int,
    scheduler: str | None,
    progress: Progress | None,
) -> tuple[Totals, Totals]:
    """Every chunk reviewed and written in its order; the totals of the period and of the one before."""
    totals = {True: Totals(), False: Totals()}
    cases = sum(len(chunk.case_ids) for chunk in chunks)
    done = 0
    kept.mkdir(parents=True, exist_ok=True)
    open_parts = sum(not _place(kept, number).exists() for number in range(len(chunks)))
    with _workers(min(jobs, open_parts), scheduler) as (submit, workers):
        for chunk, part in zip(chunks, _in_order(chunks, kept, submit, workers * AHEAD), strict=True):
            if chunk.details:
                files.add(part)
            totals[chunk.details].merge(part.totals)
            done += len(chunk.case_ids)
            if progress is not None:
                progress(done, cases)
    shutil.rmtree(kept.parent, ignore_errors=True)
    return totals[True], totals[False]


def _in_order(chunks: Sequence[Chunk], kept: Path, submit: Submit, window: int) -> Iterator[Part]:
    """The part of each chunk, in their order, at most *window* under way; each is kept when done."""
    waiting: deque[tuple[int, _Done | None]] = deque()
    for number, chunk in enumerate(chunks):
        there = _place(kept, number).exists()
        waiting.append((number, None if there else submit(chunk)))
        if len(waiting) >= window:
            yield _finished(*waiting.popleft(), kept)
    while waiting:
        yield _finished(*waiting.popleft(), kept)


def _place(kept: Path, number: int) -> Path:
    return kept / f"{number:06}.part"


def _finished(number: int, working: _Done | None, kept: Path) -> Part:
    place = _place(kept, number)
    if working is None:
        return _read(place)
    part = working.result()
    unfinished = place.with_suffix(".new")
    unfinished.write_bytes(pickle.dumps(part))
    unfinished.replace(place)
    return part


def _read(place: Path) -> Part:
    """A part that this program kept in its own home, beside the database: nobody else writes there."""
    part: Part = pickle.loads(place.read_bytes())  # noqa: S301 - see above
    return part


class _Now:
    """Work that is done when its result is asked for."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk

    def result(self) -> Part:
        return review_chunk(self._chunk)


@contextmanager
def _workers(jobs: int, scheduler: str | None) -> Iterator[tuple[Submit, int]]:
    """Where chunks are reviewed: on a cluster, in processes of this machine, or here."""
    if scheduler is not None:
        with _cluster(scheduler) as found:
            yield found
        return
    if jobs <= 1:
        yield _Now, 1
        return
    try:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            yield (lambda chunk: pool.submit(review_chunk, chunk)), jobs
    except BrokenProcessPool:
        raise ReviewImpossible(
            [f"one of {jobs} processes was ended, perhaps for want of memory; {_GOES_ON}, with fewer --jobs"]
        ) from None


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Submit, int]]:
    """The workers of a dask scheduler; a chunk whose worker dies is done again by another one."""
    try:
        from distributed import CancelledError, Client, KilledWorker
    except ImportError:
        raise ReviewImpossible(
            ["a scheduler needs the extra: pip install 'bulk-order-playbook[cluster]'"]
        ) from None
    try:
        client: Any = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ReviewImpossible([f"no scheduler answers at {address}: {error}"]) from None
    try:
        with client:
            workers = sum(client.ncores().values())
            if not workers:
                raise ReviewImpossible([f"the scheduler at {address} has no workers; start some, then this"])
            yield (lambda chunk: client.submit(review_chunk, chunk, pure=False, retries=3)), workers
    except (KilledWorker, CancelledError):
        raise ReviewImpossible([f"the cluster at {address} lost its workers or itself; {_GOES_ON}"]) from None
