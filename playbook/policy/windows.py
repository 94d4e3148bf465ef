"""Until when goods may be returned: thirty days, fewer for some categories, longer for holiday purchases."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from playbook.domain.claims import ProblemType
from playbook.domain.orders import Order, OrderLine
from playbook.policy.clocks import season_end
from playbook.policy.rows import DeadlineRow

if TYPE_CHECKING:
    from playbook.policy.policy import Policy

STANDARD, SHORT, HOLIDAY = "return_window", "return_window_eu_short", "holiday_return_until"
"""The rows of ``deadlines.yaml`` that make a return window; the longest that holds decides."""


@dataclass(frozen=True, slots=True)
class ReturnWindow:
    """Until when (end of that moment), by which row; ``verified``: its dates were announced for this year."""

    until: datetime
    row: DeadlineRow
    verified: bool = True


def delivery_day(line: OrderLine, order: Order) -> date | None:
    """The day the line was delivered, else the latest day on which it was to be; None if unknown."""
    return line.delivered_on or order.latest_delivery_on


def return_window(
    policy: "Policy", order: Order, line: OrderLine, issue: ProblemType, delivered_on: date | None
) -> ReturnWindow | None:
    """The return window of a line for a problem; None while nobody knows when it was delivered.

    The rules are those of the day of the purchase. A season of a year that nobody verified counts, because
    we may never be stricter than Amazon, and says so.
    """
    if delivered_on is None:
        return None
    market = policy.market(order.marketplace)
    bought_on = order.placed_at.astimezone(market.tz).date()

    def row_of(deadline_id: str) -> DeadlineRow | None:
        return policy.deadline(
            deadline_id,
            market=order.marketplace,
            channel=line.channel,
            on=bought_on,
            business=order.business,
        )

    start_at = datetime.combine(delivered_on, time(0), market.tz)
    short, standard, holiday = row_of(SHORT), row_of(STANDARD), row_of(HOLIDAY)
    if short is not None and line.category in short.when.categories and issue in short.when.issue:
        standard = short
    windows = []
    if standard is not None:
        windows.append(ReturnWindow(policy.due(standard, start_at, order.marketplace), standard))
    if holiday is not None and holiday.then.season is not None:
        season = holiday.then.season
        if season_end(bought_on, season) is not None:
            until = policy.due(holiday, order.placed_at, order.marketplace)
            windows.append(ReturnWindow(until, holiday, bought_on.year in season.verified_years))
    return max(windows, key=lambda window: window.until, default=None)
