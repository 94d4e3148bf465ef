"""What the order book knows of the same buyer's business: how much, since when, how often (P7).

Orders are the same buyer's where the e-mail alias or the purchase order number is the same. The alias is
looked up in the vault and compared as a keyed hash; only numbers and days come out.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import median

from playbook.domain.orders import Order
from playbook.store import Store
from playbook.store.keys import Key, PersonKey, mail_key, squeeze

MOST_ORDERS = 500


@dataclass(frozen=True, slots=True)
class BuyerHistory:
    """Orders of one buyer up to a moment, this one among them.

    ``units`` are those not cancelled; ``every_days`` is the median number of days between two orders,
    None with a single one.
    """

    business: bool
    orders: int
    units: int
    first_on: date
    last_on: date
    every_days: int | None


def buyer_history(store: Store, order: Order, now: datetime) -> BuyerHistory:
    """What is known at *now* of the buyer of *order*; days are those of UTC."""
    recipient = store.recipient(order.order_id)
    mail = mail_key(recipient.email) if recipient is not None else ""
    alias = set(store.find_by_person(PersonKey.EMAIL, [mail], limit=MOST_ORDERS)) if mail else set()
    number = squeeze(order.po_number or "")
    purchase = set(store.find_by_key(Key.PO, [number], limit=MOST_ORDERS)) if number else set()
    known = store.orders(sorted(alias | purchase))
    bought = {order.order_id: order} | {
        key: one
        for key, one in known.items()
        if one.placed_at <= now and (key in alias or _is_same_purchase(one, order))
    }
    days = sorted(one.placed_at.date() for one in bought.values())
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return BuyerHistory(
        business=any(one.business for one in bought.values()),
        orders=len(bought),
        units=sum(line.units_live for one in bought.values() for line in one.lines),
        first_on=days[0],
        last_on=days[-1],
        every_days=round(median(gaps)) if gaps else None,
    )


def _is_same_purchase(one: Order, other: Order) -> bool:
    """Whether two orders with one purchase order number can be one company's: such numbers are not unique."""
    return (one.business, one.marketplace, one.ship_country) == (True, other.marketplace, other.ship_country)
