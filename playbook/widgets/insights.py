"""The page of causes: what goes wrong most, since when, what is done about it and whether it helped.

The parts are pieces of HTML; the page puts controls between them, a report just puts them one below another.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ipywidgets as w

from playbook.domain.claims import Party
from playbook.domain.ids import is_case_id
from playbook.domain.improvements import NEXT, Improvement, ImprovementState
from playbook.i18n import Counted, show, translator
from playbook.i18n.improvements import DEPARTMENTS, MEASURES
from playbook.insights import plots, sheets
from playbook.insights.model import InsightsModel
from playbook.insights.outcomes import Outcome, limits
from playbook.insights.plots import Point, percent
from playbook.insights.rows import Signal
from playbook.viewmodels.case import Notice
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, html, later, log, notice_html, row, trouble
from playbook.widgets.files import as_csv, to_print
from playbook.widgets.header import language_links
from playbook.widgets.theme import style_html

CHARTED = 6
"""Signals that are shown with a control chart each; further ones are in the table."""

CASES_SHOWN = 6
_STYLES = {Outcome.WORKED: "pb-ok", Outcome.DID_NOT: "pb-bad", Outcome.TOO_EARLY: "pb-warn"}


class Parts:
    """The parts of the page as HTML, in the model's language."""

    def __init__(self, model: InsightsModel) -> None:
        self.model = model
        self.lang = model.lang
        self._ = translator(model.lang)

    def all(self) -> str:
        """Everything one below another, for a report without controls."""
        made = (self.answer, self.ranking, self.signals, self.overview, self.actions, self.reading)
        return "".join(h.tag("div", part(), cls="pb-card") for part in made)

    def answer(self) -> str:
        """In a sentence: what the counts say."""
        _, picture, filters = self._, self.model.picture, self.model.filters
        head = h.tag("h2", h.text(_("{first} to {last}").format(first=filters.first, last=filters.last)))
        if self.model.material.is_sample:
            note = _("Invented shipments and complaints, to look at the page: nothing here is yours.")
            head = h.tag("p", h.badge(_("Sample data"), "pb-warn"), " ", h.text(note)) + head
        if not picture.units_wrong and not picture.units_shipped:
            text = _("Not enough data: nothing was shipped and nothing complained about in this period.")
            return head + h.tag("p", h.text(text), cls="pb-empty")
        counts = {
            "wrong": Counted(f"{picture.units_wrong:,}"),
            "shipped": Counted(f"{picture.units_shipped:,}"),
            "signals": Counted(str(len(picture.signals))),
        }
        lines = [
            _("{wrong:unit|units} went wrong of {shipped} shipped."),
            _("{signals:signal|signals}: more often than chance explains.")
            if picture.signals
            else _(
                "No signal: nothing goes wrong more often than chance explains, or there is too little data."
            ),
        ]
        if picture.without_rate:
            counts["unknown"] = Counted(str(picture.without_rate))
            lines.append(_("Shipments are unknown for {unknown:unit|units} of them: no rate is given."))
        return head + h.tag("p", h.text(" ".join(line.format_map(counts) for line in lines)))

    def ranking(self) -> str:
        """The bars, and the table that they lead to."""
        _, ranked = self._, self.model.picture.ranked
        head = h.tag("h2", h.text(_("What goes wrong most")))
        if not ranked:
            return head + self._nothing(
                _("Not enough data: no product has five faulty units and known shipments.")
            )
        shown = ranked[: plots.MOST_BARS]
        drawn = plots.pareto(
            self.model.bars({at: f"#signal-{at + 1}" for at in range(len(shown))}), self.lang
        )
        key = _(
            "Hatched, bold: a signal. Line: 95 % interval. Dashed: what was usual. Click a bar for its cases."
        )
        return (
            head
            + h.tag("div", drawn, cls="pb-plot")
            + h.tag("p", h.text(key), cls="pb-muted")
            + self._table(shown)
        )

    def _table(self, ranked: Sequence[Signal]) -> str:
        _ = self._
        head = [_("Product"), _("Problem"), _("Faulty / shipped"), _("Rate, 95 % interval"), _("Cases")]
        rows = []
        for at, signal in enumerate(ranked):
            mark = h.badge(_("signal"), "pb-warn") if signal.notable else ""
            rows.append(
                [
                    h.tag("span", h.text(signal.goods), cls="pb-mono", id=f"signal-{at + 1}", tabindex="-1"),
                    f"{h.text(self.model.problem_name(signal.problem))} {mark}",
                    _whole(f"{signal.units} / {signal.shipped}"),
                    _whole(f"{percent(signal.rate)} ({percent(signal.low)} – {percent(signal.high)})"),
                    self._cases(signal),
                ]
            )
        return h.table(head, rows, numeric=frozenset({2}))

    def _cases(self, signal: Signal) -> str:
        shown = [self._case(reference) for reference in signal.references[:CASES_SHOWN]]
        more = len(signal.references) - len(shown)
        if more > 0:
            shown.append(h.text(self._("and {more} more").format(more=more)))
        return ", ".join(shown) or "–"

    def _case(self, reference: str) -> str:
        if self.model.material.is_sample or not is_case_id(reference):
            return h.mono(reference)
        agent = self.model.desk.actor.name
        href = h.link("case", case=reference, lang=self.lang, agent=agent)
        return h.tag("a", h.text(reference), href=href)

    def signals(self) -> str:
        """Each signal in a sentence, with its weeks."""
        _, signals = self._, self.model.picture.signals
        head = h.tag("h2", h.text(_("Signals: since when, and what to do")))
        if not signals:
            return head + self._nothing(
                _("No signal. That is an answer: the counts do not carry more than chance.")
            )
        return head + "".join(self._signal(at, signal) for at, signal in enumerate(signals))

    def _signal(self, at: int, signal: Signal) -> str:
        _ = self._
        facts = [
            _("{units} of {shipped:unit|units} shipped, {rate} ({low} to {high})").format(
                units=signal.units,
                shipped=Counted(str(signal.shipped)),
                rate=percent(signal.rate),
                low=percent(signal.low),
                high=percent(signal.high),
            )
        ]
        facts.append(
            _("{events:complaint|complaints}, {times} times as many as usual ({low} to {high})").format(
                events=Counted(str(signal.events)),
                times=f"{signal.times:.1f}",
                low=f"{signal.times_low:.1f}",
                high=f"{signal.times_high:.1f}",
            )
        )
        if signal.expected is not None:
            facts.append(_("usual {usual}").format(usual=percent(signal.expected)))
        if signal.since is not None:
            facts.append(_("since {day}").format(day=signal.since.isoformat()))
        if signal.party:
            facts.append(_("likely: {party}").format(party=show(Party(signal.party), self.lang)))
        if signal.cost:
            facts.append(_("cost so far {cost}").format(cost=sheets.cost_text(signal, self.lang)))
        advice = [
            _(MEASURES.get(signal.measure, signal.measure)),
            _(DEPARTMENTS.get(signal.department, signal.department)),
        ]
        return h.tag(
            "section",
            h.tag("h3", h.text(self.model.name(signal.about))),
            h.tag("p", h.text("; ".join(facts))),
            h.tag("p", h.tag("b", h.text(_("Suggested: "))), h.text(" · ".join(filter(None, advice)))),
            self._chart(at, signal) if at < CHARTED else "",
            h.tag("p", h.text(_("Cases: ")), self._cases(signal), cls="pb-muted"),
            cls="pb-signal",
        )

    def _chart(self, at: int, signal: Signal) -> str:
        picture = self.model.picture
        usual = picture.usual_complaints(signal)
        if usual is None:
            return ""
        points = []
        for day, complaints, left in picture.weeks(signal):
            low, high = limits(usual * left)
            points.append(Point(day, complaints, left, low / left, high / left))
        began = [
            action.effective_on
            for action, _measured in self.model.actions
            if dict(action.about) == dict(signal.about) and action.effective_on is not None
        ]
        svg = plots.control_chart(
            points,
            usual,
            self.lang,
            title=self.model.name(signal.about),
            change=signal.since,
            effective=max(began, default=None),
            name=f"control-{at + 1}",
        )
        if not svg:
            return ""
        caption = h.tag("p", h.text(self._("Complaints per unit shipped, by week")), cls="pb-muted")
        return caption + h.tag("div", svg, cls="pb-plot")

    def overview(self) -> str:
        """Where it goes wrong, what became of it, how long it took."""
        _, model, lang = self._, self.model, self.lang
        parts = (
            (
                _("Faulty units of 100 shipped, by product and problem"),
                plots.heat_map(model.heat(), lang),
                _("Darker: more often. Framed, with an exclamation mark: a signal."),
            ),
            (
                _("From problem to remedy to outcome, in units"),
                plots.flow(model.paths(), lang),
                _("A band is as wide as the units that went that way."),
            ),
            (
                _("Time to solution"),
                plots.times(model.times(), lang),
                _("Up to five cases are drawn one by one; above that half of them lie in the box."),
            ),
        )
        return "".join(
            h.tag(
                "section",
                h.tag("h2", h.text(title)),
                h.tag("div", svg, cls="pb-plot") + h.tag("p", h.text(key), cls="pb-muted")
                if svg
                else self._nothing(_("Not enough data.")),
            )
            for title, svg, key in parts
        )

    def actions(self) -> str:
        """Every improvement action with what came of it."""
        _, lang = self._, self.lang
        head = h.tag("h2", h.text(_("Actions and what came of them")))
        found = self.model.actions
        if not found:
            return head + self._nothing(_("No action yet. Plan one from a signal."))
        rows = []
        for action, measured in found:
            problem = action.about.get("problem", "")
            late = f" {h.badge(_('overdue'), 'pb-bad')}" if action.overdue(self.model.today) else ""
            style = _STYLES[measured.outcome] if measured else ""
            rows.append(
                [
                    h.text(action.number or "–"),
                    h.text(_(MEASURES.get(action.measure, action.measure)))
                    + h.tag("div", h.text(action.note), cls="pb-muted"),
                    h.mono(self.model.goods_name(action.about))
                    + h.tag("div", h.text(self.model.problem_name(problem) if problem else "")),
                    h.text(action.owner)
                    + h.tag("div", h.text(_(DEPARTMENTS.get(action.department, action.department)))),
                    h.text(action.due_on.isoformat()) + late,
                    h.text(show(action.state, lang)),
                    h.text(sheets.compared(measured, lang)),
                    h.tag("span", h.text(sheets.outcome_text(action, measured, lang)), cls=style),
                ]
            )
        columns = [
            _("Number"), _("What"), _("Product or trait"), _("Owner"), _("Due"), _("State"),
            _("Before → after"), _("Outcome"),
        ]  # fmt: skip
        return head + h.table(columns, rows)

    def reading(self) -> str:
        """What the numbers say and what not."""
        lines = h.items(h.text(line) for line in sheets.how_to_read(self.lang))
        return h.tag("h2", h.text(self._("How to read this"))) + lines

    def history(self, revisions: Sequence[Improvement]) -> str:
        """How an action came to be what it is."""
        lines = [
            f"{h.moment(action.at, self.lang)} {h.text(action.by)}: {h.text(show(action.state, self.lang))}"
            + (f" · {h.text(action.effective_on.isoformat())}" if action.effective_on else "")
            + (f" · {h.text(action.note)}" if action.note else "")
            for action in revisions
        ]
        return h.items(lines, cls="pb-timeline")

    def sheet_links(self) -> str:
        """Sheets to print and as CSV, for every department."""
        _, model = self._, self.model
        names = sheets.departments(model.picture.signals, model.actions)
        lines = []
        for name in names:
            file = f"causes-{name}-{model.filters.last:%Y%m%d}"
            document = sheets.department_sheet(model, name)
            links = (
                to_print(_("To print"), file, document, self.lang),
                as_csv(_("CSV"), file, sheets.department_list(model, name)),
            )
            lines.append(
                h.tag("div", h.tag("b", h.text(_(DEPARTMENTS.get(name, name)))), *links, cls="pb-row")
            )
        return h.tag("h2", h.text(_("Sheets for departments"))) + "".join(lines)

    def _nothing(self, text: str) -> str:
        return h.tag("p", h.text(text), cls="pb-empty")


def _put(place: w.HTML, part: Callable[[], str]) -> None:
    place.value = part()


def _whole(text: str) -> str:
    """A text that is not broken over lines."""
    return h.tag("span", h.text(text), cls="pb-whole")


def show_report(model: InsightsModel) -> None:
    """The parts as static HTML, where a notebook is run without anybody at it."""
    from IPython.display import HTML, display

    body = h.tag("div", Parts(model).all(), cls="pb pb-insights")
    display(HTML(f"{style_html()}{body}"))


def warm_up_plots() -> None:
    """Load matplotlib and scipy ahead, and make matplotlib draw once."""
    limits(1.0)
    plots.pareto([plots.Bar("A", "B", 1, 2, 0.5, 0.1, 0.9)], "en")


class InsightsView(View):
    """Filters on the left, the parts on the right; whatever changes is counted and drawn anew."""

    def __init__(self, model: InsightsModel) -> None:
        super().__init__(model.lang, "pb-insights")
        self.model = model
        self.parts = Parts(model)

    def build(self) -> Sequence[w.Widget]:
        _, model = self._, self.model
        self.notice, self.status = html(), html()
        self.first = w.DatePicker(description=_("From"))
        self.last = w.DatePicker(description=_("To"))
        self.market = w.Dropdown(description=_("Marketplace"))
        self.problem = w.Dropdown(description=_("Problem"))
        self.department = w.Dropdown(description=_("Department"))
        self.source = w.Checkbox(
            description=_("Show sample data"), indent=False, value=model.material.is_sample
        )
        for control in (self.first, self.last, self.market, self.problem, self.department):
            control.add_class("pb-field")
        self._fill_filters()
        self.source.observe(self._guarded(lambda change: self._turn(change["new"])), "value")
        for control in (self.first, self.last, self.market, self.problem, self.department):
            control.observe(self._guarded(lambda _change: self._look()), "value")
        filters = card(
            html(h.tag("h2", h.text(_("What is looked at")))),
            self.first, self.last, self.market, self.problem, self.department, self.source, self.status,
        )  # fmt: skip
        self.sheets, self.table = html(), html()
        self.shown = [html() for _part in range(5)]
        left = w.VBox([filters, card(self.sheets)])
        answer, ranking, signals, overview, reading = self.shown
        right = w.VBox(
            [
                card(answer),
                card(ranking),
                card(signals),
                card(self.table, *self._action_controls()),
                card(overview),
                card(reading),
            ]
        )
        page = w.HBox([left, right])
        page.add_class("pb-two")
        self._draw()
        self.notice.value = notice_html(model.notice, self.lang)
        return [html(self._bar()), self.notice, page]

    def _bar(self) -> str:
        _, actor = self._, self.model.desk.actor
        home = h.link("home", lang=self.lang, agent=actor.name)
        return h.tag(
            "div",
            h.tag("b", h.text(_("Causes"))),
            h.tag("span", h.text(f"{actor.name} ({_(actor.role)})"), cls="pb-muted"),
            h.tag("span", "", style="flex:1"),
            language_links(self.lang, agent=actor.name),
            h.tag("a", h.text(_("All cases")), href=home),
            cls="pb-bar",
        )

    def _guarded(self, handler: Callable[[Any], Any]) -> Callable[[Any], None]:
        """*handler* with its exceptions told on the page, in place of what was refused before."""

        def call(event: Any) -> None:
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - told on the page and logged
                log.exception("a page handler failed")
                self.model.notice = Notice("failed", trouble(error, self.lang))
            self.notice.value = notice_html(self.model.notice, self.lang)

        return call

    def _fill_filters(self) -> None:
        """The filters as the model has them, without looking again for each of them."""
        _, filters = self._, self.model.filters
        anything = (_("all"), "")
        self._filling = True
        self.first.value, self.last.value = filters.first, filters.last
        departments = ((_(name), code) for code, name in DEPARTMENTS.items())
        for control, options, chosen in (
            (self.market, ((code, code) for code in self.model.marketplaces), filters.marketplace),
            (self.problem, self.model.problems, filters.problem),
            (self.department, departments, filters.department),
        ):
            listed = [anything, *options]
            codes = [code for _name, code in listed]
            control.options = listed
            control.index = codes.index(chosen) if chosen in codes else 0
        self._filling = False

    def _turn(self, on: bool) -> None:
        self.model.use(sample=on)
        self._fill_filters()
        self._draw()

    def _look(self) -> None:
        if self._filling:
            return
        if self.first.value is None or self.last.value is None:
            return
        changed = self.model.look(
            first=self.first.value,
            last=self.last.value,
            marketplace=self.market.value or "",
            problem=self.problem.value or "",
            department=self.department.value or "",
        )
        if changed:
            self._draw()

    def _draw(self) -> None:
        """Every part anew, one after another: the page shows each when it is there, and that more is to come.

        What was asked for last counts: parts of an earlier question are left undrawn.
        """
        _, parts = self._, self.parts
        self.status.value = h.tag("p", h.text(_("Counting …")), cls="pb-note", role="status")
        self._asked = asked = object()
        made = (parts.answer, parts.ranking, parts.signals, parts.overview, parts.reading)
        done = h.tag("p", "", role="status")
        work: list[Callable[[], None]] = [
            *(partial(_put, place, part) for place, part in zip(self.shown, made, strict=True)),
            self._draw_actions,
            partial(_put, self.status, lambda: done),
        ]

        def step(_event: object = None) -> None:
            if self._asked is not asked or not work:
                return
            work.pop(0)()
            later(self._guarded(step))

        self._guarded(step)(None)

    # -- improvement actions

    def _action_controls(self) -> Sequence[w.Widget]:
        _, model = self._, self.model
        self.of_signal = w.Dropdown(description=_("Signal"))
        self.owner = w.Text(description=_("Owner"), value=model.desk.actor.name)
        self.due_on = w.DatePicker(description=_("Due"))
        self.aim = w.BoundedIntText(description=_("Aim: % of the rate left"), min=1, max=99, value=50)
        self.note = w.Text(description=_("Note"), placeholder=_("What exactly is changed"))
        self.plan_it = button(_("Plan the action"), self._plan, primary=True)
        self.of_action = w.Dropdown(description=_("Action"))
        self.on = w.DatePicker(description=_("In effect from"))
        self.steps = {
            ImprovementState.IN_EFFECT: button(
                _("It is in effect"), self._changer(ImprovementState.IN_EFFECT)
            ),
            ImprovementState.CLOSED: button(_("Close it"), self._changer(ImprovementState.CLOSED)),
            ImprovementState.DROPPED: button(_("Drop it"), self._changer(ImprovementState.DROPPED)),
        }
        self.past = html()
        fields = (self.of_signal, self.owner, self.due_on, self.aim, self.note, self.of_action, self.on)
        for control in fields:
            control.add_class("pb-field")
        self.of_action.observe(self._guarded(lambda _change: self._show_action()), "value")
        self.planning = w.VBox(
            [
                html(h.tag("h2", h.text(_("Plan an action")))),
                row(self.of_signal, self.owner, self.due_on, self.aim),
                row(self.note, self.plan_it),
            ]
        )
        self.changing = w.VBox(
            [
                html(h.tag("h2", h.text(_("What has become of an action")))),
                row(self.of_action, self.on, *self.steps.values()),
                self.past,
            ]
        )
        for box in (self.planning, self.changing):
            box.add_class("pb-screen")
        return self.planning, self.changing

    def _plan(self) -> None:
        self._told(self._planned)

    def _planned(self) -> None:
        at = self.of_signal.value
        signal = self.model.picture.signals[at]
        if self.model.plan(signal, self.owner.value, self.due_on.value, self.aim.value, self.note.value):
            self.note.value, self.due_on.value = "", None
            self._draw_actions()

    def _changer(self, to: ImprovementState) -> Callable[[], None]:
        def change() -> None:
            if self.model.change(self.of_action.value, to, self.on.value):
                self.on.value = None
                self._draw()

        return lambda: self._told(change)

    def _told(self, work: Callable[[], None]) -> None:
        self._guarded(lambda _event: work())(None)

    def _draw_actions(self) -> None:
        model, parts = self.model, self.parts
        self.table.value = parts.actions()
        self.sheets.value = parts.sheet_links()
        signals = model.picture.signals
        own = not model.material.is_sample
        self.of_signal.options = [(model.name(signal.about), at) for at, signal in enumerate(signals)]
        self.of_signal.index = 0 if signals else None
        self.planning.layout.display = None if signals and own else "none"
        kept = self.of_action.value
        open_ones = [action for action, _measured in model.actions if not action.is_over] if own else []
        self.of_action.options = [
            (f"{action.number} · {model.goods_name(action.about)}", action.number) for action in open_ones
        ]
        numbers = [action.number for action in open_ones]
        self.of_action.index = numbers.index(kept) if kept in numbers else (0 if numbers else None)
        self.changing.layout.display = None if open_ones else "none"
        self._show_action()

    def _show_action(self) -> None:
        if self.of_action.value is None:
            self.past.value = ""
            return
        revisions = self.model.history(self.of_action.value)
        for state, step in self.steps.items():
            step.disabled = state not in NEXT[revisions[-1].state]
        self.past.value = self.parts.history(revisions)
