"""The stored rows of a case as events, with everything that is damaged about them."""

from collections.abc import Iterable
from dataclasses import dataclass

from playbook.domain.events import GENESIS, Event, chain_of, event_from_json
from playbook.review.casereview import Damage, DamageKind


@dataclass(frozen=True, slots=True)
class Log:
    """The events that could be read, in order, and what is damaged."""

    events: tuple[Event, ...]
    damage: tuple[Damage, ...]


def read_log(rows: Iterable[tuple[int, str, str]]) -> Log:
    """The log of one case from its rows (seq, stored JSON, chain), oldest first.

    The chain is checked over the JSON as stored; an event that cannot be read is left out and named.
    """
    events: list[Event] = []
    damage: list[Damage] = []
    previous = GENESIS
    for number, (seq, data, chain) in enumerate(rows, start=1):
        if seq != number and not damage:
            damage.append(Damage(DamageKind.MISSING, number))
        if chain != chain_of(previous, data):
            damage.append(Damage(DamageKind.CHAIN, seq))
        previous = chain
        try:
            event = event_from_json(data)
        except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
            damage.append(Damage(DamageKind.UNREADABLE, seq, type(error).__name__))
        else:
            events.append(event)
    return Log(tuple(events), tuple(damage))
