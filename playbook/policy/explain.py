"""Why the rules say what they say: hits, misses and overruled rows as a table for people, or as JSON."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import date
from typing import Any
from unicodedata import east_asian_width

from playbook.domain.money import Money
from playbook.i18n import show, translator
from playbook.i18n.words import COLUMNS, OUTCOMES, REMEDIES
from playbook.policy.policy import Policy
from playbook.policy.remedy_rows import Outcome, RemedyRow
from playbook.policy.tables import UNKNOWN, Lookup, Miss, RemedyFacts


def column_name(column: str, lang: str) -> str:
    """The name of a column of the decision table in *lang*."""
    return translator(lang)(COLUMNS[column])


def as_json(policy: Policy, facts: RemedyFacts, on: date) -> dict[str, Any]:
    """Facts, best remedies and the whole trace as plain JSON values."""
    lookup = policy.remedies(facts, on)
    return {
        "version": policy.version,
        "on": on.isoformat(),
        "facts": {name: _plain(getattr(facts, name)) for name in COLUMNS if hasattr(facts, name)},
        "hits": [_hit(row) for row in lookup.hits],
        "trace": list(lookup.trace),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if isinstance(value, Money) else value


def _hit(row: RemedyRow) -> dict[str, Any]:
    return {
        "rule": row.id,
        "remedy": row.then.remedy.value,
        "outcome": row.then.outcome.value,
        "rank": row.then.rank,
        "why": row.then.why.model_dump(),
        "instead": row.then.instead.model_dump() if row.then.instead else None,
        "place": f"{row.file}:{row.line}",
        "source": row.source,
        "confidence": row.confidence.value,
    }


def as_text(policy: Policy, facts: RemedyFacts, on: date, lang: str, *, everything: bool = False) -> str:
    """The answer of the table as aligned text in *lang*.

    Rows about other problems, channels and marketplaces are only counted, unless *everything* is wanted.
    """
    _ = translator(lang)
    lookup = policy.remedies(facts, on)
    parts = [
        _("Rules {version}, as of {day}").format(version=policy.version, day=on.isoformat()),
        _facts_line(facts, lang),
        "",
        *_hits(lookup, lang),
    ]
    if lookup.overruled:
        parts += ["", _("These fit, too, but another row decides about the same remedy:")]
        parts += table([(one.row.id, "←", one.by.id) for one in lookup.overruled])
    shown = [miss for miss in lookup.misses if everything or _is_about(miss)]
    if shown:
        header = (_("rule"), _("remedy"), _("condition"), _("is"), _("wanted"))
        parts += ["", _("These do not fit:"), *table([header, *(_missed(miss, lang) for miss in shown)])]
    rest = len(lookup.misses) - len(shown)
    if rest:
        sentence = _("{count} more rows are about other problems, channels, marketplaces or times.")
        parts += ["", sentence.format(count=rest)]
    return "\n".join(parts)


def _is_about(miss: Miss) -> bool:
    return miss.column not in {"issue", "channel", "market", "valid"}


def _facts_line(facts: RemedyFacts, lang: str) -> str:
    return " · ".join(
        f"{column_name(one.name, lang)}: {_fact(getattr(facts, one.name), lang)}" for one in fields(facts)
    )


def _fact(value: Any, lang: str) -> str:
    _ = translator(lang)
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, frozenset):
        return "/".join(sorted(show(one, lang) for one in value)) or _("none")
    return show(value, lang)


def _hits(lookup: Lookup, lang: str) -> list[str]:
    _ = translator(lang)
    if not lookup.hits:
        return [_("No row fits.")]
    header = (_("remedy"), _("outcome"), _("rule"), _("place"), _("why"))
    rows = [
        (
            _remedy(row, _),
            _(OUTCOMES[row.then.outcome.value]),
            row.id,
            f"{row.file}:{row.line}",
            row.then.why.of(lang) + _way_out(row, lang),
        )
        for row in lookup.hits
    ]
    return table([header, *rows])


def _way_out(row: RemedyRow, lang: str) -> str:
    return (
        f" → {row.then.instead.of(lang)}" if row.then.outcome is Outcome.REFUSED and row.then.instead else ""
    )


def _remedy(row: RemedyRow, _: Callable[[str], str]) -> str:
    return _(REMEDIES[row.then.remedy])


def _missed(miss: Miss, lang: str) -> tuple[str, ...]:
    name = column_name(miss.column, lang)
    return miss.row.id, _remedy(miss.row, translator(lang)), name, miss.value, miss.wanted


def width(text: str) -> int:
    """Columns that a text takes in a terminal; Chinese characters take two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with aligned columns; the last column is not padded."""
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [_aligned(row, widths).rstrip() for row in rows]


def _aligned(row: Sequence[str], widths: Iterable[int]) -> str:
    return "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, widths, strict=True))
