"""One return request or several (P3): what travels together, why, and what the other way would mean.

A request is planned as one parcel with one label: facts 0.6 knows requests with several lines, but no
source says that one request gets two labels. The reasons are rows of ``returns.yaml``.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from playbook.domain.case import Case
from playbook.domain.ids import Sku
from playbook.domain.orders import Channel, Order
from playbook.domain.problems import Problem, problem
from playbook.domain.remedies import SHAPES, Remedy
from playbook.policy import About, DeadlineRow, ReturnRow
from playbook.steps.decision import Setting
from playbook.steps.options import window_of

Way = Literal["request", "label", "amazon"]
"""Through Amazon's return request, with our own label on the thread, or handled by Amazon alone."""

FIXED_RULES = ("amazon_decides", "beyond_order", "one_address")
"""What nobody can choose: goods of other channels, of other places, or that were never ordered."""

CHOSEN_RULES = ("one_payer", "refund_closes_request", "window_closed", "window_spread")
"""What is better kept apart, but could be done in one request."""


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """Units of one remedy that come back together.

    ``reason`` is the row with Amazon's return reason, ``grams`` the weight of one unit where it is
    known, ``closes_at`` the end of the return window in the marketplace's zone where the delivery date is
    known, ``sure`` whether that date was announced and may be told to the buyer.
    """

    remedy: str
    line: int
    sku: Sku
    title: str
    units: int
    reason: ReturnRow | None
    grams: int | None
    closes_at: datetime | None
    sure: bool


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """What the buyer sends back as one parcel. ``pays`` is who pays the way back."""

    way: Way
    channel: Channel
    address: ReturnRow | None
    pays: Literal["seller", "buyer", "amazon"]
    settles: Literal["refund", "exchange"]
    lines: tuple[ReturnLine, ...]

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def grams(self) -> int | None:
        """What the units weigh together; None while the weight of any is unknown."""
        weights = [line.grams for line in self.lines]
        if any(weight is None for weight in weights):
            return None
        return sum(line.units * (line.grams or 0) for line in self.lines)

    @property
    def closes_at(self) -> datetime | None:
        """When the first of the return windows ends; None when no delivery date is known."""
        return min((line.closes_at for line in self.lines if line.closes_at is not None), default=None)

    @property
    def told_by(self) -> datetime | None:
        """The day the buyer may be told: None when any window is unknown or unverified."""
        return self.closes_at if all(line.sure for line in self.lines) else None


@dataclass(frozen=True, slots=True)
class OtherWay:
    """The same goods merged, or split, against the advice, and what that leads to."""

    kind: Literal["merged", "split"]
    requests: tuple[ReturnRequest, ...]
    consequences: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ReturnAdvice:
    """The return requests proposed, why, what is doubtful, and the other way (None when there is none).

    ``rules`` are the ids of the rules that keep requests apart.
    """

    requests: tuple[ReturnRequest, ...]
    why: tuple[Problem, ...]
    doubts: tuple[Problem, ...]
    rules: tuple[str, ...]
    other: OtherWay | None


@dataclass(frozen=True, slots=True)
class _Goods:
    """A line that comes back with everything that decides what it may travel with."""

    line: ReturnLine
    channel: Channel
    way: Way
    address: ReturnRow | None
    pays: Literal["seller", "buyer", "amazon"]
    settles: Literal["refund", "exchange"]
    closed: bool
    unverified: DeadlineRow | None


def advise_returns(case: Case, setting: Setting) -> ReturnAdvice | None:
    """The return requests for everything that still comes back; None when nothing does."""
    if case.order is None:
        return None
    held = {channel: _held(case.order, channel, setting) for channel in Channel}
    goods = [
        one
        for remedy in case.remedies
        if remedy.awaited
        for one in _goods(case, case.order, remedy, held[remedy.channel], setting)
    ]
    if not goods:
        return None
    rules = _Rules(held)
    fixed, _ = rules.divided(goods, FIXED_RULES)
    apart, kept_apart = rules.divided(goods, (*FIXED_RULES, *CHOSEN_RULES))
    parcels = [parcel for group in apart for parcel in rules.parcels(group)]
    if len(parcels) > len(apart):
        kept_apart = (*kept_apart, *rules.known("label_limit"))
    requests = _requests(parcels)
    doubts = [*rules.doubts(requests), *_unverified(goods)]
    why = [rules.reason(rule) for rule in kept_apart]
    if any(len(request.lines) > 1 for request in requests):
        why += [rules.reason(rule) for rule in rules.known("several_lines")]
    return ReturnAdvice(
        requests=requests,
        why=tuple(why),
        doubts=tuple(doubts),
        rules=kept_apart,
        other=_other_way(requests, fixed, kept_apart, rules),
    )


_Held = dict[About, tuple[ReturnRow, ...]]


def _goods(case: Case, order: Order, remedy: Remedy, held: _Held, setting: Setting) -> Iterable[_Goods]:
    line, item = order.line(remedy.line), case.item(remedy.item)
    if line is None or item is None:
        return
    window = window_of(case, item, setting)
    tz = setting.policy.market(order.marketplace).tz
    row = setting.policy.remedy_row(remedy.rule, setting.now.date())
    ours = remedy.channel is Channel.FBM
    pays: Literal["seller", "buyer"] = "seller"
    if row is not None and row.then.return_label == "buyer":
        pays = "buyer"
    yield _Goods(
        line=ReturnLine(
            remedy=remedy.remedy,
            line=line.line,
            sku=line.sku,
            title=line.title,
            units=remedy.awaited,
            reason=next((r for r in held[About.REASON] if item.problem in (r.when.issue or ())), None),
            grams=next((r.then.grams for r in held[About.WEIGHT] if r.fits(line.sku)), None),
            closes_at=None if window is None else window.until.astimezone(tz),
            sure=window is not None and window.verified,
        ),
        channel=remedy.channel,
        way="amazon" if not ours else "request" if item.counts_in_line else "label",
        address=next((r for r in held[About.ADDRESS] if r.fits(line.sku)), None) if ours else None,
        pays=pays if ours else "amazon",
        settles="exchange" if SHAPES[remedy.kind].goes_out == "goods" else "refund",
        closed=window is not None and window.until < setting.now,
        unverified=None if window is None or window.verified else window.row,
    )


def _held(order: Order, channel: Channel, setting: Setting) -> _Held:
    return {
        about: setting.policy.return_rows(
            about, market=order.marketplace, channel=channel, on=setting.now.date()
        )
        for about in About
    }


def _unverified(goods: Iterable[_Goods]) -> Iterable[Problem]:
    """That a window is shown whose dates nobody has verified for the year."""
    for row in dict.fromkeys(one.unverified for one in goods if one.unverified is not None):
        yield problem("return_window_unverified", name=row.name, rule=row.id)


class _Rules:
    """The rules of merging as they hold for an order, and the limits of its labels."""

    def __init__(self, held: dict[Channel, _Held]) -> None:
        self.rows = {row.id: row for rows in held.values() for row in rows[About.MERGE]}
        self.labels = held[Channel.FBM][About.LABEL]

    def known(self, rule: str) -> tuple[str, ...]:
        """The rule, if it is on."""
        return (rule,) if rule in self.rows else ()

    def reason(self, rule: str) -> Problem:
        """Why the rule keeps requests apart, or together."""
        return problem("return_rule", why=self.rows[rule].then.name, rule=rule)

    def consequence(self, rule: str) -> Problem:
        """What happens to who does it differently."""
        return problem("return_rule", why=self.rows[rule].then.otherwise, rule=rule)

    def divided(
        self, goods: Sequence[_Goods], rules: Iterable[str]
    ) -> tuple[list[list[_Goods]], tuple[str, ...]]:
        """The goods, divided by each rule that is on, and the rules that divided any.

        Channels are always divided, whatever the rules say.
        """
        found = [list(goods)]
        divided = []
        for rule in rules:
            if rule not in self.rows and rule != "amazon_decides":
                continue
            after = [part for group in found for part in self._parts(group, rule)]
            if len(after) > len(found):
                divided.append(rule)
            found = after
        return found, tuple(rule for rule in divided if rule in self.rows)

    def _parts(self, group: list[_Goods], rule: str) -> list[list[_Goods]]:
        if rule == "window_spread":
            return self._near_in_time(group)
        return _by(group, _KEYS[rule])

    def _near_in_time(self, group: list[_Goods]) -> list[list[_Goods]]:
        """Windows that end within the spread of the first; goods without a known end go with the first."""
        spread = timedelta(days=self.rows["window_spread"].then.days or 0)
        unknown = [one for one in group if one.line.closes_at is None]
        dated = sorted(
            ((one.line.closes_at, place) for place, one in enumerate(group) if one.line.closes_at is not None)
        )
        parts: list[list[_Goods]] = []
        first: datetime | None = None
        for closes_at, place in dated:
            if first is None or closes_at - first > spread:
                parts.append([])
                first = closes_at
            parts[-1].append(group[place])
        if not parts:
            return [group]
        order = {id(one): place for place, one in enumerate(group)}
        parts[0] += unknown
        return [sorted(part, key=lambda one: order[id(one)]) for part in parts]

    def limits(self, pays: str) -> tuple[int | None, int | None]:
        """The most units and grams of one label, None without a limit: of all rows the smallest."""
        rows = [row for row in self.labels if row.when.pays in {None, pays}]
        units = [row.then.most_units for row in rows if row.then.most_units is not None]
        grams = [row.then.most_grams for row in rows if row.then.most_grams is not None]
        return min(units, default=None), min(grams, default=None)

    def parcels(self, group: Sequence[_Goods]) -> list[list[_Goods]]:
        """The group in parcels that a label carries: lines stay whole where they can."""
        if group[0].way == "amazon" or "label_limit" not in self.rows:
            return [list(group)]
        most_units, most_grams = self.limits(group[0].pays)
        packed: list[_Parcel] = []
        for one in group:
            left = one.line.units
            while left:
                empty = _Parcel(most_units, most_grams)
                taken = min(left, max(1, empty.room(one.line)))
                parcel = next((known for known in packed if known.room(one.line) >= taken), None)
                if parcel is None:
                    packed.append(parcel := empty)
                parcel.put(one, taken)
                left -= taken
        return [parcel.goods for parcel in packed]

    def doubts(self, requests: Sequence[ReturnRequest]) -> Iterable[Problem]:
        """What a person has to look at: goods nobody weighed, and units that no label carries."""
        ours = [(request, line) for request in requests if request.way != "amazon" for line in request.lines]
        unweighed = tuple(dict.fromkeys(line.sku for _, line in ours if line.grams is None))
        if unweighed and any(row.then.most_grams for row in self.labels):
            yield problem("return_not_weighed", skus=unweighed)
        for sku, grams, most in dict.fromkeys(
            (line.sku, line.grams, most)
            for request, line in ours
            for most in [self.limits(request.pays)[1]]
            if line.grams is not None and most is not None and line.grams > most
        ):
            yield problem("return_too_heavy", sku=sku, kg=kilograms(grams), most=kilograms(most))


class _Parcel:
    """A parcel that is being packed."""

    def __init__(self, most_units: int | None, most_grams: int | None) -> None:
        self.goods: list[_Goods] = []
        self._units = most_units
        self._grams = most_grams

    def room(self, line: ReturnLine) -> int:
        """How many units of a line still fit."""
        rooms = [line.units]
        if self._units is not None:
            rooms.append(self._units)
        if self._grams is not None and line.grams is not None:
            rooms.append(self._grams // line.grams)
        return max(0, min(rooms))

    def put(self, one: _Goods, units: int) -> None:
        """Pack units of a line."""
        self.goods.append(replace(one, line=replace(one.line, units=units)))
        if self._units is not None:
            self._units -= units
        if self._grams is not None and one.line.grams is not None:
            self._grams -= units * one.line.grams


_KEYS: dict[str, Callable[[_Goods], Hashable]] = {
    "amazon_decides": lambda one: one.channel,
    "beyond_order": lambda one: one.way,
    "one_address": lambda one: one.address.then.address if one.address is not None else "",
    "one_payer": lambda one: one.pays,
    "refund_closes_request": lambda one: one.settles,
    "window_closed": lambda one: one.closed,
}


def _by(group: Iterable[_Goods], key: Callable[[_Goods], Hashable]) -> list[list[_Goods]]:
    parts: dict[Hashable, list[_Goods]] = {}
    for one in group:
        parts.setdefault(key(one), []).append(one)
    return list(parts.values())


def _requests(parcels: Iterable[Sequence[_Goods]]) -> tuple[ReturnRequest, ...]:
    """Parcels as requests; ours first, then Amazon's."""
    made = [
        ReturnRequest(
            way=goods[0].way,
            channel=goods[0].channel,
            address=goods[0].address,
            pays="seller" if any(one.pays == "seller" for one in goods) else goods[0].pays,
            settles="refund" if any(one.settles == "refund" for one in goods) else "exchange",
            lines=tuple(one.line for one in goods),
        )
        for goods in parcels
    ]
    return tuple(sorted(made, key=lambda request: request.way == "amazon"))


def _other_way(
    requests: tuple[ReturnRequest, ...],
    fixed: Sequence[Sequence[_Goods]],
    kept_apart: Sequence[str],
    rules: _Rules,
) -> OtherWay | None:
    """Everything that could be one request in one, or else one request for every line."""
    merged = _requests(fixed)
    if len(merged) < len(requests):
        broken = [rule for rule in kept_apart if rule not in FIXED_RULES]
        return OtherWay("merged", merged, tuple(rules.consequence(rule) for rule in broken))
    single = tuple(replace(request, lines=(line,)) for request in requests for line in request.lines)
    if len(single) > len(requests):
        consequences = tuple(rules.consequence(rule) for rule in rules.known("several_lines"))
        return OtherWay("split", single, consequences)
    return None


def kilograms(grams: int) -> str:
    """A weight as people read it: 15 kg, 22.5 kg."""
    return f"{grams / 1000:.2f}".rstrip("0").rstrip(".")


def return_clock(deadline: str, case: Case, setting: Setting) -> DeadlineRow | None:
    """A clock of a return that we handle ourselves, as it holds for the order; None before the lock."""
    if case.order is None:
        return None
    return setting.policy.deadline(
        deadline, market=case.order.marketplace, channel=Channel.FBM, on=setting.now.date()
    )


def return_checklist(case: Case, advice: ReturnAdvice, setting: Setting) -> tuple[Problem, ...]:
    """What the agent does, in order; requests are numbered as in the advice."""
    steps = [problem("check_nothing_twice")]
    answer = return_clock("return_request_answer", case, setting)
    receipt = return_clock("refund_after_receipt", case, setting)
    ways = {request.way for request in advice.requests}
    if "request" in ways:
        steps.append(problem("check_buyer_opens", count=sum(r.way == "request" for r in advice.requests)))
    for number, request in enumerate(advice.requests, start=1):
        steps += _checks(number, request)
    if answer is not None and "request" in ways:
        steps.append(problem("check_authorise", value=answer.then.value, rule=answer.id))
    if ways & {"request", "label"}:
        steps.append(problem("check_count"))
    if receipt is not None and any(r.settles == "refund" and r.way == "request" for r in advice.requests):
        if receipt.then.calendar == "calendar":
            steps.append(problem("check_refund_days", value=receipt.then.value, rule=receipt.id))
        else:
            steps.append(problem("check_refund_working_days", value=receipt.then.value, rule=receipt.id))
    if any(request.settles == "exchange" for request in advice.requests):
        steps.append(problem("check_exchange"))
    return tuple(steps)


def _checks(number: int, request: ReturnRequest) -> list[Problem]:
    """What to do about one request: how it comes back, and who pays for that."""
    address = request.address.then.name if request.address is not None else None
    if request.way == "amazon":
        return [problem("check_way_amazon", number=number, units=request.units)]
    if request.way == "label":
        return [problem("check_way_label", number=number, units=request.units, address=address)]
    lines = len(request.lines)
    back = problem("check_way_request", number=number, units=request.units, lines=lines, address=address)
    if request.pays == "buyer":
        return [back, problem("check_pays_buyer", number=number)]
    return [back, problem("check_pays_seller", number=number)]
