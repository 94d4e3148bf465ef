"""What can go wrong with a database, as sentences a person can act on."""

import re

from playbook.domain.problems import Problem
from playbook.i18n.orders import STORE


class StoreError(Exception):
    """The database cannot be used right now. ``problem`` has code and facts, ``str()`` the sentence."""

    def __init__(self, code: str, **params: str) -> None:
        self.problem = Problem(code, params)
        super().__init__(STORE[code].format(**params))


class VersionClash(Exception):  # noqa: N818 - a clash is expected, not an error
    """Somebody appended to the case first; nothing of ours was saved."""

    def __init__(self, case_id: str, expected: int, actual: int) -> None:
        self.case_id = case_id
        self.expected = expected
        self.actual = actual
        super().__init__(f"{case_id} is at {actual}, not at {expected}")


_CAUSES = (
    (("database is locked", "database table is locked", "lock timeout"), "store_locked"),
    (("readonly database", "read-only transaction", "unable to open database file"), "store_read_only"),
    (("disk is full", "disk full", "no space left"), "store_disk_full"),
    (("not a database", "malformed", "disk i/o error"), "store_damaged"),
    (
        ("connection failed", "connection refused", "could not connect", "connection is closed"),
        "store_unreachable",
    ),
)


def store_error(error: BaseException, place: str) -> StoreError | None:
    """The sentence for a driver's error, or None when the error is a bug of ours."""
    text = " ".join(str(error).split())
    for needles, code in _CAUSES:
        if any(needle in text.casefold() for needle in needles):
            return StoreError(code, place=place, reason=_without_password(text))
    return None


def _without_password(text: str) -> str:
    return re.sub(r"(password=|://[^:/@\s]*:)[^\s@]+", r"\1...", text)[:300]
