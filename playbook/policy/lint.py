"""Looks for what loads but cannot be meant: gaps, holes, rows that never decide, old rows, slow patterns."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.policy import probe
from playbook.policy.base import PolicyError, Row
from playbook.policy.clocks import work_calendar
from playbook.policy.crosscheck import deadlines_used
from playbook.policy.findings import Finding, finding
from playbook.policy.gaps import gaps, holes
from playbook.policy.policy import Policy, load_policy
from playbook.policy.remedy_rows import AmountRange, IntRange, RemedyRow
from playbook.policy.return_rows import About
from playbook.policy.rows import CalendarRow, DaysOff, MarketRow

SLOWEST_PATTERN = 3.0
"""Seconds that one pattern may take for all hostile texts of `playbook.policy.probe` together."""

OLDEST_CHECK = 18
"""Months after which a source should be looked at again."""


def lint_folder(folder: Path | None, on: date) -> tuple[Finding, ...]:
    """Everything that is wrong in a folder of policy files; faults of loading are errors, too."""
    try:
        policy = load_policy(folder)
    except PolicyError as error:
        return tuple(
            Finding("error", "load", fault.file, fault.line, fault.row, fault.sentence)
            for fault in error.faults
        )
    return lint(policy, on)


def lint(policy: Policy, on: date) -> tuple[Finding, ...]:
    """Every finding about *policy* as of that day, by file and line."""
    findings = [found for check in CHECKS for found in check(policy, on)]
    return tuple(sorted(dict.fromkeys(findings), key=lambda one: (one.file, one.line, one.code)))


# ---- rows that never decide --------------------------------------------------------------------------


def shadowed(policy: Policy, _on: date) -> Iterator[Finding]:
    """Rows that a better row of the same remedy always overrules."""
    rows = sorted(policy.rows.remedies, key=lambda row: row.then.rank)
    for index, row in enumerate(rows):
        for better in rows[:index]:
            if better.then.remedy is row.then.remedy and covers(better, row, policy):
                sentence = f"never decides: {better.id} (line {better.line}) covers everything it covers"
                yield finding("error", "shadowed", row, sentence)
                break


def covers(wide: RemedyRow, narrow: RemedyRow, policy: Policy) -> bool:
    """Whether *wide* holds wherever *narrow* does."""
    w, n = wide.when, narrow.when
    flags = ("business", "shipped", "earlier_remedy", "in_stock", "in_window")
    return (
        narrow.market <= wide.market
        and narrow.channel <= wide.channel
        and (wide.valid_from or date.min) <= (narrow.valid_from or date.min)
        and (wide.valid_to or date.max) >= (narrow.valid_to or date.max)
        and set(n.issue) <= set(w.issue)
        and all(getattr(w, flag) in (None, getattr(n, flag)) for flag in flags)
        and (w.evidence is None or (n.evidence is not None and set(n.evidence) <= set(w.evidence)))
        and all(
            _range_covers(getattr(w, name), getattr(n, name)) for name in ("units", "days_since_delivery")
        )
        and all(
            _amounts_cover(getattr(w, name), getattr(n, name), policy)
            for name in ("unit_value", "claim_value")
        )
    )


def _range_covers(wide: IntRange | None, narrow: IntRange | None) -> bool:
    if wide is None or narrow is None:
        return wide is None
    low = wide.min is None or (narrow.min is not None and narrow.min >= wide.min)
    return low and (wide.max is None or (narrow.max is not None and narrow.max <= wide.max))


def _amounts_cover(wide: AmountRange | None, narrow: AmountRange | None, policy: Policy) -> bool:
    if wide is None or narrow is None:
        return wide is None
    amounts = policy.rows.amounts

    def at_least(high: str | None, low: str) -> bool:
        return high is not None and all(
            amounts[high][currency] >= amounts[low][currency] for currency in amounts[low]
        )

    low = wide.over is None or at_least(narrow.over, wide.over)
    return low and (wide.up_to is None or (narrow.up_to is not None and at_least(wide.up_to, narrow.up_to)))


# ---- age and source ----------------------------------------------------------------------------------


def ages(policy: Policy, on: date) -> Iterator[Finding]:
    """Rows without source, that ended without a successor, or that nobody verified for this year."""
    kinds: tuple[Sequence[Row], ...] = (
        policy.rows.remedies,
        policy.rows.deadlines,
        policy.rows.message_rules,
        policy.rows.approvals,
        policy.rows.returns,
    )
    for rows in kinds:
        for row in rows:
            if row.valid_to is not None and row.valid_to < on and not _followed(row, rows):
                yield finding(
                    "warning", "expired", row, f"ended on {row.valid_to} and no later row takes its place"
                )
            if not row.source.strip():
                yield finding("error", "no_source", row, "has no source")
            if _months(row.checked, on) > OLDEST_CHECK and row.is_valid(on):
                yield finding(
                    "warning", "stale", row, f"was last checked {row.checked}: look at the source again"
                )
    for row in policy.rows.deadlines:
        season = row.then.season
        if season is not None and row.is_valid(on) and on.year not in season.verified_years:
            sentence = (
                f"its dates are not verified for {on.year}; verified are {_years(season.verified_years)}"
            )
            yield finding("warning", "unverified_year", row, sentence)
    places: list[MarketRow | CalendarRow] = [*policy.markets.values(), *policy.rows.calendars.values()]
    for placed in places:
        if not placed.source.strip():
            yield Finding("error", "no_source", placed.file, placed.line, placed.id, "has no source")


def _years(years: Sequence[int]) -> str:
    return ", ".join(str(year) for year in years) or "none"


def _followed(row: Row, rows: Sequence[Row]) -> bool:
    covered = set[Marketplace]()
    for later in rows:
        starts_later = (
            later.valid_from is not None and row.valid_to is not None and later.valid_from > row.valid_to
        )
        if later.id == row.id and starts_later and row.channel <= later.channel:
            covered |= later.market
    return row.market <= covered


def _months(checked: str, on: date) -> int:
    year, month = (int(part) for part in checked.split("-")[:2])
    return (on.year - year) * 12 + on.month - month


# ---- returns --------------------------------------------------------------------------------------------


def returns_open(policy: Policy, on: date) -> Iterator[Finding]:
    """Marketplaces whose returns lack an address or a label limit, and problems without a return reason."""
    rows = policy.rows.returns
    for market in Marketplace:
        held = {
            about: policy.return_rows(about, market=market, channel=Channel.FBM, on=on) for about in About
        }
        missing = []
        if not any(row.when.sku is None for row in held[About.ADDRESS]):
            missing.append("a return address for every SKU")
        if not any(row.when.pays is None for row in held[About.LABEL]):
            missing.append("a label limit")
        known = {issue for row in held[About.REASON] for issue in row.when.issue or ProblemType}
        missing += [f"a return reason for {issue.value}" for issue in ProblemType if issue not in known]
        if missing:
            yield Finding(
                "error", "returns_open", rows[0].file, 1, "", f"{market.value} lacks {', '.join(missing)}"
            )


# ---- references, patterns, calendars -----------------------------------------------------------------


def missing_deadlines(policy: Policy, on: date) -> Iterator[Finding]:
    """Deadlines that a remedy needs but that hold nowhere for one of its marketplaces or channels."""
    for row in policy.rows.remedies:
        if not row.is_valid(on):
            continue
        for name in deadlines_used(row):
            missing = sorted(
                f"{market} {channel}"
                for market in row.market
                for channel in row.channel
                if policy.deadline(name, market=market, channel=channel, on=on) is None
            )
            if missing:
                sentence = f"needs the deadline {name}, which does not hold for {', '.join(missing[:5])}"
                yield finding("error", "no_deadline", row, sentence)


def slow_patterns(policy: Policy, _on: date) -> Iterator[Finding]:
    """Patterns that could freeze a page."""
    for row in policy.rows.message_rules:
        if row.pattern is not None and is_slow(row.pattern):
            sentence = (
                f"the pattern takes over {SLOWEST_PATTERN:g} seconds on long texts and could freeze a page"
            )
            yield finding("error", "slow_pattern", row, sentence)


@lru_cache(maxsize=256)
def is_slow(pattern: str, seconds: float = SLOWEST_PATTERN) -> bool:
    """Whether a regular expression is too slow on hostile texts; tried in a process that can be stopped."""
    command = [sys.executable, "-I", "-S", str(Path(probe.__file__))]
    try:
        subprocess.run(  # noqa: S603  # our own file, the pattern goes in as data
            command, input=json.dumps(pattern).encode(), timeout=seconds, check=True
        )
    except subprocess.TimeoutExpired:
        return True
    return False


def unknown_countries(policy: Policy, _on: date) -> Iterator[Finding]:
    """Countries, or parts of one, whose holidays nobody knows."""
    places: list[tuple[str, int, str, DaysOff]] = [
        (row.file, row.line, row.id, row.days_off) for row in policy.markets.values()
    ]
    places += [
        (row.file, row.line, row.id, place.days_off)
        for row in policy.rows.calendars.values()
        for place in (row, *row.places.values())
        if place.days_off
    ]
    for file, line, row_id, days_off in places:
        try:
            work_calendar(days_off)
        except ValueError as error:
            yield Finding("error", "unknown_country", file, line, row_id, f"no holidays are known: {error}")


def unused(policy: Policy, _on: date) -> Iterator[Finding]:
    """Named amounts nobody refers to, and a junior limit above a senior one."""
    used = {row.then.limit for row in policy.rows.approvals}
    for row in policy.rows.remedies:
        for limits in (row.when.unit_value, row.when.claim_value):
            used |= {limits.over, limits.up_to} if limits else set()
    for name in sorted(policy.rows.amounts.keys() - used):
        yield Finding(
            "warning", "unused_amount", "approvals.yaml", 1, "", f"nothing refers to the amount {name!r}"
        )
    limits_by_role = {row.when.role: row for row in policy.rows.approvals}
    for junior, senior in (("agent", "lead"), ("lead", "manager")):
        low, high = limits_by_role.get(junior), limits_by_role.get(senior)
        if low is None or high is None or high.then.limit is None:
            continue
        above = low.then.limit is None or any(
            amount > policy.rows.amounts[high.then.limit][currency]
            for currency, amount in policy.rows.amounts[low.then.limit].items()
        )
        if above:
            yield finding("warning", "limits_inverted", low, f"the {junior} may grant more than the {senior}")


CHECKS: tuple[Callable[[Policy, date], Iterator[Finding]], ...] = (
    gaps,
    holes,
    shadowed,
    ages,
    returns_open,
    missing_deadlines,
    slow_patterns,
    unknown_countries,
    unused,
)
"""Every check, each on its own: rules and day in, findings out."""
