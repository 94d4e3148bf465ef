"""Parsing a stored event in one go gives exactly what looking at it in detail gives, or fails alike.

What is stored is spoiled: values of other types, numbers with many digits, other schema versions, keys
twice, too many or none, and plain garbage.
"""

import json
import random
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from playbook.domain.events import Event, canonical_json, event_from_json
from playbook.domain.events import _event_in_detail as in_detail
from tests.properties.machine import Chance, play

MOST_FLOORS = 200
WITH_MONEY = {
    *("OrderLocked", "RemedyChosen", "ApprovalRequested", "PromiseMade"),
    *("GoodsReceived", "RefundsChecked"),
}
RAW = (
    *("0", "1", "-1", "3.0", "1.5", "1.10", "1e2", "1E-2", "-0.0", "1e400", "1e30", "NaN", "-Infinity"),
    *("0.12345678901234567890123", "12345678901234567890.12", "1234567890123456789012345678901234567890"),
    *("1700000000", "1700000000.1234567", "null", "true", "false", "[]", "{}", "[1.0]", '{"a": 1.50}'),
    *('""', '"1.50"', '"1e2"', '"1_000"', '" 7"', '"NaN"', '"7"', '"no"', '"2026-11-23"', '"\\ud800"'),
    *('"2026-11-23T09:00:00"', '"2026-11-23T09:00:00+08:00"', '"1700000000"', '"\\u00e9"', '"UK"', '"FBM"'),
    *('{"amount": 1.10, "currency": "GBP"}', '{"amount": 0.1234567890123456789, "currency": "GBP"}'),
    *('{"amount": 3, "currency": "JPY"}', '{"amount": "3.00", "amount": 4.5, "currency": "GBP"}'),
)
"""Values as JSON writes them; several mean the same to a lenient reader only."""


@cache
def stored() -> tuple[str, ...]:
    """The largest event of every type that some random shop floors lead to, as it is stored."""
    largest: dict[str, str] = {}
    for seed in range(MOST_FLOORS):
        for log in play(Chance.seeded(seed)).logs.values():
            for event in log:
                largest[event.type] = max(largest.get(event.type, ""), canonical_json(event), key=len)
        if seed >= 10 and largest.keys() >= WITH_MONEY:
            break
    assert largest.keys() >= WITH_MONEY, WITH_MONEY - largest.keys()
    return tuple(text for _, text in sorted(largest.items()))


def outcome(read: Any, text: str) -> tuple[str, Event | None, set[str]]:
    """What came of reading: the event with everything that can be seen of it, or the error."""
    try:
        event = read(text)
    except ValueError as error:
        return f"{type(error).__name__}: {error}", None, set()
    return repr(event), event, event.model_fields_set


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in ((value, key), *places(value[key]))]


def spoiled(text: str, chance: random.Random) -> str:
    """The JSON of an event with one to three things wrong, or merely written another way."""
    raw = json.loads(text)
    written: dict[str, str] = {}
    for number in range(chance.randint(1, 3)):
        mark = f"@{number}@"
        container, key = chance.choice(places(raw))
        way = chance.randint(0, 9)
        if way == 0:
            del container[key]
        elif way == 1 and isinstance(container, dict):
            container[mark] = 0
            again = chance.choice([key, "mood", "chain", "schema_version"])
            written[f'"{mark}": 0'] = f"{json.dumps(again)}: {chance.choice(RAW)}"
        elif way == 2:
            raw["schema_version"] = mark
            written[f'"{mark}"'] = chance.choice(["0", "2", "true", '"1"', "1.0", "1e0", "null", "-3"])
        else:
            container[key] = mark
            written[f'"{mark}"'] = chance.choice(RAW)
    found = json.dumps(raw, ensure_ascii=chance.random() < 0.5)
    for mark, value in written.items():
        found = found.replace(mark, value)
    if chance.random() < 0.2:
        at = chance.randrange(len(found) + 1)
        found = (
            found[:at]
            + chance.choice(["", "x", '"', "}", "\ud800", "\x00", " ", "9", ".5"])
            + found[at + 1 :]
        )
    return found


def test_every_stored_event_is_read_the_same_both_ways():
    for text in stored():
        assert outcome(event_from_json, text) == outcome(in_detail, text)
        assert canonical_json(event_from_json(text)) == text


@settings(max_examples=1500, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_every_spoiled_event_is_read_the_same_both_ways(chance: random.Random, data: st.DataObject):
    text = spoiled(data.draw(st.sampled_from(stored())), chance)
    assert outcome(event_from_json, text) == outcome(in_detail, text)


def test_a_decimal_written_as_a_number_keeps_every_digit():
    """In one go it would pass through a float."""
    read = 0
    for text in stored():
        raw = json.loads(text)
        for container, key in places(raw):
            if key in {"amount", "share", "kept_back"} and isinstance(container[key], str):
                for number in ("33.30", "33.3000000000000000001", "3e1", "-0.0"):
                    was, container[key] = container[key], "@"
                    changed = json.dumps(raw).replace('"@"', number)
                    container[key] = was
                    found = outcome(event_from_json, changed)
                    assert found == outcome(in_detail, changed)
                    read += found[1] is not None
    assert read > 40


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_garbage_fails_the_same_both_ways(text: str):
    assert outcome(event_from_json, text) == outcome(in_detail, text)
    assert outcome(event_from_json, text)[1] is None


def test_a_chain_stored_beside_the_event_becomes_its_chain():
    for text in stored():
        event = event_from_json(text, "f" * 64)
        copied = in_detail(text).model_copy(update={"chain": "f" * 64})
        assert (event, repr(event), event.model_fields_set) == (copied, repr(copied), copied.model_fields_set)
