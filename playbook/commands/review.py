"""`playbook review`: every case of a period against facts; a report, tables, an exit code for schedulers."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.commands.database import (
    CANNOT_RUN,
    FINDINGS,
    WRONG_USAGE,
    database_option,
    opened,
    read_settings,
)
from playbook.settings import LANGUAGES, Settings

if TYPE_CHECKING:
    from playbook.review.run import Run

_DAY = click.DateTime(("%Y-%m-%d",))


@click.command(epilog="Example: playbook review --from 2026-11-01 --to 2026-11-30 --out november")
@click.option("--from", "first", type=_DAY, required=True, help="The first day on which cases were opened.")
@click.option("--to", "last", type=_DAY, required=True, help="The last day, included.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="A folder for the report, by default in the home."
)
@click.option("--as-of", metavar="TIME", help="Review as things stood then, for example 2026-11-30T18:00Z.")
@click.option("--marketplace", "marketplaces", multiple=True, help="Only this one; may be repeated.")
@click.option("--agent", "agents", multiple=True, help="Only cases in which this person worked.")
@click.option("--team", "teams", multiple=True, help="Only cases of this team.")
@click.option("--problem", "problems", multiple=True, help="Only cases with this problem type.")
@click.option("--sample", type=int, default=0, help="So many cases, drawn always alike; all by default.")
@click.option("--scorecard", default="standard", show_default=True, help="A file of data/scorecards.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="The language of the report.")
@click.option("--jobs", type=click.IntRange(1, 64), default=os.cpu_count() or 1, show_default="cores")
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="A dask scheduler whose workers do the work.")
@click.option("--desk", metavar="URL", help="Where the desk answers; links to cases lead there.")
@click.option("--samples", is_flag=True, help="Review the sample cases instead of your own.")
@database_option
def review(
    first: datetime,
    last: datetime,
    out: Path | None,
    as_of: str | None,
    marketplaces: tuple[str, ...],
    agents: tuple[str, ...],
    teams: tuple[str, ...],
    problems: tuple[str, ...],
    sample: int,
    scorecard: str,
    lang: str | None,
    jobs: int,
    scheduler: str | None,
    desk: str | None,
    samples: bool,
    database: str | None,
) -> None:
    """Review the cases that were opened in a period.

    A stopped run goes on where it was when it is started again.

    Exit code 0: nothing found. 1: findings. 2: wrong usage. 3: could not run.
    """
    from playbook.policy import load_policy
    from playbook.review.results import Asked
    from playbook.review.run import ReviewImpossible, ReviewRefused, run
    from playbook.store import StoreError
    from playbook.widgets.reviewreport import DESK, write_report

    settings = read_settings()
    language = lang or settings.language or "en"
    try:
        url = _samples(settings) if samples else database
        with opened(url, settings, must_exist=True):
            pass
        asked = Asked(
            first.date(),
            last.date(),
            _moment(as_of, settings, url if samples else None),
            marketplaces,
            agents,
            teams,
            problems,
            sample,
            scorecard,
        )
        with _progress() as told:
            done = run(
                asked,
                settings,
                out=out,
                database_url=url,
                lang=language,
                jobs=jobs,
                scheduler=scheduler,
                made_at=datetime.now(UTC).replace(microsecond=0),
                progress=told,
                any_time=as_of is None,
            )
        pages = DESK if desk is None else f"{desk.rstrip('/')}/voila/render/"
        write_report(done.results, done.folder, language, load_policy(), pages)
    except ReviewRefused as refused:
        for sentence in refused.sentences:
            click.echo(sentence, err=True)
        sys.exit(CANNOT_RUN if isinstance(refused, ReviewImpossible) else WRONG_USAGE)
    except (OSError, StoreError) as error:
        click.echo(f"could not run: {error}", err=True)
        sys.exit(CANNOT_RUN)
    _tell(done)
    sys.exit(FINDINGS if done.has_findings else 0)


def _moment(text: str | None, settings: Settings, samples: str | None) -> datetime:
    """The time of the review: as given, when most samples stand still, or as the clock says."""
    from playbook.review.run import ReviewRefused
    from playbook.samplecases.gather import review_moment

    if text is None and samples is not None:
        return review_moment(Path(samples.removeprefix("sqlite:///")))
    if text is None:
        return settings.as_of or datetime.now(UTC).replace(microsecond=0)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ReviewRefused([f"--as-of {text!r} is no time; write it as 2026-11-30T18:00Z"]) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _samples(settings: Settings) -> str:
    """The database of the sample cases, made when it is not there."""
    from playbook.samplecases.gather import gather, samples_database
    from playbook.samplecases.loading import sample_names

    path, there = samples_database(settings.home / "cache")
    if not there:
        with click.progressbar(
            gather(path), length=len(sample_names()), label="sample cases", file=sys.stderr
        ) as names:
            for _name in names:
                pass
    return f"sqlite:///{path}"


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal that learns its length with the first part."""
    with ExitStack() as stack:
        bars: list[Any] = []

        def told(done: int, total: int) -> None:
            if not bars:
                bars.append(
                    stack.enter_context(click.progressbar(length=total, label="cases", file=sys.stderr))
                )
            bars[0].update(done - bars[0].pos)

        yield told


def _tell(done: "Run") -> None:
    """The figures of the run, and where its files are."""
    now = done.results.now
    figures = f"{now.failed} failed, {now.findings} findings, {len(now.damaged)} damaged"
    click.echo(f"reviewed {now.cases} cases: {figures}")
    for check, count in list(done.results.found())[:10]:
        click.echo(f"  {check:<32} {count.cases} cases, {count.findings} findings")
    click.echo(f"files: {done.folder}")
