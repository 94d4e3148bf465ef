"""A policy remembers its answers; they are the ones it would give anew."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel
from playbook.domain.promises import ClockStart
from playbook.policy import Policy
from playbook.policy import policy as module
from playbook.policy.clocks import UnknownHolidaysError

ZONES = [UTC, *(ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Europe/London"))]


def some_answers(policy: Policy, seed: int, *, anew: bool) -> list[object]:
    """What the policy says to the same few questions again and again; *anew* forgets before each."""
    chance = random.Random(seed)
    ids = [row.id for row in policy.rows.deadlines]
    first = datetime(2026, 10, 31, 23, tzinfo=UTC)
    found: list[object] = []
    for _ in range(400):
        if anew:
            policy = Policy(policy.rows)
        market = chance.choice([Marketplace.US, Marketplace.UK, Marketplace.JP])
        channel = chance.choice([*Channel, None])
        start_at = (first + timedelta(minutes=30 * chance.randint(0, 20))).astimezone(chance.choice(ZONES))
        on, business = date(2026, 1, 20) + timedelta(days=chance.randint(0, 9)), chance.random() < 0.5
        row = policy.deadline(chance.choice(ids), market=market, channel=channel, on=on, business=business)
        start = chance.choice([*ClockStart])
        found.append(row)
        found.append(policy.deadlines(start, market=market, channel=channel, on=on, business=business))
        if row is not None and row.then.season is None:
            try:
                due_at = policy.due(row, start_at, market)
                found.append((due_at, due_at.tzinfo))
            except UnknownHolidaysError as error:
                found.append(str(error))
    return found


@pytest.mark.parametrize("most", [module.MOST_KNOWN, 3])
def test_what_is_remembered_is_what_would_be_answered_anew(
    policy: Policy, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KNOWN", most)
    remembering = Policy(policy.rows)
    assert some_answers(remembering, 1, anew=False) == some_answers(policy, 1, anew=True)
    assert len(remembering._known) <= most
    assert len(remembering._dues) <= most


def test_another_version_of_a_row_has_its_own_date(policy: Policy) -> None:
    row = policy.deadline("house_reship", market=Marketplace.US, channel=Channel.FBM, on=date(2026, 11, 23))
    assert row is not None
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert policy.due(row, start, Marketplace.US) == start + timedelta(hours=24)
    for hours in range(1, 60):
        other = row.model_copy(update={"then": row.then.model_copy(update={"value": hours})})
        assert policy.due(other, start, Marketplace.US) == start + timedelta(hours=hours)


def test_the_hour_that_comes_twice_is_two_hours(policy: Policy) -> None:
    """Both are the same to a comparison within the zone; the clock starts at one of them."""
    row = policy.deadline("house_reship", market=Marketplace.US, channel=Channel.FBM, on=date(2026, 11, 23))
    assert row is not None
    once = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    again = once.replace(fold=1)
    assert once == again
    first, second = (policy.due(row, start, Marketplace.US) for start in (once, again))
    assert second - first == timedelta(hours=1)


def test_a_clock_named_like_an_event_is_still_another_question(policy: Policy) -> None:
    on, market, channel = date(2026, 11, 23), Marketplace.US, Channel.FBM
    for start in ClockStart:
        asked = Policy(policy.rows)
        assert asked.deadlines(start, market=market, channel=channel, on=on) == policy.deadlines(
            start, market=market, channel=channel, on=on
        )
        assert asked.deadline(start, market=market, channel=channel, on=on) is Policy(policy.rows).deadline(
            start, market=market, channel=channel, on=on
        )
