"""Columns by name, whatever their case, dashes and edition."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from playbook.orderbook.refusals import ImportRefused
from playbook.orderbook.sheets import Sheet

LONGEST_LIST = 600


def column_key(name: str) -> str:
    """A column name in one spelling: lower case, words joined by dashes."""
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())


def places_of(sheet: Sheet, names: Mapping[str, tuple[str, ...]], required: Iterable[str]) -> dict[str, int]:
    """Where the columns stand that *names* gives by our names, each with the spellings of its editions.

    ImportRefused names the required ones that are missing, and what the file has.
    """
    present = {column_key(name): place for place, name in reversed(list(enumerate(sheet.columns)))}
    places: dict[str, int] = {}
    for name, spellings in names.items():
        place = next((present[key] for key in spellings if key in present), None)
        if place is not None:
            places[name] = place
    missing = [names[name][0] for name in required if name not in places]
    if missing:
        raise columns_missing(sheet, missing, places.values())
    return places


def columns_missing(sheet: Sheet, missing: Iterable[str], known: Iterable[int]) -> ImportRefused:
    """The refusal of a file that lacks columns; *known* are the places of those that were recognised."""
    known = set(known)
    return ImportRefused(
        "import_columns_missing",
        file=sheet.name,
        missing=", ".join(missing),
        **recognised(sheet.columns, known),
    )


def recognised(columns: Sequence[str], known: Collection[int]) -> dict[str, str]:
    """Which columns of a file were recognised and which were not, in words."""
    told = [name for place, name in enumerate(columns) if place in known]
    others = [name for place, name in enumerate(columns) if place not in known]
    return {"known": _some(told), "unknown": _some(others)}


def _some(names: Sequence[str]) -> str:
    return ", ".join(names)[:LONGEST_LIST] or "-"
