"""The plain values that go into a store and come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import NamedTuple

from playbook.domain.ids import CaseId, OrderId
from playbook.domain.orders import Order


@dataclass(frozen=True, slots=True)
class CaseIndexRow:
    """One case on the home page; written in the same transaction as the events it sums up."""

    case_id: CaseId
    order_id: OrderId | None
    stage: str
    next_due_at: datetime | None
    next_deadline_at: datetime | None
    flags: tuple[str, ...]
    updated_at: datetime
    agent: str
    closed: bool
    marketplace: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who an order went to, and who bought it where that is another name.

    Personal: it lives in the vault only, until its purge date.
    """

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    buyer_name: str = ""

    def __bool__(self) -> bool:
        return self != _NOBODY

    def filled_from(self, other: "Recipient") -> "Recipient":
        """This recipient, what is empty taken from *other*."""
        names = (part.name for part in fields(self))
        return Recipient(*(getattr(self, name) or getattr(other, name) for name in names))


_NOBODY = Recipient()


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """An order on its way into the order book, with what it can be found by.

    ``buyer`` is the seller's own customer number, which is not personal; ``recipient`` is, and goes to
    the vault until ``purge_after`` (without that day it is not kept at all). ``rmas`` are the numbers of
    return requests.
    """

    order: Order
    buyer: str = ""
    tracking: tuple[str, ...] = ()
    rmas: tuple[str, ...] = ()
    recipient: Recipient = field(default_factory=Recipient)
    purge_after: date | None = None


class StoredOrder(NamedTuple):
    """An order as the book stores it: ``data`` is its JSON, the rest is what it can be found by.

    Times are stored text. ``keys`` are (kind, folded value), ``units`` are ordered units by folded SKU,
    ``sold`` are (folded SKU, title, ASIN). ``recipient`` as in `OrderEntry`.
    """

    order_id: OrderId
    placed_at: str
    data: str
    keys: tuple[tuple[str, str], ...]
    units: Mapping[str, int]
    sold: tuple[tuple[str, str, str], ...]
    replaces: OrderId | None = None
    recipient: Recipient = _NOBODY
    purge_after: date | None = None


@dataclass(frozen=True, slots=True)
class OrdersSaved:
    """What `put_orders` did. Orders that were known and say nothing new are unchanged."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "OrdersSaved") -> "OrdersSaved":
        return OrdersSaved(
            self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged
        )


@dataclass(frozen=True, slots=True)
class Purged:
    """How many vault texts, search keys of persons and abandoned drafts were deleted."""

    texts: int
    keys: int
    drafts: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the event log that cannot have been written by this program."""

    code: str
    case_id: str = ""
    seq: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        place = f"case {self.case_id}" if self.case_id else "event log"
        if self.seq is not None:
            place += f", event {self.seq}"
        return f"{place}: {FINDINGS[self.code]}" + (f" ({self.detail})" if self.detail else "")


FINDINGS = {
    "chain_broken": "the event was changed after it was written",
    "event_missing": "an event is missing",
    "event_unreadable": "the event cannot be read",
    "event_misplaced": "the event says that it belongs elsewhere",
    "log_truncated": "events at the end are missing",
    "head_differs": "the record of the newest event does not match the events",
    "order_differs": "the case is filed under another order than its events lock",
    "case_without_events": "the case is on file, but its events are missing",
    "case_not_filed": "the case has events, but is not on file",
    "text_changed": "an approved message was changed in the vault",
    "database_damaged": "the database file is damaged",
}


@dataclass(frozen=True, slots=True)
class UnitsSold:
    """Units of one folded SKU that were ordered on one day (UTC), and on how many orders they were.

    ``marketplace`` is as the orders say. Units that were cancelled later are among them.
    """

    sku: str
    on: date
    marketplace: str
    units: int
    orders: int
