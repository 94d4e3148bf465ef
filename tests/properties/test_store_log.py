"""Random use of the log: versions, order and hashes always add up, and every text comes back."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.domain.events import GENESIS, Event, NoteAdded, canonical_json, chain_of
from playbook.domain.ids import CaseId
from playbook.store import SqlStore, VersionClash, open_store
from playbook.store.keys import clean, fold, squeeze
from tests.builders import NOW

CASES = [CaseId("2026-0001"), CaseId("2026-0002"), CaseId("2026-0003")]
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with open_store(f"sqlite:///{tmp_path / 'desk.db'}") as opened:
        yield opened


@QUICK
@given(st.lists(st.tuples(st.sampled_from(CASES), st.integers(0, 3), st.integers(-1, 1)), max_size=12))
def test_a_log_is_what_was_accepted_in_order(store: SqlStore, steps: list[tuple[CaseId, int, int]]) -> None:
    versions = {case_id: len(store.events(case_id)) for case_id in CASES}
    for case_id, count, off in steps:
        events = [Event(case_id=case_id, seq=1, at=NOW, actor="Lin", body=NoteAdded(text="n"))] * count
        seen = versions[case_id] + off
        if off:
            with pytest.raises(VersionClash), store.write(case_id) as tx:
                tx.append(case_id, events, expected_version=seen)
        else:
            with store.write(case_id) as tx:
                tx.append(case_id, events, expected_version=seen)
            versions[case_id] += count
    for case_id, version in versions.items():
        log = store.events(case_id)
        assert [event.seq for event in log] == list(range(1, version + 1))
        chain = GENESIS
        for event in log:
            chain = chain_of(chain, canonical_json(event))
            assert event.chain == chain
    assert store.verify() == ()


@QUICK
@given(st.text(st.characters(codec=None), max_size=200))
def test_any_text_comes_back_from_vault_and_draft(store: SqlStore, text: str) -> None:
    ref = store.vault_put("message", text, purge_after=date(2026, 12, 24))
    store.put_draft(CASES[0], "lock", {"text": text}, NOW)
    assert store.vault_get(ref) == text
    assert store.draft(CASES[0], "lock") == {"text": text}


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec=None), max_size=60))
def test_folding_is_stable_and_can_always_be_stored(text: str) -> None:
    for change in (clean, fold, squeeze):
        once = change(text)
        once.encode("utf-8")
        assert "\x00" not in once
        assert change(once) == once
