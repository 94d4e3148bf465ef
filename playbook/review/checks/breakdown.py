"""P2: every unit of every line is accounted for, and nothing is claimed that was never bought."""

from playbook.domain.events import BreakdownConfirmed, RemedyChosen
from playbook.domain.orders import Order
from playbook.review.checks.history import Found, History, Step


def breakdown(history: History) -> Found:
    """Units beyond the order in any breakdown, units nobody spoke of in the last one."""
    confirmed = history.of(BreakdownConfirmed)
    for step in confirmed:
        order = step.before.order
        said = _said(step)
        if order is None:
            continue
        for line in order.lines:
            claimed = said.get(line.line, 0)
            if claimed > line.units_live:
                yield history.found(
                    "units_beyond_order",
                    step.event,
                    sku=line.sku,
                    units=claimed,
                    ordered=line.units_live,
                )
        if step is confirmed[-1] and history.case.breakdown_confirmed:
            yield from _untouched(history, step, order, said)
    for chosen in history.of(RemedyChosen):
        if not chosen.before.breakdown_confirmed:
            yield history.found("remedy_before_breakdown", chosen.event, kind=chosen.body.remedy.kind)
            break


def _said(step: Step[BreakdownConfirmed]) -> dict[int, int]:
    said: dict[int, int] = {}
    for item in step.body.items:
        if item.counts_in_line:
            said[item.line] = said.get(item.line, 0) + item.units
    return said


def _untouched(history: History, step: Step[BreakdownConfirmed], order: Order, said: dict[int, int]) -> Found:
    outside: dict[int, int] = {}
    for earlier in order.earlier:
        outside[earlier.line] = outside.get(earlier.line, 0) + earlier.units
    left = {
        line.sku: line.units_live - said.get(line.line, 0) - outside.get(line.line, 0) for line in order.lines
    }
    open_skus = [sku for sku, units in left.items() if units > 0]
    if open_skus:
        yield history.found(
            "units_untouched",
            step.event,
            units=sum(units for units in left.values() if units > 0),
            lines=len(open_skus),
            sku=open_skus[0],
        )
