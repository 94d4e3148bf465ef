"""The rows of the other policy files, and the layout of all of them.

The docstrings become the descriptions in the JSON schemas.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from playbook.domain.base import Value
from playbook.domain.claims import ProblemType
from playbook.domain.ids import Marketplace
from playbook.domain.promises import ClockStart, PromiseKind
from playbook.domain.remedies import RejectionReason
from playbook.policy.base import (
    Amount,
    AmountName,
    Flag,
    Row,
    RowId,
    Sentence,
    Sourced,
    Text,
    Whole,
    reading_of,
)
from playbook.policy.remedy_rows import RemedyRow
from playbook.policy.return_rows import ReturnRow

MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]


class Season(Value):
    """Bought between two days of a year (MM-DD, inclusive): may be returned until ``until`` of the next."""

    bought_from: MonthDay
    bought_to: MonthDay
    until: MonthDay
    verified_years: tuple[Whole, ...]


class DeadlineWhen(Value):
    """What starts the clock.

    ``only`` restricts it to business orders, ``categories`` to goods of these, ``issue`` to these problems;
    ``condition`` says so, or something else that the order does not tell: the row is left out then unless
    it is asked for by its id.
    """

    start: ClockStart
    only: Literal["AMAZON_BUSINESS"] | None = None
    condition: Text | None = None
    categories: tuple[RowId, ...] = ()
    issue: tuple[ProblemType, ...] = ()

    @model_validator(mode="after")
    def _is_explained(self) -> Self:
        if (self.categories or self.issue) and self.condition is None:
            raise ValueError("categories and issue need a condition that says in words what they restrict")
        return self


def _calendar_name(value: str, info: ValidationInfo) -> str:
    calendars = reading_of(info).calendars
    if calendars and value not in calendars:
        raise ValueError(f"unknown calendar {value!r}; calendars.yaml names {', '.join(sorted(calendars))}")
    return value


class DeadlineThen(Value):
    """How long: ``value`` hours or days on the clock ``calendar``, for an estimate from ``least`` on.

    ``days_of`` names the calendar whose working days count. ``edge``: the latest moment (end of the
    last day) or the earliest one (start of that day). ``advice``: sooner than asked, in the same unit.
    ``task``: we have to act by then, so it becomes a follow-up, unless a promise ``settled_by`` was kept
    since the clock started.
    """

    name: Text
    value: Annotated[int, Field(strict=True, ge=0, le=3650)] | None = None
    least: Annotated[int, Field(strict=True, ge=0, le=3650)] | None = None
    unit: Literal["hour", "day"] | None = None
    calendar: Literal["elapsed", "calendar", "business", "season"]
    days_of: Annotated[RowId, AfterValidator(_calendar_name)] | None = None
    edge: Literal["latest", "earliest"] = "latest"
    advice: Annotated[int, Field(strict=True, ge=0)] | None = None
    season: Season | None = None
    task: Flag = False
    settled_by: PromiseKind | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.calendar == "season") != (self.season is not None):
            raise ValueError("a season belongs to the calendar 'season', and only to it")
        if (self.calendar == "season") != (self.value is None or self.unit is None):
            raise ValueError("value and unit are needed, except for a season")
        if self.unit == "hour" and self.calendar != "elapsed":
            raise ValueError("hours run on the elapsed clock")
        if (self.calendar == "business") != (self.days_of is not None):
            raise ValueError("the business clock, and only it, needs days_of: whose working days count")
        if self.value is not None and self.least is not None and self.least > self.value:
            raise ValueError("least is above value")
        if self.settled_by is not None and not self.task:
            raise ValueError("settled_by belongs to a task")
        return self


class DeadlineRow(Row):
    """A clock: what starts it, how long it runs, and on which days."""

    when: DeadlineWhen
    then: DeadlineThen

    @property
    def start(self) -> ClockStart:
        """The event that starts the clock."""
        return self.when.start

    @property
    def name(self) -> Text:
        """What has to be done, or may be done, by then."""
        return self.then.name


class MessageWhen(Value):
    """What a message is tested for.

    ``scope`` says which messages; a rule without pattern and hints is decided by other means (the
    number of messages, attachments, dates).
    """

    scope: Literal["any", "proactive", "order", "api", "html"]
    pattern: str | None = None
    hints: tuple[Sentence, ...] = ()

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"the pattern is not a regular expression: {error}") from None
        return value


class MessageThen(Value):
    """``block``: never send it. ``warn``: a person decides. ``why`` explains, ``note`` helps to fix it."""

    kind: Literal["block", "warn"]
    why: Text
    note: Text | None = None


class MessageRuleRow(Row):
    """What a message to a buyer must not contain, or should not."""

    when: MessageWhen
    then: MessageThen

    @property
    def kind(self) -> Literal["block", "warn"]:
        return self.then.kind

    @property
    def scope(self) -> str:
        return self.when.scope

    @property
    def pattern(self) -> str | None:
        return self.when.pattern

    @property
    def hints(self) -> tuple[str, ...]:
        return self.when.hints

    @property
    def why(self) -> Text:
        return self.then.why


class ApprovalWhen(Value):
    """Whose limit it is."""

    role: RowId


class ApprovalThen(Value):
    """The named amount up to which the role may compensate one case; null is no limit.

    ``checks_own``: whether the role may check a refund sheet alone whose refunds it chose itself.
    """

    limit: AmountName | None
    checks_own: Flag = False


class ApprovalRow(Row):
    """How much one role may grant in one case without asking."""

    when: ApprovalWhen
    then: ApprovalThen


class RestockingWhen(Value):
    """Why units that came back were rejected, and what had been claimed about them."""

    reason: tuple[RejectionReason, ...] = Field(min_length=1)
    issue: tuple[ProblemType, ...] = Field(min_length=1)


class RestockingThen(Value):
    """``most``: percent of the price of the goods that may be kept back."""

    most: Annotated[Amount, Field(gt=0, le=100)]
    note: Text | None = None


class RestockingRow(Row):
    """How much of the price may be kept back for units that came back late or in another state.

    Where no row holds, nothing may be: only a lead can make an exception, which is recorded.
    """

    when: RestockingWhen
    then: RestockingThen


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone, read once: the library keeps only the last eight."""
    return ZoneInfo(name)


def _zone(value: str) -> str:
    try:
        zone(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown time zone {value!r}") from None
    return value


ZoneName = Annotated[str, AfterValidator(_zone)]


class DaysOff(Value):
    """Public holidays (country and part of it, as the library *holidays* names them) and weekend.

    ``also_off`` and ``also_worked`` are single days that the library does not know, and go before it.
    ``announced_yearly``: the government says each year which weekends are worked for long holidays; a
    year counts as unknown until the library has it, or until ``also_worked`` names days of it.
    """

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None
    subdiv: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    weekend: tuple[Weekday, ...] = Field(max_length=6)
    also_off: tuple[date, ...] = ()
    also_worked: tuple[date, ...] = ()
    announced_yearly: Flag = False

    @model_validator(mode="after")
    def _days_are_told_once(self) -> Self:
        both = sorted(set(self.also_off) & set(self.also_worked))
        if both:
            raise ValueError(f"{both[0]} is in also_off and in also_worked")
        if self.country is None and (self.announced_yearly or self.also_off or self.also_worked):
            raise ValueError("days off need the country whose holidays they correct")
        return self


class Place(Value):
    """Where somebody works: days off, time zone, and the hour from which an event counts as tomorrow's."""

    days_off: DaysOff | None = None
    time_zone: ZoneName | None = None
    cut_off: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None


class CalendarRow(Sourced, Place):
    """Whose working days count.

    Without ``days_off`` those of the marketplace; without ``time_zone`` the marketplace's. From
    ``cut_off`` (HH:MM) on, an event counts as one of the next day. ``places`` says where it is
    otherwise for single marketplaces: a warehouse in Germany that ships to France, too.
    """

    id: RowId
    name: Text
    places: Mapping[Marketplace, Place] = Field(default_factory=dict)

    def at(self, market: Marketplace) -> Place:
        """Where it is for orders of that marketplace."""
        return self.places.get(market, self)


class MarketRow(Sourced):
    """A marketplace. ``language`` is the buyers' first language, ``other_languages`` are common too.

    ``tax_included``: whether the prices buyers see include the tax. ``amazon_id`` is Amazon's own id.
    """

    id: Marketplace
    amazon_id: Annotated[str, StringConstraints(pattern=r"^A[A-Z0-9]{11,13}$")]
    region: Literal["na", "eu", "fe"]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    time_zone: ZoneName
    domain: Annotated[str, StringConstraints(pattern=r"^amazon\.[a-z.]+$")]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    other_languages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")], ...] = ()
    tax_included: Flag
    days_off: DaysOff

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which the days of the marketplace end."""
        return zone(self.time_zone)


class _File(Value):
    """``schema`` is the layout's version; ``shared`` holds anchors that rows refer to."""

    layout: Literal[1] = Field(alias="schema")
    shared: Mapping[str, Any] = Field(default_factory=dict)


class RemedyFile(_File):
    """remedies.yaml: which remedy for which problem, with its procedure."""

    rows: tuple[RemedyRow, ...] = Field(min_length=1)


class DeadlineFile(_File):
    """deadlines.yaml: every clock, Amazon's and ours."""

    rows: tuple[DeadlineRow, ...] = Field(min_length=1)


class MessageRuleFile(_File):
    """message_rules.yaml: what messages to buyers must not contain."""

    rows: tuple[MessageRuleRow, ...] = Field(min_length=1)


class ApprovalFile(_File):
    """approvals.yaml: the one table of named amounts per currency, and the limits of each role."""

    amounts: Mapping[RowId, Mapping[Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")], Amount]]
    rows: tuple[ApprovalRow, ...] = Field(min_length=1)


class RestockingFile(_File):
    """restocking.yaml: what may be kept back for units that came back late, used or incomplete."""

    rows: tuple[RestockingRow, ...] = Field(min_length=1)


class ReturnFile(_File):
    """returns.yaml: addresses, label limits, weights, reasons, rules of merging and of refund files."""

    rows: tuple[ReturnRow, ...] = Field(min_length=1)


class MarketFile(_File):
    """marketplaces.yaml: every marketplace, and the groups that rows may name."""

    groups: Mapping[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]*$")], tuple[Marketplace, ...]]
    rows: tuple[MarketRow, ...] = Field(min_length=1)


class CalendarFile(_File):
    """calendars.yaml: whose working days a clock may count."""

    rows: tuple[CalendarRow, ...] = Field(min_length=1)
