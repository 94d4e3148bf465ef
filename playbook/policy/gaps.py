"""Looks for problems without a way out, and for whole numbers that fall between two rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import product

from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money, minor_unit
from playbook.domain.orders import Channel
from playbook.domain.remedies import RemedyKind
from playbook.policy.findings import Finding, finding
from playbook.policy.policy import Policy
from playbook.policy.remedy_rows import AmountRange, IntRange, Outcome, RemedyRow
from playbook.policy.tables import RemedyFacts


def _market_groups(rows: Sequence[RemedyRow]) -> Iterator[tuple[Marketplace, ...]]:
    """Marketplaces for which the same rows hold, together."""
    groups: dict[tuple[int, ...], list[Marketplace]] = {}
    for market in Marketplace:
        key = tuple(index for index, row in enumerate(rows) if market in row.market)
        groups.setdefault(key, []).append(market)
    return (tuple(group) for group in groups.values())


def gaps(policy: Policy, on: date) -> Iterator[Finding]:
    """Problems with no allowed remedy at all, and circumstances in which everything is refused."""
    valid = [row for row in policy.rows.remedies if row.is_valid(on)]
    for issue, channel in product(ProblemType, Channel):
        rows = [row for row in valid if issue in row.when.issue and channel in row.channel]
        for markets in _market_groups(rows):
            where = _where(issue, channel, markets)
            allowed = False
            for facts in situations(policy, rows, issue, channel, markets[0]):
                hits = policy.remedies(facts, on).hits
                allowed = allowed or any(hit.then.outcome is Outcome.ALLOWED for hit in hits)
                if not any(hit.then.outcome is not Outcome.REFUSED for hit in hits):
                    sentence = f"nothing can be done about {where} when {describe(facts)}"
                    yield Finding("error", "dead_end", "remedies.yaml", 1, "", sentence)
                    break
            if not allowed:
                yield Finding("error", "gap", "remedies.yaml", 1, "", f"no remedy is allowed for {where}")


def _where(issue: ProblemType, channel: Channel, markets: Sequence[Marketplace]) -> str:
    place = "everywhere" if len(markets) == len(Marketplace) else "in " + ", ".join(markets)
    return f"{issue} on {channel} {place}"


def describe(facts: RemedyFacts) -> str:
    """The circumstances in one line, for a finding."""
    days = "delivered nobody knows when" if facts.days_since_delivery is None else (
        f"{facts.days_since_delivery} days after delivery"
    )  # fmt: skip
    return ", ".join(
        [
            "shipped" if facts.shipped else "not shipped",
            days,
            f"{facts.units} units for {facts.claim_value}",
            f"evidence {'/'.join(sorted(facts.evidence)) or 'none'}",
            f"in stock {facts.in_stock}",
            f"return window open {facts.in_window}",
            f"business {facts.business}",
        ]
    )


def situations(
    policy: Policy, rows: Sequence[RemedyRow], issue: ProblemType, channel: Channel, market: Marketplace
) -> Iterator[RemedyFacts]:
    """Facts on both sides of every limit that *rows* name; columns that no row uses keep one value."""
    currency = policy.market(market).currency
    whens = [row.when for row in rows]
    ordinary = Money(minor_unit(currency) * 100, currency)
    units = _around([when.units for when in whens], 1)
    days: list[int | None] = [*_around([when.days_since_delivery for when in whens], 5)]
    if any(when.days_since_delivery for when in whens):
        days.append(None)
    unit_values = _amounts_around(policy, [when.unit_value for when in whens], ordinary)
    claim_values = _amounts_around(policy, [when.claim_value for when in whens], ordinary)
    evidence = [frozenset[Evidence]()]
    evidence += [frozenset({one}) for one in dict.fromkeys(e for when in whens for e in when.evidence or ())]
    stock = _unsure(when.in_stock for when in whens)
    window = _unsure(when.in_window for when in whens)
    business = _both(when.business for when in whens)
    shipped = _both(when.shipped for when in whens)[::-1]
    earlier = _both(when.earlier_remedy for when in whens)
    for s, d, u, v, c, e, i, w, b, r in product(
        shipped, days, units, unit_values, claim_values, evidence, stock, window, business, earlier
    ):
        yield RemedyFacts(
            issue, channel, market, b, max(u, 1), max(u, 1), v, c, d, s, e, r, i, w
        )  # fmt: skip


def _unsure(wanted: Iterable[bool | None]) -> list[bool | None]:
    return [None] if all(one is None for one in wanted) else [None, True, False]


def _both(wanted: Iterable[bool | None]) -> list[bool]:
    return [False] if all(one is None for one in wanted) else [False, True]


def _around(ranges: Iterable[IntRange | None], ordinary: int) -> list[int]:
    points = {ordinary}
    for limits in ranges:
        if limits is not None and limits.min is not None:
            points |= {limits.min - 1, limits.min}
        if limits is not None and limits.max is not None:
            points |= {limits.max, limits.max + 1}
    return sorted(points)


def _amounts_around(policy: Policy, ranges: Iterable[AmountRange | None], ordinary: Money) -> list[Money]:
    names = {name for limits in ranges if limits is not None for name in (limits.over, limits.up_to) if name}
    if not names:
        return [ordinary]
    limits = [amount for name in names if (amount := policy.amount(name, ordinary.currency)) is not None]
    step = Money(minor_unit(ordinary.currency), ordinary.currency)
    return sorted({amount for limit in limits for amount in (limit, limit + step)}, key=lambda m: m.amount)


def holes(policy: Policy, on: date) -> Iterator[Finding]:
    """Whole numbers that fall between two ranges of one remedy."""
    valid = [row for row in policy.rows.remedies if row.is_valid(on)]
    for issue, channel, remedy in product(ProblemType, Channel, RemedyKind):
        rows = [
            row
            for row in valid
            if issue in row.when.issue and channel in row.channel and row.then.remedy is remedy
        ]
        for markets in _market_groups(rows):
            here = [row for row in rows if markets[0] in row.market]
            for column in ("units", "days_since_delivery"):
                ranged = [row for row in here if getattr(row.when, column) is not None]
                for first, last, before in _between([(getattr(row.when, column), row) for row in ranged]):
                    span = str(first) if first == last else f"{first} to {last}"
                    where = _where(issue, channel, markets)
                    sentence = f"{column} {span} of {remedy} falls between two rows for {where}"
                    caught = len(ranged) < len(here)
                    yield finding("warning" if caught else "error", "hole", before, sentence)


def _between(ranges: Sequence[tuple[IntRange, RemedyRow]]) -> Iterator[tuple[int, int, RemedyRow]]:
    """Holes between ranges: first number, last number, the row before it."""
    ordered = sorted(ranges, key=lambda one: (one[0].min is not None, one[0].min or 0))
    reached: int | None = None
    before: RemedyRow | None = None
    for limits, row in ordered:
        if before is not None and reached is not None and limits.min is not None and limits.min > reached + 1:
            yield reached + 1, limits.min - 1, before
        if limits.max is None:
            return
        if reached is None or limits.max > reached:
            reached, before = limits.max, row
