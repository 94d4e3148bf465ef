"""What the rules look at: the facts of the claims, and a way to correct each of them."""

from collections.abc import Sequence
from datetime import date

import ipywidgets as w

from playbook.domain.claims import ClaimItem
from playbook.domain.ids import Marketplace
from playbook.domain.orders import ORDER_FACTS, Channel, FactKind
from playbook.i18n import show, show_fact, translator
from playbook.i18n.words import ANSWERS, CATEGORIES, EVIDENCE, FACTS, OUTCOMES, word
from playbook.policy.windows import delivery_day
from playbook.steps.facts import fact_of
from playbook.steps.options import facts_of, is_in_stock, units_in_stock, window_of
from playbook.viewmodels.remedy import RemedyModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, guarded, html, named, row

DATES = frozenset({FactKind.DELIVERED_ON, FactKind.EVENT_ON})
MANY = 6
"""More claims than these fold their facts away."""


class FactsView(View):
    """One row per claim, one line about the order, and one row of controls to correct a fact."""

    def __init__(self, model: RemedyModel) -> None:
        super().__init__(model.work.lang, "pb-card")
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        _ = self._
        self.shown = html()
        self.fact = named(w.Dropdown(options=[(_(FACTS[f]), f) for f in FACTS]), _("Fact to correct"))
        self.lines = named(w.Dropdown(options=self._lines()), _("For which line"))
        self.word = named(w.Dropdown(options=self._words(FactKind.CHANNEL)), _("What it is"))
        self.day = named(w.DatePicker(), _("On which day"))
        self.correct = button(_("Correct the fact"), self._correct, work=self.model.work)
        self.fact.observe(guarded(lambda _: self._offer(), self.model.work), "value")
        self.draw()
        return [self.shown, row(self.fact, self.lines, self.word, self.day, self.correct)]

    def draw(self) -> None:
        """Show the facts as they are now."""
        self.shown.value = facts_html(self.model)
        if self.lines.options != (lines := self._lines()):
            self.lines.options = lines
        self._offer()

    def _lines(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """The lines that a fact can be about: all with a claim, or one of them."""
        claimed = {item.line: self.model.line(item).sku for item in self.model.work.case.claims}
        everywhere = (self._("all lines with a claim"), tuple(claimed))
        return (everywhere, *((sku, (line,)) for line, sku in claimed.items()))

    def _words(self, fact: FactKind) -> list[tuple[str, str]]:
        return [(show_fact(fact, value, self.lang), value) for value in _values(fact)]

    def _offer(self) -> None:
        """Show the controls that fit the fact."""
        fact = self.fact.value
        self.day.layout.display = None if fact in DATES else "none"
        self.word.layout.display = "none" if fact in DATES else None
        self.lines.layout.display = "none" if fact in ORDER_FACTS else None
        self.word.options = self._words(fact)

    def _correct(self) -> None:
        fact = self.fact.value
        lines = () if fact in ORDER_FACTS else self.lines.value
        if fact in DATES:
            value = self.day.value.isoformat() if isinstance(self.day.value, date) else ""
        else:
            value = str(self.word.value)
        self.model.correct(fact, value, lines)


def _values(fact: FactKind) -> list[str]:
    """The words that a fact can be."""
    match fact:
        case FactKind.CHANNEL:
            return [channel.value for channel in Channel]
        case FactKind.MARKETPLACE:
            return [market.value for market in Marketplace]
        case FactKind.CATEGORY:
            return ["", *CATEGORIES]
        case FactKind.BUSINESS:
            return ["yes", "no"]
        case _:
            return list(ANSWERS)


def facts_html(model: RemedyModel) -> str:
    """The facts of every claim; of many, folded away."""
    work = model.work
    _, case = translator(work.lang), work.case
    assert case.order is not None, "options belong to a locked order"
    head = [
        _("SKU"),
        _("Problem"),
        _("Channel"),
        _("Delivered"),
        _("Return window"),
        _("Value"),
        _("Evidence"),
        _("Stock"),
        _("Category"),
    ]
    undecided = model.undecided or case.claims
    table = h.table(head, [_cells(model, item) for item in undecided], numeric=frozenset({5}))
    if len(undecided) > MANY:
        title = _("The facts of {count} claims").format(count=len(undecided))
        table = h.tag("details", h.tag("summary", h.text(title)), table)
    buyer = _("business buyer") if case.order.business else _("consumer")
    parts = [case.order.marketplace.value, buyer]
    if case.event_on is not None:
        parts.append(_("needed by {day}").format(day=show(case.event_on, work.lang)))
    taken = work.desk.store.stock_taken()
    if taken is not None:
        parts.append(_("stock counted {day}").format(day=show(taken[1].date(), work.lang)))
    title = h.tag("h2", h.text(_("What the rules look at")), ": ", h.text(" · ".join(parts)))
    return title + table


def _cells(model: RemedyModel, item: ClaimItem) -> list[str]:
    work = model.work
    _, lang, setting = translator(work.lang), work.lang, model.setting
    line = model.line(item)
    facts = facts_of(work.case, item, setting)
    assert facts is not None
    assert work.case.order is not None
    day = delivery_day(line, work.case.order)
    delivered = _("not known")
    if day is not None:
        kind = "" if line.delivered_on else _("due") + " "
        delivered = f"{kind}{show(day, lang)} ({_('{days} d').format(days=facts.days_since_delivery)})"
    window = window_of(work.case, item, setting)
    until = h.text(_("not known"))
    if window is not None:
        zone = setting.policy.market(work.case.order.marketplace).tz
        until = h.text(show(window.until.astimezone(zone).date(), lang))
        if not facts.in_window:
            until += " " + h.badge(_("over"), "pb-warn")
        if not window.verified:
            until += " " + h.tag("span", h.badge(_("not announced yet"), "pb-warn"), title=window.row.id)
    free = units_in_stock(work.case, line, setting)
    known = is_in_stock(work.case, line, facts.units, setting)
    stock = _(ANSWERS["" if known is None else ("no", "yes")[known]])
    if free is not None and line.line not in work.case.in_stock:
        stock = str(free)
    evidence = ", ".join(_(EVIDENCE[piece]) for piece in sorted(item.evidence)) or "–"
    category = fact_of(work.case, FactKind.CATEGORY, line)
    problem_text = _(word(item.problem))
    if facts.earlier_remedy:
        problem_text += f" ({_('compensated before')})"
    return [
        h.mono(line.sku),
        h.text(problem_text),
        h.badge(line.channel.value),
        h.text(delivered),
        until,
        h.money(facts.claim_value, lang) + h.text(f" / {facts.units}"),
        h.text(evidence),
        h.text(stock),
        h.text(show_fact(FactKind.CATEGORY, category, lang) if category else "–"),
    ]


def rule_changes_html(model: RemedyModel) -> str:
    """That the rules have changed since, and what those of today see differently."""
    work = model.work
    _ = translator(work.lang)
    old, today = work.case.policy_version, work.desk.policy.version
    kept = work.policy.version == old
    text = (
        _("The rules have changed. This case keeps those it was opened under ({old}); today's are {today}.")
        if kept
        else _(
            "The rules have changed, and those of this case ({old}) were not kept: today's ({today}) apply."
        )
    )
    lines = []
    for change in model.rule_changes:
        item = work.case.item(change.item)
        if item is None:
            continue
        before, now = (_(OUTCOMES[one]) if one else "–" for one in (change.before, change.now))
        lines.append(h.mono(model.line(item).sku) + h.text(f" {_(word(change.kind))}: {before} → {now}"))
    if kept and not lines:
        lines.append(h.text(_("For what is still undecided, both say the same.")))
    return h.tag("p", h.text(text.format(old=old, today=today))) + h.items(lines)
