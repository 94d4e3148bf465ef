"""Step three on the page: options per group and item, the preview of what they come to, approvals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import ipywidgets as w

from playbook.domain.case import Stage
from playbook.domain.claims import ClaimItem
from playbook.domain.events import ApprovalRequested
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.domain.problems import Problem, problem
from playbook.domain.remedies import SHAPES, Remedy, RemedyKind
from playbook.i18n import say
from playbook.i18n.words import OUTCOMES, word
from playbook.steps.options import Option
from playbook.steps.remedy import LEADS
from playbook.viewmodels.remedy import Group, Preview, RemedyModel
from playbook.viewmodels.typed import amount_of_text, share_of_text
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, named, placeheld, row
from playbook.widgets.facts import FactsView, rule_changes_html
from playbook.widgets.options import option_html, refused_html
from playbook.widgets.plans import PlansView, preview_html, problems_html
from playbook.widgets.side import SideView

PAGE = 25


class RemedyView(View):
    """Groups of undecided items with their options, what is drafted, what waits, what is agreed."""

    def __init__(self, model: RemedyModel, side: SideView) -> None:
        super().__init__(model.work.lang, "pb-step")
        self.model = model
        self.side = side
        self.items: dict[str, ItemRow] = {}
        self.choosers: list[tuple[w.Button, Group, RemedyKind]] = []

    def build(self) -> Sequence[w.Widget]:
        self.rules = w.VBox()
        self.facts = FactsView(self.model)
        self.plans = PlansView(self.model)
        self.groups = w.VBox()
        self.agreed = w.VBox()
        self.pending = w.VBox()
        self.preview = html()
        self.blockers = html()
        self.confirm = button(
            self._("Agree on these remedies"), self._confirm, work=self.model.work, primary=True
        )
        self.prefer = button(
            self._("Take the preferred remedy for all"), self._prefer_all, work=self.model.work
        )
        self.clear = button(self._("Clear the draft"), self._clear, work=self.model.work)
        self.note = placeheld(self._("Note for the lead, if an approval is needed"))
        self.total = card(
            html(h.tag("h2", h.text(self._("What this comes to")))),
            self.preview,
            self.note,
            row(self.confirm, self.prefer, self.clear, self.blockers),
            cls="pb-sticky",
        )
        self.facts.show()
        self.plans.show()
        self._draw_case()
        self.model.observe(self._draft_changed, "choices")
        self.model.work.observe(self._case_changed, "case")
        main = w.VBox(
            [self.rules, self.pending, self.facts, self.plans, self.groups, self.total, self.agreed]
        )
        self.side.show()
        page = w.HBox([self.side, main])
        page.add_class("pb-two")
        return [page]

    def _case_changed(self, change: object) -> None:
        guarded(lambda _: self._draw_case(), self.model.work)(change)

    def _draft_changed(self, change: object) -> None:
        guarded(lambda _: self._draw_draft(), self.model.work)(change)

    def _draw_case(self) -> None:
        self.items = {}
        self.choosers = []
        self.groups.children = self._groups()
        self.rules.children = [self._rules_changed()] if self.model.rules_changed else []
        if self.model.work.case.order is not None:
            self.facts.draw()
            self.plans.draw()
        self.pending.children = [self._request(request) for request in self.model.pending]
        self.agreed.children = [self._agreed()] if self.model.work.case.remedies else []
        self._draw_draft()

    def _groups(self) -> list[w.Widget]:
        """What we decide first; where both are in one order, what Amazon decides stands apart."""
        own = [group for group in self.model.groups if group.channel is Channel.FBM]
        amazons = [group for group in self.model.groups if group.channel is not Channel.FBM]
        children: list[w.Widget] = []
        if own and amazons:
            children.append(html(h.tag("h2", h.text(self._("What we decide"))), cls="pb-part"))
        children += [self._group(group) for group in own]
        if amazons:
            children.append(html(self._amazons(amazons), cls="pb-part"))
        return children + [self._group(group) for group in amazons]

    def _amazons(self, groups: Sequence[Group]) -> str:
        """What Amazon decides, and why."""
        why = {
            Channel.FBA: self._(
                "FBA: Amazon shipped these. We point the buyer to Amazon's customer service."
            ),
            Channel.SFP: self._(
                "SFP: we shipped these under Prime. Amazon's customer service decides, at our cost."
            ),
        }
        channels = dict.fromkeys(group.channel for group in groups)
        title = h.tag("h2", h.text(self._("What Amazon decides")))
        return title + h.items((h.text(why[channel]) for channel in channels), cls="pb-muted")

    def _rules_changed(self) -> w.Widget:
        adopt = button(
            self._("Re-evaluate under the rules of today"), self.model.adopt_rules, work=self.model.work
        )
        return card(html(rule_changes_html(self.model)), row(adopt), cls="pb-warn")

    def _group(self, group: Group) -> w.Widget:
        units = sum(item.units - self.model.work.case.decided_units(item.item) for item in group.items)
        title = self._("{problem}: units {units}, lines {lines}").format(
            problem=self._(word(group.problem)), units=units, lines=len(group.items)
        )
        head = html(h.tag("h2", h.text(title), " ", h.badge(group.channel.value)))
        offered = self._group_options(group)
        open_ones = [option for option in offered if option.outcome != "refused"]
        chooses = [self._choice(group, option) for option in open_ones]
        refused = [option for option in offered if option.outcome == "refused"]
        rows = [self._item(item) for item in group.items[:PAGE]]
        more = len(group.items) - PAGE
        rest = [html(h.tag("p", h.text(self._("and {count} more lines: choose for all").format(count=more))))]
        return card(
            head,
            *chooses,
            html(refused_html(refused, self.model.work, self.model.ways)),
            *rows,
            *(rest if more > 0 else []),
        )

    def _choice(self, group: Group, option: Option) -> w.Widget:
        """A button that chooses the option for the whole group, with what it means beside it."""
        choose = button(
            self._(word(option.kind)),
            lambda: self._choose_group(group, option.kind),
            work=self.model.work,
            tip=self._("Choose for all lines of this problem ({count})").format(count=len(group.items)),
        )
        self.choosers.append((choose, group, option.kind))
        return row(
            choose,
            html(option_html(option, self.model.work, self.model.ways(option)), cls="pb-grow"),
            cls="pb-opt",
        )

    def _group_options(self, group: Group) -> tuple[Option, ...]:
        """The options of the first item, and of the others what the first does not know."""
        found: dict[RemedyKind, Option] = {}
        for item in group.items:
            for option in self.model.options(item):
                known = found.get(option.kind)
                if known is None or (known.outcome == "refused" and option.outcome != "refused"):
                    found[option.kind] = option
        return tuple(found.values())

    def _item(self, item: ClaimItem) -> "w.Widget":
        self.items[item.item] = ItemRow(self, item)
        return self.items[item.item].box

    def _draw_draft(self) -> None:
        for item_row in self.items.values():
            item_row.draw()
        for choose, group, kind in self.choosers:
            drafted = [self.model.choices.get(item.item) for item in group.items]
            chosen = any(choice is not None and choice.kind is kind for choice in drafted)
            (choose.add_class if chosen else choose.remove_class)("pb-chosen")
        result = self.model.simulate() if self.model.choices else None
        problems = () if result is None or isinstance(result, Preview) else result
        if isinstance(result, Preview):
            self.preview.value = preview_html(result, self.model.work)
        elif not self.model.undecided:
            self.preview.value = h.tag("p", h.text(self._("Every unit has a remedy.")))
        else:
            self.preview.value = h.tag(
                "p", h.text(self._("Choose a remedy for each problem; nothing is agreed yet."))
            )
        self.blockers.value = problems_html(problems, self.lang)
        needs_approval = isinstance(result, Preview) and result.needs_approval
        self.confirm.description = (
            self._("Ask a lead to approve") if needs_approval else self._("Agree on these remedies")
        )
        self.confirm.disabled = not isinstance(result, Preview)
        self.note.layout.display = None if needs_approval else "none"
        self.clear.disabled = not self.model.choices
        self.total.layout.display = None if self.model.undecided else "none"

    def _choose_group(self, group: Group, kind: RemedyKind) -> None:
        left_out = self.model.choose_group(group, kind)
        if left_out:
            lines = [self.model.line(item).sku for item in group.items if item.item in left_out]
            self.model.work.refuse((problem("not_for_all", kind=kind, skus=", ".join(lines)),))

    def _prefer_all(self) -> None:
        self.model.choose_preferred()

    def _clear(self) -> None:
        for item_id in tuple(self.model.choices):
            self.model.unchoose(item_id)

    def _confirm(self) -> None:
        self.model.confirm(self.note.value)

    def _request(self, request: ApprovalRequested) -> w.Widget:
        work = self.model.work
        title = self._("Waits for approval: {amount}").format(amount=h.money(request.amount, self.lang))
        why = say(problem(request.why.code, **request.why.params), self.lang)
        lines = [self._remedy_text(remedy) for remedy in request.remedies]
        children: list[w.Widget] = [
            html(
                h.tag("h2", title)
                + h.tag("p", h.text(why))
                + h.items(lines)
                + h.tag("p", h.text(request.note))
            )
        ]
        if work.desk.actor.role in LEADS:
            note = placeheld(self._("Reason (needed to refuse)"))
            children.append(note)
            children.append(
                row(
                    button(
                        self._("Approve"),
                        lambda: self.model.decide_approval(request.approval, True, note.value),
                        work=work,
                        primary=True,
                    ),
                    button(
                        self._("Refuse"),
                        lambda: self.model.decide_approval(request.approval, False, note.value),
                        work=work,
                    ),
                )
            )
        else:
            children.append(
                html(h.tag("p", h.text(self._("A lead decides on this page, signed in as lead."))))
            )
        return card(*children, cls="pb-warn")

    def _remedy_text(self, remedy: Remedy) -> str:
        line = self.model.work.case.order.line(remedy.line) if self.model.work.case.order else None
        parts = [
            h.mono(line.sku if line else remedy.line),
            h.text(f"{remedy.units} x {self._(word(remedy.kind))}"),
        ]
        if remedy.refund:
            parts.append(h.money(remedy.refund_total, self.lang))
        return " ".join(parts)

    def _agreed(self) -> w.Widget:
        work = self.model.work
        case = work.case
        rows = []
        for remedy in case.remedies:
            line = case.order.line(remedy.line) if case.order else None
            state = self._("done") if case.is_executed(remedy) else self._("agreed")
            rows.append(
                [
                    h.mono(line.sku if line else remedy.line),
                    h.text(line.title if line else ""),
                    h.text(remedy.units),
                    h.text(self._(word(remedy.kind))),
                    h.money(remedy.refund_total, self.lang) if remedy.refund else "",
                    h.text(state),
                    h.tag("span", h.text(remedy.rule), cls="pb-muted"),
                ]
            )
        _ = self._
        head = [_("SKU"), _("Product"), _("Units"), _("Remedy"), _("Refund"), _("State"), _("Rule")]
        children: list[w.Widget] = [
            html(
                h.tag("h2", h.text(self._("Agreed remedies")))
                + h.table(head, rows, numeric=frozenset({2, 4}))
            )
        ]
        open_ones = [r for r in case.remedies if not (case.is_final(r) or case.is_executed(r))]
        if open_ones and not case.closed:
            which = w.Dropdown(
                options=[(self._withdraw_label(remedy), remedy.remedy) for remedy in open_ones],
                description=self._("Withdraw"),
            )
            reason = placeheld(self._("Why is it taken back?"))
            take = button(
                self._("Withdraw this remedy"),
                lambda: self.model.withdraw(str(which.value), reason.value),
                work=work,
            )
            children.append(row(which, reason, take))
        forward = button(
            self._("Go on to the follow-up"), self._forward, work=work, primary=not self.model.undecided
        )
        if not self.model.undecided:
            children.append(row(forward))
        return card(*children)

    def _withdraw_label(self, remedy: Remedy) -> str:
        line = self.model.work.case.order.line(remedy.line) if self.model.work.case.order else None
        return f"{line.sku if line else remedy.line}: {remedy.units} x {self._(word(remedy.kind))}"

    def _forward(self) -> None:
        self.model.work.step = Stage.FOLLOW_UP


class ItemRow:
    """One claim item: what it is, the drafted remedy, units and share where they can vary."""

    def __init__(self, view: RemedyView, item: ClaimItem) -> None:
        self.view = view
        self.item = item
        self.open_units = item.units - view.model.work.case.decided_units(item.item)
        self.drawing = False
        self.drawn: object = self
        _ = view._
        line = view.model.line(item)
        label = html(h.mono(line.sku) + " " + h.text(line.title), cls="pb-grow")
        offered = [option for option in view.model.options(item) if option.outcome != "refused"]
        choices = [(_("not chosen yet"), "")] + [
            (
                f"{_(word(o.kind))}{'' if o.outcome == 'allowed' else ' · ' + _(OUTCOMES[o.outcome])}",
                o.kind.value,
            )
            for o in offered
        ]
        self.kind = named(w.Dropdown(options=choices), _("Remedy for {sku}").format(sku=line.sku))
        self.units = named(
            w.BoundedIntText(value=self.open_units, min=1, max=self.open_units),
            _("Units of {sku}").format(sku=line.sku),
        )
        self.share = named(w.Text(placeholder="%"), _("Share of the price, in percent"))
        self.paying = named(
            w.Text(placeholder=view.model.line(item).currency),
            _("Or an amount for {sku}").format(sku=line.sku),
        )
        self.amount = html(cls="n")
        for widget, width in (
            (self.kind, "260px"),
            (self.units, "64px"),
            (self.share, "64px"),
            (self.paying, "88px"),
            (self.amount, "110px"),
        ):
            widget.layout.width = width
        extra: list[w.Widget] = []
        if any(problem_.code == "evidence_missing" for o in offered for problem_ in o.problems):
            extra.append(button(_("Photo is here"), self._photo, work=view.model.work))
        self.box = row(
            label, self.kind, self.units, self.share, self.paying, self.amount, *extra, cls="pb-row"
        )
        for widget in (self.kind, self.units, self.share, self.paying):
            widget.observe(guarded(self._changed, view.model.work), "value")
        self.share.continuous_update = self.paying.continuous_update = False

    def draw(self) -> None:
        choice = self.view.model.choices.get(self.item.item)
        if choice == self.drawn:
            return
        self.drawn = choice
        option = None if choice is None else self.view.model.option(self.item.item, choice.kind)
        self.drawing = True
        try:
            self.kind.value = choice.kind.value if choice and option and option.outcome != "refused" else ""
            self.units.value = self.open_units if choice is None or choice.units is None else choice.units
            variable = option is not None and option.row.then.share is not None
            self.share.layout.display = self.paying.layout.display = None if variable else "none"
            self.units.layout.visibility = "visible" if self.open_units > 1 else "hidden"
            if option is not None and choice is not None and variable:
                named_amount = choice.amount
                self.paying.value = "" if named_amount is None else str(named_amount.amount)
                share = option.share if choice.share is None else choice.share
                self.share.value = str(share) if named_amount is None else ""
        finally:
            self.drawing = False
        self.amount.value = "" if choice is None or option is None else self._amount(option)

    def _amount(self, option: Option) -> str:
        if SHAPES[option.kind].paid == "nothing":
            return ""
        choice = self.view.model.choices[self.item.item]
        if choice.amount is not None:
            return h.money(choice.amount, self.view.lang)
        if choice.units is None and choice.share is None:
            return h.money(option.refund_total, self.view.lang)
        after = self.view.model.simulate_one(self.item.item)
        return h.money(after, self.view.lang) if after is not None else ""

    def _changed(self, change: Mapping[str, w.Widget]) -> None:
        if self.drawing:
            return
        model = self.view.model
        if not self.kind.value:
            model.unchoose(self.item.item)
            return
        kind = RemedyKind(self.kind.value)
        drafted, owner = model.choices.get(self.item.item), change["owner"]
        share: Decimal | Problem | None = None
        amount: Money | Problem | None = None
        if owner is self.units and drafted is not None:
            share, amount = drafted.share, drafted.amount
        elif owner is self.share and self.share.value.strip():
            share = share_of_text(self.share.value)
        elif owner is self.paying and self.paying.value.strip():
            amount = amount_of_text(self.paying.value, model.line(self.item).currency)
        if isinstance(share, Problem) or isinstance(amount, Problem):
            model.work.refuse([wrong for wrong in (share, amount) if isinstance(wrong, Problem)])
            return
        units = self.units.value if self.units.value != self.open_units else None
        model.choose(self.item.item, kind, units=units, share=share, amount=amount)

    def _photo(self) -> None:
        self.view.model.record_photo([self.item.item])
