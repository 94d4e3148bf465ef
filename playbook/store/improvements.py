"""Improvement actions in the database: revisions are added, never changed."""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from playbook.domain.improvements import Improvement, ImprovementState
from playbook.store.errors import VersionClash
from playbook.store.tables import improvements

_OF_TEXT: Mapping[str, Any] = {
    "due_on": date.fromisoformat,
    "since": date.fromisoformat,
    "effective_on": date.fromisoformat,
    "at": datetime.fromisoformat,
    "state": ImprovementState,
}


def put_improvement(connection: Connection, action: Improvement) -> Improvement:
    """Add a revision; a new action gets its number. VersionClash when somebody was faster."""
    column = improvements.c
    if action.number == 0:
        newest = connection.execute(select(func.max(column.number))).scalar() or 0
        action = replace(action, number=newest + 1)
    known = connection.execute(
        select(func.max(column.revision)).where(column.number == action.number)
    ).scalar()
    if (known or 0) != action.revision - 1:
        raise VersionClash(f"improvement {action.number}", action.revision - 1, known or 0)
    data = {field.name: getattr(action, field.name) for field in fields(action)}
    given = {key: data.pop(key) for key in ("number", "revision")}
    text = json.dumps(
        data, ensure_ascii=False, default=lambda day: dict(day) if isinstance(day, Mapping) else str(day)
    )
    connection.execute(improvements.insert().values(**given, data=text))
    return action


def get_improvements(connection: Connection, number: int | None = None) -> tuple[Improvement, ...]:
    """Every revision of one action or of all, by number, the oldest revision first."""
    query = select(improvements).order_by(improvements.c.number, improvements.c.revision)
    if number is not None:
        query = query.where(improvements.c.number == number)
    return tuple(_read(*row) for row in connection.execute(query))


def _read(number: int, revision: int, data: str) -> Improvement:
    given = json.loads(data)
    known = {
        key: _OF_TEXT[key](value) if key in _OF_TEXT and value is not None else value
        for key, value in given.items()
    }
    return Improvement(**known, number=number, revision=revision)
