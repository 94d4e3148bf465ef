"""What it would take: the single changes under which a refused option, or one for a lead, would be better.

Nothing here knows a rule. Each candidate changes one fact, and the decision table and the ledgers judge it
like the case itself; what does not help is not said.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from playbook.domain.case import Case
from playbook.domain.claims import ClaimItem, Evidence
from playbook.domain.orders import OrderLine, amounts_total
from playbook.domain.problems import Problem, problem
from playbook.policy.windows import delivery_day, return_window
from playbook.steps.decision import Setting
from playbook.steps.options import (
    OUTCOME_ORDER,
    Basis,
    Option,
    basis_of,
    facts_at,
    judged,
    refund_of,
    units_in_stock,
)


@dataclass(frozen=True, slots=True)
class Way:
    """A change and what the option would be after it; ``what`` says it in words."""

    outcome: str
    what: Problem


def ways(case: Case, option: Option, setting: Setting, *, in_stock: bool | None = None) -> tuple[Way, ...]:
    """What would make *option* better, what makes it allowed first; empty when nothing would.

    *in_stock* is what was said when the option was computed.
    """
    item = case.item(option.item)
    basis = None if item is None else basis_of(case, item, setting, option.units)
    if item is None or basis is None or option.outcome == "allowed":
        return ()
    found = list(_Judge(case, item, basis, option, setting, in_stock).ways())
    return tuple(sorted(found, key=lambda way: OUTCOME_ORDER[way.outcome]))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges one option under changed facts."""

    case: Case
    item: ClaimItem
    basis: Basis
    option: Option
    setting: Setting
    in_stock: bool | None

    def ways(self) -> Iterator[Way]:
        """Every change that helps."""
        yield from self._evidence()
        yield from self._stock()
        yield from self._days()
        yield from self._units()
        yield from self._share()
        yield from self._lead()

    def outcome(self, *, units: int | None = None, evidence: Evidence | None = None, **facts: object) -> str:
        """What the option would be for other units, with a further piece of evidence, or other facts."""
        item, basis = self.item, self.basis
        if evidence is not None:
            item = item.model_copy(update={"evidence": item.evidence | {evidence}})
        if units is not None:
            changed = basis_of(self.case, item, self.setting, units)
            assert changed is not None
            basis = changed
        known = replace(facts_at(self.case, item, basis, self.setting, self.in_stock), **facts)  # type: ignore[arg-type]
        options = judged(item, basis, known, self.setting)
        return next((one.outcome for one in options if one.kind is self.option.kind), "refused")

    def better(self, outcome: str) -> bool:
        """Whether an outcome is better than the option's."""
        return OUTCOME_ORDER[outcome] < OUTCOME_ORDER[self.option.outcome]

    def _evidence(self) -> Iterator[Way]:
        for piece in (Evidence.PHOTO, Evidence.VIDEO, Evidence.TRACKING, Evidence.COUNT):
            if piece in self.item.evidence:
                continue
            outcome = self.outcome(evidence=piece)
            if self.better(outcome):
                yield Way(outcome, problem("way_evidence", evidence=piece))
                return
            units = self._most_units(evidence=piece)
            if units and not self._most_units():
                outcome = self.outcome(units=units, evidence=piece)
                yield Way(outcome, problem("way_evidence_and_units", evidence=piece, units=units))
                return

    def _stock(self) -> Iterator[Way]:
        facts = facts_at(self.case, self.item, self.basis, self.setting, self.in_stock)
        outcome = self.outcome(in_stock=True) if facts.in_stock is not True else "refused"
        if self.better(outcome):
            units, sku = self.basis.units, self.basis.line.sku
            free = units_in_stock(self.case, self.basis.line, self.setting)
            yield Way(outcome, problem("way_stock", units=units, sku=sku, free=free))

    def _days(self) -> Iterator[Way]:
        """Another delivery date, or the same one some days from now."""
        order, line, policy = self.basis.order, self.basis.line, self.setting.policy
        today = self.setting.now.astimezone(policy.market(order.marketplace).tz).date()
        delivered = delivery_day(line, order)
        limits = self._limits(line)
        for days in sorted(limits):
            day = today - timedelta(days=days)
            if delivered is None or day > delivered:
                outcome = self.outcome(days_since_delivery=days, in_window=self._in_window(day, days))
                if self.better(outcome):
                    yield Way(
                        outcome, problem("way_delivered_since", day=self._earliest(day, outcome, limits))
                    )
                    break
        now = None if delivered is None else (today - delivered).days
        for days in sorted(limits):
            if delivered is not None and now is not None and days > now:
                outcome = self.outcome(days_since_delivery=days, in_window=self._in_window(delivered, days))
                if self.better(outcome):
                    yield Way(outcome, problem("way_wait", day=delivered + timedelta(days=days)))
                    break

    def _limits(self, line: OrderLine) -> set[int]:
        """Numbers of days at which a row about this remedy, or the return window, begins or ends to hold."""
        limits: set[int] = set()
        for row in self.setting.policy.rows.remedies:
            wanted = row.when.days_since_delivery
            if row.then.remedy is self.option.kind and self.item.problem in row.when.issue and wanted:
                limits |= {day for day in (wanted.min, wanted.max) if day is not None}
        if any(
            row.then.remedy is self.option.kind and row.when.in_window is not None
            for row in self.setting.policy.rows.remedies
        ):
            today = self.setting.now.date()
            window = return_window(self.setting.policy, self.basis.order, line, self.item.problem, today)
            if window is not None:
                limits.add((window.until.date() - today).days)
        return limits

    def _in_window(self, delivered: date, days: int) -> bool | None:
        """Whether the return window is open *days* after a delivery."""
        window = return_window(
            self.setting.policy, self.basis.order, self.basis.line, self.item.problem, delivered
        )
        return None if window is None else delivered + timedelta(days=days) <= window.until.date()

    def _earliest(self, day: date, outcome: str, limits: set[int]) -> date:
        """The earliest delivery, among those tried, with the same outcome as one on *day*."""
        order, policy = self.basis.order, self.setting.policy
        today = self.setting.now.astimezone(policy.market(order.marketplace).tz).date()
        delivered = delivery_day(self.basis.line, order)
        earliest = day
        for days in sorted(limits):
            earlier = today - timedelta(days=days)
            if earlier >= earliest or (delivered is not None and earlier <= delivered):
                continue
            if self.outcome(days_since_delivery=days, in_window=self._in_window(earlier, days)) != outcome:
                break
            earliest = earlier
        return earliest

    def _units(self) -> Iterator[Way]:
        units = self._most_units()
        if units:
            outcome = self.outcome(units=units)
            yield Way(outcome, problem("way_units", units=units, asked=self.basis.units))

    def _most_units(self, evidence: Evidence | None = None) -> int:
        """The most units, fewer than asked for, with which the option would be better; 0 for none."""
        fewer = range(1, self.basis.units)
        return bisect_left(
            fewer, True, key=lambda units: not self.better(self.outcome(units=units, evidence=evidence))
        )

    def _share(self) -> Iterator[Way]:
        """A smaller share that stays below the actor's limit."""
        limits, limit = self.option.row.then.share, self.basis.limit
        codes = {reason.code for reason in self.option.problems}
        if limits is None or limit is None or codes != {"above_limit"}:
            return
        whole = amounts_total(
            refund_of(self.option.value, Decimal(100), self.option.row), self.option.currency
        )
        share = ((limit - self.basis.spent).amount * 100 / whole.amount).quantize(Decimal("0.1"), ROUND_DOWN)
        if limits.min <= share < self.option.share:
            yield Way("allowed", problem("way_share", share=share))

    def _lead(self) -> Iterator[Way]:
        """The approval of the first role whose limit suffices."""
        if self.option.outcome != "needs_lead":
            return
        cost = self.basis.spent + self.option.granted
        on = self.setting.now.date()
        for row in self.setting.policy.rows.approvals:
            role = row.when.role
            if role in {"agent", self.setting.actor.role} or not row.is_valid(on):
                continue
            limit = self.setting.policy.approval_limit(role, self.option.currency, on)
            if limit is None or cost <= limit:
                yield Way("allowed", problem("way_lead", role=role))
                return
