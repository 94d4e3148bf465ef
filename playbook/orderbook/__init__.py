"""The order book: importing report files, and finding the order a buyer means."""

from playbook.orderbook.find import find
from playbook.orderbook.importing import ImportResult, import_file, load_samples, samples_loaded
from playbook.orderbook.query import Candidate, EvidenceFact, Found, Query, QueryItem
from playbook.orderbook.refusals import ImportRefused, Skipped

__all__ = [
    "Candidate",
    "EvidenceFact",
    "Found",
    "ImportRefused",
    "ImportResult",
    "Query",
    "QueryItem",
    "Skipped",
    "find",
    "import_file",
    "load_samples",
    "samples_loaded",
]
