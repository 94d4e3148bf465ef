"""The review as a notebook: what it was asked for, in words that can be refused, and the report below it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from playbook.i18n import AGENT_ZONE, translator
from playbook.policy import load_policy
from playbook.review.results import Asked
from playbook.review.run import ReviewRefused, Run, check_asked, run
from playbook.settings import LANGUAGES, Settings
from playbook.widgets import html as h
from playbook.widgets.base import log, trouble
from playbook.widgets.header import language_links
from playbook.widgets.reviewreport import Report, framed, write_report

DAYS = 28
"""Without a period: so many days up to today."""

_OF_JUPYTER = frozenset({"In", "Out"})
_QUERY = ("first", "last", "lang")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What review.ipynb may be given. Days as 2026-11-23, ``as_of`` as a time with zone; empty: not given.

    ``out`` is the folder of the files; without one it lies in the home.
    """

    first: str = ""
    last: str = ""
    marketplaces: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    sample: int = 0
    as_of: str = ""
    scorecard: str = "standard"
    out: str = ""
    lang: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any], query: Mapping[str, str]) -> "Parameters":
        """The parameters in a notebook's names; empty ones from the page's query.

        Raises ReviewRefused for every name or kind of value that cannot be one.
        """
        known = {field.name: field.default for field in fields(cls)}
        names = [name for name, value in given.items() if _is_parameter(name, value)]
        wrong = [_unknown(name, list(known)) for name in names if name not in known]
        values: dict[str, Any] = {}
        for name in names:
            if name not in known:
                continue
            value = given[name]
            if isinstance(known[name], tuple):
                values[name] = (value,) if isinstance(value, str) and value else tuple(value or ())
                is_right = all(isinstance(part, str) for part in values[name])
            else:
                values[name] = value
                is_right = type(value) is type(known[name])
            if not is_right:
                kind = "a list of texts" if isinstance(known[name], tuple) else type(known[name]).__name__
                wrong.append(f"{name} is {value!r}; write {kind}")
        if wrong:
            raise ReviewRefused(wrong)
        asked = {name: text for name, text in query.items() if name in _QUERY and not values.get(name)}
        return cls(**{**values, **asked})

    def asked(self, settings: Settings, now: datetime) -> Asked:
        """The question of the run. Raises ReviewRefused where it cannot be meant."""
        last = _day("last", self.last) or now.astimezone(AGENT_ZONE).date()
        asked = Asked(
            first=_day("first", self.first) or last - timedelta(days=DAYS - 1),
            last=last,
            as_of=_moment(self.as_of) or now,
            marketplaces=self.marketplaces,
            agents=self.agents,
            teams=self.teams,
            problems=self.problems,
            sample=self.sample,
            scorecard=self.scorecard,
        )
        check_asked(asked, settings)
        return asked


def _is_parameter(name: str, value: object) -> bool:
    """Whether a name of a notebook is a parameter: not Jupyter's, no module, nothing that can be called."""
    return not (
        name.startswith("_") or name in _OF_JUPYTER or isinstance(value, ModuleType) or callable(value)
    )


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    return f"there is no parameter {name!r}; {hint}"


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ReviewRefused([f"{name} {text!r} is no day; write it as 2026-11-23"]) from None


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        at = None
    if text and (at is None or at.tzinfo is None):
        raise ReviewRefused([f"as_of {text!r} is no time with a zone; write it as 2026-11-30T18:00:00Z"])
    return at


class ReviewPage:
    """One run in a notebook: it is made at once, its files are written, `html` shows the report."""

    def __init__(self, given: Mapping[str, Any], query: Mapping[str, str], settings: Settings) -> None:
        parameters = Parameters.of(given, query)
        now = settings.as_of or datetime.now(UTC).replace(microsecond=0)
        if parameters.lang and parameters.lang not in LANGUAGES:
            raise ReviewRefused([f"there is no language {parameters.lang!r}; write {' or '.join(LANGUAGES)}"])
        self.lang = parameters.lang or settings.language or "zh_CN"
        self.run: Run = run(
            parameters.asked(settings, now),
            settings,
            out=Path(parameters.out) if parameters.out else None,
            lang=self.lang,
            jobs=os.cpu_count() or 1,
            made_at=now,
        )
        self.files = write_report(self.run.results, self.run.folder, self.lang, load_policy())

    def html(self, *, as_page: bool) -> str:
        """The report to show in a notebook; on a page of the desk with the period to choose above it.

        Its files lie in their folder, which a browser does not reach from here: it is named instead.
        """
        _ = translator(self.lang)
        results = replace(self.run.results, files=())
        page = Report(results, self.lang, load_policy(), desk="" if as_page else None)
        files = _("Files: {folder}").format(folder=self.run.folder)
        where = h.tag("p", h.text(files), cls="pb-muted pb-files")
        return h.tag("div", self._bar() if as_page else "", where, framed(page.whole()), cls="pb")

    def _bar(self) -> str:
        _, asked = translator(self.lang), self.run.results.asked
        days = [
            h.tag(
                "label",
                h.text(label),
                " ",
                h.field(type="date", name=name, value=day.isoformat(), required=""),
            )
            for label, name, day in ((_("From"), "first", asked.first), (_("To"), "last", asked.last))
        ]
        home = h.tag("a", h.text(_("All cases")), href=h.link("home", lang=self.lang))
        return h.tag(
            "form",
            home,
            h.tag("b", h.text(_("Review of cases"))),
            *days,
            h.field(type="hidden", name="lang", value=self.lang),
            h.tag("button", h.text(_("Show")), type="submit", cls="pb-btn pb-btn-primary"),
            h.tag("span", "", style="flex:1"),
            language_links(self.lang, first=asked.first.isoformat(), last=asked.last.isoformat()),
            method="get",
            cls="pb-bar",
        )


def refusal(error: Exception, lang: str) -> str:
    """What stands in place of the report when it cannot be made."""
    _ = translator(lang)
    if isinstance(error, ReviewRefused):
        sentences = error.sentences
    else:
        log.error("the review failed", exc_info=error)
        sentences = trouble(error, lang)
    body = h.items(h.text(sentence) for sentence in sentences)
    home = h.tag("a", h.text(_("All cases")), href=h.link("home", lang=lang))
    head = h.tag("b", h.text(_("This did not work.")))
    return h.tag("div", h.tag("div", head, body, home, cls="pb-banner pb-warn", role="alert"), cls="pb")
