"""A desk in a home of its own, and pages on it as a browser window would hold them."""

import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import ipywidgets as w
import pytest

import playbook.notebook as pb
from playbook.desk import Desk
from playbook.domain.case import Case
from playbook.settings import Settings
from playbook.steps import Actor
from playbook.store import SqlStore, open_store
from playbook.viewmodels.home import HomeModel
from playbook.widgets.home import HomeView
from tests.builders import NOW, the_policy
from tests.desks import Clock
from tests.widgets.page import Screen

STAFF = "lin:agent,wang:lead,zhao:manager"


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with tables and sample orders, and no case."""
    from playbook.firstrun import open_home

    home = tmp_path_factory.mktemp("prepared") / "home"
    env = {"PLAYBOOK_HOME": str(home), "PLAYBOOK_AS_OF": NOW.isoformat()}
    open_home(Settings.from_env(env)).close()
    return home


@pytest.fixture
def home(prepared_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of this test, in the environment; the clock stands still on a Monday morning."""
    home = tmp_path / "home"
    shutil.copytree(prepared_home, home)
    for name in ("PLAYBOOK_DATABASE", "PLAYBOOK_AGENT", "PLAYBOOK_LANG", "QUERY_STRING", "VOILA_KERNEL_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLAYBOOK_HOME", str(home))
    monkeypatch.setenv("PLAYBOOK_STAFF", STAFF)
    monkeypatch.setenv("PLAYBOOK_AS_OF", NOW.isoformat())
    return home


@pytest.fixture
def store(home: Path) -> Iterator[SqlStore]:
    """The store behind all pages."""
    with open_store(f"sqlite:///{home / 'playbook.db'}") as store:
        yield store


@pytest.fixture
def clock() -> Clock:
    """The time on every page of the test."""
    return Clock()


@pytest.fixture
def desk(store: SqlStore, clock: Clock) -> Desk:
    """The desk of the agent, for what happened before a page opens."""
    return Desk(store, the_policy(), Actor("lin", "agent"), clock)


class Window(Screen):
    """One browser window on a case, or on the form for a new one."""

    def __init__(self, work: pb.Work, clock: Clock) -> None:
        super().__init__(lambda: list(self.page.slots.values()))
        assert work._page is not None
        self.page: Any = work._page
        self.page.desk.clock = clock

    @property
    def case(self) -> Case:
        """The case as this window shows it."""
        assert self.page.work is not None
        case: Case = self.page.work.case
        return case

    @property
    def step(self) -> str:
        """The step that is shown."""
        step: str = self.page.work.step.value
        return step


@pytest.fixture
def windows(home: Path, clock: Clock) -> Iterator[Callable[..., Window]]:
    """Opens windows: ``windows(case_id=..., lang="en", agent="wang")``."""
    opened: list[Window] = []

    def open_it(**asked: str) -> Window:
        opened.append(Window(pb.open(**{"lang": "en", "as_of": clock.now.isoformat(), **asked}), clock))
        return opened[-1]

    yield open_it
    for window in opened:
        window.page.desk.store.close()
    for handler in logging.getLogger("playbook").handlers:
        handler.close()
    w.Widget.close_all()


class Front(Screen):
    """A browser window on the front page."""

    def __init__(self, desk: Desk, lang: str) -> None:
        self.view = HomeView(HomeModel(desk, lang), Settings.from_env())
        self.view.show()
        super().__init__(lambda: [self.view])


@pytest.fixture
def front(desk: Desk) -> Iterator[Callable[..., Front]]:
    """Opens the front page: ``front("zh_CN")``."""
    yield lambda lang="en": Front(desk, lang)
    w.Widget.close_all()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November 2026 as a picker holds it: China time, without a zone."""
    return datetime(2026, 11, day, hour, minute)  # noqa: DTZ001 - pickers have no zone
