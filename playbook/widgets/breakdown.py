"""Step two on the page: the table of what is wrong with which units, beside the buyer's words."""

from collections.abc import Callable, Sequence

import ipywidgets as w

from playbook.domain.case import Stage
from playbook.domain.claims import ProblemType
from playbook.domain.orders import OrderLine
from playbook.i18n import Counted, say
from playbook.i18n.words import LANGUAGES, PROBLEMS
from playbook.intake.second import Endpoint
from playbook.letters.words import locale_of
from playbook.steps.breakdown import LineTotals
from playbook.viewmodels.breakdown import BreakdownModel, Row
from playbook.viewmodels.secondreader import SecondReaderModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, named, row, soon
from playbook.widgets.side import SideView
from playbook.widgets.theme import copy_button_html

PAGE = 25


class BreakdownView(View):
    """Rows of the table, a page of lines at a time; an edit redraws only the rows of its line."""

    def __init__(self, model: BreakdownModel, side: SideView, second: Endpoint | None = None) -> None:
        """*second* is where a second reader answers, if one is set."""
        super().__init__(model.work.lang, "pb-step")
        self.model = model
        self.second = SecondReaderModel(model, second, soon)
        self.side = side
        self.page = 0
        self.only_claimed = False
        self.shown: dict[tuple[int, int], RowWidgets] = {}
        self.of_line: dict[int, w.VBox] = {}  # ipywidgets draws anew what comes after a changed child
        self.order_id = ""

    def build(self) -> Sequence[w.Widget]:
        _, model = self._, self.model
        work = model.work
        self.rows = w.VBox()
        self.rows.add_class("pb-rows")
        self.back = button("←", lambda: self._turn(-1), work=work, tip=_("Earlier lines"))
        self.forth = button("→", lambda: self._turn(1), work=work, tip=_("Next lines"))
        self.where = html(cls="pb-muted")
        self.filter = w.Checkbox(description=_("Only lines with a problem"), indent=False)
        self.filter.observe(guarded(lambda change: self._filter(change["new"]), work), "value")
        self.untouched = w.Checkbox(description=_("Leave the rest open: not mentioned"), indent=False)
        self.untouched.observe(guarded(lambda c: self._leave(c["new"]), work), "value")
        self.confirm = button(_("Confirm breakdown"), self._confirm, work=work, primary=True)
        self.all_right = button(
            _("All proposals are right"),
            lambda: model.accept(*(r.key for r in model.doubtful)),
            work=work,
            tip=_("Every row marked with a question mark is as the buyer says"),
        )
        self.undo = button(_("Undo"), model.undo, work=work)
        self.blockers = html()
        self.ask = html()
        self.copies = html()
        self.state = html()
        self.second_state = html()
        self.bulk_lines = w.SelectMultiple(rows=6)
        self.bulk_lines.layout.width = "100%"
        self.bulk = self._bulk()
        self.second.observe(guarded(lambda _c: self._draw_second(), work), ["progress", "note"])
        self._take_order()
        model.observe(guarded(lambda _c: self._draw(), work), ["rows", "leave_untouched"])
        work.observe(guarded(lambda _c: self._draw(), work), "case")
        self.side.show()
        buttons = row(
            self.confirm,
            self.all_right,
            button(_("Rest is fine"), model.rest_is_fine, work=work),
            self.undo,
            button(_("Propose again"), model.propose_again, work=work),
            self.untouched,
        )
        table = card(
            html(h.tag("h2", h.text(_("What is wrong, unit by unit")))),
            self.state,
            self.second_state,
            row(self.filter, self.back, self.where, self.forth),
            html(self._head(), cls="pb-rowhead"),
            self.rows,
            buttons,
            self.blockers,
            row(self.copies),
        )
        page = w.HBox([self.side, w.VBox([table, self.bulk, card(self.ask)])])
        page.add_class("pb-two")
        return [page]

    def _head(self) -> str:
        _ = self._
        cells = (_("Product"), _("Ordered"), _("Problem"), _("Units"), _("Photo"), _("All units"), "")
        numbers = {_("Ordered"), _("Units")}
        return h.tag(
            "div",
            *(h.tag("span", h.text(cell), cls="n" if cell in numbers else "") for cell in cells),
            cls="pb-grid",
        )

    def _take_order(self) -> None:
        """Begin anew with the lines of the order that is locked now: nothing of another one stays."""
        model = self.model
        self.order_id = self._locked_id()
        self.shown = {}
        self.of_line = {}
        self.page = 0
        self.only_claimed = len(model.lines) > PAGE and any(r.is_claim for r in model.rows)
        self.filter.value = self.only_claimed
        self.bulk_lines.options = [(f"{line.sku}  {line.title}"[:80], line.line) for line in model.lines]
        self.bulk.layout.display = None if len(model.lines) > 3 else "none"
        self.second.start()
        self._fill()

    def _locked_id(self) -> str:
        order = self.model.work.case.order
        return order.order_id if order else ""

    def _visible(self) -> tuple[OrderLine, ...]:
        spoken = {r.line for r in self.model.rows if r.is_claim or not r.sure}
        return tuple(line for line in self.model.lines if not self.only_claimed or line.line in spoken)

    def _fill(self) -> None:
        """The rows of the present page; widgets of rows that stay are used again."""
        visible = self._visible()
        self.page = min(self.page, max(0, (len(visible) - 1) // PAGE))
        lines = {line.line: line for line in visible[self.page * PAGE : (self.page + 1) * PAGE]}
        rows = [r for r in self.model.rows if r.line in lines]
        self.shown = {
            (r.key, r.line): self.shown.get((r.key, r.line)) or RowWidgets(self, r, lines[r.line])
            for r in rows
        }
        boxes: dict[int, list[w.Widget]] = {}
        for known in self.shown.values():
            boxes.setdefault(known.line.line, []).append(known.box)
        for number, own in boxes.items():
            if number not in self.of_line:
                self.of_line[number] = w.VBox()
            self.of_line[number].children = own
        self.rows.children = [self.of_line[number] for number in boxes]
        many = len(visible) > PAGE
        for widget in (self.back, self.forth, self.where):
            widget.layout.display = None if many else "none"
        self.filter.layout.display = None if len(self.model.lines) > PAGE // 2 else "none"
        last = min(len(visible), (self.page + 1) * PAGE)
        text = self._("lines {first} to {last} of {all}")
        self.where.value = h.text(text.format(first=self.page * PAGE + 1, last=last, all=len(visible)))
        self.back.disabled = self.page == 0
        self.forth.disabled = last == len(visible)
        self._draw()

    def _draw(self) -> None:
        model = self.model
        if self._locked_id() != self.order_id:
            self._take_order()
            return
        lines = {widgets.line.line for widgets in self.shown.values()}
        if list(self.shown) != [(r.key, r.line) for r in model.rows if r.line in lines]:
            self._fill()
            return
        totals = {total.line: total for total in model.totals}
        seen: set[int] = set()
        for r in model.rows:
            if (r.key, r.line) in self.shown:
                self.shown[r.key, r.line].draw(r, totals[r.line], first=r.line not in seen)
                seen.add(r.line)
        self._draw_foot()

    def _draw_foot(self) -> None:
        model, _ = self.model, self._
        blockers = model.blockers
        closed = model.work.case.closed
        self.confirm.disabled = bool(blockers) or closed
        self.undo.disabled = not model.can_undo
        self.all_right.layout.display = None if len(model.doubtful) > 1 else "none"
        self.untouched.value = model.leave_untouched
        self.blockers.value = h.items(
            (h.text(say(problem, self.lang)) for problem in blockers), cls="pb-note"
        )
        confirmed = model.work.case.breakdown_confirmed
        text = _("Confirmed. Changing it takes back remedies whose units are no longer claimed.")
        self.state.value = h.tag("p", "✓ ", h.text(text), cls="pb-ok") if confirmed else ""
        own = copy_button_html(model.list_text(), _("Copy list"), _("Copied"))
        other = copy_button_html(
            model.list_text("en" if self.lang != "en" else "zh_CN"),
            _("Copy list in Chinese") if self.lang == "en" else _("Copy list in English"),
            _("Copied"),
        )
        self.copies.value = h.tag("span", own, " ", other)
        self.ask.value = self._ask_html()

    def _draw_second(self) -> None:
        _, second = self._, self.second
        texts = {
            "reading": _("A second reader is reading the message too…"),
            "taken": _("Two readers have read the message: where they differ, it is asked below."),
            "waits": _("The second reader has finished. “Propose again” takes in what it found."),
        }
        text = say(second.note, self.lang) if second.note else texts.get(second.progress, "")
        self.second_state.value = h.tag("p", h.text(text), cls="pb-muted", role="status") if text else ""

    def _ask_html(self) -> str:
        model, _ = self.model, self._
        head = h.tag("h2", h.text(_("To ask the buyer")))
        questions = model.question_texts()
        if not questions:
            return head + h.tag("p", h.text(_("Nothing has to be asked.")), cls="pb-muted")
        language = LANGUAGES[locale_of(model.work.case.language)]
        count = _("{language}, {count:question|questions}").format(
            language=language, count=Counted(len(questions))
        )
        copy = copy_button_html(model.ask_text(), _("Copy message"), _("Copied"))
        note = h.tag("span", h.text(count), cls="pb-muted")
        return (
            head
            + h.items(h.text(question) for question in questions)
            + h.tag("div", copy, note, cls="pb-foot")
        )

    def _bulk(self) -> w.Widget:
        _, model = self._, self.model
        problem = w.Dropdown(options=problem_options(_), description=_("Problem"))

        def apply() -> None:
            keys = [r.key for r in model.rows if r.line in self.bulk_lines.value]
            model.set_problem(keys, ProblemType(problem.value) if problem.value else None)

        return card(
            html(h.tag("h2", h.text(_("Several lines at once")))),
            self.bulk_lines,
            row(problem, button(_("Set for the selected lines"), apply, work=model.work)),
        )

    def _turn(self, by: int) -> None:
        self.page = max(0, self.page + by)
        self._fill()

    def _filter(self, on: bool) -> None:
        self.only_claimed = on
        self.page = 0
        self._fill()

    def _leave(self, on: bool) -> None:
        if on != self.model.leave_untouched:
            self.model.set_leave_untouched(on)

    def _confirm(self) -> None:
        if self.model.confirm():
            self.model.work.step = (
                self.model.work.case.stage if not self.model.work.case.closed else Stage.FOLLOW_UP
            )


def problem_options(_: Callable[[str], str]) -> list[tuple[str, str]]:
    """The choices of the problem column; the empty one says that nobody spoke of these units."""
    return [(_("not mentioned"), ""), *((_(PROBLEMS[problem]), problem.value) for problem in ProblemType)]


class RowWidgets:
    """The widgets of one row: product, problem, units, photo, bar, and a button to split or remove."""

    def __init__(self, view: BreakdownView, row_: Row, line: OrderLine) -> None:
        self.view = view
        self.key = row_.key
        self.line = line
        self.drawing = False
        self.drawn: object = None
        _ = view._
        model = view.model
        self.label = html()
        self.ordered = html(cls="n")
        self.problem = named(
            w.Dropdown(options=problem_options(_)), _("Problem of {sku}").format(sku=line.sku)
        )
        self.units = named(
            w.Text(placeholder="?", continuous_update=False), _("Units of {sku}").format(sku=line.sku)
        )
        self.photo = named(w.Checkbox(indent=False), _("There is a photo of {sku}").format(sku=line.sku))
        self.bar = html()
        self.action = w.Button()
        self.action.on_click(guarded(lambda _b: self._act(), model.work))
        self.box = w.HBox(
            [self.label, self.ordered, self.problem, self.units, self.photo, self.bar, self.action]
        )
        self.box.add_class("pb-grid")
        self.first = True
        self.problem.observe(guarded(self._problem, model.work), "value")
        self.units.observe(guarded(self._units, model.work), "value")
        self.photo.observe(guarded(self._photo, model.work), "value")

    def draw(self, row_: Row, total: LineTotals, *, first: bool) -> None:
        """Show the row as it is; does nothing when nothing changed."""
        state = (row_, total, first)
        if state == self.drawn:
            return
        self.drawn = state
        self.first = first
        _ = self.view._
        name = (
            h.mono(self.line.sku) + " " + h.text(self.line.title)
            if first
            else h.tag("span", "↳", cls="pb-muted")
        )
        doubt = h.badge("?", "pb-warn") + " " if not row_.sure else ""
        start, end = row_.quoted or (None, None)
        self.label.value = h.tag(
            "span", doubt, name, cls="pb-name", title=self.line.title, data_from=start, data_to=end
        )
        self.ordered.value = h.text(self.line.units_ordered) if first else ""
        self.drawing = True
        try:
            self.problem.value = row_.problem.value if row_.problem else ""
            self.units.value = "" if row_.units is None else str(row_.units)
            self.photo.value = row_.photo
        finally:
            self.drawing = False
        claimed = row_.is_claim
        self.photo.layout.visibility = "visible" if claimed else "hidden"
        self.bar.value = bar_html(total, _) if first else ""
        unsure = not row_.sure
        self.action.description = _("Right") if unsure else (_("split") if first else _("remove"))
        (self.box.add_class if unsure else self.box.remove_class)("pb-ask")
        (self.box.add_class if claimed and not unsure else self.box.remove_class)("pb-hit")

    def _act(self) -> None:
        model = self.view.model
        current = next(r for r in model.rows if r.key == self.key)
        if not current.sure:
            model.accept(self.key)
        elif self.first:
            model.split(self.line.line)
        else:
            model.remove(self.key)

    def _problem(self, change: dict[str, str]) -> None:
        if not self.drawing:
            self.view.model.change(self.key, problem=ProblemType(change["new"]) if change["new"] else None)

    def _photo(self, change: dict[str, bool]) -> None:
        if not self.drawing:
            self.view.model.change(self.key, photo=change["new"])

    def _units(self, change: dict[str, str]) -> None:
        if self.drawing:
            return
        text = change["new"].strip()
        if text in {"", "?"}:
            self.view.model.change(self.key, units=None)
        elif text.isdecimal() and len(text) <= 7:
            self.view.model.change(self.key, units=int(text))
        else:
            sentence = self.view._("{sku}: {text} is not a number of units; write 1 or more.")
            self.view.model.work.tell(sentence.format(sku=self.line.sku, text=text))


def bar_html(total: LineTotals, _: Callable[[str], str]) -> str:
    """All units of a line as a bar with the numbers in words."""
    whole = max(total.ordered, 1)

    def part(units: int, cls: str) -> str:
        return h.tag("i", cls=cls, style=f"width:{100 * max(0, units) // whole}%")

    bar = h.tag("span", part(total.claimed, "c1"), part(total.fine, "c0"), cls="pb-seg")
    gone = total.ordered - total.claimable
    words = []
    if total.fine:
        words.append(_("{units} fine").format(units=total.fine))
    if gone:
        words.append(_("{units} compensated").format(units=gone))
    if total.open_units is None:
        words.append(_("number open"))
    elif total.open_units < 0:
        words.append(_("{units} too many").format(units=-total.open_units))
    elif total.open_units:
        words.append(_("{units} open").format(units=total.open_units))
    return h.tag("div", bar, h.tag("span", h.text(", ".join(words)), cls="pb-muted"), cls="pb-units")
