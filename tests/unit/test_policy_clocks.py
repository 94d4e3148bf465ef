"""The three clocks on chosen days: hours, calendar days, working days, zones and clock changes."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from playbook.domain.ids import Marketplace
from playbook.policy.clocks import (
    Clocks,
    UnknownHolidaysError,
    WeekendsOnly,
    end_of_day,
    nth_working_day,
    season_end,
    start_of_day,
    work_calendar,
)
from playbook.policy.rows import CalendarRow, DaysOff, DeadlineRow, MarketRow, Season

CHINA = DaysOff(country="CN", weekend=("sat", "sun"))
GERMANY = DaysOff(country="DE", weekend=("sat", "sun"))
SAUDI = DaysOff(country="SA", weekend=("fri", "sat"))
WEEKDAYS = DaysOff(country=None, weekend=("sat", "sun"))


def row(**then: object) -> DeadlineRow:
    return DeadlineRow.model_validate(
        {
            "id": "some_clock",
            "market": ["*"],
            "channel": ["*"],
            "source": "a test",
            "checked": "2026-11",
            "confidence": "house",
            "when": {"start": "decided"},
            "then": {"name": {"en": "x", "zh_CN": "某事"}, **then},
        }
    )


def market(time_zone: str = "Europe/Berlin", days_off: DaysOff = GERMANY) -> MarketRow:
    return MarketRow.model_validate(
        {
            "id": "DE",
            "amazon_id": "A1PA6795UKMFR9",
            "region": "eu",
            "currency": "EUR",
            "time_zone": time_zone,
            "domain": "amazon.de",
            "language": "de",
            "tax_included": True,
            "days_off": days_off.model_dump(),
            "source": "a test",
            "checked": "2026-11",
            "confidence": "high",
        }
    )


def calendar(row_id: str, **more: object) -> CalendarRow:
    return CalendarRow.model_validate(
        {
            "id": row_id,
            "name": {"en": "x", "zh_CN": "某日历"},
            "source": "a test",
            "checked": "2026-11",
            "confidence": "house",
            **more,
        }
    )


CLOCKS = Clocks(
    {
        "marketplace": calendar("marketplace"),
        "depot": calendar("depot", cut_off="15:00"),
        "office": calendar("office", days_off=CHINA.model_dump(), time_zone="Asia/Shanghai"),
    }
)


@pytest.mark.parametrize(
    ("after", "count", "days_off", "expected"),
    [
        (date(2026, 2, 13), 1, CHINA, date(2026, 2, 14)),  # a made-up working Saturday
        (date(2026, 2, 13), 3, CHINA, date(2026, 2, 25)),
        (date(2026, 2, 13), 1, WEEKDAYS, date(2026, 2, 16)),
        (date(2026, 12, 24), 1, GERMANY, date(2026, 12, 28)),
        (date(2026, 12, 24), 1, WEEKDAYS, date(2026, 12, 25)),
        (date(2026, 11, 25), 2, SAUDI, date(2026, 11, 29)),  # Thursday, then Sunday
        (date(2026, 11, 28), 0, GERMANY, date(2026, 11, 30)),
        (date(2026, 11, 30), 0, GERMANY, date(2026, 11, 30)),
    ],
)
def test_nth_working_day(after: date, count: int, days_off: DaysOff, expected: date) -> None:
    assert nth_working_day(after, count, work_calendar(days_off)) == expected


def test_a_calendar_without_working_days_is_refused_not_searched_for_ever() -> None:
    with pytest.raises(ValueError, match="fewer than 2 working days"):
        nth_working_day(date(2026, 1, 1), 2, WeekendsOnly(frozenset(range(7))))


INDIA = DaysOff(country="IN", weekend=("sat", "sun"))
OFFICE = DaysOff(country="CN", weekend=("sat", "sun"), announced_yearly=True)


@pytest.mark.parametrize(
    ("days_off", "day", "year"),
    [
        (GERMANY, date(1989, 12, 31), 1990),  # before the library's first year
        (GERMANY, date(2100, 12, 31), 2101),
        (INDIA, date(2035, 12, 31), 2036),  # the library warns that it has no lunar dates from here on
        (OFFICE, date(2026, 12, 31), 2027),  # the State Council has announced 2026, not 2027
        (OFFICE, date(2000, 6, 1), 2000),
    ],
)
def test_a_year_without_published_holidays_is_refused_not_guessed(
    days_off: DaysOff, day: date, year: int
) -> None:
    with pytest.raises(UnknownHolidaysError, match=f"{days_off.country} in {year} are not known") as caught:
        nth_working_day(day, 1, work_calendar(days_off))
    assert (caught.value.country, caught.value.year) == (days_off.country, year)


def test_working_days_up_to_the_last_known_one_are_counted() -> None:
    assert nth_working_day(date(2026, 12, 29), 2, work_calendar(OFFICE)) == date(2026, 12, 31)


def test_days_of_the_policy_file_go_before_the_library() -> None:
    announced = OFFICE.model_copy(
        update={"also_off": (date(2027, 1, 1), date(2027, 1, 4)), "also_worked": (date(2027, 1, 2),)}
    )
    days = work_calendar(announced)
    assert nth_working_day(date(2026, 12, 31), 1, days) == date(2027, 1, 2)  # a made-up Saturday
    assert nth_working_day(date(2026, 12, 31), 2, days) == date(2027, 1, 5)


@pytest.mark.parametrize(
    "days_off",
    [
        {"country": "CN", "weekend": [], "also_off": ["2027-01-01"], "also_worked": ["2027-01-01"]},
        {"country": None, "weekend": [], "also_worked": ["2027-01-02"]},
        {"country": None, "weekend": [], "announced_yearly": True},
    ],
)
def test_days_off_that_contradict_themselves(days_off: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"also_off and in also_worked|need the country"):
        DaysOff.model_validate_json(json.dumps(days_off))


@pytest.mark.parametrize(
    "days_off", [DaysOff(country="XX", weekend=()), DaysOff(country="DE", subdiv="ZZ", weekend=())]
)
def test_unknown_country(days_off: DaysOff) -> None:
    with pytest.raises(ValueError, match=r"XX|ZZ"):
        work_calendar(days_off)


def test_a_calendar_without_weekend_works_on_sundays() -> None:
    assert work_calendar(DaysOff(country="DE", weekend=())).is_working_day(date(2026, 11, 22))


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 25), "Europe/Berlin", datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
        (date(2026, 3, 8), "America/Los_Angeles", datetime(2026, 3, 9, 6, 59, 59, tzinfo=UTC)),
        # Cairo turns the clock back at midnight: 23:59:59 happens twice, the day ends with the second
        (date(2026, 10, 29), "Africa/Cairo", datetime(2026, 10, 29, 21, 59, 59, tzinfo=UTC)),
    ],
)
def test_end_of_day(day: date, zone: str, expected: datetime) -> None:
    assert end_of_day(day, ZoneInfo(zone)) == expected


def test_start_of_a_day_whose_midnight_does_not_exist() -> None:
    # Cairo skips from 00:00 to 01:00 on the last Friday of April
    assert start_of_day(date(2026, 4, 24), ZoneInfo("Africa/Cairo")) == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_elapsed_time_is_exact_over_a_clock_change() -> None:
    before = datetime(2026, 10, 24, 20, 15, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    hours = row(value=24, unit="hour", calendar="elapsed")
    days = row(value=1, unit="day", calendar="elapsed")
    assert CLOCKS.due(hours, before, market()) == datetime(2026, 10, 25, 18, 15, 30, tzinfo=UTC)
    assert CLOCKS.due(days, before, market()) == CLOCKS.due(hours, before, market())


def test_calendar_days_start_with_the_local_date() -> None:
    four = row(value=4, unit="day", calendar="calendar")
    late_evening = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)  # already 1 February in Berlin
    assert CLOCKS.due(four, late_evening, market()) == datetime(2026, 2, 5, 22, 59, 59, tzinfo=UTC)
    los_angeles = market("America/Los_Angeles")
    assert CLOCKS.due(four, late_evening, los_angeles) == datetime(2026, 2, 5, 7, 59, 59, tzinfo=UTC)


def test_an_earliest_edge_is_the_start_of_the_day() -> None:
    three = row(value=3, unit="day", calendar="calendar", edge="earliest")
    assert CLOCKS.due(three, datetime(2026, 11, 1, 12, tzinfo=UTC), market()) == datetime(
        2026, 11, 3, 23, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("start", "expected_day"),
    [
        (datetime(2026, 11, 23, 13, 59, tzinfo=UTC), 24),  # Monday 14:59 in Berlin
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), 25),  # Monday 15:00: counts as Tuesday
        (datetime(2026, 11, 27, 14, 0, tzinfo=UTC), 30),  # Friday 15:00: Saturday, so Monday
        (datetime(2026, 11, 28, 9, 0, tzinfo=UTC), 30),
    ],
)
def test_cut_off(start: datetime, expected_day: int) -> None:
    one = row(value=1, unit="day", calendar="business", days_of="depot")
    assert CLOCKS.due(one, start, market()) == datetime(2026, 11, expected_day, 22, 59, 59, tzinfo=UTC)


def test_a_calendar_with_its_own_zone_ends_its_own_day() -> None:
    one = row(value=1, unit="day", calendar="business", days_of="office")
    friday = datetime(2026, 2, 13, 2, 0, tzinfo=UTC)
    assert CLOCKS.due(one, friday, market()) == datetime(2026, 2, 14, 15, 59, 59, tzinfo=UTC)


def test_a_warehouse_in_another_country_counts_its_own_days() -> None:
    """German unity day: nobody packs in Germany, wherever the parcel goes."""
    depot = calendar(
        "depot",
        days_off={"country": "FR", "weekend": ["sat", "sun"]},
        places={"DE": {"days_off": GERMANY.model_dump(), "time_zone": "Europe/Berlin", "cut_off": "12:00"}},
    )
    clocks = Clocks({"depot": depot})
    one = row(value=1, unit="day", calendar="business", days_of="depot")
    eve = datetime(2025, 10, 2, 9, 0, tzinfo=UTC)  # Thursday 11:00 in Berlin, Friday is the holiday
    german, french = market(), market().model_copy(update={"id": Marketplace.FR})
    assert clocks.due(one, eve, german) == datetime(2025, 10, 6, 21, 59, 59, tzinfo=UTC)
    assert clocks.due(one, eve, french) == datetime(2025, 10, 3, 21, 59, 59, tzinfo=UTC)
    after_noon = datetime(2025, 10, 1, 10, 30, tzinfo=UTC)
    assert clocks.due(one, after_noon, german) == datetime(2025, 10, 6, 21, 59, 59, tzinfo=UTC)
    assert clocks.due(one, after_noon, french) == datetime(2025, 10, 2, 21, 59, 59, tzinfo=UTC)


def test_range() -> None:
    estimate = row(value=5, least=3, unit="day", calendar="business", days_of="marketplace")
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert CLOCKS.due_range(estimate, monday, market()) == (
        datetime(2026, 11, 26, 22, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC),
    )


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        CLOCKS.due(row(value=24, unit="hour", calendar="elapsed"), datetime(2026, 1, 1), market())  # noqa: DTZ001


SEASON = Season(bought_from="11-01", bought_to="12-31", until="01-31", verified_years=(2025,))


@pytest.mark.parametrize(
    ("bought", "until"),
    [
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), date(2027, 1, 31)),
        (date(2026, 12, 31), date(2027, 1, 31)),
        (date(2027, 1, 1), None),
    ],
)
def test_season(bought: date, until: date | None) -> None:
    assert season_end(bought, SEASON) == until


def test_what_was_bought_out_of_season_has_no_seasonal_clock() -> None:
    seasonal = row(calendar="season", season=SEASON.model_dump())
    with pytest.raises(ValueError, match="outside of the season 11-01 to 12-31"):
        CLOCKS.due(seasonal, datetime(2026, 10, 1, 9, tzinfo=UTC), market())
