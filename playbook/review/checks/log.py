"""The log itself: its chain, and times that run forward."""

from collections.abc import Sequence
from datetime import timedelta

from playbook.review.casereview import Damage, DamageKind
from playbook.review.checks.history import Found, History

CLOCKS_DIFFER = timedelta(minutes=1)
"""By so much the clocks of two machines may differ."""


def log(history: History, damage: Sequence[Damage]) -> Found:
    """A chain that does not fit, and an event that happened before the one in front of it."""
    for one in damage:
        if one.kind is DamageKind.CHAIN:
            yield history.found("chain_broken", history.event(one.seq))
            break
    for earlier, step in zip(history.steps, history.steps[1:], strict=False):
        if step.event.at < earlier.event.at - CLOCKS_DIFFER:
            yield history.found(
                "time_runs_back", step.event, before_at=earlier.event.at, then_at=step.event.at
            )
            break
