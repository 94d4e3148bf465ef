"""What the benchmarks of one run share: figures, limits, and the table that says what was kept."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 stay below; the largest when there are fewer than 20."""
    ordered = sorted(values)
    return (
        ordered[min(len(ordered) - 1, -(-len(ordered) * 95 // 100) - 1)]
        if len(ordered) >= 20
        else ordered[-1]
    )


def spread(values: Sequence[float], unit: str = "ms") -> str:
    """Median, p95 and number of *values*, in words."""
    return f"median {statistics.median(values):.1f} {unit}, p95 {p95(values):.1f} {unit}, {len(values)} times"


@dataclass
class Report:
    """Prints each comparison as it comes; ``exit_code`` is 1 once a limit was exceeded."""

    exit_code: int = field(default=0, init=False)

    def say(self, text: str) -> None:
        """A line of figures without a limit."""
        print(text, flush=True)

    def at_most(self, what: str, value: float, limit: float, unit: str, baseline: tuple[str, float]) -> None:
        """*value* may be at most *limit*; the ratio to the named *baseline* of the same run is shown."""
        name, base = baseline
        ratio = f"{value / base:.3g} x {name} ({base:.4g} {unit})"
        self._judge(what, f"{value:.4g} {unit}, {ratio}", f"at most {limit:g} {unit}", value <= limit)

    def ratio_at_most(
        self, what: str, value: float, limit: float, unit: str, baseline: tuple[str, float]
    ) -> None:
        """*value* may be at most *limit* times the named *baseline* of the same run."""
        name, base = baseline
        ratio = value / base
        self._judge(
            what,
            f"{value:.4g} {unit}, {ratio:.3g} x {name} ({base:.4g} {unit})",
            f"at most {limit:g} x",
            ratio <= limit,
        )

    def faster_by(
        self, what: str, value: float, limit: float, unit: str, baseline: tuple[str, float]
    ) -> None:
        """The named *baseline* must take at least *limit* times as long as *value*."""
        name, base = baseline
        self._judge(
            what,
            f"{value:.4g} {unit}, {base / value:.3g} x faster than {name} ({base:.4g} {unit})",
            f"at least {limit:g} x faster",
            base / value >= limit,
        )

    def must(self, what: str, kept: bool) -> None:
        """A condition without a figure."""
        print(f"{what}: {'kept' if kept else 'exceeded'}", flush=True)
        self.exit_code = self.exit_code if kept else 1

    def _judge(self, what: str, measured: str, limit: str, kept: bool) -> None:
        print(f"{what}: {measured}; limit {limit}: {'kept' if kept else 'exceeded'}", flush=True)
        if not kept:
            self.exit_code = 1
