"""Everything that lasts: the event log, drafts, the vault, the order book and the home index."""

from playbook.store.errors import StoreError, VersionClash
from playbook.store.keys import Key, PersonKey
from playbook.store.protocol import Store, WriteTx
from playbook.store.sql import SqlStore, open_store
from playbook.store.values import (
    CaseIndexRow,
    Finding,
    OrderEntry,
    OrdersSaved,
    Purged,
    Recipient,
    StoredOrder,
)

__all__ = [
    "CaseIndexRow",
    "Finding",
    "Key",
    "OrderEntry",
    "OrdersSaved",
    "PersonKey",
    "Purged",
    "Recipient",
    "SqlStore",
    "Store",
    "StoreError",
    "StoredOrder",
    "VersionClash",
    "WriteTx",
    "open_store",
]
