"""Scorecards: what each finding weighs, as dated rows in ``data/scorecards``."""

from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from playbook.domain.base import Value
from playbook.domain.ids import Marketplace
from playbook.policy import Policy
from playbook.policy.base import Flag, PolicyError, PolicyFault, Reading, Row, RowId, Text, Whole
from playbook.policy.crosscheck import overlaps
from playbook.policy.schema import schema_text
from playbook.policy.wording import fault_of
from playbook.policy.yamlfile import Document, YamlError
from playbook.review.checks import CHECKS
from playbook.settings import data_dir

STANDARD = "standard"


class Severity(StrEnum):
    """How serious a finding is, the worst first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    NOTE = "note"


class Section(Value):
    """A part of the score: ``weight`` of all weights together."""

    id: RowId
    weight: Annotated[Whole, Field(ge=1, le=100)]
    name: Text


class CheckThen(Value):
    """What one finding means: the case fails (``auto_fail``), or ``points`` of its section are lost.

    A section has 100 points. ``most`` is what all findings of the check cost together at most.
    """

    severity: Severity
    auto_fail: Flag = False
    points: Annotated[Whole, Field(ge=0, le=100)] | None = None
    most: Annotated[Whole, Field(ge=0, le=100)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.auto_fail == (self.points is not None):
            raise ValueError("a check either fails the case (auto_fail) or costs points")
        if self.points is not None and (self.most is None or self.most < self.points):
            raise ValueError("say what the check costs at most (most), not less than points")
        return self


class CheckRow(Row):
    """One check in one period: its section, what it means, and the rule behind it (``source``)."""

    section: RowId
    then: CheckThen
    name: Text


class ScorecardFile(Value):
    """scorecards/NAME.yaml: sections with weights, and one row per check and period."""

    layout: Literal[1] = Field(alias="schema")
    name: Text
    sections: tuple[Section, ...] = Field(min_length=1)
    shared: dict[str, object] = Field(default_factory=dict)
    rows: tuple[CheckRow, ...] = Field(min_length=1)


class Scorecard:
    """A checked scorecard. ``id`` is its file name; every method is pure."""

    def __init__(self, card_id: str, file: ScorecardFile) -> None:
        self.id = card_id
        self.name = file.name
        self.sections = file.sections
        self.rows = file.rows

    @cached_property
    def _by_check(self) -> dict[str, tuple[CheckRow, ...]]:
        rows: dict[str, tuple[CheckRow, ...]] = {}
        for row in self.rows:
            rows[row.id] = (*rows.get(row.id, ()), row)
        return rows

    def row(self, check: str, on: date, market: Marketplace | None = None) -> CheckRow | None:
        """The row of a check as it holds on that day (in a marketplace); None: it does not count."""
        return next(
            (
                row
                for row in self._by_check.get(check, ())
                if row.is_valid(on) and (market is None or market in row.market)
            ),
            None,
        )

    def latest(self, check: str) -> CheckRow:
        """The latest row of a check, wherever it holds: for its name. Raises KeyError for an unknown one."""
        return self._by_check[check][-1]

    def section(self, section_id: str) -> Section:
        """A section by its id. Raises StopIteration for an unknown one, which loading has ruled out."""
        return next(section for section in self.sections if section.id == section_id)


def scorecard_names() -> tuple[str, ...]:
    """The scorecards that come with the program or were put beside them."""
    return tuple(sorted(path.stem for path in (data_dir() / "scorecards").glob("*.yaml")))


def load_scorecard(name: str | Path = STANDARD, policy: Policy | None = None) -> Scorecard:
    """A scorecard by its name in ``data/scorecards``, or by path.

    *policy* lends its groups of marketplaces. Raises PolicyError with every fault, each with file and line.
    """
    path = name if isinstance(name, Path) else data_dir() / "scorecards" / f"{name}.yaml"
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise PolicyError((PolicyFault(path.name, 1, "", f"cannot be read: {reason}"),)) from None
    try:
        document = Document(path.name, raw)
    except YamlError as error:
        raise PolicyError(tuple(error.faults)) from None
    if not isinstance(document.data, dict):
        sentence = "the file must be a mapping with the keys schema, name, sections and rows"
        raise PolicyError((PolicyFault(path.name, 1, "", sentence),))
    reading = Reading(groups=policy.rows.groups) if policy is not None else Reading()
    try:
        file = ScorecardFile.model_validate(document.data, context=reading)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise PolicyError(tuple(fault_of(document, detail, ScorecardFile) for detail in details)) from None
    for index, row in enumerate(file.rows):
        row.place(path.name, document.line(("rows", index)))
    faults = (*_faults(document, file), *overlaps(file.rows))
    if faults:
        raise PolicyError(tuple(sorted(faults, key=lambda fault: fault.line)))
    return Scorecard(path.stem, file)


def _faults(document: Document, file: ScorecardFile) -> tuple[PolicyFault, ...]:
    """Rows of unknown checks or sections, checks without a row, sections named twice."""
    faults: list[PolicyFault] = []
    sections = [section.id for section in file.sections]
    for number, section in enumerate(sections):
        if section in sections[:number]:
            line = document.line(("sections", number))
            faults.append(PolicyFault(document.name, line, section, "the section appears twice"))
    for row in file.rows:
        if row.id not in CHECKS:
            faults.append(PolicyFault(document.name, row.line, row.id, "there is no such check"))
        if row.section not in sections:
            sentence = f"unknown section {row.section!r}; the file has {', '.join(sections)}"
            faults.append(PolicyFault(document.name, row.line, row.id, sentence))
    missing = sorted(CHECKS - {row.id for row in file.rows})
    if missing:
        line = document.line(("rows",))
        faults.append(PolicyFault(document.name, line, "", f"checks without a row: {', '.join(missing)}"))
    return tuple(faults)


def scorecard_schema() -> str:
    """The layout of a scorecard as JSON Schema, for editors: ``data/schemas/scorecard.schema.json``."""
    return schema_text(ScorecardFile)
