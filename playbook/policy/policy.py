"""The rules of one day, as the rest of the program asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.money import Money
from playbook.domain.orders import Channel
from playbook.domain.promises import ClockStart
from playbook.domain.remedies import RejectionReason
from playbook.policy.clocks import Clocks
from playbook.policy.loading import Rows, content_hash, load_rows, read_files
from playbook.policy.remedy_rows import RemedyRow
from playbook.policy.return_rows import About, ReturnRow
from playbook.policy.rows import DeadlineRow, MarketRow, MessageRuleRow, RestockingRow
from playbook.policy.tables import Lookup, RemedyFacts, RemedyTable

MOST_KNOWN = 20_000
"""Answers that a policy remembers before it begins anew: a few megabytes."""

_K = TypeVar("_K")
_V = TypeVar("_V")
_Question = tuple[str, str, Marketplace, Channel | None, date, bool]


@dataclass(frozen=True)
class Policy:
    """All rules, as read from one folder. Every method is pure: the day is an argument."""

    rows: Rows
    _table: RemedyTable = field(init=False, repr=False, compare=False)
    _clocks: Clocks = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_table", RemedyTable(self.rows.remedies, self.rows.amounts))
        object.__setattr__(self, "_clocks", Clocks(self.rows.calendars))

    @property
    def version(self) -> str:
        """Twelve hex digits of the content of all policy files: the playbook version of a case."""
        return self.rows.version

    @property
    def markets(self) -> Mapping[Marketplace, MarketRow]:
        """Every marketplace with its currency, zone and language."""
        return self.rows.markets

    def remedies(self, facts: RemedyFacts, on: date) -> Lookup:
        """What may be done about a claim: hits with the best first, misses with the reason, the trace."""
        return self._table.lookup(facts, on)

    def remedy_row(self, row_id: str, on: date | None = None) -> RemedyRow | None:
        """The row with that id, as it holds on *on*, or its latest version; None when unknown."""
        versions = self._remedies_by_id.get(row_id, ())
        valid = [row for row in versions if on is not None and row.is_valid(on)]
        return next(iter([*valid, *versions]), None)

    @cached_property
    def _remedies_by_id(self) -> dict[str, tuple[RemedyRow, ...]]:
        by_id: dict[str, tuple[RemedyRow, ...]] = {}
        for row in sorted(self.rows.remedies, key=lambda row: row.valid_from or date.min, reverse=True):
            by_id[row.id] = (*by_id.get(row.id, ()), row)
        return by_id

    @cached_property
    def _deadlines_by_id(self) -> dict[str, tuple[DeadlineRow, ...]]:
        by_id: dict[str, tuple[DeadlineRow, ...]] = {}
        for row in self.rows.deadlines:
            by_id[row.id] = (*by_id.get(row.id, ()), row)
        return by_id

    @cached_property
    def _deadlines_by_start(self) -> dict[ClockStart, tuple[DeadlineRow, ...]]:
        by_start: dict[ClockStart, tuple[DeadlineRow, ...]] = {}
        for row in self.rows.deadlines:
            if row.when.condition is None:
                by_start[row.start] = (*by_start.get(row.start, ()), row)
        return by_start

    def deadline(
        self,
        deadline_id: str,
        *,
        market: Marketplace,
        channel: Channel | None,
        on: date,
        business: bool = False,
    ) -> DeadlineRow | None:
        """The row of that id for a marketplace, channel and day; None when there is none.

        Without a channel only a row for every channel answers. Rows for business orders only answer
        for those.
        """
        key = ("id", deadline_id, market, channel, on, business)
        found = self._known.get(key)
        if found is None:
            rows = self._deadlines_by_id.get(deadline_id, ())
            found = tuple(row for row in rows if _holds(row, market, channel, on, business))
            _remember(self._known, key, found)
        return found[0] if found else None

    def deadline_row(self, deadline_id: str) -> DeadlineRow | None:
        """The latest row of that id, wherever it holds: for its name; None when unknown."""
        return next(reversed(self._deadlines_by_id.get(deadline_id, ())), None)

    def deadlines(
        self,
        start: ClockStart,
        *,
        market: Marketplace,
        channel: Channel | None,
        on: date,
        business: bool = False,
    ) -> tuple[DeadlineRow, ...]:
        """Every clock that the event *start* starts.

        Rows under a condition that the order does not tell are left out.
        """
        key = ("start", start, market, channel, on, business)
        found = self._known.get(key)
        if found is None:
            rows = self._deadlines_by_start.get(start, ())
            found = tuple(row for row in rows if _holds(row, market, channel, on, business))
            _remember(self._known, key, found)
        return found

    def due(self, row: DeadlineRow, start_at: datetime, market: Marketplace) -> datetime:
        """When the deadline ends, aware UTC; see `playbook.policy.clocks`."""
        key = (id(row), start_at, start_at.fold, market)
        known = self._dues.get(key)
        if known is None or known[0] is not row:
            known = (row, self._clocks.due(row, start_at, self.market(market)))
            _remember(self._dues, key, known)
        return known[1]

    @cached_property
    def _known(self) -> dict[_Question, tuple[DeadlineRow, ...]]:
        """Which clocks hold, by everything that was asked: a schedule asks the same again and again."""
        return {}

    @cached_property
    def _dues(self) -> dict[tuple[int, datetime, int, Marketplace], tuple[DeadlineRow, datetime]]:
        """When clocks end. Each keeps its row, so that no other one can take its place in memory."""
        return {}

    def due_range(
        self, row: DeadlineRow, start_at: datetime, market: Marketplace
    ) -> tuple[datetime, datetime]:
        """The earliest and latest end of an estimate; equal for a deadline without a range."""
        return self._clocks.due_range(row, start_at, self.market(market))

    def market(self, market: Marketplace) -> MarketRow:
        """What is known about a marketplace; there is a row for every one."""
        return self.rows.markets[market]

    def amount(self, name: str, currency: str) -> Money | None:
        """A named amount of ``approvals.yaml`` in a currency; None when the table has none."""
        value = self.rows.amounts.get(name, {}).get(currency)
        return None if value is None else Money(value, currency)

    def approval_limit(self, role: str, currency: str, on: date) -> Money | None:
        """Up to how much the role may compensate one case: None is no limit, zero for an unknown role."""
        for row in self.rows.approvals:
            if row.when.role == role and row.is_valid(on):
                if row.then.limit is None:
                    return None
                return self.amount(row.then.limit, currency) or Money.zero(currency)
        return Money.zero(currency)

    def restocking(
        self,
        reason: RejectionReason,
        issue: ProblemType,
        *,
        market: Marketplace,
        channel: Channel,
        on: date,
    ) -> RestockingRow | None:
        """The rule under which a part of the price of a returned unit may be kept back; None: nothing."""
        return next(
            (
                row
                for row in self.rows.restocking
                if reason in row.when.reason
                and issue in row.when.issue
                and market in row.market
                and channel in row.channel
                and row.is_valid(on)
            ),
            None,
        )

    def checks_own(self, role: str, on: date) -> bool:
        """Whether the role may check refunds alone that it chose itself; an unknown role may not."""
        return any(
            row.then.checks_own for row in self.rows.approvals if row.when.role == role and row.is_valid(on)
        )

    def return_rows(
        self, about: About, *, market: Marketplace, channel: Channel, on: date
    ) -> tuple[ReturnRow, ...]:
        """What holds about returns in a marketplace, channel and day, in the order of the file."""
        return tuple(
            row
            for row in self.rows.returns
            if row.then.about is about
            and market in row.market
            and channel in row.channel
            and row.is_valid(on)
        )

    def message_rules(self, market: Marketplace, on: date) -> tuple[MessageRuleRow, ...]:
        """What messages to buyers of a marketplace must or should not contain."""
        return tuple(row for row in self.rows.message_rules if market in row.market and row.is_valid(on))


def _remember(known: dict[_K, _V], key: _K, value: _V) -> None:
    """Keep an answer; all are forgotten when there are too many."""
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[key] = value


def _holds(row: DeadlineRow, market: Marketplace, channel: Channel | None, on: date, business: bool) -> bool:
    channels = frozenset(Channel) if channel is None else frozenset({channel})
    return (
        market in row.market
        and channels <= row.channel
        and row.is_valid(on)
        and (business or row.when.only is None)
    )


_LOADED: dict[Path, Policy] = {}
"""The last policy of each folder: reading the bytes again is cheap, checking them is not."""


def load_policy(path: Path | None = None) -> Policy:
    """The policy of a folder (default: the one that comes with the program).

    Raises PolicyError with every fault of every file. A folder whose content is the same as at the
    last call in this process is not parsed again.
    """
    if path is None:
        from playbook.settings import data_dir

        path = data_dir() / "policies"
    folder = path.resolve()
    files = read_files(folder)
    known = _LOADED.get(folder)
    if known is None or known.version != content_hash(files):
        known = _LOADED[folder] = Policy(load_rows(files))
    return known
