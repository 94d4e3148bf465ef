"""Small static tables that show a replayed step in an executed notebook."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from playbook.domain.ledgers import unit_ledger
from playbook.letters import journal
from playbook.viewmodels.case import CaseModel


@dataclass(frozen=True, slots=True)
class Shown:
    """Something to look at in a notebook: safe HTML, and the same as text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Shown:
    """A table; every cell is text."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    plain = "\n".join("  ".join(str(cell) for cell in row) for row in rows)
    html = f"<h4>{escape(title)}</h4><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return Shown(html, f"{title}\n{plain}")


def steps_html(step: str, work: CaseModel) -> Shown:
    """What a step left behind: the lines after the lock and the breakdown, else the journal so far."""
    case = work.case
    if step == "summary" and case.order is not None:
        lines = {line.line: line for line in case.order.lines}
        rows = []
        for units in unit_ledger(case, work.setting.elsewhere):
            line = lines[units.line]
            parts = [*units.claimed.items(), *units.agreed.items(), *units.executed.items()]
            done = ", ".join(f"{count} {kind.value}" for kind, count in parts)
            rows.append([line.sku, line.units_ordered, units.fine + units.untouched, done])
        return table("Every unit", ["SKU", "Ordered", "Fine or untouched", "What happens"], rows)
    lines_of = journal(work.desk.events(case.case_id), work.lang, work.desk.policy)
    return table(step, ["At", "What"], [[f"{line.at:%Y-%m-%d %H:%M}", line.text] for line in lines_of])
