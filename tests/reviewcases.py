"""Good cases for reviews, fast: what an agent who makes no mistake leaves behind, in every marketplace.

A few dozen prototypes are played through the real steps (`playbook.steps.decide`), so that they hold what
the desk would have written; each is then told again in other weeks, by other agents, about other orders.
A copy is text with other words in some places, with the memo written anew and the chain hashed again:
several thousand a second, each the same for the same seed and number.
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from playbook.domain.case import Case
from playbook.domain.claims import Evidence, ProblemType
from playbook.domain.events import GENESIS, Event, Fact, canonical_json, chain_of, event_from_json
from playbook.domain.folding import apply, fold
from playbook.domain.ids import CaseId, Marketplace, OrderId, Sku
from playbook.domain.money import Money
from playbook.domain.orders import Channel, Component, Order, OrderLine
from playbook.domain.promises import PromiseKind
from playbook.letters import memo_parts
from playbook.policy import Policy, load_policy
from playbook.steps import Actor, Command, Refused, Setting, decide
from playbook.steps.commands import (
    AcceptHandOver,
    ApproveMessage,
    Choice,
    ChooseRemedies,
    ClaimRow,
    CloseCase,
    CompleteFollowUp,
    ConfirmBreakdown,
    ConfirmPlan,
    Counted,
    DecideApproval,
    KeepPromise,
    LockOrder,
    OfferHandOver,
    OpenCase,
    ReceiveGoods,
    WriteMemo,
)
from playbook.steps.options import options
from playbook.steps.schedule import current

AS_OF = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""The time of the reviews: every generated case was closed before."""

WEEKS = 10
"""In how many weeks before `AS_OF` cases come in."""

AGENTS = tuple(f"agent-{number:02d}" for number in range(1, 25))
LEADS = ("lead-01", "lead-02", "lead-03")
ROLES = {**dict.fromkeys(AGENTS, "agent"), **dict.fromkeys(LEADS, "lead")}
TEAMS = {name: f"team-{number % 3 + 1}" for number, name in enumerate((*AGENTS, *LEADS))}

_AGENT, _COLLEAGUE, _LEAD = "agent-of-this-case", "colleague-of-this-case", "lead-of-this-case"
_ORDER = "302-0000000-0000000"
_CASE = CaseId("2026-00000000")
_MONDAY = datetime(2026, 9, 7, 6, 0, tzinfo=UTC)

VARIANTS = 4
RETURNS, HAND_OVER, APPROVAL = 1, 2, 3
"""What is special about three of the variants."""

_PROBLEMS = (
    ProblemType.TRANSIT_DAMAGE,
    ProblemType.MISSING,
    ProblemType.WRONG_VARIANT,
    ProblemType.QUALITY_FLAW,
    ProblemType.DEFECT,
    ProblemType.PACKAGE_DAMAGE,
    ProblemType.WRONG_ITEM,
    ProblemType.MISSING_PARTS,
    ProblemType.QUALITY_FLAW,
    ProblemType.MISSING,
)


@dataclass(frozen=True)
class GoodCase:
    """A case as its rows lie in the store: (seq, JSON, chain), oldest first."""

    case_id: CaseId
    order_id: OrderId
    rows: tuple[tuple[int, str, str], ...]

    def events(self) -> tuple[Event, ...]:
        """The events, with their chain."""
        return tuple(
            event_from_json(data).model_copy(update={"chain": chain}) for _, data, chain in self.rows
        )


class _Player:
    """Plays one case through the steps at a clock that moves."""

    def __init__(self, policy: Policy, at: datetime) -> None:
        self.policy = policy
        self.now = at
        self.case = Case(_CASE)
        self.events: list[Event] = []

    def setting(self, name: str = _AGENT) -> Setting:
        role = "lead" if name == _LEAD else "agent"
        return Setting(self.policy, self.now, Actor(name, role))

    def do(self, command: Command, name: str = _AGENT) -> None:
        decision = decide(self.case, command, self.setting(name))
        assert not isinstance(decision, Refused), f"{command}: {[str(p) for p in decision.problems]}"
        new = tuple(
            Event(
                case_id=_CASE,
                seq=seq,
                at=self.now,
                actor=name,
                policy_version=self.policy.version,
                body=body,
            )
            for seq, body in enumerate(decision, start=self.case.version + 1)
        )
        self.events += new
        self.case = apply(self.case, new)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def tell(self, kind: str, name: str = _AGENT, follow_up: str = "") -> None:
        number = len(self.case.messages) + 1
        language = self.case.language
        self.do(
            ApproveMessage(kind, language, f"v{number}", f"{number:064x}", follow_up, f"{kind}@test"), name
        )


def _order(market: Marketplace, channel: Channel, policy: Policy, chance: random.Random, lines: int) -> Order:
    currency = policy.market(market).currency
    unit = _unit_price(policy, currency)
    placed_at = _MONDAY - timedelta(days=9)
    made = []
    for number in range(1, lines + 1):
        units = chance.randrange(6, 25)
        price = unit * chance.randrange(2, 9)
        made.append(
            OrderLine(
                line=number,
                sku=Sku(f"{chance.choice(('LAMP', 'CHAIR', 'MUG', 'FRAME', 'TRAY'))}-{number:02d}"),
                title=f"Sample product {number}",
                units_ordered=units,
                units_shipped=units,
                channel=channel,
                paid={Component.ITEM: price * units},
                delivered_on=date(2026, 9, 5),
            )
        )
    return Order(
        order_id=OrderId(_ORDER),
        marketplace=market,
        currency=currency,
        placed_at=placed_at,
        lines=tuple(made),
        latest_delivery_on=date(2026, 9, 5),
        business=chance.random() < 0.4,
    )


def _unit_price(policy: Policy, currency: str) -> Money:
    """About a hundredth of what an agent may grant: so that ten remedies stay below it."""
    limit = policy.approval_limit("agent", currency, _MONDAY.date())
    assert limit is not None
    return Money.rounded(limit.amount / 120, currency)


def _language(policy: Policy, market: Marketplace) -> str:
    return policy.market(market).language


def _played(market: Marketplace, channel: Channel, variant: int, policy: Policy) -> tuple[Event, ...]:
    """One good case from the buyer's message to the close, about ten claim items."""
    chance = random.Random(f"{market}/{channel}/{variant}")
    play = _Player(policy, _MONDAY)
    received_at = play.now
    play.wait(hours=chance.randrange(1, 9))
    play.do(OpenCase(received_at, "v0", _language(policy, market), market))
    order = _order(market, channel, policy, chance, 11)
    play.wait(minutes=2)
    fact = Fact(code="order_id_in_text", params={"order_id": _ORDER})
    play.do(LockOrder(order, "certain", (fact,)))
    rows = [
        ClaimRow(
            line.line,
            _problem(line.line, variant),
            chance.randrange(1, 3),
            frozenset({Evidence.PHOTO}),
        )
        for line in order.lines[:10]
    ]
    rows += [
        ClaimRow(
            line.line,
            ProblemType.NO_ISSUE,
            line.units_live - (rows[n].units or 0) if n < 10 else line.units_live,
        )
        for n, line in enumerate(order.lines)
    ]
    play.wait(minutes=4)
    play.do(ConfirmBreakdown(tuple(rows)))
    play.wait(minutes=1)
    play.tell("first_reply")
    play.wait(minutes=3)
    play.do(ChooseRemedies(tuple(_choices(play, variant))))
    if play.case.pending:
        play.wait(minutes=30)
        for request in play.case.pending:
            play.do(DecideApproval(request.approval, approve=True, note="ok"), _LEAD)
    play.wait(minutes=5)
    play.do(ConfirmPlan())
    play.wait(minutes=2)
    play.tell("solution")
    _carried_out(play, variant)
    play.wait(hours=1)
    play.tell("closing_summary")
    play.do(WriteMemo("\n".join(memo_parts(play.case, policy=policy))))
    play.wait(hours=2)
    play.do(CloseCase())
    return tuple(play.events)


def _problem(line: int, variant: int) -> ProblemType:
    """One case in four has goods that come back."""
    if variant == RETURNS and line in {3, 7}:
        return ProblemType.NOT_AS_DESCRIBED
    return _PROBLEMS[(line + variant) % len(_PROBLEMS)]


def _choices(play: _Player, variant: int) -> Iterator[Choice]:
    """For each item the best that an agent may choose alone; in one of four cases what a lead decides."""
    for number, item in enumerate(play.case.claims):
        offered = options(play.case, item, play.setting())
        best = next((option for option in offered if option.preferred), offered[0])
        if variant == APPROVAL and number == 0:
            best = next((option for option in offered if option.outcome == "needs_lead"), best)
        yield Choice(item.item, best.kind)


def _carried_out(play: _Player, variant: int) -> None:
    """Everything that was promised, in time: what leaves the house today, then what comes back."""
    play.wait(hours=6)
    if variant == HAND_OVER:
        play.do(OfferHandOver(_COLLEAGUE, "Please ship and close."))
        play.wait(hours=1)
        play.do(AcceptHandOver(), _COLLEAGUE)
    name = play.case.owner
    late = {remedy.remedy for remedy in play.case.remedies if remedy.awaited and remedy.refund}
    for promise in play.case.open_promises:
        if not (promise.kind is PromiseKind.SUBMIT_REFUND and promise.remedy in late):
            play.do(KeepPromise(promise.promise, f"003404342921351{promise.promise[1:]:0>5}"), name)
    play.tell("update_news", name)
    while late:
        play.wait(hours=44)
        play.tell("update_news", name)
        if len(play.case.messages) > 5:
            counted = tuple(Counted(r.remedy, accepted=r.units) for r in play.case.remedies if r.awaited)
            play.do(ReceiveGoods(counted, parcel="RET-1"), name)
            play.wait(hours=3)
            for promise in play.case.open_promises:
                play.do(KeepPromise(promise.promise, f"003404342921351{promise.promise[1:]:0>5}"), name)
            late = set()
    tasks = current(play.case, play.setting(name)).open_follow_ups
    for task in tasks:
        if task.follow_up.startswith("deadline-"):
            play.do(CompleteFollowUp(task.follow_up), name)


@dataclass(frozen=True)
class _Template:
    """The JSON of a prototype in one week, with the parts of its memo."""

    texts: tuple[str, ...]
    memo_at: int
    memo: tuple[str, ...]


_TIME = re.compile(r'"(\d{4}-\d\d-\d\d)(T[^"]*)?"')


@cache
def _prototype(market: Marketplace, channel: Channel, variant: int) -> tuple[Event, ...]:
    return _played(market, channel, variant, load_policy())


@cache
def _template(market: Marketplace, channel: Channel, variant: int, week: int) -> _Template:
    """A prototype told some weeks later: every date moves, the memo is written again."""
    span = timedelta(weeks=week)

    def moved(match: re.Match[str]) -> str:
        return f'"{date.fromisoformat(match[1]) + span}{match[2] or ""}"'

    texts = [_TIME.sub(moved, canonical_json(event)) for event in _prototype(market, channel, variant)]
    at = next(n for n, text in enumerate(texts) if '"type":"MemoWritten"' in text)
    case = fold(_CASE, (event_from_json(text) for text in texts[:at]))
    return _Template(tuple(texts), at, memo_parts(case, policy=load_policy()))


PLACES: tuple[tuple[Marketplace, Channel], ...] = (
    *((market, Channel.FBM) for market in Marketplace),
    (Marketplace.US, Channel.FBA),
    (Marketplace.DE, Channel.FBA),
    (Marketplace.UK, Channel.SFP),
)


def good_case(number: int, seed: int = 1) -> GoodCase:
    """The good case of that number (from 1): the same for the same seed, whatever came before."""
    chance = random.Random(seed * 1_000_003 + number)
    market, channel = PLACES[chance.randrange(len(PLACES))]
    template = _template(market, channel, chance.randrange(VARIANTS), chance.randrange(WEEKS))
    case_id = CaseId(f"2026-{number:08d}")
    order_id = OrderId(f"302-{number:07d}-{seed:07d}")
    agent, colleague = chance.sample(AGENTS, 2)
    lead = chance.choice(LEADS)
    rows = []
    chain = GENESIS
    for at, text in enumerate(template.texts):
        if at == template.memo_at:
            data = _with_memo(text, template.memo, case_id)
        else:
            data = text.replace(_CASE, case_id)
        data = data.replace(_AGENT, agent)
        if _LEAD in data:
            data = data.replace(_LEAD, lead)
        if _COLLEAGUE in data:
            data = data.replace(_COLLEAGUE, colleague)
        if _ORDER in data:
            data = data.replace(_ORDER, order_id)
        chain = chain_of(chain, data)
        rows.append((at + 1, data, chain))
    return GoodCase(case_id, order_id, tuple(rows))


def _with_memo(text: str, parts: tuple[str, ...], case_id: CaseId) -> str:
    """The event of a memo with the memo of another case: its number stands in every head, and under it."""
    fields = json.loads(text)
    fields["case_id"] = case_id
    fields["body"]["text"] = "\n".join(renumbered(part, _CASE, case_id) for part in parts)
    return json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def renumbered(part: str, old: str, new: str) -> str:
    """A part of a memo for another case."""
    from playbook.letters.memo import _mark

    body = part.rpartition(" #")[0].replace(old, new)
    return f"{body} #{_mark(body)}"


def good_cases(count: int, seed: int = 1, first: int = 1) -> Iterator[GoodCase]:
    """*count* good cases, numbered from *first* on."""
    return (good_case(number, seed) for number in range(first, first + count))


def rechained(case: GoodCase, events: tuple[Event, ...]) -> GoodCase:
    """A case with other events, numbered and chained as the store would."""
    rows = []
    chain = GENESIS
    for seq, event in enumerate(events, start=1):
        data = canonical_json(event.model_copy(update={"seq": seq, "chain": ""}))
        chain = chain_of(chain, data)
        rows.append((seq, data, chain))
    return replace(case, rows=tuple(rows))
