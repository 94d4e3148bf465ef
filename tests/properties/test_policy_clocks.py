"""Clocks for any start: never backwards, never on a day off, never in another zone's day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from playbook.domain.ids import Marketplace
from playbook.policy import DeadlineRow, load_policy
from playbook.policy.clocks import UnknownHolidaysError, nth_working_day, work_calendar
from playbook.policy.rows import DaysOff

POLICY = load_policy(Path(__file__).resolve().parents[2] / "data" / "policies")
CLOCKS = [row for row in POLICY.rows.deadlines if row.then.calendar != "season"]
DAY_CLOCKS = [row for row in CLOCKS if row.then.calendar != "elapsed"]
COUNTRIES = [
    DaysOff(country=country, weekend=weekend)
    for country, weekend in (
        ("CN", ("sat", "sun")),
        ("US", ("sat", "sun")),
        ("JP", ("sat", "sun")),
        ("SA", ("fri", "sat")),
        (None, ("sat", "sun")),
        ("DE", ()),
    )
]
starts = st.datetimes(
    min_value=datetime(2021, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone itself
    max_value=datetime(2030, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
dates = st.dates(min_value=date(2021, 1, 1), max_value=date(2030, 12, 31))
rows = st.sampled_from(CLOCKS)
markets = st.sampled_from(list(Marketplace))


@settings(max_examples=200, deadline=None)
@given(row=rows, market=markets, start=starts, later=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_a_later_start_is_never_due_earlier(
    row: DeadlineRow, market: Marketplace, start: datetime, later: timedelta
) -> None:
    assert due_range(row, start, market)[1] <= due_range(row, start + later, market)[1]


def due_range(row: DeadlineRow, start: datetime, market: Marketplace) -> tuple[datetime, datetime]:
    """The clock, unless it needs days of an office whose make-up Saturdays are not announced yet."""
    try:
        return POLICY.due_range(row, start, market)
    except UnknownHolidaysError as error:
        if row.then.days_of != "office" or error.year <= 2026:
            raise
        reject()


@settings(max_examples=200, deadline=None)
@given(row=rows, market=markets, start=starts)
def test_due_is_aware_utc_and_after_the_start(row: DeadlineRow, market: Marketplace, start: datetime) -> None:
    early, due = due_range(row, start, market)
    assert due.tzinfo is UTC
    assert early <= due
    assert due >= start


@settings(max_examples=200, deadline=None)
@given(row=st.sampled_from(DAY_CLOCKS), market=markets, start=starts)
def test_days_end_or_begin_with_the_local_day(row: DeadlineRow, market: Marketplace, start: datetime) -> None:
    zone = POLICY.market(market).tz
    if row.then.days_of is not None and (named := POLICY.rows.calendars[row.then.days_of]).time_zone:
        zone = ZoneInfo(named.time_zone)
    due = due_range(row, start, market)[1]
    neighbour = due + timedelta(seconds=1 if row.then.edge == "latest" else -1)
    assert due.astimezone(zone).date() != neighbour.astimezone(zone).date()


@settings(max_examples=200, deadline=None)
@given(days_off=st.sampled_from(COUNTRIES), after=dates, count=st.integers(1, 30))
def test_working_days_are_worked_and_counted(days_off: DaysOff, after: date, count: int) -> None:
    calendar = work_calendar(days_off)
    reached = nth_working_day(after, count, calendar)
    assert calendar.is_working_day(reached)
    between = [after + timedelta(days=n) for n in range(1, (reached - after).days + 1)]
    assert sum(calendar.is_working_day(day) for day in between) == count


@settings(max_examples=100, deadline=None)
@given(days_off=st.sampled_from(COUNTRIES), after=dates, first=st.integers(1, 10), second=st.integers(1, 10))
def test_working_days_add_up(days_off: DaysOff, after: date, first: int, second: int) -> None:
    calendar = work_calendar(days_off)
    halfway = nth_working_day(after, first, calendar)
    assert nth_working_day(halfway, second, calendar) == nth_working_day(after, first + second, calendar)


@settings(max_examples=200, deadline=None)
@given(market=markets, start=starts)
def test_elapsed_hours_are_exact(market: Marketplace, start: datetime) -> None:
    row = next(row for row in CLOCKS if row.id == "buyer_message_reply")
    assert POLICY.due(row, start, market) - start == timedelta(hours=24)
