"""The first start makes a desk that can be worked on at once; later starts leave it as it is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from playbook.domain.case import Stage
from playbook.firstrun import OPENED_AT_FIRST, clock_of, desk_of, open_home, open_samples, prepare_home
from playbook.orderbook import load_samples, samples_loaded
from playbook.settings import Settings
from playbook.steps import Actor
from playbook.store import SqlStore, StoreError, open_store
from playbook.viewmodels.home import HomeModel
from tests.builders import the_policy
from tests.desks import Clock, a_desk

AS_OF = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home that does not exist yet, with its clock standing still."""
    return Settings.from_env(
        {"PLAYBOOK_HOME": str(tmp_path / "new" / "home"), "PLAYBOOK_AS_OF": AS_OF.isoformat()}
    )


def test_a_home_is_made_once(settings: Settings) -> None:
    first = list(prepare_home(settings))
    assert [line.split()[0] for line in first] == ["database", "rules", "orders", "cases"]
    assert str(settings.home) in first[0]
    assert first[-1] == f"cases     {len(OPENED_AT_FIRST)} sample cases opened"
    with open_store(settings.database_url) as store:
        events = {case_id: store.events(case_id) for case_id in store.case_ids()}
        assert len(events) == len(OPENED_AT_FIRST)
    assert list(prepare_home(settings))[-1] == f"cases     {len(OPENED_AT_FIRST)} in the log"
    with open_store(settings.database_url) as store:
        assert {case_id: store.events(case_id) for case_id in store.case_ids()} == events
        assert store.verify() == ()


def test_the_cases_that_wait_can_be_worked_on(settings: Settings) -> None:
    list(prepare_home(settings))
    with open_home(settings) as store:
        desk = desk_of(settings, store, the_policy(), "lin")
        rows = HomeModel(desk).rows
        assert len(rows) == len(OPENED_AT_FIRST)
        assert not any(row.overdue for row in rows)
        for row in rows:
            case = desk.case(row.case.case_id)
            assert case is not None
            assert case.stage is Stage.LOCK
            assert case.received_at is not None
            assert timedelta(0) < AS_OF - case.received_at < timedelta(hours=24)
            assert desk.message(case)
        assert {desk.case(row.case.case_id).language for row in rows} >= {"en", "ja"}  # type: ignore[union-attr]


def test_orders_of_ones_own_are_not_mixed_with_samples(settings: Settings) -> None:
    from tests.builders import an_order

    settings.home.mkdir(parents=True)
    with open_store(settings.database_url) as store:
        store.put_orders([an_order()], "mine")
    with open_home(settings) as store:
        assert len(store.product_titles()) == 1
        assert not samples_loaded(store)
    for _ in range(2):
        assert list(prepare_home(settings))[-1].startswith("cases     none yet")
    with open_home(settings) as store:
        assert store.case_ids() == ()
        load_samples(store, at=AS_OF)
        assert samples_loaded(store)


def test_the_desk_belongs_to_one_of_the_staff(settings: Settings, store: SqlStore) -> None:
    desk = desk_of(settings, store, the_policy(), "wang")
    assert desk.actor == Actor("wang", "lead")
    assert desk.clock() == AS_OF
    with pytest.raises(KeyError):
        desk_of(settings, store, the_policy(), "nobody")


def test_the_clock_runs_unless_it_is_told_to_stand(settings: Settings) -> None:
    running = clock_of(Settings.from_env({}))()
    assert abs(datetime.now(UTC) - running) < timedelta(seconds=2)
    assert (running.tzinfo, running.microsecond) == (UTC, 0)
    assert clock_of(settings)() == AS_OF


def test_a_store_that_fails_while_it_is_filled_is_given_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    close = SqlStore.close

    def counted(self: SqlStore) -> None:
        closed.append(True)
        close(self)

    def fail(*_: object, **__: object) -> None:
        raise StoreError("store_disk_full", place="x")

    monkeypatch.setattr(SqlStore, "close", counted)
    monkeypatch.setattr("playbook.firstrun.load_samples", fail)
    with pytest.raises(StoreError):
        open_home(settings)
    assert closed == [True]


def test_samples_that_are_refused_are_not_counted(store: SqlStore) -> None:
    from playbook.desk import Desk
    from playbook.steps import Refused

    class Strict(Desk):
        """A desk at which nothing can be opened."""

        def open_case(self, *_: object, **__: object) -> Refused:  # type: ignore[override]
            return Refused(())

    assert open_samples(Strict(store, the_policy(), Actor("lin"), Clock())) == 0
    assert open_samples(a_desk(store)) == len(OPENED_AT_FIRST)
