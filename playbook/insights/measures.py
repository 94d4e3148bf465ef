"""data/insights/measures.yaml: what is done about a cause, and which problem a return's reason code is."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from playbook.domain.base import Value
from playbook.domain.claims import Party, ProblemType
from playbook.insights.rows import Trait
from playbook.policy.base import PolicyError, PolicyFault, RowId, Sentence, Sourced, Whole
from playbook.policy.wording import fault_of
from playbook.policy.yamlfile import Document, YamlError
from playbook.settings import data_dir

FILE = "measures.yaml"

MeasureCode = Literal[
    "packaging",
    "picking_check",
    "batch_stop",
    "supplier_claim",
    "listing_text",
    "carrier_claim",
    "investigate",
]
DepartmentCode = Literal["purchasing", "warehouse", "product"]


class SignalRule(Sourced):
    """When something is called a signal, and how often the early warning may cry wolf."""

    source: Sentence
    false_discovery_percent: Whole = Field(ge=1, le=50)
    fewest_events: Whole = Field(ge=2)
    quiet_weeks: Whole = Field(ge=4)

    @property
    def false_discovery(self) -> float:
        """The rate as a share."""
        return self.false_discovery_percent / 100


class MeasureRow(Sourced):
    """Who does what about which problem."""

    id: RowId
    source: Sentence
    traits: frozenset[Trait]
    problems: frozenset[ProblemType]
    parties: frozenset[Party]
    party: Party
    measure: MeasureCode
    department: DepartmentCode

    def fits(self, about: Mapping[str, str], party: str) -> bool:
        """Whether the row is about these goods and this problem."""
        return (
            (not self.traits or ("sku" not in about and any(trait in about for trait in self.traits)))
            and (not self.problems or about.get("problem", "") in self.problems)
            and (not self.parties or party in self.parties)
        )


class ReasonRow(Value):
    """Reason codes that stand for one problem."""

    problem: ProblemType
    codes: tuple[Sentence, ...] = Field(min_length=1)


class Measures(Value):
    """The whole file."""

    schema_: Literal[1] = Field(alias="schema")
    shared: object = None
    signals: SignalRule
    rows: tuple[MeasureRow, ...] = Field(min_length=1)
    reasons: tuple[ReasonRow, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        last = self.rows[-1]
        if last.traits or last.problems or last.parties:
            raise ValueError("the last row must fit everything: leave traits, problems and parties empty")
        for kind, names in (
            ("row", [row.id for row in self.rows]),
            ("reason code", [code for reason in self.reasons for code in reason.codes]),
        ):
            twice = [name for at, name in enumerate(names) if name in names[:at]]
            if twice:
                raise ValueError(f"the {kind} {twice[0]} appears twice")
        return self

    def row_for(self, about: Mapping[str, str], party: str = "") -> MeasureRow:
        """What is done about these goods and this problem: the first row that fits."""
        return next(row for row in self.rows if row.fits(about, party))

    def problem_of(self, code: str) -> str:
        """The problem type a reason code stands for, else the code without its prefix."""
        bare = code.strip().upper().removeprefix("CR-")
        return next((row.problem.value for row in self.reasons if bare in row.codes), bare)


def read_measures(content: bytes, name: str = FILE) -> Measures:
    """The file's content, checked. Raises PolicyError with every fault and its line."""
    try:
        document = Document(name, content)
    except YamlError as error:
        raise PolicyError(tuple(error.faults)) from None
    if not isinstance(document.data, dict):
        raise PolicyError((PolicyFault(name, 1, "", "the file must be a mapping with the key schema"),))
    try:
        return Measures.model_validate(document.data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise PolicyError(tuple(fault_of(document, detail, Measures) for detail in details)) from None


@lru_cache(maxsize=4)
def load_measures(folder: Path | None = None) -> Measures:
    """The measures of ``data/insights``, or of *folder*. Raises PolicyError, OSError."""
    return read_measures(((folder or data_dir() / "insights") / FILE).read_bytes())


def schema() -> str:
    """The layout as JSON Schema, for editors that check while one types."""
    layout = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Measures.model_json_schema(by_alias=True),
    }
    return json.dumps(layout, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
