"""`playbook batch lock`: find the order for each of many queries, JSON lines in and out."""

import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import click
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from playbook.commands.batch import (
    BadLineError,
    Identity,
    encode,
    input_lines,
    open_input,
    open_output,
    parsed,
)
from playbook.commands.database import FINDINGS, database_option, opened, read_settings
from playbook.intake import read
from playbook.orderbook import Found, Query, QueryItem, find
from playbook.store import Store

Price = str | int | float | None


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str | None = None
    asin: str | None = None
    title: str | None = None
    units: Annotated[int, Field(ge=1)] | None = None
    unit_price: Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] | None = None


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Identity
    text: str | None = None
    order_id: str | None = None
    order_id_part: str | None = None
    email: str | None = None
    name: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    po_number: str | None = None
    tracking: str | None = None
    buyer: str | None = None
    items: list[_Item] = Field(default_factory=list)
    at: AwareDatetime | None = None

    def query(self) -> Query:
        """What is asked; products come from the text when none are listed."""
        items = tuple(QueryItem(**dict(item)) for item in self.items)
        if not items and self.text:
            mentioned = read(self.text).items
            items = tuple(
                QueryItem(title=item.mention, units=item.units) for item in mentioned if item.mention
            )
        known = self.model_dump(exclude={"id", "items"})
        return Query(**known, items=items)


def found_record(identity: str | int, found: Found) -> dict[str, Any]:
    """One output line."""
    return {
        "id": identity,
        "verdict": found.verdict,
        "orders": [
            {
                "order_id": candidate.order.order_id,
                "score": candidate.score,
                "why": [fact.why for fact in candidate.evidence],
            }
            for candidate in found.candidates
        ],
    }


def answer(raw: bytes, store: Store, now: datetime) -> tuple[dict[str, Any], bool]:
    """The output record of one input line, and whether the line was good."""
    try:
        asked = parsed(raw, _Asked)
    except BadLineError as error:
        return error.record, False
    return found_record(asked.id, find(asked.query(), store, now)), True


@click.command("lock")
@click.option(
    "--in", "source", required=True, metavar="FILE", help="Queries, one JSON object a line; - is stdin."
)
@click.option(
    "--out", "target", required=True, metavar="FILE", help="Answers, one JSON object a line; - is stdout."
)
@database_option
def lock(source: str, target: str, database: str | None) -> None:
    """Find the one order that each query means, with the evidence.

    \b
    Example:
      playbook batch lock --in queries.jsonl --out orders.jsonl

    Verdicts: certain (exactly one order is meant), ask (several could be, ranked), none. A bad line yields
    {"id": ..., "error": "..."} and exit code 1 at the end; the others are answered.
    """
    if source != "-" and target != "-" and Path(source).resolve() == Path(target).resolve():
        raise click.UsageError("--in and --out are the same file")
    good = True
    now = datetime.now(UTC)
    with opened(database, read_settings()) as store, open_input(source) as lines, open_output(target) as out:
        for raw in input_lines(lines):
            record, fine = answer(raw, store, now)
            good = good and fine
            out.write(encode(record))
            out.flush()
    if not good:
        sys.exit(FINDINGS)
