"""Opening the page of causes: the own rows, and the filters as a notebook or an address gave them."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from playbook.desk import Desk
from playbook.domain.case import Case
from playbook.insights.model import InsightsModel, Material
from playbook.insights.products import load_products
from playbook.insights.solutions import Solution, solutions
from playbook.insights.sources import cases_of, own_rows


def open_model(desk: Desk, home: Path, lang: str, asked: Mapping[str, str]) -> InsightsModel:
    """The model for what was *asked* for (``start end marketplace problem department sample``).

    ValueError for a day that is none. A period that cannot be is told in the model's notice.
    """
    model = InsightsModel(desk, own_material(desk, home), lang, sample=asked.get("sample", "") == "yes")
    days = {
        name: _day(asked[key], key) for name, key in (("first", "start"), ("last", "end")) if asked.get(key)
    }
    codes = {key: asked[key] for key in ("marketplace", "problem", "department") if asked.get(key)}
    if days or codes:
        model.look(**days, **codes)
    return model


def own_material(desk: Desk, home: Path) -> Material:
    """The desk's cases and order book, with the table of products of *home*. Every case is read once."""
    ways: list[Solution] = []

    def cases() -> Iterator[Case]:
        for case in cases_of(desk.store):
            ways.extend(solutions([case]))
            yield case

    rows = own_rows(desk.store, load_products(home), cases=cases())
    return Material(rows.faults, rows.shipped, tuple(ways))


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; write a day, for example 2026-11-20") from None
