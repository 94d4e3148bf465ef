"""The decision table of remedies: which rows fit, which do not and why, in which order.

Conditions are a closed set of columns; there is no expression language. Hit policy: every remedy
whose conditions hold is collected; of several rows of one remedy the one with the lowest rank
decides (so a refusal or an easier condition can overrule); allowed comes before needs_lead before
refused, and within these the lower rank.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.domain.remedies import RemedyKind
from playbook.policy.remedy_rows import AmountRange, IntRange, Outcome, RemedyRow

UNKNOWN = "?"
"""How an unknown fact is written in a miss."""

FAR_COLUMNS = frozenset({"issue", "channel", "market", "valid"})
"""Columns that nobody can change for the case at hand: a row that misses here is about something else."""

Amounts = Mapping[str, Mapping[str, Decimal]]
Trace = tuple[dict[str, str | int | bool | None], ...]


@dataclass(frozen=True, slots=True)
class RemedyFacts:
    """What the table looks at. ``units`` are the claimed ones; None stands for an unknown fact.

    ``days_since_delivery`` is negative before the (latest) delivery date; ``in_window`` says whether the
    return window of these goods is open, see `playbook.policy.windows`.
    """

    issue: ProblemType
    channel: Channel
    market: Marketplace
    business: bool
    units: int
    units_ordered: int
    unit_value: Money
    claim_value: Money
    days_since_delivery: int | None
    shipped: bool
    evidence: frozenset[Evidence]
    earlier_remedy: bool
    in_stock: bool | None
    in_window: bool | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """A row that does not fit: its first failing column, the fact, and what the row wants.

    ``near``: the row is about this problem, channel and market, and offers something; only a
    circumstance is missing. ``unknown``: it failed because nobody knows the fact. Value and wanted
    are short and without language: ``45``, ``≤ 30``, ``photo / video``, ``?`` for unknown.
    """

    row: RemedyRow
    column: str
    value: str
    wanted: str
    near: bool
    unknown: bool


@dataclass(frozen=True, slots=True)
class Overruled:
    """A row that fits but is not used because *by* decides about the same remedy with a lower rank."""

    row: RemedyRow
    by: RemedyRow


@dataclass(frozen=True)
class Lookup:
    """The answer of the table: at most one hit per remedy, the best first."""

    hits: tuple[RemedyRow, ...]
    misses: tuple[Miss, ...]
    overruled: tuple[Overruled, ...] = ()

    @cached_property
    def trace(self) -> Trace:
        """Every row that was looked at and what came of it, as plain JSON values."""
        hits: Trace = tuple(
            {"row": row.id, "remedy": row.then.remedy.value, "result": "hit", "rank": row.then.rank,
             "outcome": row.then.outcome.value}
            for row in self.hits
        )  # fmt: skip
        overruled: Trace = tuple(
            {"row": one.row.id, "remedy": one.row.then.remedy.value, "result": "overruled", "by": one.by.id}
            for one in self.overruled
        )
        misses: Trace = tuple(
            {"row": miss.row.id, "remedy": miss.row.then.remedy.value, "result": "miss",
             "column": miss.column, "value": miss.value, "wanted": miss.wanted, "unknown": miss.unknown}
            for miss in self.misses
        )  # fmt: skip
        return hits + overruled + misses


def show_range(wanted: IntRange) -> str:
    """``≥ 3``, ``≤ 30``, ``15 .. 30``."""
    if wanted.min is None:
        return f"≤ {wanted.max}"
    return f"≥ {wanted.min}" if wanted.max is None else f"{wanted.min} .. {wanted.max}"


def show_amounts(wanted: AmountRange, currency: str, amounts: Amounts) -> str:
    """``≤ 25 USD``, ``> 25 USD``, or the name of the amount when the currency has none."""
    parts = []
    for sign, name in ((">", wanted.over), ("≤", wanted.up_to)):
        if name is not None:
            amount = amounts.get(name, {}).get(currency)
            parts.append(f"{sign} {name if amount is None else f'{amount} {currency}'}")
    return ", ".join(parts)


def in_amounts(money: Money, wanted: AmountRange, amounts: Amounts) -> bool | None:
    """Whether *money* lies in the range; None when the table has no such amount in its currency."""
    for name, is_low in ((wanted.over, True), (wanted.up_to, False)):
        if name is None:
            continue
        limit = amounts.get(name, {}).get(money.currency)
        if limit is None:
            return None
        if (money.amount <= limit) if is_low else (money.amount > limit):
            return False
    return True


def _joined(values: Iterable[str]) -> str:
    return " / ".join(sorted(values))


def _flag(value: bool | None) -> str:
    return UNKNOWN if value is None else str(value).lower()


_Failed = tuple[str, str, bool]
"""The fact, what is wanted, whether the fact is unknown."""


def _flag_column(name: str) -> Callable[[RemedyRow, RemedyFacts, Amounts], _Failed | None]:
    def check(row: RemedyRow, facts: RemedyFacts, _amounts: Amounts) -> _Failed | None:
        wanted, value = getattr(row.when, name), getattr(facts, name)
        if wanted is None or wanted is value:
            return None
        return _flag(value), _flag(wanted), value is None

    return check


def _range_column(name: str) -> Callable[[RemedyRow, RemedyFacts, Amounts], _Failed | None]:
    def check(row: RemedyRow, facts: RemedyFacts, _amounts: Amounts) -> _Failed | None:
        wanted, value = getattr(row.when, name), getattr(facts, name)
        if wanted is None or (value is not None and value in wanted):
            return None
        return UNKNOWN if value is None else str(value), show_range(wanted), value is None

    return check


def _amount_column(name: str) -> Callable[[RemedyRow, RemedyFacts, Amounts], _Failed | None]:
    def check(row: RemedyRow, facts: RemedyFacts, amounts: Amounts) -> _Failed | None:
        wanted, value = getattr(row.when, name), getattr(facts, name)
        fits = True if wanted is None else in_amounts(value, wanted, amounts)
        return None if fits else (str(value), show_amounts(wanted, value.currency, amounts), fits is None)

    return check


def _evidence_column(row: RemedyRow, facts: RemedyFacts, _amounts: Amounts) -> _Failed | None:
    wanted = row.when.evidence
    if wanted is None or facts.evidence.intersection(wanted):
        return None
    return _joined(facts.evidence) or "0", _joined(wanted), False


COLUMNS: dict[str, Callable[[RemedyRow, RemedyFacts, Amounts], _Failed | None]] = {
    "business": _flag_column("business"),
    "shipped": _flag_column("shipped"),
    "units": _range_column("units"),
    "unit_value": _amount_column("unit_value"),
    "claim_value": _amount_column("claim_value"),
    "days_since_delivery": _range_column("days_since_delivery"),
    "evidence": _evidence_column,
    "earlier_remedy": _flag_column("earlier_remedy"),
    "in_stock": _flag_column("in_stock"),
    "in_window": _flag_column("in_window"),
}
"""The columns about circumstances, in the order in which they are looked at."""


def _far(row: RemedyRow, facts: RemedyFacts, on: date) -> tuple[str, str, str] | None:
    """The first far column that fails: its name, the fact, what the row wants."""
    if facts.issue not in row.when.issue:
        return "issue", facts.issue.value, _joined(row.when.issue)
    if facts.channel not in row.channel:
        return "channel", facts.channel.value, _joined(row.channel)
    if facts.market not in row.market:
        return "market", facts.market.value, _joined(row.market)
    if not row.is_valid(on):
        return "valid", on.isoformat(), f"{row.valid_from or ''} .. {row.valid_to or ''}"
    return None


def first_miss(row: RemedyRow, facts: RemedyFacts, on: date, amounts: Amounts) -> Miss | None:
    """Why the row does not fit, by its first failing column; None when it fits."""
    far = _far(row, facts, on)
    if far is not None:
        return Miss(row, *far, near=False, unknown=False)
    for column in row.when.conditions:
        failed = COLUMNS[column](row, facts, amounts)
        if failed is not None:
            value, wanted, unknown = failed
            near = row.then.outcome is not Outcome.REFUSED
            return Miss(row, column, value, wanted, near, unknown)
    return None


_ORDER = {Outcome.ALLOWED: 0, Outcome.NEEDS_LEAD: 1, Outcome.REFUSED: 2}


@dataclass(frozen=True)
class RemedyTable:
    """The remedy rows with the named amounts they refer to.

    Only the misses of rows about other problems and channels are kept: they never change.
    """

    rows: tuple[RemedyRow, ...]
    amounts: Amounts
    _about: dict[tuple[ProblemType, Channel], Any] = field(default_factory=dict, compare=False, repr=False)

    def lookup(self, facts: RemedyFacts, on: date) -> Lookup:
        """What the rules say about *facts* on that day."""
        about, others = self._split(facts, on)
        decided: dict[RemedyKind, RemedyRow] = {}
        overruled: list[Overruled] = []
        misses: list[Miss] = []
        for row in about:
            miss = first_miss(row, facts, on, self.amounts)
            if miss is not None:
                misses.append(miss)
            elif row.then.remedy in decided:
                overruled.append(Overruled(row, decided[row.then.remedy]))
            else:
                decided[row.then.remedy] = row
        hits = sorted(decided.values(), key=lambda row: (_ORDER[row.then.outcome], row.then.rank))
        return Lookup(tuple(hits), (*misses, *others), tuple(overruled))

    def _split(self, facts: RemedyFacts, on: date) -> tuple[tuple[RemedyRow, ...], tuple[Miss, ...]]:
        """The rows about this problem and channel by rank, and the misses of all the others."""
        key = (facts.issue, facts.channel)
        if key not in self._about:
            about, others = [], []
            for row in self.rows:
                far = _far(row, facts, on)
                if far is not None and far[0] in {"issue", "channel"}:
                    others.append(Miss(row, *far, near=False, unknown=False))
                else:
                    about.append(row)
            about.sort(key=lambda row: row.then.rank)
            self._about[key] = (tuple(about), tuple(others))
        known: tuple[tuple[RemedyRow, ...], tuple[Miss, ...]] = self._about[key]
        return known
