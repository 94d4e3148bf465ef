"""Rules as dated, sourced data: what may be done, until when, and what may be written."""

from playbook.policy.base import Confidence, PolicyError, PolicyFault, Text
from playbook.policy.policy import Policy, load_policy
from playbook.policy.remedy_rows import Outcome, RemedyRow
from playbook.policy.return_rows import About, ReturnRow
from playbook.policy.rows import CalendarRow, DeadlineRow, MarketRow, MessageRuleRow, RestockingRow
from playbook.policy.tables import Lookup, Miss, Overruled, RemedyFacts

__all__ = [
    "About",
    "CalendarRow",
    "Confidence",
    "DeadlineRow",
    "Lookup",
    "MarketRow",
    "MessageRuleRow",
    "Miss",
    "Outcome",
    "Overruled",
    "Policy",
    "PolicyError",
    "PolicyFault",
    "RemedyFacts",
    "RemedyRow",
    "RestockingRow",
    "ReturnRow",
    "Text",
    "load_policy",
]
