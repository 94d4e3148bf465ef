"""The home page's list of cases: one small row for each, sorted by what is due."""

from sqlalchemy import Connection, case, or_, select

from playbook.store.engine import upsert
from playbook.store.tables import case_index
from playbook.store.values import CaseIndexRow


def put_index(connection: Connection, row: CaseIndexRow) -> None:
    """Write the row of a case."""
    values = {name: getattr(row, name) for name in CaseIndexRow.__slots__}
    upsert(connection, case_index, [{**values, "flags": " ".join(row.flags)}])


def list_index(
    connection: Connection, *, open_only: bool, text: str | None, limit: int, offset: int
) -> tuple[CaseIndexRow, ...]:
    """Cases by nearest platform deadline, then nearest promise or follow-up; closed ones last.

    *text* filters by a part of case id, order number, agent, stage or flag.
    """
    due = [case_index.c.next_deadline_at, case_index.c.next_due_at]
    query = select(case_index).order_by(
        case_index.c.closed,
        *(part for column in due for part in (case((column.is_(None), 1), else_=0), column)),
        case_index.c.updated_at.desc(),
        case_index.c.case_id,
    )
    if open_only:
        query = query.where(case_index.c.closed.is_(False))
    if text:
        columns = ("case_id", "order_id", "agent", "stage", "flags")
        query = query.where(or_(*(case_index.c[name].icontains(text, autoescape=True) for name in columns)))
    found = connection.execute(query.limit(limit).offset(offset)).mappings()
    return tuple(CaseIndexRow(**{**row, "flags": tuple(row["flags"].split())}) for row in found)
