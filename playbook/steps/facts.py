"""Facts that an agent sees and may correct, and the rules that a case follows.

A correction is an event of the case: the order book keeps what the reports said.
"""

from collections.abc import Callable
from datetime import date, timedelta

from playbook.domain.case import Case
from playbook.domain.events import FactCorrected, RulesAdopted
from playbook.domain.ids import Marketplace
from playbook.domain.orders import ORDER_FACTS, Channel, FactKind, OrderLine
from playbook.domain.problems import Problem, problem
from playbook.policy import Policy
from playbook.steps.commands import AdoptRules, CorrectFact
from playbook.steps.decision import Decision, Setting, refused, refused_all
from playbook.steps.schedule import market_of

FARTHEST_EVENT = timedelta(days=730)
"""No event lies farther ahead: a slipped year is a typing error."""

YES_OR_NO = ("yes", "no")


def categories(policy: Policy) -> tuple[str, ...]:
    """The product categories that any rule asks about, sorted."""
    return tuple(sorted({name for row in policy.rows.deadlines for name in row.when.categories}))


def fact_of(case: Case, fact: FactKind, line: OrderLine | None = None) -> str:
    """What the case holds as a fact, as `CorrectFact` writes it; empty when it is not known."""
    order = case.order
    match fact:
        case FactKind.EVENT_ON:
            return case.event_on.isoformat() if case.event_on else ""
        case FactKind.MARKETPLACE:
            return order.marketplace.value if order else ""
        case FactKind.BUSINESS:
            return _yes_or_no(order.business if order else None)
    if line is None:
        return ""
    match fact:
        case FactKind.DELIVERED_ON:
            return line.delivered_on.isoformat() if line.delivered_on else ""
        case FactKind.CHANNEL:
            return line.channel.value
        case FactKind.CATEGORY:
            return line.category
        case _:
            return _yes_or_no(case.in_stock.get(line.line))


def _yes_or_no(known: bool | None) -> str:
    return "" if known is None else YES_OR_NO[not known]


def correct_fact(case: Case, command: CorrectFact, setting: Setting) -> Decision:
    """State a fact, or say why it cannot be so; whatever was agreed on the lines stays as it is."""
    value = command.value.strip()
    if command.fact is FactKind.EVENT_ON:
        lines: tuple[int, ...] = ()
        known = [fact_of(case, command.fact)]
    elif case.order is None:
        return refused("not_locked")
    elif command.fact in ORDER_FACTS:
        lines, known = (), [fact_of(case, command.fact)]
    else:
        lines = tuple(dict.fromkeys(command.lines))
        unknown = [line for line in lines or (0,) if case.order.line(line) is None]
        if unknown:
            return refused("unknown_line", line=unknown[0])
        known = [fact_of(case, command.fact, case.order.line(line)) for line in lines]
    problems = tuple(_CHECKS[command.fact](case, value, lines, setting))
    if problems:
        return refused_all(problems)
    if set(known) == {value}:
        return refused("fact_unchanged", what=command.fact, value=value or None)
    return (FactCorrected(fact=command.fact, value=value, lines=lines),)


def _check_delivered(case: Case, value: str, lines: tuple[int, ...], setting: Setting) -> tuple[Problem, ...]:
    if not value:
        return ()
    day = _date(value)
    if day is None:
        return (problem("fact_not_a_date", text=value),)
    zone = setting.policy.market(market_of(case)).tz
    assert case.order is not None
    placed_on, today = case.order.placed_at.astimezone(zone).date(), setting.now.astimezone(zone).date()
    if day < placed_on:
        return (problem("delivered_before_order", day=day, placed_on=placed_on),)
    if day > today:
        return (problem("delivered_in_future", day=day, today=today),)
    return ()


def _check_event(case: Case, value: str, lines: tuple[int, ...], setting: Setting) -> tuple[Problem, ...]:
    if not value:
        return ()
    day = _date(value)
    if day is None:
        return (problem("fact_not_a_date", text=value),)
    today = setting.now.astimezone(setting.policy.market(market_of(case)).tz).date()
    if not today <= day <= today + FARTHEST_EVENT:
        return (problem("event_not_ahead", day=day, today=today),)
    return ()


def _check_channel(case: Case, value: str, lines: tuple[int, ...], setting: Setting) -> tuple[Problem, ...]:
    return (*_one_of(value, [channel.value for channel in Channel]), *_nothing_agreed(case, lines))


def _check_marketplace(
    case: Case, value: str, lines: tuple[int, ...], setting: Setting
) -> tuple[Problem, ...]:
    unknown = _one_of(value, [market.value for market in Marketplace])
    if unknown:
        return unknown
    assert case.order is not None
    currency = setting.policy.market(Marketplace(value)).currency
    if currency != case.order.currency:
        return (
            problem("marketplace_currency", market=value, currency=currency, paid_in=case.order.currency),
        )
    return _nothing_agreed(case, tuple(line.line for line in case.order.lines))


def _check_category(case: Case, value: str, lines: tuple[int, ...], setting: Setting) -> tuple[Problem, ...]:
    return _one_of(value, ["", *categories(setting.policy)])


def _check_business(case: Case, value: str, lines: tuple[int, ...], setting: Setting) -> tuple[Problem, ...]:
    return _one_of(value, YES_OR_NO)


def _check_in_stock(case: Case, value: str, lines: tuple[int, ...], setting: Setting) -> tuple[Problem, ...]:
    return _one_of(value, ("", *YES_OR_NO))


_CHECKS: dict[FactKind, Callable[[Case, str, tuple[int, ...], Setting], tuple[Problem, ...]]] = {
    FactKind.DELIVERED_ON: _check_delivered,
    FactKind.EVENT_ON: _check_event,
    FactKind.CHANNEL: _check_channel,
    FactKind.MARKETPLACE: _check_marketplace,
    FactKind.CATEGORY: _check_category,
    FactKind.BUSINESS: _check_business,
    FactKind.IN_STOCK: _check_in_stock,
}


def _one_of(value: str, allowed: "list[str] | tuple[str, ...]") -> tuple[Problem, ...]:
    if value in allowed:
        return ()
    return (problem("fact_unknown_word", text=value, allowed=tuple(word for word in allowed if word)),)


def _nothing_agreed(case: Case, lines: tuple[int, ...]) -> tuple[Problem, ...]:
    """Who decides may not change under remedies that are agreed or asked for."""
    asked = [remedy for request in case.pending for remedy in request.remedies]
    count = sum(remedy.line in lines for remedy in (*case.remedies, *asked))
    return (problem("remedies_on_fact", count=count),) if count else ()


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def adopt_rules(case: Case, command: AdoptRules, setting: Setting) -> Decision:
    """Follow the rules of the setting; refused when the case does so already."""
    if case.policy_version == setting.policy.version:
        return refused("rules_current", version=setting.policy.version)
    return (RulesAdopted(),)
