"""The clocks: elapsed hours, calendar days, working days; in the zone where the days end.

Elapsed time is exact. A deadline in days ends with the local day (23:59:59), whatever the hour it
started; one that opens something (``edge: earliest``) opens with the local day (00:00:00). Working
days are those of one named calendar: weekends, public holidays and made-up working weekends; a year
whose holidays nobody has published is an error (`UnknownHolidaysError`), never a guess. All results are
aware UTC.
"""

import warnings
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from threading import Lock
from typing import Protocol
from zoneinfo import ZoneInfo

from playbook.policy.rows import (
    WEEKDAYS,
    CalendarRow,
    DaysOff,
    DeadlineRow,
    DeadlineThen,
    MarketRow,
    Season,
    zone,
)


class UnknownHolidaysError(ValueError):
    """Working days were asked for in a year whose public holidays are not known."""

    def __init__(self, country: str, year: int) -> None:
        super().__init__(f"the public holidays of {country} in {year} are not known")
        self.country = country
        self.year = year


class WorkCalendar(Hashable, Protocol):
    """Tells working days from others."""

    def is_working_day(self, key: date, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class WeekendsOnly:
    """Working days are all days but the weekend; public holidays are not looked at."""

    weekend: frozenset[int]

    def is_working_day(self, key: date, /) -> bool:
        """Whether *key* is not a day of the weekend."""
        return key.weekday() not in self.weekend


class PublicHolidays:
    """The working days of a country: a thin lock around the library, which fills years as it is asked.

    Days of the policy file (``also_off``, ``also_worked``) go before what the library knows.
    """

    def __init__(self, days_off: DaysOff, country: str) -> None:
        import holidays  # takes 0.1 s: only for those who count working days

        self._own = days_off
        self._country = country
        self._days = holidays.country_holidays(country, subdiv=days_off.subdiv)
        self._days.weekend = {WEEKDAYS.index(day) for day in days_off.weekend}
        self._known: dict[int, bool] = {}
        self._lock = Lock()

    def is_working_day(self, key: date, /) -> bool:
        """Whether people work on *key*; a weekend that makes up for a long holiday counts as work.

        Raises UnknownHolidaysError for a year without data.
        """
        if key in self._own.also_worked:
            return True
        if key in self._own.also_off:
            return False
        with self._lock:
            if key.year not in self._known:
                self._known[key.year] = self._knows(key.year)
            if not self._known[key.year]:
                raise UnknownHolidaysError(self._country, key.year)
            return self._days.is_working_day(key)

    def _knows(self, year: int) -> bool:
        """Whether the holidays of *year* are published: the library warns where it would only guess."""
        if not self._days.start_year <= year <= self._days.end_year:
            return False
        if self._own.announced_yearly:
            announced: Mapping[int, object] = self._days.special_public_holidays
            return year in announced or any(day.year == year for day in self._own.also_worked)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self._days.get(date(year, 1, 1))
        return not caught


@lru_cache(maxsize=64)
def work_calendar(days_off: DaysOff) -> WorkCalendar:
    """The calendar behind a country's days off. Raises ValueError for a country nobody knows."""
    weekend = frozenset(WEEKDAYS.index(day) for day in days_off.weekend)
    if days_off.country is None:
        return WeekendsOnly(weekend)
    try:
        return PublicHolidays(days_off, days_off.country)
    except NotImplementedError as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=4096)
def nth_working_day(after: date, count: int, calendar: WorkCalendar) -> date:
    """The *count*-th working day after *after*; for 0 the day itself or the next working day.

    Raises UnknownHolidaysError where it would have to count days of a year without holiday data.
    """
    day = after if count == 0 else after + timedelta(days=1)
    left = max(count, 1)
    for _ in range(60 * left + 400):
        if calendar.is_working_day(day):
            left -= 1
            if left == 0:
                return day
        day += timedelta(days=1)
    raise ValueError(f"fewer than {count} working days follow {after}")


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a local day; when the clocks fall back at midnight, the later one."""
    return datetime.combine(day, time(23, 59, 59, fold=1), zone).astimezone(UTC)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def season_end(bought_on: date, season: Season) -> date | None:
    """Until when something bought on that day may be returned; None outside of the season."""
    if not season.bought_from <= f"{bought_on:%m-%d}" <= season.bought_to:
        return None
    month, day = (int(part) for part in season.until.split("-"))
    return date(bought_on.year + 1, month, day)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Deadlines in the calendars of the policy files."""

    calendars: Mapping[str, CalendarRow]

    def due(self, row: DeadlineRow, start_at: datetime, market: MarketRow) -> datetime:
        """When the deadline ends (or opens), for a clock that starts at *start_at* (aware).

        Raises ValueError for a naive time, and for a seasonal row when the purchase was out of season;
        UnknownHolidaysError for working days of a year without holiday data.
        """
        return self._after(row.then, row.then.value or 0, start_at, market)

    def due_range(self, row: DeadlineRow, start_at: datetime, market: MarketRow) -> tuple[datetime, datetime]:
        """The earliest and the latest end of an estimate; equal when the row gives no range."""
        latest = self.due(row, start_at, market)
        if row.then.least is None:
            return latest, latest
        return self._after(row.then, row.then.least, start_at, market), latest

    def _after(self, then: DeadlineThen, amount: int, start_at: datetime, market: MarketRow) -> datetime:
        if start_at.tzinfo is None:
            raise ValueError("a clock cannot start at a time without a zone")
        if then.calendar == "elapsed":
            span = timedelta(hours=amount) if then.unit == "hour" else timedelta(days=amount)
            return start_at.astimezone(UTC) + span
        tz, cut_off, days_off = market.tz, None, market.days_off
        if then.days_of is not None:
            place = self.calendars[then.days_of].at(market.id)
            tz = zone(place.time_zone) if place.time_zone else tz
            days_off, cut_off = place.days_off or days_off, place.cut_off
        local = start_at.astimezone(tz)
        day = local.date()
        if cut_off is not None and f"{local:%H:%M}" >= cut_off:
            day += timedelta(days=1)
        if then.season is not None:
            until = season_end(day, then.season)
            if until is None:
                raise ValueError(
                    f"{day} is outside of the season {then.season.bought_from} to {then.season.bought_to}"
                )
            day = until
        elif then.calendar == "business":
            day = nth_working_day(day, amount, work_calendar(days_off))
        else:
            day += timedelta(days=amount)
        return start_of_day(day, tz) if then.edge == "earliest" else end_of_day(day, tz)
