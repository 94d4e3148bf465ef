"""Finding and locking the one order: what is known, candidates with evidence, the second fact."""

from typing import Literal

import traitlets as t

from playbook.desk import Draft
from playbook.domain.case import Case, Stage
from playbook.domain.events import Fact
from playbook.domain.ids import OrderId, find_order_ids
from playbook.domain.problems import Problem, problem
from playbook.i18n import translator
from playbook.i18n.orders import EVIDENCE
from playbook.intake import Reading
from playbook.orderbook import Candidate, Found, Query, QueryItem, find
from playbook.steps.commands import LockOrder, WithdrawLock
from playbook.steps.lock import DECISIVE, fingerprint, lock_blockers
from playbook.viewmodels.case import CaseModel
from playbook.viewmodels.traits import state

FIELDS = ("order_id_part", "po_number", "name", "postcode", "city", "email", "tracking", "sku")
"""What an agent can type to find an order, beside the message itself."""

SECOND_FACTS = (
    "seen_in_seller_central",
    "buyer_confirmed",
    "line_evidence",
    "po_number",
    "postcode",
    "tracking",
)
"""Second facts an agent can vouch for when picking an order that the evidence alone does not decide."""


class LockModel(t.HasTraits):
    """The search for the order of one case. ``known`` maps `FIELDS` to what the agent typed."""

    known: dict[str, str] = state({})
    found: Found | None = state(None)
    picked: str = state("")
    second_fact: str = state("")

    def __init__(self, work: CaseModel) -> None:
        super().__init__()
        self.work = work
        saved = work.draft(Stage.LOCK)
        self.known = {field: str(saved.get(field, "")) for field in FIELDS}
        self.picked = str(saved.get("picked", ""))
        self.second_fact = str(saved.get("second_fact", ""))
        self.search()
        self.observe(lambda _: self._keep(), ["known", "picked", "second_fact"])

    def set_known(self, field: str, value: str) -> None:
        """Type or change one known fact; the search runs again."""
        if field not in FIELDS:
            raise KeyError(field)
        if self.known.get(field, "") == value:
            return
        self.known = {**self.known, field: value}
        self.search()

    @property
    def query(self) -> Query:
        """Everything known: the message, what the reader saw in it, and what the agent typed."""
        reading = self.work.reading
        typed = {field: value.strip() or None for field, value in self.known.items()}
        part = typed["order_id_part"]
        full = find_order_ids(part) if part else ()
        if part and not full and self.work.desk.order(part) is not None:
            full = (OrderId(part),)  # a shop beside Amazon has numbers of its own shape
        return Query(
            text=self.work.message or None,
            order_id=full[0] if full else None,
            order_id_part=None if full else part,
            po_number=typed["po_number"],
            name=typed["name"],
            postcode=typed["postcode"],
            city=typed["city"],
            email=typed["email"],
            tracking=typed["tracking"],
            items=_items(typed["sku"], reading),
            at=self.work.case.received_at,
        )

    def search(self) -> None:
        """Look the order book through with what is known."""
        query = self.query
        if not query.is_empty:
            self.found = find(query, self.work.desk.store, self.work.now)
        else:
            self.found = None
        ids = [candidate.order.order_id for candidate in self.candidates]
        if self.picked not in ids:
            self.picked = ids[0] if self.verdict == "certain" else ""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.found.candidates if self.found is not None else ()

    @property
    def verdict(self) -> Literal["certain", "ask", "none"]:
        return self.found.verdict if self.found is not None else "none"

    def pick(self, order_id: str) -> None:
        """Choose a candidate."""
        if order_id not in {candidate.order.order_id for candidate in self.candidates}:
            raise KeyError(order_id)
        self.picked = order_id

    @property
    def candidate(self) -> Candidate | None:
        """The candidate that was picked, if any."""
        return next((c for c in self.candidates if c.order.order_id == self.picked), None)

    @property
    def needs_second_fact(self) -> bool:
        """Whether locking the picked candidate takes a second fact from the agent."""
        return self.candidate is not None and self.lock_verdict == "picked"

    @property
    def lock_verdict(self) -> Literal["certain", "picked"]:
        candidate = self.candidate
        codes = {fact.code for fact in candidate.evidence} if candidate else set()
        return "certain" if self.verdict == "certain" and codes & DECISIVE else "picked"

    @property
    def command(self) -> LockOrder | None:
        candidate = self.candidate
        if candidate is None:
            return None
        evidence = tuple(Fact(code=fact.code, params=dict(fact.params)) for fact in candidate.evidence)
        second = Fact(code=self.second_fact) if self.second_fact and self.needs_second_fact else None
        return LockOrder(candidate.order, self.lock_verdict, evidence, second)

    @property
    def blockers(self) -> tuple[Problem, ...]:
        """Why Lock is not possible yet; empty when it is."""
        command = self.command
        if command is None:
            return (problem("nothing_picked", candidates=len(self.candidates)),)
        return lock_blockers(self.work.case, command)

    def confirm(self) -> bool:
        """Lock the picked order; True when it was accepted."""
        command = self.command
        if command is None:
            self.work.refuse(self.blockers)
            return False
        return self.work.do(command, Draft(Stage.LOCK.value))

    def withdraw(self, reason: str) -> bool:
        """Take the lock back, with a reason."""
        if self.work.do(WithdrawLock(reason)):
            self.search()
            return True
        return False

    def evidence_texts(self, candidate: Candidate) -> tuple[str, ...]:
        """The evidence for a candidate in words."""
        _ = translator(self.work.lang)
        return tuple(_(EVIDENCE[fact.code]).format(**fact.params) for fact in candidate.evidence)

    @property
    def other_cases(self) -> tuple[Case, ...]:
        """Other cases on the locked order."""
        order = self.work.case.order
        return self.work.desk.other_cases(order.order_id, self.work.case.case_id) if order else ()

    @property
    def changed_since_lock(self) -> bool:
        """Whether a later import changed the order after it was locked."""
        order = self.work.case.locked_order
        if order is None:
            return False
        today = self.work.desk.order(order.order_id)
        return today is not None and fingerprint(today) != fingerprint(order)

    def _keep(self) -> None:
        if self.work.case.order is None:
            saved = {**self.known, "picked": self.picked, "second_fact": self.second_fact}
            self.work.keep_draft(Stage.LOCK, saved)


def _items(sku: str | None, reading: Reading) -> tuple[QueryItem, ...]:
    items = [QueryItem(sku=sku)] if sku else []
    items += [QueryItem(title=item.mention, units=item.units) for item in reading.items if item.mention]
    return tuple(items)
