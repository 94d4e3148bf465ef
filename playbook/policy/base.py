"""What every policy row has: an id, a place, a validity, a source; and the scalars rows are made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from playbook.domain.base import Value
from playbook.domain.ids import Marketplace
from playbook.domain.orders import Channel


@dataclass(frozen=True, slots=True)
class PolicyFault:
    """One thing that is wrong in a policy file: where, in which row, and a sentence about it."""

    file: str
    line: int
    row: str
    sentence: str

    def __str__(self) -> str:
        row = f" (row {self.row})" if self.row else ""
        return f"{self.file}:{self.line}: {self.sentence}{row}"


class PolicyError(ValueError):
    """The policies cannot be used; ``faults`` lists everything that is wrong, over all files."""

    def __init__(self, faults: tuple[PolicyFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row needs to know while it is read: the named groups of markets and the named amounts."""

    groups: Mapping[str, frozenset[Marketplace]] = field(default_factory=dict)
    amounts: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    calendars: frozenset[str] = frozenset()


def reading_of(info: ValidationInfo) -> Reading:
    """The `Reading` a validator was called with; an empty one outside of a load."""
    return info.context if isinstance(info.context, Reading) else Reading()


class Confidence(StrEnum):
    """How sure the source is; ``house`` is our own rule, ``INF`` our inference, ``GK`` unverified."""

    HIGH = "high"
    MED_HIGH = "med-high"
    MED = "med"
    LOW_MED = "low-med"
    LOW = "low"
    INFERRED = "INF"
    GENERAL = "GK"
    HOUSE = "house"


Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
RowId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
Checked = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])(-[0-3][0-9])?$")]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]


def _decimal(value: object) -> Decimal:
    if not isinstance(value, str):
        # pydantic turns a ValueError into a fault, a TypeError not
        raise ValueError('write the amount as a text in quotes, for example "12.50"')  # noqa: TRY004
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", value):
        raise ValueError(f"not an amount: {value!r}")
    return Decimal(value)


Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,4})?$"}),
]
"""A non-negative decimal that is written as a quoted text, never as a YAML number."""


def _markets(value: object, info: ValidationInfo) -> frozenset[Marketplace]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError('market must be a list of marketplaces or groups, for example [US, EU] or ["*"]')
    groups = reading_of(info).groups
    found: set[Marketplace] = set()
    for name in value:
        if name == "*":
            found |= set(Marketplace)
        elif name in groups:
            found |= groups[name]
        elif name in Marketplace.__members__:
            found.add(Marketplace[name])
        else:
            known = ", ".join([*sorted(groups), *Marketplace.__members__])
            raise ValueError(f"unknown marketplace or group {name!r}; known are *, {known}")
    return frozenset(found)


def _channels(value: object) -> object:
    if not isinstance(value, list) or not value:
        raise ValueError('channel must be a list, for example [FBM, SFP] or ["*"]')
    return list(Channel) if value == ["*"] else value


_NAMES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
Markets = Annotated[
    frozenset[Marketplace],
    BeforeValidator(_markets),
    WithJsonSchema({**_NAMES, "description": 'Marketplaces, groups of marketplaces.yaml, or "*".'}),
]
Channels = Annotated[
    frozenset[Channel],
    BeforeValidator(_channels),
    WithJsonSchema(
        {"type": "array", "items": {"enum": ["*", *(channel.value for channel in Channel)]}, "minItems": 1}
    ),
]


def _amount_name(value: str, info: ValidationInfo) -> str:
    amounts = reading_of(info).amounts
    if amounts and value not in amounts:
        raise ValueError(f"unknown amount {value!r}; approvals.yaml names {', '.join(sorted(amounts))}")
    return value


AmountName = Annotated[RowId, AfterValidator(_amount_name)]
"""The name of an amount per currency, from the one table in ``approvals.yaml``."""


class Text(Value):
    """A sentence for people, in both interface languages."""

    en: Sentence
    zh_CN: Sentence  # noqa: N815  # the name of the interface language

    def of(self, lang: str) -> str:
        """The sentence in *lang* (``zh_CN``, ``zh-CN``, ``zh``); English for every other language."""
        return self.zh_CN if lang.replace("-", "_").lower() in {"zh", "zh_cn", "zh_hans"} else self.en

    def __str__(self) -> str:
        return self.en


class Placed(Value):
    """A value that knows where it was written (``file``, ``line``), for messages to maintainers."""

    _file: str = PrivateAttr("")
    _line: int = PrivateAttr(0)

    @property
    def file(self) -> str:
        return self._file

    @property
    def line(self) -> int:
        return self._line

    def place(self, file: str, line: int) -> None:
        """Remember where the row was written; called once, by the loader."""
        self._file, self._line = file, line


class Sourced(Placed):
    """Where a row comes from: ``source`` in words, ``checked`` year and month of the last look at it."""

    source: str = ""
    checked: Checked
    confidence: Confidence


class Row(Sourced):
    """A rule with markets, channels and a period. ``valid_from`` and ``valid_to`` are both inclusive."""

    id: RowId
    market: Markets
    channel: Channels
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError("valid_from is after valid_to")
        return self

    @property
    def is_house(self) -> bool:
        """Whether the rule is ours, not Amazon's."""
        return self.confidence is Confidence.HOUSE

    def is_valid(self, on: date) -> bool:
        """Whether the rule holds on that day."""
        return (self.valid_from or date.min) <= on <= (self.valid_to or date.max)

    def overlaps(self, other: "Row") -> bool:
        """Whether both rules hold on some day for some marketplace and channel."""
        return (
            bool(self.market & other.market)
            and bool(self.channel & other.channel)
            and (self.valid_from or date.min) <= (other.valid_to or date.max)
            and (other.valid_from or date.min) <= (self.valid_to or date.max)
        )
