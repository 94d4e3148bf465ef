"""The page of causes as it holds itself: period and filters, what is drawn, signals, improvement actions.

No widgets here. Counting is done anew whenever a filter changes and kept until the next one does.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import traitlets as t

from playbook.desk import Desk
from playbook.domain.claims import ProblemType
from playbook.domain.improvements import Improvement, ImprovementState, changed, planned
from playbook.domain.problems import Problem, problem
from playbook.i18n import say, show, translator
from playbook.i18n.improvements import ENDS, TRAITS
from playbook.i18n.words import word
from playbook.insights import rates
from playbook.insights.outcomes import Measured, measure
from playbook.insights.plots import Bar, Heat
from playbook.insights.rows import Fault, Shipped, Signal, Trait
from playbook.insights.sampledata import sample_data
from playbook.insights.signals import find, monday
from playbook.insights.solutions import Solution
from playbook.intake.redact import redact
from playbook.store import VersionClash
from playbook.viewmodels.case import Notice
from playbook.viewmodels.traits import state

LONGEST_DAYS = 3660
FEWEST_UNITS = 5
"""Faulty units below which nothing is drawn into a ranking: chance alone makes any order of them."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is known: what went wrong, what was shipped, what became of it."""

    faults: Sequence[Fault]
    shipped: Sequence[Shipped]
    solutions: Sequence[Solution]
    is_sample: bool = False
    sample_actions: Sequence[Improvement] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; empty texts look at everything."""

    first: date
    last: date
    marketplace: str = ""
    problem: str = ""
    department: str = ""


class Picture:
    """What a set of filters shows. Everything is counted when it is first asked for."""

    def __init__(self, material: Material, filters: Filters) -> None:
        self.filters = filters
        market = filters.marketplace
        days = range(filters.first.toordinal(), filters.last.toordinal() + 1)
        self.shipped = [
            row
            for row in material.shipped
            if row.day.toordinal() in days and market in {"", row.traits.get(Trait.MARKETPLACE, "")}
        ]
        self.all_faults = [
            fault
            for fault in material.faults
            if fault.day.toordinal() in days and market in {"", fault.traits.get(Trait.MARKETPLACE, "")}
        ]
        self.faults = [fault for fault in self.all_faults if filters.problem in {"", fault.problem}]
        self._solutions = material.solutions

    @cached_property
    def units_shipped(self) -> int:
        """Units that left the house."""
        return sum(row.units for row in self.shipped)

    @cached_property
    def units_wrong(self) -> int:
        """Units that went wrong."""
        return sum(fault.units for fault in self.faults)

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        """What goes wrong more often than chance explains, the most units first."""
        found = [
            signal
            for signal in find(self.all_faults, self.shipped)
            if self.filters.problem in {"", signal.problem}
            and self.filters.department in {"", signal.department}
        ]
        return tuple(sorted(found, key=lambda signal: (-signal.units, signal.goods, signal.problem)))

    @cached_property
    def _by_sku(self) -> dict[str, int]:
        units: dict[str, int] = defaultdict(int)
        for row in self.shipped:
            units[row.sku] += row.units
        return units

    @cached_property
    def pairs(self) -> tuple[Signal, ...]:
        """Every SKU and problem with a rate, the most faulty units first; signals as they were found.

        Signals of lots, carriers and so on are not among them: their units are those of SKUs.
        """
        found = {(one.goods, one.problem): one for one in self.signals if "sku" in one.about}
        grouped: dict[tuple[str, str], list[Fault]] = defaultdict(list)
        for fault in self.faults:
            grouped[fault.sku, fault.problem].append(fault)
        rows = list(found.values())
        for (sku, code), faults in grouped.items():
            shipped = self._by_sku.get(sku, 0)
            if (sku, code) in found or not shipped:
                continue
            clumps: dict[object, int] = defaultdict(int)
            for at, fault in enumerate(faults):
                clumps[fault.reference or at] += fault.units
            units = sum(clumps.values())
            low, high = rates.clumped_interval(list(clumps.values()), shipped)
            rows.append(
                Signal(
                    {"sku": sku, "problem": code},
                    units,
                    shipped,
                    units / shipped,
                    low,
                    min(high, 1.0),
                    tuple(dict.fromkeys(fault.reference for fault in faults if fault.reference)),
                    notable=False,
                    events=len(clumps),
                )
            )
        return tuple(sorted(rows, key=lambda row: (-row.units, row.goods, row.problem)))

    @cached_property
    def ranked(self) -> tuple[Signal, ...]:
        """The pairs with enough faulty units for a place in a ranking."""
        return tuple(pair for pair in self.pairs if pair.units >= FEWEST_UNITS or pair.notable)

    @cached_property
    def without_rate(self) -> int:
        """Faulty units of goods of which no shipment is known: they have no rate."""
        return sum(fault.units for fault in self.faults if not self._by_sku.get(fault.sku))

    @cached_property
    def solutions(self) -> tuple[Solution, ...]:
        """What became of the faults shown."""
        shown = {(fault.reference, fault.problem) for fault in self.faults}
        return tuple(way for way in self._solutions if (str(way.case_id), way.problem.value) in shown)

    def weeks(self, signal: Signal) -> list[tuple[date, int, int]]:
        """(Monday, complaints, units shipped) of the goods of *signal*, without weeks of no shipment."""
        wanted = {key: value for key, value in signal.about.items() if value and key != "problem"}

        def fits(row: Fault | Shipped) -> bool:
            return all(
                (row.sku if key == "sku" else row.traits.get(Trait(key), "")) == value
                for key, value in wanted.items()
            )

        wrong: dict[date, set[object]] = defaultdict(set)
        left: dict[date, int] = defaultdict(int)
        for at, fault in enumerate(self.all_faults):
            if fault.problem == signal.problem and fits(fault):
                wrong[monday(fault.day)].add(fault.reference or at)
        for row in self.shipped:
            if fits(row):
                left[monday(row.day)] += row.units
        return [(day, len(wrong[day]), left[day]) for day in sorted(left) if left[day]]

    def usual_complaints(self, signal: Signal) -> float | None:
        """Complaints per unit shipped that would be usual for *signal*, None where nobody knows.

        The usual rate counts units; a complaint about such a problem has so many of them on average.
        """
        alike = [fault for fault in self.all_faults if fault.problem == signal.problem]
        units = sum(fault.units for fault in alike)
        if signal.expected is None or not units:
            return None
        complaints = len({(fault.sku, fault.reference or at) for at, fault in enumerate(alike)})
        return signal.expected * complaints / units


def sample_material(desk: Desk) -> Material:
    """The invented rows of `playbook.insights.sampledata`, with the action that is hidden in them."""
    now = desk.clock()
    rows = sample_data(now.date())
    action = Improvement(
        measure="packaging",
        department="purchasing",
        owner=desk.actor.name,
        due_on=rows.better_box_on,
        about={"sku": "JAM-SET-12", "problem": ProblemType.TRANSIT_DAMAGE.value},
        since=rows.first,
        at=now,
        by=desk.actor.name,
        state=ImprovementState.IN_EFFECT,
        effective_on=rows.better_box_on,
        number=1,
        revision=2,
    )
    return Material(rows.faults, rows.shipped, rows.solutions, is_sample=True, sample_actions=(action,))


class InsightsModel(t.HasTraits):
    """Causes over a period. ``filters`` is what is looked at; ``notice`` what the page tells on top."""

    filters: Filters = state(Filters(date.min, date.min))
    notice: Notice | None = state(None)

    def __init__(self, desk: Desk, own: Material, lang: str = "en", *, sample: bool = False) -> None:
        super().__init__()
        self.desk = desk
        self.lang = lang
        self.own = own
        self.use(sample=sample)

    def use(self, *, sample: bool) -> None:
        """Look at the own rows or at invented ones, over their whole period."""
        self.material = sample_material(self.desk) if sample else self.own
        self._picture: Picture | None = None
        self._picture = None
        self.filters = self.whole_period

    @property
    def today(self) -> date:
        """The day of the desk's clock."""
        return self.desk.clock().date()

    @property
    def whole_period(self) -> Filters:
        """From the first row to today; the last 26 weeks where there is nothing."""
        days = [row.day for row in self.material.shipped] + [fault.day for fault in self.material.faults]
        return Filters(min(days, default=self.today - timedelta(weeks=26)), max([*days, self.today]))

    def look(self, **changes: str | date) -> bool:
        """Change filters; False, and the reason in ``notice``, for a period that ends before it begins."""
        new = replace(self.filters, **changes)  # type: ignore[arg-type]
        found = []
        if new.last < new.first:
            found.append(problem("period_ends_first", first=new.first, last=new.last))
        elif (new.last - new.first).days > LONGEST_DAYS:
            found.append(problem("period_too_long", years=LONGEST_DAYS // 365))
        if found:
            self._refuse(found)
            return False
        self.notice = None
        self._picture = None
        self.filters = new
        return True

    @property
    def picture(self) -> Picture:
        """What the filters show."""
        if self._picture is None:
            self._picture = Picture(self.material, self.filters)
        return self._picture

    @property
    def marketplaces(self) -> tuple[str, ...]:
        """Every marketplace that occurs."""
        traits = [row.traits for row in self.material.shipped] + [row.traits for row in self.material.faults]
        return tuple(sorted({known.get(Trait.MARKETPLACE, "") for known in traits} - {""}))

    @property
    def problems(self) -> tuple[tuple[str, str], ...]:
        """Every problem that occurs, worded, with its code."""
        codes = {fault.problem for fault in self.material.faults}
        return tuple(sorted((self.problem_name(code), code) for code in codes))

    def goods_name(self, about: Mapping[str, str]) -> str:
        """What goods are meant: the SKU, or traits by their names."""
        _ = translator(self.lang)
        return " · ".join(
            value if key == "sku" else f"{_(TRAITS.get(key, key))} {value}"
            for key, value in about.items()
            if value and key != "problem"
        )

    def name(self, about: Mapping[str, str]) -> str:
        """Goods and problem."""
        problem = about.get("problem", "")
        return " · ".join(filter(None, (self.goods_name(about), problem and self.problem_name(problem))))

    def problem_name(self, code: str) -> str:
        """A problem type in words; a report's own reason code as it came."""
        try:
            return translator(self.lang)(word(ProblemType(code)))
        except ValueError:
            return code

    def bars(self, links: Mapping[int, str]) -> tuple[Bar, ...]:
        """The ranking as bars; *links* by place."""
        return tuple(
            Bar(
                row.goods,
                self.problem_name(row.problem),
                row.units,
                row.shipped,
                row.rate,
                row.low,
                row.high,
                row.expected,
                row.notable,
                links.get(at, ""),
            )
            for at, row in enumerate(self.picture.ranked)
        )

    def heat(self) -> Heat:
        """Rates by SKU and problem: the SKUs with the most faulty units, every problem that occurs."""
        pairs = self.picture.pairs
        units: dict[str, int] = defaultdict(int)
        kinds: dict[str, int] = defaultdict(int)
        for pair in pairs:
            units[pair.goods] += pair.units
            kinds[self.problem_name(pair.problem)] += pair.units
        shares = dict.fromkeys(((sku, kind) for sku in units for kind in kinds), 0.0)
        shares.update({(pair.goods, self.problem_name(pair.problem)): pair.rate for pair in pairs})
        return Heat(
            sorted(units, key=lambda sku: (-units[sku], sku)),
            sorted(kinds, key=lambda kind: (-kinds[kind], kind)),
            shares,
            frozenset((pair.goods, self.problem_name(pair.problem)) for pair in pairs if pair.notable),
        )

    def paths(self) -> list[tuple[str, str, str, int]]:
        """Problem, remedy, outcome and units, worded."""
        _ = translator(self.lang)
        return [
            (
                show(way.problem, self.lang),
                show(way.remedy, self.lang) if way.remedy is not None else _("none yet"),
                _(ENDS[way.end]),
                way.units,
            )
            for way in self.picture.solutions
        ]

    def times(self) -> dict[str, list[float]]:
        """Days from message to solution by problem, worded: one value for each way that a case ended."""
        days: dict[str, list[float]] = defaultdict(list)
        for way in self.picture.solutions:
            if way.days is not None:
                days[show(way.problem, self.lang)].append(way.days)
        return days

    # -- improvement actions

    @property
    def actions(self) -> tuple[tuple[Improvement, Measured | None], ...]:
        """Every action with what came of it, the open and the nearest due first. Not of sample rows."""
        found = [
            (action, measure(action, self.material.faults, self.material.shipped, self.today))
            for action in self._stored()
        ]
        return tuple(sorted(found, key=lambda pair: (pair[0].is_over, pair[0].due_on, pair[0].number)))

    def _stored(self) -> Iterable[Improvement]:
        return self.material.sample_actions if self.material.is_sample else self.desk.store.improvements()

    def history(self, number: int) -> tuple[Improvement, ...]:
        """All revisions of an action, the oldest first."""
        return self.desk.store.improvement(number)

    def plan(self, signal: Signal, owner: str, due_on: date | None, aim_percent: int, note: str = "") -> bool:
        """Make a signal an action; False with the reasons in ``notice``."""
        if due_on is None:
            return self._refuse([problem("improvement_without_day")])
        now = self.desk.clock()
        since = signal.since or self.filters.first
        return self._save(
            planned(
                Improvement(
                    signal.measure,
                    signal.department,
                    owner,
                    due_on,
                    dict(signal.about),
                    since,
                    now,
                    self.desk.actor.name,
                    aim_percent=aim_percent,
                    note=redact(note.strip()),
                )
            )
        )

    def change(
        self, number: int, to: ImprovementState, effective_on: date | None = None, note: str = ""
    ) -> bool:
        """Say what has become of an action; False with the reasons in ``notice``."""
        now: datetime = self.desk.clock()
        changes = {
            **({"effective_on": effective_on} if effective_on is not None else {}),
            **({"note": redact(note.strip())} if note.strip() else {}),
        }
        action = self.history(number)[-1]
        return self._save(changed(action, at=now, by=self.desk.actor.name, state=to, **changes))

    def _save(self, action: Improvement | tuple[Problem, ...]) -> bool:
        if isinstance(action, tuple):
            return self._refuse(action)
        if self.material.is_sample:
            return self._refuse([problem("improvement_of_sample")])
        try:
            with self.desk.store.write("improvements") as tx:
                saved = tx.put_improvement(action)
        except VersionClash:
            return self._refuse([problem("improvement_changed_meanwhile")])
        _ = translator(self.lang)
        text = _("Action {number}: {state}").format(number=saved.number, state=show(saved.state, self.lang))
        self.notice = Notice("done", (text,))
        return True

    def _refuse(self, problems: Iterable[Problem]) -> bool:
        self.notice = Notice("refused", tuple(say(found, self.lang) for found in problems))
        return False
