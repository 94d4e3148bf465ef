"""What people would rather look at than read: five plots as SVG.

Readable on paper and with any colour vision: meaning is in place, shape and words; colour only repeats it.
Every function takes values that are already counted and worded, and gives an empty text where there is
nothing to draw: that is for the page to say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median, quantiles
from typing import TYPE_CHECKING

from playbook.i18n import Counted, translator
from playbook.insights import drawing as d

if TYPE_CHECKING:
    from matplotlib.axis import Axis

MOST_BARS, MOST_ROWS = 15, 20
"""More than that nobody reads on one page; the tables below have all."""

FEW = 5
"""Up to so many times are drawn one by one."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rate with its interval, as shares of the units shipped; ``expected`` is what was usual.

    ``goods`` and ``problem`` are its name, ``href`` leads to the cases, ``notable`` says that it is called
    a signal.
    """

    goods: str
    problem: str
    units: int
    shipped: int
    rate: float
    low: float
    high: float
    expected: float | None = None
    notable: bool = False
    href: str = ""

    @property
    def label(self) -> str:
        """Both names."""
        return " · ".join(filter(None, (self.goods, self.problem)))

    def label_within(self, inches: float) -> str:
        """The label in a width; goods are shortened, because their name is the longer one."""
        room = max(inches - d.width_of(f" · {self.problem}"), 0.8)
        return " · ".join(filter(None, (d.shortened(self.goods, room), self.problem)))


@dataclass(frozen=True, slots=True)
class Point:
    """One week of a control chart: units that went wrong of those shipped, limits as shares."""

    day: date
    units: int
    shipped: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Heat:
    """Rates by row and column, as shares; a pair that is missing has no data. ``marked`` are signals."""

    rows: Sequence[str]
    columns: Sequence[str]
    rates: Mapping[tuple[str, str], float]
    marked: frozenset[tuple[str, str]] = frozenset()
    hrefs: Mapping[tuple[str, str], str] = field(default_factory=dict)


def percent(share: float) -> str:
    """A share as people write rates: two figures, and never 0 for something."""
    return f"{share * 100:.1f} %" if share >= 0.001 or not share else f"{share * 100:.2g} %"


def pareto(bars: Sequence[Bar], lang: str, *, name: str = "pareto") -> str:
    """Rates with intervals, the most faulty units first, with their cumulated share of all of *bars*."""
    _ = translator(lang)
    if not bars:
        return ""
    total = sum(bar.units for bar in bars)
    ordered = sorted(bars, key=lambda bar: (-bar.units, bar.label))
    shown = ordered[:MOST_BARS]
    drawn = d.figure(0.75 + 0.36 * len(shown))
    left = min(3.0, max(d.width_of(bar.label) for bar in shown) + 0.15)
    axes = d.axes(drawn, left=left, right=2.0, top=0.3, bottom=0.45)
    top = max(bar.rate for bar in shown)
    limit = max(min(max(bar.high for bar in shown), 2.5 * top), 1.2 * top, 1e-9) * 1.02
    summed = 0
    for at, bar in enumerate(shown):
        summed += bar.units
        mark = axes.barh(
            at,
            bar.rate,
            height=0.62,
            color=d.ORANGE if bar.notable else d.SKY,
            edgecolor=d.INK,
            linewidth=0.8,
            hatch="///" if bar.notable else "",
        )[0]
        axes.plot(
            [bar.low, min(bar.high, limit)], [at, at], color=d.INK, linewidth=1.4, solid_capstyle="butt"
        )
        for end in (bar.low, bar.high):
            if end <= limit:
                axes.plot([end, end], [at - 0.16, at + 0.16], color=d.INK, linewidth=1.4)
        if bar.expected is not None:
            axes.plot(
                [bar.expected, bar.expected],
                [at - 0.4, at + 0.4],
                color=d.VERMILION,
                linewidth=1.6,
                linestyle=(0, (2, 1)),
            )
        label = axes.text(
            -0.02,
            at,
            bar.label_within(left - 0.15),
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            size=d.SIZE,
            color=d.INK,
            weight="bold" if bar.notable else "normal",
        )
        if bar.href:
            mark.set_url(bar.href)
            label.set_url(bar.href)
        counts = f"{bar.units:,} / {bar.shipped:,}"
        for place, text in ((0.03, counts), (1, f"{summed / total:.0%}" if total else "–")):
            axes.annotate(
                text,
                (1, at),
                xycoords=("axes fraction", "data"),
                xytext=(place * 1.9 * 72, 0),
                textcoords="offset points",
                ha="left" if place < 1 else "right",
                va="center",
                size=d.SIZE,
                color=d.INK,
            )
    for place, text in ((0.03, _("faulty / shipped")), (1, _("cumulated"))):
        axes.annotate(
            text,
            (1, 1),
            xycoords="axes fraction",
            xytext=(place * 1.9 * 72, 5),
            textcoords="offset points",
            ha="left" if place < 1 else "right",
            size=d.SIZE - 1,
            color=d.SOFT,
        )
    axes.set_yticks([])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, limit)
    _percent_axis(axes.xaxis)
    axes.set_xlabel(_("faulty units of those shipped, with 95 % interval"), size=d.SIZE, color=d.INK)
    title = _("What goes wrong most")
    rows = "; ".join(
        f"{bar.label}: {percent(bar.rate)} ({percent(bar.low)} – {percent(bar.high)})" for bar in shown
    )
    described = _("Bars with 95 % intervals. Hatched: a signal. Dashed mark: what was usual. {rows}").format(
        rows=rows
    )
    return d.finished(drawn, name, title, described)


def control_chart(
    points: Sequence[Point],
    centre: float,
    lang: str,
    *,
    title: str,
    change: date | None = None,
    effective: date | None = None,
    name: str = "control",
) -> str:
    """Rate by week with the limits of chance, the *change* found, and when an action took *effect*."""
    _ = translator(lang)
    known = [point for point in points if point.shipped]
    if len(known) < 2:
        return ""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    top = 0.15 if change is None and effective is None else 0.5
    drawn = d.figure(2.4 + top)
    axes = d.axes(drawn, left=0.7, right=0.95, top=top, bottom=0.42)
    days = date2num([point.day for point in known])
    rates = [point.units / point.shipped for point in known]
    high = [point.high for point in known]
    axes.fill_between(
        days, [point.low for point in known], high, step="mid", color=d.SKY, alpha=0.25, linewidth=0
    )
    axes.step(days, high, where="mid", color=d.SOFT, linewidth=0.9, linestyle="--")
    axes.step(days, [p.low for p in known], where="mid", color=d.SOFT, linewidth=0.9, linestyle="--")
    axes.axhline(centre, color=d.SOFT, linewidth=1.1)
    axes.plot(days, rates, color=d.BLUE, linewidth=1.3, marker="o", markersize=4)
    outside = [
        (day, rate)
        for day, rate, point in zip(days, rates, known, strict=True)
        if not point.low <= rate <= point.high
    ]
    if outside:
        axes.plot(
            *zip(*outside, strict=True),
            linestyle="",
            marker="D",
            markersize=7.5,
            markerfacecolor=d.ORANGE,
            markeredgecolor=d.INK,
        )
    ceiling = max([*rates, *(limit for limit in high if limit < 1)]) * 1.12
    axes.set_ylim(0, ceiling or 1)
    pad = max((days[-1] - days[0]) * 0.02, 2)
    axes.set_xlim(days[0] - pad, days[-1] + pad)
    marks = ((change, d.VERMILION, "-", _("change"), 4), (effective, d.BLUE, ":", _("action"), 19))
    for day, colour, style, text, above in marks:
        if day is None or not days[0] - pad <= date2num(day) <= days[-1] + pad:
            continue
        axes.axvline(date2num(day), color=colour, linewidth=1.8, linestyle=style)
        axes.annotate(
            f"{text} {day.isoformat()}",
            (date2num(day), 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, above),
            textcoords="offset points",
            ha=("right" if date2num(day) > (days[0] + days[-1]) / 2 else "left"),
            size=d.SIZE,
            color=d.INK,
        )
    for value, text in ((centre, _("usual")), (min(high[-1], ceiling), _("limit"))):
        axes.annotate(
            f"{text} {percent(value)}",
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            size=d.SIZE - 1,
            color=d.SOFT,
        )
    _percent_axis(axes.yaxis)
    locator = AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(
        ConciseDateFormatter(
            locator,
            formats=["%Y", "%m-%d", "%m-%d", "%H:%M", "%H:%M", "%S"],
            zero_formats=["", "%Y-%m-%d", "%m-%d", "%m-%d", "%H:%M", "%H:%M"],
            show_offset=False,
        )
    )
    described = _("{weeks} weeks; {outside} outside the limits of chance; usual {usual}.").format(
        weeks=len(known), outside=len(outside), usual=percent(centre)
    )
    if change is not None:
        described += " " + _("The rate changed in the week of {day}.").format(day=change.isoformat())
    return d.finished(drawn, name, title, described)


def heat_map(heat: Heat, lang: str, *, name: str = "heat") -> str:
    """Rates of products (rows) by problem type (columns): the number stands in each cell, signals framed."""
    _ = translator(lang)
    rows, columns = heat.rows[:MOST_ROWS], heat.columns
    if not rows or not columns or not heat.rates:
        return ""
    import matplotlib as mpl
    from matplotlib.patches import Rectangle

    left = min(1.9, max(map(d.width_of, rows)) + 0.15)
    tall = min(1.6, max(map(d.width_of, columns)) * 0.72 + 0.15)
    drawn = d.figure(tall + 0.1 + 0.32 * len(rows))
    axes = d.axes(drawn, left=left, right=0.85, top=tall, bottom=0.06)
    axes.axis("off")
    colours = mpl.colormaps["viridis"]
    top = max(heat.rates.values()) or 1
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            rate = heat.rates.get((row, column))
            marked = (row, column) in heat.marked
            strength = (rate or 0) / top
            cell = Rectangle(
                (x + 0.03, y + 0.04),
                0.94,
                0.92,
                facecolor="white" if rate is None else colours(1 - strength * 0.95),
                edgecolor=d.VERMILION if marked else d.LINE,
                linewidth=2.6 if marked else 0.6,
                hatch="///" if rate is None else "",
            )
            axes.add_patch(cell)
            text = "" if rate is None else f"{rate * 100:.1f}" + ("!" if marked else "")
            dark = strength > 0.45
            label = axes.text(
                x + 0.5,
                y + 0.5,
                text,
                ha="center",
                va="center",
                size=d.SIZE - 1,
                color="white" if dark else d.INK,
                weight="bold" if marked else "normal",
            )
            if (row, column) in heat.hrefs:
                cell.set_url(heat.hrefs[row, column])
                label.set_url(heat.hrefs[row, column])
        axes.text(
            -0.1, y + 0.5, d.shortened(row, left - 0.15), ha="right", va="center", size=d.SIZE, color=d.INK
        )
    for x, column in enumerate(columns):
        axes.text(
            x + 0.35,
            -0.15,
            d.shortened(column, 2.0),
            rotation=40,
            rotation_mode="anchor",
            size=d.SIZE,
            color=d.INK,
        )
    axes.set_xlim(0, len(columns))
    axes.set_ylim(len(rows), 0)
    worst = sorted(heat.rates.items(), key=lambda pair: -pair[1])[:5]
    described = _(
        "Faulty units of 100 shipped by product and problem. Framed, with an exclamation mark: a signal."
        " Hatched: no data. Highest: {worst}"
    ).format(worst="; ".join(f"{row}, {column}: {percent(rate)}" for (row, column), rate in worst))
    return d.finished(drawn, name, _("Faulty units of 100 shipped, by product and problem"), described)


def flow(paths: Iterable[tuple[str, str, str, int]], lang: str, *, name: str = "flow") -> str:
    """From problem to remedy to outcome: bands as wide as the units that went that way."""
    _ = translator(lang)
    counted: dict[tuple[str, str, str], int] = {}
    for problem, remedy, outcome, units in paths:
        counted[problem, remedy, outcome] = counted.get((problem, remedy, outcome), 0) + units
    counted = {path: units for path, units in counted.items() if units > 0}
    if not counted:
        return ""
    from matplotlib.patches import PathPatch, Rectangle
    from matplotlib.path import Path

    total = sum(counted.values())
    sizes: list[dict[str, int]] = [{}, {}, {}]
    for path, units in counted.items():
        for stage, node in enumerate(path):
            sizes[stage][node] = sizes[stage].get(node, 0) + units
    order = [sorted(nodes, key=lambda node: (-nodes[node], node)) for nodes in sizes]
    most = max(len(nodes) for nodes in order)
    gap = total * 0.045
    height = total + gap * (most - 1)
    drawn = d.figure(max(2.2, 0.42 + 0.44 * most + 0.5))
    axes = d.axes(drawn, left=0.05, right=0.05, top=0.34, bottom=0.05)
    axes.axis("off")
    axes.set_xlim(0, 10)
    axes.set_ylim(height, 0)
    places = [0.0, 3.9, 7.75]
    thick = 0.16
    starts: list[dict[str, float]] = []
    for nodes, known in zip(order, sizes, strict=True):
        at = (height - sum(known.values()) - gap * (len(nodes) - 1)) / 2
        tops = {}
        for node in nodes:
            tops[node] = at
            at += known[node] + gap
        starts.append(tops)
    shade = {node: at for at, node in enumerate(order[0])}
    for stage in (0, 1):
        leaving, entering = dict(starts[stage]), dict(starts[stage + 1])
        ranked = sorted(
            counted.items(),
            key=lambda item: (
                order[stage].index(item[0][stage]),
                order[stage + 1].index(item[0][stage + 1]),
                shade[item[0][0]],
            ),
        )
        for path, units in ranked:
            here, there = path[stage], path[stage + 1]
            a, b = leaving[here], entering[there]
            leaving[here] += units
            entering[there] += units
            x0, x1 = places[stage] + thick, places[stage + 1]
            mid = (x0 + x1) / 2
            band = Path(
                [
                    (x0, a), (mid, a), (mid, b), (x1, b),
                    (x1, b + units), (mid, b + units), (mid, a + units), (x0, a + units), (x0, a),
                ],
                [1, 4, 4, 4, 2, 4, 4, 4, 79],
            )  # fmt: skip
            kind = shade[path[0]]
            axes.add_patch(
                PathPatch(
                    band,
                    facecolor=d.COLOURS[kind % len(d.COLOURS)],
                    alpha=0.5,
                    edgecolor="white",
                    linewidth=0.6,
                )
            )
    titles = (_("Problem"), _("Remedy"), _("Outcome"))
    for stage, (nodes, title) in enumerate(zip(order, titles, strict=True)):
        for node in nodes:
            size = sizes[stage][node]
            axes.add_patch(
                Rectangle(
                    (places[stage], starts[stage][node]), thick, size, facecolor=d.INK, edgecolor="none"
                )
            )
            axes.text(
                places[stage] + thick + 0.08,
                starts[stage][node] + size / 2,
                f"{d.shortened(node, 1.95 if stage < 2 else 1.1)} {size}",
                va="center",
                size=d.SIZE,
                color=d.INK,
            )
        axes.annotate(
            title,
            (places[stage] / 10, 1),
            xycoords="axes fraction",
            xytext=(0, 8),
            textcoords="offset points",
            size=d.SIZE,
            color=d.SOFT,
        )
    largest = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:6]
    described = _("{total} units. Most: {paths}").format(
        total=total, paths="; ".join(f"{' → '.join(path)}: {units}" for path, units in largest)
    )
    return d.finished(drawn, name, _("From problem to remedy to outcome, in units"), described)


def times(groups: Mapping[str, Sequence[float]], lang: str, *, name: str = "times") -> str:
    """Days from message to solution by group: every case when few, else quartiles, median and 90 %."""
    _ = translator(lang)
    known = {label: sorted(days) for label, days in groups.items() if days}
    if not known:
        return ""
    ordered = sorted(known, key=lambda label: (-median(known[label]), label))[:MOST_ROWS]
    drawn = d.figure(0.6 + 0.34 * len(ordered))
    left = min(2.4, max(map(d.width_of, ordered)) + 0.15)
    axes = d.axes(drawn, left=left, right=1.45, top=0.08, bottom=0.45)
    said = []
    for at, label in enumerate(ordered):
        days = known[label]
        middle = median(days)
        said.append(f"{label}: {_('median {days} days').format(days=f'{middle:.1f}')}")
        if len(days) <= FEW:
            axes.plot(days, [at] * len(days), "o", markersize=6, color=d.BLUE, markerfacecolor="white")
        else:
            tenths, quarters = (
                quantiles(days, n=10, method="inclusive"),
                quantiles(days, n=4, method="inclusive"),
            )
            axes.plot([tenths[0], tenths[-1]], [at, at], color=d.INK, linewidth=1.2)
            axes.barh(
                at,
                quarters[2] - quarters[0],
                left=quarters[0],
                height=0.5,
                color=d.SKY,
                edgecolor=d.INK,
                linewidth=0.8,
            )
            axes.plot([middle, middle], [at - 0.25, at + 0.25], color=d.INK, linewidth=2.6)
        axes.text(
            -0.02,
            at,
            d.shortened(label, left - 0.15),
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            size=d.SIZE,
            color=d.INK,
        )
        axes.annotate(
            _("{days} d, {cases:case|cases}").format(days=f"{middle:.1f}", cases=Counted(len(days))),
            (1, at),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            size=d.SIZE,
            color=d.INK,
        )
    axes.set_yticks([])
    axes.set_ylim(len(ordered) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel(
        _("days from message to solution: half of the cases in the box, bar at the median"), size=d.SIZE
    )
    return d.finished(drawn, name, _("Time to solution"), "; ".join(said))


def _percent_axis(axis: "Axis") -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{share * 100:.3g} %"))
