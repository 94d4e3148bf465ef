"""Reads the policy files into one checked set of rows; reports everything that is wrong at once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from playbook.domain.ids import Marketplace
from playbook.policy.base import Placed, PolicyError, PolicyFault, Reading
from playbook.policy.crosscheck import (
    incomplete_markets,
    overlaps,
    repeated,
    unknown_deadlines,
    unpayable_amounts,
)
from playbook.policy.remedy_rows import RemedyRow
from playbook.policy.return_rows import ReturnRow
from playbook.policy.rows import (
    ApprovalFile,
    ApprovalRow,
    CalendarFile,
    CalendarRow,
    DeadlineFile,
    DeadlineRow,
    MarketFile,
    MarketRow,
    MessageRuleFile,
    MessageRuleRow,
    RemedyFile,
    RestockingFile,
    RestockingRow,
    ReturnFile,
)
from playbook.policy.wording import fault_of
from playbook.policy.yamlfile import Document, YamlError

FILES: dict[str, type[BaseModel]] = {
    "marketplaces.yaml": MarketFile,
    "calendars.yaml": CalendarFile,
    "approvals.yaml": ApprovalFile,
    "deadlines.yaml": DeadlineFile,
    "message_rules.yaml": MessageRuleFile,
    "remedies.yaml": RemedyFile,
    "restocking.yaml": RestockingFile,
    "returns.yaml": ReturnFile,
}
"""The policy files in the order in which they are read: later ones refer to earlier ones."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything the policy files say, checked and cross-checked.

    ``version`` is a content hash of ``files``, the bytes that were read.
    """

    version: str
    remedies: tuple[RemedyRow, ...]
    deadlines: tuple[DeadlineRow, ...]
    message_rules: tuple[MessageRuleRow, ...]
    approvals: tuple[ApprovalRow, ...]
    restocking: tuple[RestockingRow, ...]
    markets: Mapping[Marketplace, MarketRow]
    groups: Mapping[str, frozenset[Marketplace]]
    calendars: Mapping[str, CalendarRow]
    amounts: Mapping[str, Mapping[str, Decimal]]
    returns: tuple[ReturnRow, ...]
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)


def read_files(folder: Path) -> dict[str, bytes]:
    """The bytes of every policy file of *folder*. Raises PolicyError when one cannot be read."""
    raw: dict[str, bytes] = {}
    faults = []
    for name in FILES:
        try:
            raw[name] = (folder / name).read_bytes()
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            reason = f"the file is missing in {folder}" if missing else f"cannot be read: {error.strerror}"
            faults.append(PolicyFault(name, 1, "", reason))
    if faults:
        raise PolicyError(tuple(faults))
    return raw


def load_rows(files: Mapping[str, bytes]) -> Rows:
    """Check the content of all policy files (`FILES`). Raises PolicyError with every fault of every file."""
    missing = [PolicyFault(name, 1, "", "the file is missing") for name in FILES if name not in files]
    if missing:
        raise PolicyError(tuple(missing))
    faults: list[PolicyFault] = []
    loader = _Loader(files, faults)
    markets = loader.read("marketplaces.yaml", MarketFile)
    groups = {name: frozenset(members) for name, members in markets.groups.items()} if markets else {}
    calendars = loader.read("calendars.yaml", CalendarFile)
    names = frozenset(row.id for row in calendars.rows) if calendars else frozenset[str]()
    loader.reading = Reading(groups=groups, calendars=names)
    approvals = loader.read("approvals.yaml", ApprovalFile)
    amounts = approvals.amounts if approvals else {}
    loader.reading = Reading(groups, amounts, names)
    if approvals:
        approvals = loader.read("approvals.yaml", ApprovalFile)
    deadlines = loader.read("deadlines.yaml", DeadlineFile)
    rules = loader.read("message_rules.yaml", MessageRuleFile)
    remedies = loader.read("remedies.yaml", RemedyFile)
    restocking = loader.read("restocking.yaml", RestockingFile)
    returns = loader.read("returns.yaml", ReturnFile)
    if markets:
        faults.extend(incomplete_markets(markets))
    if markets and approvals:
        faults.extend(unpayable_amounts(markets, approvals, loader.documents["approvals.yaml"]))
    for rows in (approvals, deadlines, rules, remedies, restocking, returns):
        if rows is not None:
            faults.extend(overlaps(rows.rows))
    if calendars:
        faults.extend(repeated(calendars.rows))
    if remedies and deadlines:
        faults.extend(unknown_deadlines(remedies.rows, deadlines.rows))
    if faults or not (
        markets and calendars and approvals and deadlines and rules and remedies and restocking and returns
    ):
        raise PolicyError(tuple(sorted(dict.fromkeys(faults), key=lambda fault: (fault.file, fault.line))))
    return Rows(
        version=content_hash(files),
        remedies=remedies.rows,
        deadlines=deadlines.rows,
        message_rules=rules.rows,
        approvals=approvals.rows,
        restocking=restocking.rows,
        markets={row.id: row for row in markets.rows},
        groups=groups,
        calendars={row.id: row for row in calendars.rows},
        amounts=amounts,
        returns=returns.rows,
        files=dict(files),
    )


def content_hash(files: Mapping[str, bytes]) -> str:
    """Twelve hex digits that change with any change of content, not with line endings."""
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].replace(b"\r\n", b"\n")
        digest.update(f"{name}:{len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


class _Loader:
    """Reads one file after the other and collects what is wrong."""

    def __init__(self, raw: Mapping[str, bytes], faults: list[PolicyFault]) -> None:
        self.reading = Reading()
        self.documents: dict[str, Document] = {}
        self._raw = raw
        self._faults = faults

    def read(self, name: str, model: type[M]) -> M | None:
        """The file as a model, or None when anything in it is wrong."""
        document = self._document(name)
        if document is None:
            return None
        if not isinstance(document.data, dict):
            self._faults.append(
                PolicyFault(name, 1, "", "the file must be a mapping with the keys schema and rows")
            )
            return None
        try:
            read = model.model_validate(document.data, context=self.reading)
        except ValidationError as error:
            details = error.errors(include_url=False)
            self._faults.extend(fault_of(document, detail, model) for detail in details)
            return None
        for index, row in enumerate(getattr(read, "rows", ())):
            if isinstance(row, Placed):
                row.place(name, document.line(("rows", index)))
        return read

    def _document(self, name: str) -> Document | None:
        if name not in self._raw:
            self._faults.append(PolicyFault(name, 1, "", "the file is missing"))
            return None
        if name not in self.documents:
            try:
                self.documents[name] = Document(name, self._raw[name])
            except YamlError as error:
                self._faults.extend(error.faults)
                return None
        return self.documents[name]
