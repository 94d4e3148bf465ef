"""Small drawings of a review: a mean with its interval, and means by week. Text stays text."""

from collections.abc import Mapping, Sequence
from datetime import date

from playbook.review.comparing import Interval, Tally, interval
from playbook.widgets import html as h

_INK, _LINE, _SOFT, _BEFORE = "#0b6e69", "#dfe4e9", "#56616e", "#9aa5b1"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960, 210, 40, 12, 34


def strip(mean: float | None, at: Interval | None) -> str:
    """A mean on a scale from 0 to 100, with its interval where there is one."""
    if mean is None:
        return ""
    parts = [_line(4, 7, 146, 7, _LINE, 2)]
    if at is not None:
        parts.append(_line(_on_strip(at.low), 7, _on_strip(at.high), 7, _INK, 4, opacity="0.45"))
    parts.append(_dot(_on_strip(mean), 7, _INK))
    label = f"{mean:.1f}" + (f" ({at.low:.0f}–{at.high:.0f})" if at is not None else "")
    return h.tag(
        "svg",
        *parts,
        cls="strip",
        viewBox="0 0 150 14",
        role="img",
        aria_label=label,
        preserveAspectRatio="none",
    )


def _on_strip(points: float) -> float:
    return 4 + points * 1.42


def weeks(before: Mapping[date, Tally], now: Mapping[date, Tally], labels: tuple[str, str]) -> str:
    """The mean score of each week with its interval, the earlier period in grey."""
    shown: list[tuple[date, Tally, str]] = [
        *((week, tally, _BEFORE) for week, tally in before.items()),
        *((week, tally, _INK) for week, tally in now.items()),
    ]
    if not shown:
        return ""
    step = (WIDTH - LEFT - 16) / len(shown)
    parts = [_grid(points) for points in (0, 25, 50, 75, 100)]
    for number, (week, tally, colour) in enumerate(shown):
        across = LEFT + step * (number + 0.5)
        at = interval(tally)
        if at is not None:
            parts.append(_line(across, _height(at.low), across, _height(at.high), colour, 6, opacity="0.35"))
        parts.append(_dot(across, _height(tally.mean or 0.0), colour, radius=4))
        if _labelled(number, len(shown)):
            parts.append(_text(across, HEIGHT - BOTTOM + 16, f"{week:%m-%d}", "middle"))
    if before and now:
        edge = LEFT + step * len(before)
        parts.append(_line(edge, TOP, edge, HEIGHT - BOTTOM, _SOFT, 1, stroke_dasharray="4 3"))
        parts.append(_text(edge - 6, HEIGHT - 3, labels[0], "end"))
        parts.append(_text(edge + 6, HEIGHT - 3, labels[1], "start"))
    described = "; ".join(f"{week}: {tally.mean or 0.0:.1f}" for week, tally, _colour in shown)
    return h.tag("svg", *parts, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=described)


def _labelled(number: int, count: int) -> bool:
    """At most some twenty labels have room."""
    return number % (count // 20 + 1) == 0


def _height(points: float) -> float:
    return TOP + (100 - points) / 100 * (HEIGHT - TOP - BOTTOM)


def _grid(points: int) -> str:
    at = _height(points)
    return _line(LEFT, at, WIDTH - 16, at, _LINE, 1) + _text(LEFT - 8, at + 4, str(points), "end")


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, **more: str) -> str:
    places = {
        name: f"{value:.1f}" for name, value in zip(("x1", "y1", "x2", "y2"), (x1, y1, x2, y2), strict=True)
    }
    return h.tag("line", **places, stroke=colour, stroke_width=width, stroke_linecap="round", **more)


def _dot(x: float, y: float, colour: str, radius: float = 3.5) -> str:
    return h.tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=radius, fill=colour)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return h.tag("text", h.text(words), x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def bars(counts: Sequence[tuple[str, int, int]], labels: tuple[str, str]) -> str:
    """Counts of now (dark) and before (grey), one row each, with the numbers written out."""
    if not counts:
        return ""
    most = max(max(now, before) for _name, now, before in counts) or 1
    parts = []
    for number, (name, now, before) in enumerate(counts):
        top = 8 + number * 34
        parts.append(_text(190, top + 15, name, "end"))
        for offset, count, colour in ((0, now, _INK), (12, before, _BEFORE)):
            wide = 640 * count / most
            parts.append(
                h.tag("rect", x=200, y=top + offset, width=f"{wide:.1f}", height=10, rx=2, fill=colour)
            )
            parts.append(_text(206 + wide, top + offset + 9, str(count), "start"))
    foot = 8 + len(counts) * 34 + 12
    parts += [_dot(206, foot - 4, _INK), _text(214, foot, labels[1], "start")]
    parts += [_dot(406, foot - 4, _BEFORE), _text(414, foot, labels[0], "start")]
    return h.tag("svg", *parts, viewBox=f"0 0 {WIDTH} {foot + 8}", role="img")
