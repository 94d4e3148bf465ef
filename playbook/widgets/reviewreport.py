"""The report of a review as files: one HTML page without code that loads nothing, and a page per department.

Everything in it is text until `playbook.widgets.html` has escaped it. The one script is ours, shows and
hides rows, and is named by its hash in the page's security policy: no other can run.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from urllib.parse import urlencode

from playbook.domain.case import Stage
from playbook.domain.claims import ProblemType
from playbook.i18n import Counted, show, translator
from playbook.i18n.review import DAMAGES, DEPARTMENTS, NOT_CHECKED, SEVERITIES, TRENDS
from playbook.i18n.words import word
from playbook.policy import Policy
from playbook.review.agreement import Agreement, agreement, by_check
from playbook.review.casereview import Damage
from playbook.review.comparing import (
    LEAST_CASES,
    LEAST_DAYS,
    Change,
    Interval,
    Tally,
    changes,
    interval,
    weekly,
    worst_first,
)
from playbook.review.departments import CONCERNS, Department
from playbook.review.findings import Finding
from playbook.review.results import CaseLine, CheckCount, Complaint, Results
from playbook.review.scoring import Weighed
from playbook.review.wording import sentence
from playbook.widgets import html as h
from playbook.widgets import reviewcharts as charts

DESK = "http://localhost:8866/voila/render/"
"""Where `playbook serve` answers unless told otherwise: links of a file need the whole address."""

REPORT = "report.html"
MOST_FINDINGS = 8
"""Findings shown with one case; the others are in the files."""

_HERE = Path(__file__).parent
_WHOLE = "\0whole"


def write_report(
    results: Results, folder: Path, lang: str, policy: Policy, desk: str = DESK
) -> tuple[Path, ...]:
    """Write the report into *folder* and a bundle for each department below it; the paths written.

    *desk* is the address of the pages of cases. The same results give the same bytes, apart from the
    time of the run. Raises OSError when the folder cannot be written.
    """
    page = Report(results, lang, policy, desk)
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(folder / REPORT, page.whole())]
    for department in Department:
        place = folder / "departments" / department.value
        place.mkdir(parents=True, exist_ok=True)
        written.append(_write(place / "index.html", page.for_department(department)))
    return tuple(written)


def _write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8"))
    return path


def framed(page: str) -> str:
    """A whole page inside a notebook's output, apart from everything around it; it may open links."""
    return h.tag(
        "iframe",
        srcdoc=page,
        sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox"
        " allow-top-navigation-by-user-activation allow-modals",
        style="width:100%;height:88vh;border:0;background:#f6f7f9",
        title="report",
    )


class Report:
    """The pages of one run in one language."""

    def __init__(self, results: Results, lang: str, policy: Policy, desk: str | None = None) -> None:
        self.results = results
        self.lang = lang
        self.policy = policy
        self.desk = DESK if desk is None else desk
        self._ = translator(lang)

    # ---- pages

    def whole(self) -> str:
        """The report for customer service: everything."""
        _ = self._
        if not self.results.now.cases and not self.results.now.damaged:
            parts = [("overview", _("Overview"), self._nothing())]
        else:
            parts = [
                ("overview", _("Overview"), self._overview()),
                ("weeks", _("Week by week"), self._weeks()),
                ("cases", _("Worst cases first"), self._cases()),
                ("checks", _("What was found"), self._checks()),
                ("people", _("People, teams, marketplaces"), self._people()),
                ("agreement", _("Agreement of people who score"), self._agreement()),
                ("appeals", _("Appeals"), self._appeals()),
                ("damaged", _("Damaged cases"), self._damaged()),
            ]
        parts += [
            ("unchecked", _("What was not checked"), self._not_checked()),
            ("reading", _("How to read this"), self._reading()),
        ]
        return self._page(_("Review of cases"), parts)

    def for_department(self, department: Department) -> str:
        """What one department needs: the units that went wrong, and the largest cases of each kind."""
        _ = self._
        kinds = CONCERNS[department]
        now, before = self.results.now, self.results.before
        counts = [
            (show(kind, self.lang), now.problems[kind.value], before.problems[kind.value])
            for kind in kinds
            if now.problems[kind.value] or before.problems[kind.value]
        ]
        body = [
            self._p(
                _("Claimed units by problem. These are counts; rates per units shipped are in the causes.")
            )
        ]
        body.append(charts.bars(counts, self._periods))
        if not counts:
            body = [self._empty(_("Nothing was claimed in this period that concerns you."))]
        parts = [("units", _("Units"), "".join(body))]
        parts += [
            (kind.value, show(kind, self.lang), self._complaints(now.complaints.get(kind.value, ())))
            for kind in kinds
            if now.complaints.get(kind.value)
        ]
        title = _("Review of cases: {department}").format(department=_(DEPARTMENTS[department.value]))
        return self._page(title, parts)

    def _page(self, title: str, parts: Sequence[tuple[str, str, str]]) -> str:
        _ = self._
        script = (_HERE / "report.js").read_text("utf-8")
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        rules = (
            f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
        )
        head = (
            '<meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{rules}">'
            '<meta name="viewport" content="width=device-width">'
            '<meta name="referrer" content="no-referrer">'
        )
        contents = [h.tag("a", h.text(name), href=f"#{place}") for place, name, _body in parts]
        sections = [
            h.tag("section", h.tag("h2", h.text(name)), body, id=place) for place, name, body in parts
        ]
        page = h.tag(
            "html",
            h.tag(
                "head",
                head,
                h.tag(
                    "title",
                    h.text(f"{title} {self._period(self.results.asked.first, self.results.asked.last)}"),
                ),
                f"<style>{(_HERE / 'report.css').read_text('utf-8')}</style>",
            ),
            h.tag(
                "body",
                h.tag(
                    "div",
                    h.tag("nav", h.tag("b", h.text(_("Contents"))), *contents),
                    h.tag("main", self._head(title), *sections),
                    cls="page",
                ),
                f"<script>{script}</script>",
            ),
            lang=self.lang.replace("_", "-"),
        )
        return f"<!doctype html>{page}\n"

    def _head(self, title: str) -> str:
        _, asked = self._, self.results.asked
        facts = [
            self._period(asked.first, asked.last),
            _("as of {at}").format(at=show(asked.as_of, self.lang)),
            _("scorecard: {name}").format(name=self.results.scorecard.name.of(self.lang)),
        ]
        for label, values in (
            (_("marketplaces"), asked.marketplaces),
            (_("agents"), asked.agents),
            (_("teams"), asked.teams),
            (_("problems"), tuple(show(ProblemType(problem), self.lang) for problem in asked.problems)),
        ):
            if values:
                facts.append(f"{label}: {show(values, self.lang)}")
        if asked.sample:
            facts.append(_("sample of {count}").format(count=asked.sample))
        if self.results.made_at is not None:
            facts.append(_("made on {at}").format(at=show(self.results.made_at, self.lang)))
        return h.tag("h1", h.text(title)) + h.tag("p", h.text(" · ".join(facts)), cls="facts")

    # ---- sections

    def _nothing(self) -> str:
        _ = self._
        return self._empty(
            _("No case was opened in this period, or none fits what was asked for. Nothing was checked.")
        )

    @cached_property
    def _whole_change(self) -> Change:
        now, before = self.results.now, self.results.before
        return changes({_WHOLE: now.whole}, {_WHOLE: before.whole})[_WHOLE]

    def _overview(self) -> str:
        _, now, before = self._, self.results.now, self.results.before
        at = interval(now.whole)
        mean = "–" if now.whole.mean is None else f"{now.whole.mean:.1f}"
        sure = _("mean score") + (f", {self._range(at)}" if at else "")
        tiles = [
            (str(now.cases), _("cases checked, {count} before").format(count=before.cases)),
            (mean, sure),
            (
                str(now.clean),
                _("cases without a finding, {share}").format(share=_share(now.clean, now.cases)),
            ),
            (str(now.failed), _("cases failed, {share}").format(share=_share(now.failed, now.cases))),
            (str(now.findings), _("findings, {count} before").format(count=before.findings)),
        ]
        drawn = [
            h.tag("div", h.tag("b", h.text(number)), h.tag("span", h.text(label)), cls="tile")
            for number, label in tiles
        ]
        said = [self._verdict()]
        if now.still_open:
            said.append(_("{count:case is|cases are} still open.").format(count=Counted(now.still_open)))
        if now.damaged:
            said.append(_("{count:case is|cases are} damaged.").format(count=Counted(len(now.damaged))))
        between = "" if self.lang == "zh_CN" else " "
        body = h.tag("div", *drawn, cls="tiles") + self._p(between.join(said))
        if self.results.files:
            links = (h.tag("li", h.tag("a", h.text(name), href=name)) for name in self.results.files)
            body += h.tag("h3", h.text(_("All findings as files"))) + h.tag("ul", *links, cls="files")
        return body

    def _verdict(self) -> str:
        """What the mean amounts to against the period before, in one sentence."""
        _, change = self._, self._whole_change
        before = self._period(self.results.before_first, self.results.before_last)
        if change.interval is None or change.difference is None:
            return _("Against {before}: {trend}.").format(before=before, trend=_(TRENDS[change.trend.value]))
        return _("Against {before}: {trend}, {difference} points ({low} to {high}).").format(
            before=before, trend=_(TRENDS[change.trend.value]), **_signed(change)
        )

    def _weeks(self) -> str:
        _ = self._
        before, now = weekly(self.results.before.whole), weekly(self.results.now.whole)
        head = [_("Week from"), _("Cases"), _("Mean score"), _("Where it lies"), _("Failed"), ""]
        rows = [
            [
                h.text(week.isoformat()),
                h.text(tally.cases),
                self._mean(tally),
                self._where(tally),
                h.text(_share(tally.failed, tally.cases)),
                charts.strip(tally.mean, interval(tally)),
            ]
            for week, tally in now.items()
        ]
        note = self._p(
            _(
                "Bars show where the mean lies with 95 % confidence;"
                " a week without a bar has too few cases or days."
            ),
            "small soft",
        )
        if not rows:
            return self._empty(_("No case of the period could be scored."))
        return (
            charts.weeks(before, now, self._periods)
            + note
            + h.table(head, rows, numeric=frozenset({1, 2, 4}))
        )

    def _cases(self) -> str:
        _, now = self._, self.results.now
        if not now.worst:
            return self._empty(_("Every check of every case was met: nothing was found."))
        head = [_("Score"), _("Case"), _("Who"), _("Findings")]
        rows = [self._case_row(line) for line in now.worst]
        cells = h.tag(
            "tr", *(h.tag("th", h.text(name), cls="n" if not at else "") for at, name in enumerate(head))
        )
        table = h.tag("table", h.tag("thead", cells), h.tag("tbody", *rows, id="case-rows"), cls="pb-table")
        found = now.cases - now.clean
        note = _("{shown} of {count:case|cases} with findings, the worst first.").format(
            shown=len(now.worst), count=Counted(found)
        )
        return self._p(note, "small soft") + self._filters(now.worst) + table

    def _filters(self, lines: Sequence[CaseLine]) -> str:
        _ = self._
        agents = [(name, name) for name in sorted({line.agent for line in lines if line.agent})]
        markets = [(name, name) for name in sorted({line.marketplace for line in lines if line.marketplace})]
        kinds = sorted({problem for line in lines for problem in line.problems})
        problems = [(show(ProblemType(kind), self.lang), kind) for kind in kinds]
        checks = sorted({one.finding.check for line in lines for one in line.weighed if one.counts})
        named = sorted((self._check_name(check), check) for check in checks)
        severities = [(_(words), code) for code, words in SEVERITIES.items()]
        selects = [
            self._select(_("Agent"), "agent", agents),
            self._select(_("Marketplace"), "market", markets),
            self._select(_("Problem"), "problem", problems),
            self._select(_("Severity"), "severity", severities),
            self._select(_("Check"), "check", named),
        ]
        search = h.tag("label", h.text(_("Search")), h.field(type="search", data_field="text"))
        told = h.tag("output", data_text=_("{shown} of {all} shown"))
        return h.tag("div", *selects, search, told, cls="filters", id="filters", hidden="")

    def _select(self, label: str, field: str, options: Iterable[tuple[str, str]]) -> str:
        everything = h.tag("option", h.text(self._("all")), value="")
        choices = (h.tag("option", h.text(shown), value=value) for shown, value in options)
        return h.tag("label", h.text(label), h.tag("select", everything, *choices, data_field=field))

    def _case_row(self, line: CaseLine) -> str:
        _ = self._
        failed = h.tag("div", h.badge(_("failed"), "bad")) if line.failed else ""
        score = h.tag("span", h.text(line.points), cls="score bad" if line.failed else "score")
        problems = show(tuple(ProblemType(problem) for problem in line.problems), self.lang)
        about = [
            h.text(line.opened_on.isoformat()),
            h.text(_(word(Stage(line.stage)))),
            *([h.text(problems)] if problems else []),
        ]
        who = [
            h.text(line.agent or "–"),
            *([h.text(line.team)] if line.team else []),
            h.text(line.marketplace),
        ]
        cells = [
            h.tag("td", score, failed, cls="n"),
            h.tag("td", self._case_link(line.case_id), h.tag("div", " · ".join(about), cls="small soft")),
            h.tag("td", *(h.tag("div", part) for part in who)),
            h.tag("td", self._findings(line.weighed)),
        ]
        counting = [one for one in line.weighed if one.counts]
        severity = {one.row.then.severity.value for one in counting if one.row is not None}
        return h.tag(
            "tr",
            *cells,
            data_agent=line.agent,
            data_market=line.marketplace,
            data_problem="\n".join(line.problems),
            data_severity="\n".join(sorted(severity)),
            data_check="\n".join(sorted({one.finding.check for one in counting})),
        )

    def _findings(self, weighed: Sequence[Weighed]) -> str:
        """What was found in a case: the most serious first, each leading to its entry."""
        rank = list(SEVERITIES)
        counted = [one for one in weighed if one.row is not None]
        counted.sort(key=lambda one: (not one.counts, rank.index(one.row.then.severity) if one.row else 0))
        lines = [self._finding(one) for one in counted[:MOST_FINDINGS]]
        left = len(counted) - len(lines)
        if left:
            more = self._("and {count:other|others}: see the files").format(count=Counted(left))
            lines.append(h.tag("span", h.text(more), cls="soft"))
        return h.items(lines)

    def _finding(self, one: Weighed) -> str:
        _ = self._
        assert one.row is not None
        severity = one.row.then.severity.value
        words = h.text(sentence(one.finding, self.lang, self.policy))
        if not one.counts:
            words = h.tag("span", words, cls="void") + " " + h.badge(_("appeal granted"), "ok")
        elif one.appeal is not None:
            label = _("appeal open") if one.appeal.granted is None else _("appeal refused")
            words += " " + h.badge(label)
        return h.badge(_(SEVERITIES[severity]), severity) + " " + words + " " + self._entry_link(one.finding)

    def _entry_link(self, finding: Finding) -> str:
        _ = self._
        label = _("entry {seq}").format(seq=finding.seq) if finding.seq else _("the case")
        address = self._address(finding.case_id, finding.seq)
        return h.tag("a", h.text(label), href=address, target="_blank", rel="noopener", cls="nowrap small")

    def _case_link(self, case_id: str) -> str:
        return h.tag(
            "a", h.text(case_id), href=self._address(case_id), target="_blank", rel="noopener", cls="nowrap"
        )

    def _address(self, case_id: str, seq: int = 0) -> str:
        query = {"case": case_id, **({"event": str(seq)} if seq else {}), "lang": self.lang}
        return f"{self.desk}case.ipynb?{urlencode(query)}"

    def _checks(self) -> str:
        _ = self._
        found = list(self.results.found())
        if not found:
            return self._empty(_("Every check of every case was met: nothing was found."))
        head = [_("Check"), _("Severity"), _("Cases"), _("Findings"), _("Before"), _("Appeals granted")]
        rows = [self._check_row(check, count) for check, count in found]
        return h.table(head, rows, numeric=frozenset({2, 3, 4, 5}))

    def _check_row(self, check: str, count: CheckCount) -> list[str]:
        _ = self._
        row = self.results.scorecard.latest(check)
        section = self.results.scorecard.section(row.section).name.of(self.lang)
        then = row.then
        cost = _("fails the case") if then.auto_fail else _("{points} points").format(points=then.points)
        earlier = self.results.before.checks.get(check)
        about = f"{section} · {cost} · {row.source}"
        examples = ""
        if count.examples:
            lines = [
                self._case_link(one.finding.case_id)
                + " "
                + h.text(sentence(one.finding, self.lang, self.policy))
                + " "
                + self._entry_link(one.finding)
                for one in count.examples
            ]
            label = _("{count:example|examples}").format(count=Counted(len(lines)))
            examples = h.tag("details", h.tag("summary", h.text(label)), h.items(lines, "small"))
        severity = then.severity.value
        return [
            h.tag("b", h.text(row.name.of(self.lang)))
            + h.tag("div", h.text(about), cls="small soft")
            + examples,
            h.badge(_(SEVERITIES[severity]), severity),
            h.text(count.cases),
            h.text(count.findings),
            h.text(earlier.findings if earlier else 0),
            h.text(count.granted or "–"),
        ]

    def _check_name(self, check: str) -> str:
        try:
            return self.results.scorecard.latest(check).name.of(self.lang)
        except KeyError:
            return check

    def _people(self) -> str:
        _, now, before = self._, self.results.now, self.results.before
        explained = _(
            "A person's score holds only what went wrong at their own entries. “Better” and “worse” are said"
            " where the difference stands out among all that are compared here and between days;"
            " everything else may be chance."
        )
        body = self._p(explained, "small soft")
        body += h.tag("h3", h.text(_("People"))) + self._tallies(now.agents, before.agents, findings=True)
        if set(now.teams) - {""}:
            body += h.tag("h3", h.text(_("Teams"))) + self._tallies(now.teams, before.teams)
        body += h.tag("h3", h.text(_("Marketplaces"))) + self._tallies(now.marketplaces, before.marketplaces)
        return body

    def _tallies(self, now: dict[str, Tally], before: dict[str, Tally], *, findings: bool = False) -> str:
        _ = self._
        compared = changes(now, before)
        head = [
            _("Name"),
            _("Cases"),
            _("Mean score"),
            _("Where it lies"),
            "",
            _("Failed"),
            _("Against the period before"),
            *([_("Most frequent")] if findings else []),
        ]
        rows = [
            [
                h.text(name or _("no team")),
                h.text(now[name].cases),
                self._mean(now[name]),
                self._where(now[name]),
                charts.strip(now[name].mean, interval(now[name])),
                h.text(_share(now[name].failed, now[name].cases)),
                self._change(compared[name]),
                *([self._frequent(name)] if findings else []),
            ]
            for name in worst_first(now)
        ]
        return h.table(head, rows, numeric=frozenset({1, 2, 5}))

    def _frequent(self, name: str) -> str:
        counts = {check: n for (who, check), n in self.results.now.agent_findings.items() if who == name}
        most = sorted(counts, key=lambda check: (-counts[check], check))[:3]
        return (
            h.items(h.text(f"{self._check_name(check)} ({counts[check]})") for check in most) if most else "–"
        )

    def _change(self, change: Change) -> str:
        _ = self._
        label = h.badge(_(TRENDS[change.trend.value]), change.trend.value)
        if change.difference is None:
            return label
        signed = _signed(change)
        if change.interval is None:
            return label
        text = _("{difference} ({low} to {high})").format(**signed)
        return label + h.tag("div", h.text(text), cls="small soft nowrap")

    def _agreement(self) -> str:
        _, pairs = self._, self.results.now.pairs
        if not pairs:
            return self._empty(
                _(
                    "No case was scored by two people."
                    " Where two leads score the same case, their agreement is here."
                )
            )
        head = [_("Check"), _("Cases"), _("Same verdict"), _("Kappa"), _("Where it lies")]
        rows = [[h.tag("b", h.text(_("All checks"))), *self._agreed(agreement(pairs))]]
        rows += [
            [h.text(self._check_name(check)), *self._agreed(one)] for check, one in by_check(pairs).items()
        ]
        explained = _(
            "Kappa is how much of the agreement beyond chance was reached: 1 is always, 0 is what two people"
            " reach who do not look. It is undefined where both always said the same one thing."
        )
        return self._p(explained, "small soft") + h.table(head, rows, numeric=frozenset({1, 2, 3}))

    def _agreed(self, one: Agreement) -> list[str]:
        _ = self._
        where = (
            _("too few cases")
            if one.interval is None
            else f"{one.interval.low:.2f} – {one.interval.high:.2f}"
        )
        return [
            h.text(one.cases),
            h.text(_share(one.same, one.pairs)),
            h.text(_("undefined") if one.kappa is None else f"{one.kappa:.2f}"),
            h.text("–" if one.kappa is None else where),
        ]

    def _appeals(self) -> str:
        _, appeals = self._, self.results.now.appeals
        if not appeals:
            return self._empty(_("Nobody appealed against a finding."))
        head = [_("Case"), _("Finding"), _("Appeal"), _("Decision")]
        rows = []
        for line in appeals:
            appeal = line.appeal
            said = (
                sentence(line.finding, self.lang, self.policy)
                if line.finding is not None
                else _("This is no longer found.")
            )
            decided = h.badge(_("open"))
            if appeal.granted is not None and appeal.decided_at is not None:
                decided = h.badge(_("granted"), "ok") if appeal.granted else h.badge(_("refused"), "bad")
                who = f"{appeal.decided_by}, {show(appeal.decided_at, self.lang)}: {appeal.note}"
                decided += h.tag("div", h.text(who), cls="small")
            rows.append(
                [
                    self._case_link(line.case_id),
                    h.tag("b", h.text(self._check_name(appeal.check)))
                    + h.tag("div", h.text(said), cls="small"),
                    h.text(f"{appeal.by}, {show(appeal.at, self.lang)}: {appeal.reason}"),
                    decided,
                ]
            )
        return h.table(head, rows)

    def _damaged(self) -> str:
        _, damaged = self._, self.results.now.damaged
        if not damaged:
            return self._empty(_("No case of the period is damaged."))
        explained = _(
            "These logs are not what was written. Tell whoever runs the desk; playbook verify says more."
        )
        rows = [
            [self._case_link(one.case_id), h.items(self._damage(damage) for damage in one.damage)]
            for one in damaged
        ]
        return self._p(explained, "small soft") + h.table([_("Case"), _("What is wrong")], rows)

    def _damage(self, damage: Damage) -> str:
        said = self._(DAMAGES[damage.kind.value]).format(seq=damage.seq)
        return h.text(said) + (
            h.tag("span", " ", h.text(damage.detail), cls="small soft") if damage.detail else ""
        )

    def _not_checked(self) -> str:
        _ = self._
        lines = []
        for gap in self.results.not_checked:
            words = NOT_CHECKED.get(gap.code)
            text = (
                _(words).format(count=Counted(gap.count), detail=gap.detail)
                if words is not None
                else " ".join(part for part in (gap.code, str(gap.count or ""), gap.detail) if part)
            )
            lines.append(h.text(text))
        if not lines:
            return self._empty(_("Everything that the period holds was checked."))
        return h.items(lines)

    def _reading(self) -> str:
        _, card = self._, self.results.scorecard
        explained = [
            _(
                "Each section has 100 points and loses what its findings cost; the score of a case is the"
                " mean of the sections by weight. A finding that fails a case makes its score 0."
            ),
            _(
                "A mean has an interval from {cases} cases on {days} days: it holds the true mean with 95 %"
                " confidence and is as wide as days differ. With fewer, nothing is claimed."
            ).format(cases=LEAST_CASES, days=LEAST_DAYS),
            _("A finding whose appeal was granted stays visible and costs nothing."),
        ]
        weights = sum(section.weight for section in card.sections)
        rows = [
            [h.text(section.name.of(self.lang)), h.text(_share(section.weight, weights))]
            for section in card.sections
        ]
        table = h.table([_("Section"), _("Weight")], rows, numeric=frozenset({1}))
        return "".join(self._p(text) for text in explained) + table

    # ---- pieces

    def _complaints(self, complaints: Sequence[Complaint]) -> str:
        _ = self._
        rows = [
            [
                h.text(one.units),
                h.text("; ".join(f"{units} × {sku}" for sku, units in one.goods)),
                self._case_link(one.case_id),
                h.text(one.opened_on.isoformat()),
            ]
            for one in complaints
        ]
        return h.table([_("Units"), _("Goods"), _("Case"), _("Opened on")], rows, numeric=frozenset({0}))

    def _mean(self, tally: Tally) -> str:
        return "–" if tally.mean is None else h.text(f"{tally.mean:.1f}")

    def _where(self, tally: Tally) -> str:
        at = interval(tally)
        if at is None:
            return h.tag("span", h.text(self._("not enough to say")), cls="small soft")
        return h.tag("span", h.text(self._range(at)), cls="nowrap")

    def _range(self, at: Interval) -> str:
        return f"{at.low:.1f} – {at.high:.1f}"

    def _period(self, first: date, last: date) -> str:
        return self._("{first} to {last}").format(first=first.isoformat(), last=last.isoformat())

    @cached_property
    def _periods(self) -> tuple[str, str]:
        """The names of the earlier and of this period."""
        results = self.results
        return (
            self._period(results.before_first, results.before_last),
            self._period(results.asked.first, results.asked.last),
        )

    def _p(self, text: str, cls: str = "") -> str:
        return h.tag("p", h.text(text), cls=cls)

    def _empty(self, text: str) -> str:
        return h.tag("p", h.text(text), cls="empty")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _signed(change: Change) -> dict[str, str]:
    """The difference and its interval with their signs."""
    at = change.interval
    numbers = {
        "difference": change.difference,
        "low": at.low if at else None,
        "high": at.high if at else None,
    }
    return {
        name: "–" if value is None else f"{value:+.1f}".replace("-", "−") for name, value in numbers.items()
    }
