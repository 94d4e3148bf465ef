"""What a department gets: its signals, what to do, its actions and what came of them. On paper and as CSV."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from babel.numbers import format_currency

from playbook.domain.improvements import Improvement
from playbook.domain.money import Money, minor_unit
from playbook.exports.documents import Document, Part, Table
from playbook.exports.sheets import sheet
from playbook.i18n import Counted, show, translator
from playbook.i18n.improvements import DEPARTMENTS, MEASURES, VERDICTS
from playbook.insights.model import InsightsModel
from playbook.insights.outcomes import Measured
from playbook.insights.plots import percent
from playbook.insights.rows import Signal

EXAMPLES = 6
"""Cases named for each signal on a sheet."""

COLUMNS = (
    "kind", "number", "goods", "problem", "units", "shipped", "rate", "low", "high", "expected", "since",
    "cost", "measure", "owner", "due_on", "state", "outcome", "ratio", "cases",
)  # fmt: skip
"""The columns of a sheet as CSV; rates are shares."""


def department_sheet(model: InsightsModel, department: str) -> Document:
    """The sheet of one department over the model's period, in the model's language."""
    _, lang = translator(model.lang), model.lang
    filters, picture = model.filters, model.picture
    signals = [signal for signal in picture.signals if signal.department == department]
    actions = [pair for pair in model.actions if pair[0].department == department]
    facts = (
        _(DEPARTMENTS.get(department, department)),
        _("{first} to {last}").format(first=filters.first, last=filters.last),
        *([filters.marketplace] if filters.marketplace else []),
        *([_("Sample data")] if model.material.is_sample else []),
    )
    table = Table(
        (
            _("Product"), _("Problem"), _("Faulty / shipped"), _("Rate, 95 % interval"), _("Usual"),
            _("Since"), _("Cost so far"), _("Suggested"),
        ),
        tuple(_signal_row(model, signal) for signal in signals),
        numeric=frozenset({2, 4, 6}),
        codes=frozenset({0, 5}),
    )  # fmt: skip
    to_do = tuple(
        f"{model.name(signal.about)}: {_(MEASURES.get(signal.measure, signal.measure))}"
        for signal in signals
        if not any(_same(action, signal) and not action.is_over for action, _measured in actions)
    )
    examples = tuple(
        f"{model.name(signal.about)}: {cases_text(signal, lang)}" for signal in signals if signal.references
    )
    done = Table(
        (
            _("Number"),
            _("What"),
            _("Product or trait"),
            _("Owner"),
            _("Due"),
            _("State"),
            _("Before → after"),
            _("Outcome"),
        ),
        tuple(_action_row(model, action, measured) for action, measured in actions),
        codes=frozenset({0, 4}),
    )  # fmt: skip
    none = _("No signal for this department: nothing went wrong more often than chance explains.")
    parts = (
        Part(_("Signals"), table=table) if signals else Part(_("Signals"), (none,)),
        Part(_("To decide"), to_do, ticks=True),
        Part(_("Actions and what came of them"), table=done),
        Part(_("Example cases"), examples),
        Part(_("How to read this"), how_to_read(lang)),
    )
    return Document(_("Causes: hand-over to a department"), facts, tuple(part for part in parts if part))


def department_list(model: InsightsModel, department: str) -> str:
    """The sheet as CSV: signals and actions, one a row."""
    rows: list[tuple[object, ...]] = []
    for signal in model.picture.signals:
        if signal.department == department:
            cost = " + ".join(f"{money.amount} {money.currency}" for money in costs(signal))
            rows.append(
                (
                    "signal", "", signal.goods, signal.problem, signal.units, signal.shipped,
                    _share(signal.rate),
                    _share(signal.low), _share(signal.high), _share(signal.expected),
                    signal.since or "", cost,
                    signal.measure, "", "", "", "", "", " ".join(signal.references),
                )
            )  # fmt: skip
    for action, measured in model.actions:
        if action.department == department:
            after = measured.after if measured else None
            rows.append(
                (
                    "action", action.number, model.goods_name(action.about), action.about.get("problem", ""),
                    after.units if after else "", after.shipped if after else "",
                    _share(after.rate if after else None),
                    "", "", _share(measured.before.rate if measured else None), action.since, "",
                    action.measure, action.owner, action.due_on, action.state.value,
                    measured.outcome.value if measured else "",
                    _share(measured.ratio) if measured else "", "",
                )
            )  # fmt: skip
    return sheet(COLUMNS, rows)


def how_to_read(lang: str) -> tuple[str, ...]:
    """What the numbers say and what they do not."""
    _ = translator(lang)
    return (
        _(
            "Rates are faulty units of those shipped in the same days; where shipments are unknown, none is"
            " given."
        ),
        _("The interval holds the true rate in 95 of 100 such sheets; few units make it wide."),
        _(
            "An action is chosen where a rate was high, and some of what was high was chance: part of a fall"
            " would have come by itself."
        ),
    )


def costs(signal: Signal) -> tuple[Money, ...]:
    """What a signal has cost so far, by currency."""
    return tuple(
        Money.rounded(Decimal(units) * minor_unit(currency), currency)
        for currency, units in sorted(signal.cost.items())
        if units
    )


def cost_text(signal: Signal, lang: str) -> str:
    """The cost as people write it; a dash where nobody knows."""
    return (
        " + ".join(str(format_currency(money.amount, money.currency, locale=lang)) for money in costs(signal))
        or "–"
    )


def cases_text(signal: Signal, lang: str) -> str:
    """The first cases and how many more there are."""
    _ = translator(lang)
    shown = ", ".join(signal.references[:EXAMPLES])
    more = len(signal.references) - EXAMPLES
    return shown if more <= 0 else _("{cases} and {more} more").format(cases=shown, more=more)


def compared(measured: Measured | None, lang: str) -> str:
    """The rates before and after, with their counts."""
    if measured is None:
        return "–"
    _ = translator(lang)
    counts = _("{rate}: {events:complaint|complaints}, {units} of {shipped:unit|units}")
    spans = (
        counts.format(
            rate=percent(span.rate),
            events=Counted(str(span.events)),
            units=span.units,
            shipped=Counted(str(span.shipped)),
        )
        if span.rate is not None
        else "–"
        for span in (measured.before, measured.after)
    )
    return " → ".join(spans)


def outcome_text(action: Improvement, measured: Measured | None, lang: str) -> str:
    """What came of an action, in a sentence with its interval."""
    _ = translator(lang)
    if measured is None:
        return _("not in effect")
    verdict = _(VERDICTS[measured.outcome])
    found = []
    if measured.ratio is not None:
        found.append(
            _("{ratio} times as many complaints ({low} to {high}), aim {aim}").format(
                ratio=f"{measured.ratio:.2f}",
                low=f"{measured.low:.2f}",
                high="∞" if measured.high == float("inf") else f"{measured.high:.2f}",
                aim=f"{action.aim_percent / 100:.2f}",
            )
        )
    if measured.more_units is not None:
        found.append(
            _("about {more:unit|units} more must be shipped").format(more=Counted(str(measured.more_units)))
        )
    return ": ".join([verdict, "; ".join(found)]) if found else verdict


def _signal_row(model: InsightsModel, signal: Signal) -> tuple[str, ...]:
    _ = translator(model.lang)
    return (
        model.goods_name(signal.about),
        model.problem_name(signal.problem),
        f"{signal.units} / {signal.shipped}",
        f"{percent(signal.rate)} ({percent(signal.low)} – {percent(signal.high)})",
        "–" if signal.expected is None else percent(signal.expected),
        show(signal.since, model.lang),
        cost_text(signal, model.lang),
        _(MEASURES.get(signal.measure, signal.measure)),
    )


def _action_row(model: InsightsModel, action: Improvement, measured: Measured | None) -> tuple[str, ...]:
    _, lang = translator(model.lang), model.lang
    return (
        str(action.number),
        _(MEASURES.get(action.measure, action.measure)),
        model.name(action.about),
        action.owner,
        action.due_on.isoformat(),
        show(action.state, lang),
        compared(measured, lang),
        outcome_text(action, measured, lang),
    )


def _same(action: Improvement, signal: Signal) -> bool:
    return {k: v for k, v in action.about.items() if v} == {k: v for k, v in signal.about.items() if v}


def _share(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.6g}"


def departments(causes: Iterable[Signal], actions: Sequence[tuple[Improvement, object]]) -> tuple[str, ...]:
    """The departments of our table, and any other that a signal or an action names."""
    named = {signal.department for signal in causes} | {action.department for action, _measured in actions}
    return (*DEPARTMENTS, *sorted(named - {"", *DEPARTMENTS}))
