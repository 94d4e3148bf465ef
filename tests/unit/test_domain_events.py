"""Events: stored as canonical JSON, chained, and lifted from older versions of the program."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from playbook.domain import events as ev
from playbook.domain.claims import ClaimItem, Evidence, ProblemType
from playbook.domain.events import (
    GENESIS,
    SCHEMA_VERSION,
    BreakdownConfirmed,
    CaseOpened,
    Event,
    NoteAdded,
    canonical_json,
    chain_of,
    event_from_json,
    upcast,
)
from tests.builders import CASE_ID, NOW


def an_event(body: Any = None, **others: Any) -> Event:
    others.setdefault("at", NOW)
    return Event(
        case_id=CASE_ID, seq=1, actor="Lin Xiaowen", body=body or NoteAdded(text="Ruft zurück 📞"), **others
    )


def test_every_body_names_its_own_type():
    for body in get_args(ev.Body):
        assert body.model_fields["type"].default == body.__name__
    assert len(get_args(ev.Body)) == 37


def test_an_event_survives_being_stored():
    event = an_event()
    assert event_from_json(canonical_json(event)) == event
    assert event.type == "NoteAdded"


def test_canonical_json_leaves_the_chain_out_and_sorts_its_keys():
    one, other = an_event(chain=""), an_event(chain="f" * 64)
    assert canonical_json(one) == canonical_json(other)
    fields = json.loads(canonical_json(one))
    assert list(fields) == sorted(fields)
    assert "chain" not in fields


def test_the_same_moment_in_another_zone_is_the_same_event():
    there = NOW.astimezone(timezone(timedelta(hours=8)))
    assert event_from_json(canonical_json(an_event(at=there))) == an_event()


def test_a_naive_time_is_refused():
    with pytest.raises(ValidationError, match="timezone"):
        an_event(at=datetime(2026, 11, 23, 9))  # noqa: DTZ001


def test_the_chain_depends_on_every_byte_and_on_what_came_before():
    stored = canonical_json(an_event())
    first = chain_of(GENESIS, stored)
    assert len(first) == 64
    assert first == chain_of(GENESIS, stored)
    assert first != chain_of(GENESIS, stored.replace("Ruft", "ruft"))
    assert first != chain_of(first, stored)


def test_canonical_json_is_the_same_in_every_process():
    program = (
        "from datetime import UTC, datetime\n"
        "from playbook.domain.claims import ClaimItem, Evidence, ProblemType\n"
        "from playbook.domain.events import BreakdownConfirmed, Event, canonical_json\n"
        "item = ClaimItem(item='c1', line=1, problem=ProblemType.DEFECT, units=1, evidence=frozenset(Evidence))\n"
        "body = BreakdownConfirmed(items=(item,))\n"
        "at = datetime(2026, 11, 23, tzinfo=UTC)\n"
        "print(canonical_json(Event(case_id='2026-0001', seq=1, at=at, actor='a', body=body)))\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(printed) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        "{}",
        '{"body": 1, "schema_version": 1}',
        '{"body": {}, "schema_version": 1}',
        '{"body": {"type": "NoteAdded", "text": "x"}}',
        '{"body": {"type": "NoteAdded", "text": "x"}, "schema_version": "1"}',
        '{"body": {"type": "NoSuchThing"}, "schema_version": 1}',
    ],
)
def test_what_is_no_event_is_a_value_error(text: str):
    with pytest.raises(ValueError):
        event_from_json(text)


def test_a_field_nobody_knows_is_refused():
    raw = json.loads(canonical_json(an_event()))
    raw["body"]["mood"] = "good"
    with pytest.raises(ValidationError, match="mood"):
        event_from_json(json.dumps(raw))


def test_a_newer_event_is_refused():
    raw = json.loads(canonical_json(an_event())) | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(ValueError, match="newer than this program"):
        event_from_json(json.dumps(raw))


def _an_old_opening() -> dict[str, Any]:
    """How version 0 of nobody's program might have stored an opening: other names, no language."""
    return {
        "case_id": CASE_ID,
        "seq": 1,
        "at": "2025-01-07T09:00:00Z",
        "actor": "Lin Xiaowen",
        "schema_version": 0,
        "body": {"type": "CaseStarted", "received": "2025-01-07T08:00:00Z"},
    }


def test_an_old_event_is_lifted_step_by_step():
    def renamed(body: dict[str, Any]) -> dict[str, Any]:
        return {"type": "CaseOpened", "received_at": body["received"], "language": "de"}

    lifted = upcast(_an_old_opening(), {("CaseStarted", 0): renamed})
    assert lifted["schema_version"] == SCHEMA_VERSION
    event = Event.model_validate(lifted)
    assert event.body == CaseOpened(received_at=datetime(2025, 1, 7, 8, tzinfo=UTC), language="de")


def test_lifting_several_versions(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ev, "SCHEMA_VERSION", 3)
    table = {
        ("CaseStarted", 0): lambda body: {**body, "type": "CaseOpened"},
        ("CaseOpened", 2): lambda body: {"type": body["type"], "received_at": body["received"]},
    }
    lifted = upcast(_an_old_opening(), table)
    assert lifted["body"] == {"type": "CaseOpened", "received_at": "2025-01-07T08:00:00Z"}
    assert lifted["schema_version"] == 3


def test_lifting_changes_no_stored_event():
    raw = _an_old_opening()
    upcast(raw, {("CaseStarted", 0): lambda body: {"type": "CaseOpened", "received_at": body["received"]}})
    assert raw == _an_old_opening()


def test_an_event_that_did_not_change_needs_no_upcaster(monkeypatch: pytest.MonkeyPatch):
    raw = json.loads(canonical_json(an_event())) | {"schema_version": 0}
    monkeypatch.setattr(ev, "UPCASTERS", {})
    assert event_from_json(json.dumps(raw)) == an_event()


def test_a_breakdown_survives_with_its_evidence():
    item = ClaimItem(
        item="c1", line=1, problem=ProblemType.DEFECT, units=2, evidence=frozenset(Evidence), quoted=(3, 9)
    )
    event = an_event(BreakdownConfirmed(items=(item,)))
    assert event_from_json(canonical_json(event)) == event
