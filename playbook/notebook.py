"""The dozen names that notebooks may use: a notebook is a table of contents, the work is in the library."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from playbook.logs import log_to
from playbook.page import PageRequest
from playbook.settings import LANGUAGES, Settings

if TYPE_CHECKING:
    from playbook.domain.problems import Problem
    from playbook.samplecases.replay import Replay
    from playbook.viewmodels.case import CaseModel

__all__ = ["CheckFailedError", "Work", "causes", "home", "open", "review", "warm_up"]

Mode = Literal["agent", "check"]
SAMPLE_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,12}")


class CheckFailedError(AssertionError):
    """A sample case did not come out as expected; lists every difference."""


VIEWS = (
    "breakdown",
    "facts",
    "followup",
    "header",
    "home",
    "lock",
    "newcase",
    "plans",
    "remedy",
    "side",
    "summary",
)
"""Modules of `playbook.widgets` that draw pages."""


def warm_up(*, reads: bool = False) -> None:
    """Load everything slow before a page asks: rules, words, widgets, the reader.

    *reads*: the page will read messages, so that the reader's encoder is loaded too (a second, 120 MB);
    a kernel that no pool has prepared loads it when the first text needs it.
    """
    from importlib import import_module

    from playbook.firstrun import open_home
    from playbook.i18n import translator
    from playbook.intake import read

    _policy()
    for lang in LANGUAGES:
        translator(lang)
    read("3 x broken, 2 missing, 3 个破损")
    for view in VIEWS:
        import_module(f"playbook.widgets.{view}")
    if reads:
        from playbook.intake.meaning import default_encoder

        encoder = default_encoder()
        if encoder is not None:
            encoder.encode(["warm"])
    open_home(Settings.from_env()).close()


def _policy() -> Any:
    """The rules as the files are now; they are parsed again only when their content has changed."""
    from playbook.policy import load_policy

    return load_policy()


class _Asked:
    """What a page or a notebook asked for, checked: unknown values fall back, hostile ones are only text."""

    def __init__(self, given: dict[str, str], query: dict[str, str], settings: Settings) -> None:
        asked = {**query, **{key: value for key, value in given.items() if value}}
        self.all = asked
        self.lang = asked.get("lang", "")
        if self.lang not in LANGUAGES:
            self.lang = settings.language or "zh_CN"
        self.agent = asked.get("agent", "")
        if self.agent not in settings.staff:
            self.agent = settings.agent
        self.case = asked.get("case", "")[:80]
        self.sample = asked.get("sample", "")[:80]
        event = asked.get("event", "")
        self.event = int(event) if re.fullmatch(r"[0-9]{1,6}", event) else 0


def open(  # noqa: A001 - reads as English in a notebook: pb.open(...)
    case_id: str = "",
    sample: str = "",
    mode: str = "agent",
    agent: str = "",
    lang: str = "",
    as_of: str = "",
) -> "Work":
    """Open a case for work: *mode* ``agent`` shows pages, ``check`` replays the sample *sample*.

    Empty parameters are taken from the page's query (``?case= ?sample= ?agent= ?lang=``; ``?event=`` marks
    an entry of the journal).
    """
    if mode not in {"agent", "check"}:
        raise ValueError(f"mode is {mode!r}; write 'agent' or 'check'")
    if mode == "check":
        from playbook.samplecases.loading import load_sample
        from playbook.samplecases.replay import Replay

        folder = os.environ.get("PLAYBOOK_CASES")
        return Work(replay=Replay(load_sample(sample, folder), lang if lang in LANGUAGES else "en"))
    env = {**os.environ, **({"PLAYBOOK_AS_OF": as_of} if as_of else {})}
    given = {"case": case_id, "sample": sample, "agent": agent, "lang": lang}
    return Work(page=_page("header", given, env, reads=True))


def home(agent: str = "", lang: str = "") -> None:
    """Show the front page."""
    _page("home", {"agent": agent, "lang": lang}, os.environ)


def review(given: Mapping[str, Any]) -> Any:
    """Review the cases of a period as the notebook's names in *given* say; the report, to be displayed.

    An unknown name or a value that cannot be is refused: on a page of the desk with a banner, elsewhere
    with an exception, so that a scheduled run fails.
    """
    from urllib.parse import parse_qsl

    from IPython.display import HTML

    from playbook.widgets.reviewpage import ReviewPage, refusal

    is_page = "VOILA_KERNEL_ID" in os.environ
    query = dict(parse_qsl(os.environ.get("QUERY_STRING", ""))) if is_page else {}
    try:
        shown = ReviewPage(given, query, Settings.from_env()).html(as_page=is_page)
    except Exception as error:
        if not is_page:
            raise
        shown = refusal(error, query["lang"] if query.get("lang") in LANGUAGES else "zh_CN")
    return HTML(shown)  # type: ignore[no-untyped-call]


def causes(
    start: str = "",
    end: str = "",
    marketplace: str = "",
    problem: str = "",
    department: str = "",
    sample: str = "",
    mode: str = "agent",
    agent: str = "",
    lang: str = "",
    as_of: str = "",
) -> None:
    """Show what goes wrong how often, since when, what is done about it and whether it helped.

    *mode* ``agent`` shows the page with its controls, ``report`` the same without them, for Papermill.
    *start* and *end* are days (``2026-11-20``), *marketplace*, *problem* and *department* codes; *sample*
    ``yes`` looks at invented rows. Empty parameters of a page are taken from its query. ValueError in a
    report for a parameter that cannot be.
    """
    env = {**os.environ, **({"PLAYBOOK_AS_OF": as_of} if as_of else {})}
    given = {
        "start": start, "end": end, "marketplace": marketplace, "problem": problem, "department": department,
        "sample": sample, "agent": agent, "lang": lang,
    }  # fmt: skip
    if mode == "agent":
        _page("causes", given, env)
        return
    if mode != "report":
        raise ValueError(f"mode is {mode!r}; write 'agent' or 'report'")
    from playbook.firstrun import desk_of, open_home
    from playbook.insights.opening import open_model
    from playbook.widgets.insights import show_report

    settings = Settings.from_env(env)
    asked = _Asked(given, {}, settings)
    with open_home(settings) as store:
        desk = desk_of(settings, store, _policy(), asked.agent)
        show_report(open_model(desk, settings.home, asked.lang, asked.all))


def _page(first: str, given: dict[str, str], env: Mapping[str, str], *, reads: bool = False) -> "_Page":
    """A page whose *first* place is displayed, and filled when it is known what was asked for.

    Everything slow is loaded before that. Whatever goes wrong is said on the page, and the case is safe;
    what goes wrong before anybody asked may be mended by then: it is met again.
    """
    request = PageRequest()
    page = _Page(first)

    def fill(query: dict[str, str] | None) -> None:
        if query is None:
            page.show_trouble(TimeoutError("the page did not hear what it was asked for"), "zh_CN")
            return
        lang = given["lang"] or query.get("lang", "")
        try:
            settings = Settings.from_env(env)
            log_to(settings.home)
            page.fill(_Asked(given, query, settings), settings)
        except Exception as error:  # noqa: BLE001
            page.show_trouble(error, lang if lang in LANGUAGES else "zh_CN")

    if request.preheated:
        with suppress(Exception):
            warm_up(reads=reads)
            if first == "causes":
                from playbook.widgets.insights import warm_up_plots

                warm_up_plots()
    request.when_known(fill)
    return page


class Work:
    """One case in a notebook. Each step is a method; what it shows depends on the mode."""

    def __init__(self, page: "_Page | None" = None, replay: "Replay | None" = None) -> None:
        self._page = page
        self._replay = replay

    def lock(self) -> Any:
        """Step one: lock the order."""
        return self._step("lock")

    def breakdown(self) -> Any:
        """Step two: break the problem down."""
        return self._step("breakdown")

    def remedy(self) -> Any:
        """Step three: choose remedies."""
        return self._step("remedy")

    def follow_up(self) -> Any:
        """Step four: promises, schedule, messages, memo."""
        return self._step("follow_up")

    def summary(self) -> Any:
        """Every unit and every cent."""
        return self._step("summary")

    def check(self) -> None:
        """In mode ``check``: raise `CheckFailedError` with all differences from the expectation."""
        if self._replay is not None:
            differences = self._replay.differences()
            if differences:
                lines = "\n".join(f"- {difference}" for difference in differences)
                raise CheckFailedError(f"{len(differences)} differences:\n{lines}")

    def _step(self, name: str) -> Any:
        """What the step shows: its place on the page, or its replay."""
        if self._page is not None:
            return self._page.slots[name]
        return getattr(self._replay, name)() if self._replay is not None else None


PLACES = ("home", "causes", "header", "lock", "breakdown", "remedy", "follow_up", "summary")


class _Page:
    """The places of one page, displayed empty and filled when it is known what was asked for.

    Its header, and one place per step whose view shows itself when its turn comes; or the front page.
    """

    def __init__(self, first: str) -> None:
        import ipywidgets as w
        from IPython.display import HTML, display

        self.slots: dict[str, Any] = {name: w.VBox() for name in PLACES}
        self.views: dict[str, Any] = {}
        self.work: CaseModel | None = None
        self.first = self.slots[first]
        if "VOILA_KERNEL_ID" not in os.environ:
            from playbook.widgets.theme import style_html

            display(HTML(style_html()))  # type: ignore[no-untyped-call]
        display(self.first)  # type: ignore[no-untyped-call]

    def fill(self, asked: _Asked, settings: Settings) -> None:
        """Put the views of what was asked for into their places."""
        from playbook.firstrun import desk_of, open_home

        self.asked = asked
        self.memo_limit = settings.memo_limit
        self.desk = desk_of(settings, open_home(settings), _policy(), asked.agent)
        if self.first is self.slots["home"]:
            self._fill_home(settings)
        elif self.first is self.slots["causes"]:
            self._fill_causes(settings)
        else:
            self._open()

    def show_trouble(self, error: Exception, lang: str) -> None:
        """A banner instead of a traceback: what is wrong, and that what was confirmed is safe."""
        from playbook.viewmodels.case import Notice
        from playbook.widgets.base import html, log, notice_html, trouble

        log.error("a page did not open", exc_info=error)
        for place in self.slots.values():
            place.children = []
        self.first.children = [html(notice_html(Notice("failed", trouble(error, lang)), lang), cls="pb")]

    def _fill_home(self, settings: Settings) -> None:
        from playbook.viewmodels.home import HomeModel
        from playbook.widgets.home import HomeView

        view = HomeView(HomeModel(self.desk, self.asked.lang), settings)
        view.show()
        self.slots["home"].children = [view]

    def _fill_causes(self, settings: Settings) -> None:
        from playbook.insights.opening import open_model
        from playbook.widgets.insights import InsightsView

        view = InsightsView(open_model(self.desk, settings.home, self.asked.lang, self.asked.all))
        self.slots["causes"].children = [view]
        view.show()

    def _open(self) -> None:
        from playbook.domain.ids import is_case_id
        from playbook.domain.problems import problem
        from playbook.orderbook import samples_loaded

        asked, case_id = self.asked, self.asked.case
        if asked.sample and not case_id:
            if not samples_loaded(self.desk.store):
                self._cannot_open(problem("sample_without_its_orders", sample=asked.sample))
                return
            case_id = self._open_sample(asked.sample)
        if not case_id and not asked.sample:
            self._new_case()
            return
        case = self.desk.case(case_id) if is_case_id(case_id) else None
        if case is None:
            self._cannot_open(problem("unknown_case", case_id=case_id or asked.sample))
            return
        self._fill(case)

    def _open_sample(self, name: str) -> str:
        from playbook.desk import Done
        from playbook.intake import read
        from playbook.samplecases.loading import SampleError, load_sample

        if not SAMPLE_NAME.fullmatch(name):
            return ""
        try:
            sample = load_sample(name)
        except SampleError:
            return ""
        outcome = self.desk.open_case(
            sample.message,
            language=read(sample.message).language,
            marketplace=sample.marketplace,
            sample=name,
        )
        return outcome.case.case_id if isinstance(outcome, Done) else ""

    def _new_case(self) -> None:
        from playbook.viewmodels.home import HomeModel
        from playbook.widgets.newcase import NewCaseView

        def opened(case_id: str) -> None:
            case = self.desk.case(case_id)
            if case is not None:
                self._fill(case)

        view = NewCaseView(HomeModel(self.desk, self.asked.lang), opened)
        view.show()
        self.slots["header"].children = [view]

    def _cannot_open(self, why: "Problem") -> None:
        from playbook.i18n import say, translator
        from playbook.widgets import html as h
        from playbook.widgets.base import html

        _ = translator(self.asked.lang)
        text = say(why, self.asked.lang)
        link = h.tag("a", h.text(_("All cases")), href=h.link("home", lang=self.asked.lang))
        banner = html(h.tag("div", h.text(text), " ", link, cls="pb-banner", role="alert"), cls="pb")
        self.slots["header"].children = [banner]

    def _fill(self, case: Any) -> None:
        """Build the views of a case into their places; only the step that is shown draws itself."""
        from playbook.intake.second import endpoint
        from playbook.viewmodels.breakdown import BreakdownModel
        from playbook.viewmodels.case import CaseModel
        from playbook.viewmodels.followup import FollowUpModel
        from playbook.viewmodels.lock import LockModel
        from playbook.viewmodels.remedy import RemedyModel
        from playbook.widgets.base import LazyView, guarded
        from playbook.widgets.breakdown import BreakdownView
        from playbook.widgets.followup import FollowUpView
        from playbook.widgets.header import HeaderView
        from playbook.widgets.lock import LockView
        from playbook.widgets.remedy import RemedyView
        from playbook.widgets.side import SideView
        from playbook.widgets.summary import SummaryView

        work = CaseModel(self.desk, case, self.asked.lang, self.asked.event)
        second = endpoint(os.environ)
        self.work = work
        side = SideView(work)
        header = HeaderView(work)
        header.show()
        self.slots["header"].children = [header]
        makers = {
            "lock": lambda: LockView(LockModel(work), side),
            "breakdown": lambda: BreakdownView(BreakdownModel(work), side, second),
            "remedy": lambda: RemedyView(RemedyModel(work), side),
            "follow_up": lambda: FollowUpView(FollowUpModel(work, self.memo_limit), side),
        }
        self.views = {name: LazyView(maker) for name, maker in makers.items()}
        summary = SummaryView(work)
        for name, view in self.views.items():
            self.slots[name].children = [view]
        self.slots["summary"].children = [summary]

        def turn(_change: object = None) -> None:
            for name, view in self.views.items():
                (view.show if name == work.step.value else view.hide)()
            (summary.show if work.step.value in {"remedy", "follow_up"} else summary.hide)()

        work.observe(guarded(turn, work), "step")
        turn()
