"""Every sample case at several moments, for tests of what is written about it."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from playbook.domain.case import Case
from playbook.domain.events import Event
from playbook.domain.problems import Problem
from playbook.letters import Letter, LetterKind, LintFinding, draft, lint
from playbook.samplecases.loading import load_sample, sample_names
from playbook.samplecases.replay import Replay
from playbook.steps.options import Option
from playbook.viewmodels.followup import FollowUpModel
from tests.builders import the_policy


@dataclass(frozen=True, repr=False)
class Snapshot:
    """A case at a moment, with the options of what is undecided and the questions that are open.

    ``events`` is its log, ``roles`` who acted in which role, ``told`` the words of its messages.
    """

    name: str
    case: Case
    now: datetime
    offers: tuple[Option, ...]
    questions: dict[str, tuple[str, ...]]
    events: tuple[Event, ...]
    roles: dict[str, str]
    told: dict[str, str | None]

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def letter(self, kind: LetterKind, locale: str) -> Letter | Problem:
        """A letter to a buyer who writes in *locale*."""
        case = replace(self.case, language=locale)
        return draft(
            kind,
            case,
            policy=the_policy(),
            now=self.now,
            questions=self.questions[locale],
            offers=self.offers,
        )

    def lint(self, text: str, locale: str, drafted: str) -> tuple[LintFinding, ...]:
        """What the rules say about a text to that buyer."""
        case = replace(self.case, language=locale)
        return lint(
            text,
            case=case,
            policy=the_policy(),
            locale=locale,
            now=self.now,
            drafted=drafted,
            offers=self.offers,
        )


@cache
def snapshots() -> tuple[Snapshot, ...]:
    """After the breakdown, before each message, and in the end; each sample is replayed once in a process."""
    found = []
    for name in sample_names():
        replay = Replay(load_sample(name))
        try:
            replay.lock()
            replay.breakdown()
            found.append(_taken(name + ", broken down", replay))
            replay.remedy()
            for action in replay.sample.answers.follow_up:
                if action.do == "send":
                    found.append(_taken(f"{name}, before {len(replay.work.case.messages)}", replay))
                replay._run([action])
            found.append(_taken(name, replay))
        finally:
            replay.close()
    return tuple(found)


def _taken(name: str, replay: Replay) -> Snapshot:
    from playbook.letters import LOCALES

    work = replay.work
    model = FollowUpModel(work)
    questions = {locale: model.questions(locale) for locale in LOCALES}
    return Snapshot(
        name,
        work.case,
        work.now,
        work.desk.offers(work.case),
        questions,
        work.desk.events(work.case.case_id),
        _roles(replay),
        work.desk.told(work.case),
    )


def _roles(replay: Replay) -> dict[str, str]:
    """Who acts in a sample: its agent, and whoever decides or checks something for it."""
    sample, answers = replay.sample, replay.sample.answers
    roles = {sample.agent: sample.role}
    for action in (*answers.lock, *answers.breakdown, *answers.remedy, *answers.follow_up):
        if action.do in {"approve", "refuse", "check_refunds"}:
            roles[action.by or "wang"] = action.role or "lead"
    return roles


def finished() -> dict[str, Snapshot]:
    """Every sample as it is in the end, by its name."""
    return {snapshot.name: snapshot for snapshot in snapshots() if "," not in snapshot.name}
