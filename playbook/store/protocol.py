"""What the desk needs from a database. Anything that passes the contract tests can be one."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, Protocol

from playbook.domain.events import Event
from playbook.domain.ids import CaseId, OrderId
from playbook.domain.improvements import Improvement
from playbook.domain.orders import Order
from playbook.store.keys import Key, PersonKey
from playbook.store.orderbook import Holds
from playbook.store.values import (
    CaseIndexRow,
    Finding,
    OrderEntry,
    OrdersSaved,
    Purged,
    Recipient,
    StoredOrder,
)
from playbook.store.vault import PersonHint


class WriteTx(Protocol):
    """One serialised write transaction: what is read here cannot change before it commits."""

    def events(self, case_id: CaseId) -> tuple[Event, ...]: ...

    def events_of_order(self, order_id: OrderId) -> dict[CaseId, tuple[Event, ...]]: ...

    def append(
        self, case_id: CaseId, events: Sequence[Event], expected_version: int
    ) -> tuple[Event, ...]: ...

    def put_index(self, row: CaseIndexRow) -> None: ...

    def put_draft(self, case_id: CaseId, step: str, data: dict[str, Any], at: datetime) -> None: ...

    def delete_draft(self, case_id: CaseId, step: str) -> None: ...

    def keep_rules(self, version: str, files: Mapping[str, bytes]) -> None: ...

    def put_improvement(self, action: Improvement) -> Improvement: ...


class Store(Protocol):
    """Events, drafts, the vault, the order book and the home index of one desk."""

    def snapshot(self) -> AbstractContextManager["Store"]: ...

    def write(self, lock_on: str) -> AbstractContextManager[WriteTx]: ...

    def events(self, case_id: CaseId) -> tuple[Event, ...]: ...

    def events_since(self, case_id: CaseId, seq: int) -> tuple[Event, ...]: ...

    def events_of_order(self, order_id: OrderId) -> dict[CaseId, tuple[Event, ...]]: ...

    def case_ids(self) -> tuple[CaseId, ...]: ...

    def new_case_id(self, year: int) -> CaseId: ...

    def list_index(
        self, *, open_only: bool = True, text: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[CaseIndexRow, ...]: ...

    def draft(self, case_id: CaseId, step: str) -> dict[str, Any] | None: ...

    def put_draft(self, case_id: CaseId, step: str, data: dict[str, Any], at: datetime) -> None: ...

    def delete_draft(self, case_id: CaseId, step: str) -> None: ...

    def vault_put(
        self,
        kind: str,
        text: str,
        *,
        purge_after: date,
        case_id: CaseId | None = None,
        order_id: OrderId | None = None,
    ) -> str: ...

    def vault_get(self, ref: str) -> str | None: ...

    def purge(self, before: date) -> Purged: ...

    def put_orders(self, orders: Iterable[Order | OrderEntry | StoredOrder], source: str) -> OrdersSaved: ...

    def order(self, order_id: OrderId) -> Order | None: ...

    def orders(self, order_ids: Sequence[OrderId]) -> dict[OrderId, Order]: ...

    def recipient(self, order_id: OrderId) -> Recipient | None: ...

    def recipients(self, order_ids: Sequence[OrderId]) -> dict[OrderId, Recipient]: ...

    def find_by_key(
        self, kind: Key, values: Iterable[str], *, before: datetime | None = None, limit: int = 200
    ) -> dict[OrderId, int]: ...

    def find_by_prefix(
        self, kind: Key, prefix: str, *, before: datetime | None = None, limit: int = 50
    ) -> dict[OrderId, int]: ...

    def find_by_fragment(
        self, fragment: str, *, before: datetime | None = None, limit: int = 50
    ) -> dict[OrderId, int]: ...

    def find_by_person(
        self, kind: PersonKey, values: Iterable[str], *, at_least: int = 1, limit: int = 200
    ) -> dict[OrderId, int]: ...

    def find_persons(self, hints: Sequence[PersonHint], *, limit: int = 100) -> dict[OrderId, int]: ...

    def find_by_products(
        self,
        wanted: Sequence[Holds],
        *,
        buyer: str | None = None,
        before: datetime | None = None,
        limit: int = 200,
    ) -> dict[OrderId, int]: ...

    def skus_of_asin(self, asin: str) -> frozenset[str]: ...

    def product_titles(self) -> tuple[tuple[str, str], ...]: ...

    def put_stock(self, units: Mapping[str, int], at: datetime) -> None: ...

    def stock(self, skus: Iterable[str]) -> dict[str, int]: ...

    def stock_taken(self) -> tuple[int, datetime] | None: ...

    def rules(self, version: str) -> dict[str, bytes] | None: ...

    def improvements(self) -> tuple[Improvement, ...]: ...

    def improvement(self, number: int) -> tuple[Improvement, ...]: ...

    def verify(self) -> tuple[Finding, ...]: ...

    def close(self) -> None: ...
