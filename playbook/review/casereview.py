"""What a review knows about a case, what it needs to know, and how it counts time: shared by every check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from playbook.domain.case import Case
from playbook.domain.ids import CaseId, OrderId
from playbook.domain.money import Money
from playbook.domain.orders import Earlier
from playbook.policy import Policy
from playbook.review.findings import Finding

DEFAULT_ROLE = "agent"
"""The role of whoever the list of staff does not name: the one that may least."""


def _nothing_elsewhere(_case_id: CaseId, _order_id: OrderId) -> tuple[Earlier, ...]:
    return ()


def _no_rules(_version: str) -> Policy | None:
    return None


@dataclass(frozen=True, slots=True)
class ReviewSetting:
    """What a review depends on beside the log of the case.

    ``policy`` are the rules of today, ``rules`` gives those of a version that a case follows (None: not
    kept, then ``policy`` is used). ``as_of`` is the time of the review: nothing that falls due later is
    missed. ``roles`` and ``teams`` are by name of the person; who is not named is an agent of no team.
    ``elsewhere`` gives what other cases granted on the same order (case, order -> compensation), ``told``
    the words of a message from the vault by reference (None: purged); without a vault it is missing.
    """

    policy: Policy
    as_of: datetime
    roles: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    rules: Callable[[str], Policy | None] = _no_rules
    elsewhere: Callable[[CaseId, OrderId], tuple[Earlier, ...]] = _nothing_elsewhere
    told: Callable[[str], str | None] | None = None

    def role(self, name: str) -> str:
        """The role of a person."""
        return self.roles.get(name, DEFAULT_ROLE)


class DamageKind(StrEnum):
    """What can be wrong with a stored log. Only a broken chain leaves it readable."""

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    IMPOSSIBLE = "impossible"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged place of a log: the event (0: the log as a whole), and a few technical words."""

    kind: DamageKind
    seq: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The few facts of a case that reports add up.

    ``agent`` owns the case now, ``team`` is the agent's, ``actors`` are all who wrote events, in the order
    of their first. ``problems``, ``remedies`` are units by type, of claimed and of agreed units;
    ``refunds`` what is granted, by currency. ``first_reply_minutes`` runs from the buyer's message to our
    first one (None: none yet), ``contacts`` counts messages of ours and other recorded contacts.
    ``outcome`` is empty while the case is open. ``promises_late`` are kept late, or open and overdue.
    """

    opened_at: datetime
    received_at: datetime
    last_at: datetime
    closed_at: datetime | None
    agent: str
    team: str
    actors: tuple[str, ...]
    marketplace: str
    channels: tuple[str, ...]
    business: bool
    order_id: str
    problems: Mapping[str, int]
    remedies: Mapping[str, int]
    units_ordered: int
    units_claimed: int
    refunds: Mapping[str, Money]
    first_reply_minutes: int | None
    contacts: int
    promises: int
    promises_late: int
    outcome: str
    events: int
    policy_version: str


@dataclass(frozen=True, slots=True)
class CaseReview:
    """A case after all checks. A damaged one that cannot be read has neither case nor facts nor findings."""

    case_id: CaseId
    case: Case | None = None
    facts: CaseFacts | None = None
    findings: tuple[Finding, ...] = ()
    damage: tuple[Damage, ...] = ()

    @property
    def is_damaged(self) -> bool:
        """Whether the log is not what was written."""
        return bool(self.damage)
