"""What a check of a case finds: one finding names the check, the event and the numbers behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from playbook.domain.ids import CaseId

Param = str | int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a case.

    ``check`` is the id of a row of the scorecard; ``seq``, ``at`` and ``actor`` are of the event at which
    it went wrong (0 and the time of the review where something is missing altogether: the actor is then
    the owner of the case). ``params`` are the values of the check's sentence: text, never markup, and
    never anything personal.
    """

    check: str
    case_id: CaseId
    seq: int
    at: datetime
    actor: str
    params: Mapping[str, Param] = field(default_factory=dict)
