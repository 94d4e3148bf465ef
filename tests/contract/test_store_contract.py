"""What any database under the desk must do; run with SQLite and with a real PostgreSQL."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from playbook.domain.events import (
    GENESIS,
    CaseOpened,
    Event,
    LockWithdrawn,
    NoteAdded,
    OrderLocked,
    canonical_json,
)
from playbook.domain.ids import CaseId, OrderId
from playbook.domain.improvements import Improvement, ImprovementState
from playbook.domain.orders import Component, Earlier, EarlierKind
from playbook.store import (
    CaseIndexRow,
    Key,
    OrderEntry,
    PersonKey,
    Recipient,
    SqlStore,
    VersionClash,
)
from playbook.store.keys import likes, person_keys
from playbook.store.orderbook import Holds
from playbook.store.vault import PersonHint
from tests.builders import CASE_ID, NOW, ORDER_ID, a_line, amounts, an_order, earlier

OTHER = CaseId("2026-0002")


def event(body: object, case_id: CaseId = CASE_ID) -> Event:
    return Event(case_id=case_id, seq=1, at=NOW, actor="Lin Xiaowen", body=body)  # type: ignore[arg-type]


def note(text: str, case_id: CaseId = CASE_ID) -> Event:
    return event(NoteAdded(text=text), case_id)


def an_improvement(**changes: object) -> Improvement:
    plain = {
        "measure": "packaging", "department": "purchasing", "owner": "lin", "due_on": date(2026, 12, 4),
        "about": {"sku": "22960", "problem": "transit_damage"}, "since": date(2026, 9, 1), "at": NOW, "by": "wang",
    }  # fmt: skip
    return Improvement(**{**plain, **changes})  # type: ignore[arg-type]


def write(store: SqlStore, *events: Event, version: int = 0, case_id: CaseId = CASE_ID) -> tuple[Event, ...]:
    with store.write(case_id) as tx:
        return tx.append(case_id, events, expected_version=version)


def index(case_id: CaseId, **changes: object) -> CaseIndexRow:
    plain = {
        "order_id": None, "stage": "lock", "next_due_at": None, "next_deadline_at": None, "flags": (),
        "updated_at": NOW, "agent": "Lin Xiaowen", "closed": False, "marketplace": "UK",
    }  # fmt: skip
    return CaseIndexRow(case_id=case_id, **{**plain, **changes})  # type: ignore[arg-type]


def put_index(store: SqlStore, *rows: CaseIndexRow) -> None:
    with store.write("index") as tx:
        for row in rows:
            tx.put_index(row)


class TestEvents:
    def test_an_unknown_case_has_no_events(self, store: SqlStore) -> None:
        assert store.events(CASE_ID) == ()
        assert store.case_ids() == ()

    def test_appended_events_come_back_numbered_and_chained(self, store: SqlStore) -> None:
        opened = write(store, event(CaseOpened(received_at=NOW)), note("订单很大"))
        more = write(store, note("third"), version=2)
        assert [e.seq for e in (*opened, *more)] == [1, 2, 3]
        assert store.events(CASE_ID) == (*opened, *more)
        assert store.events_since(CASE_ID, 2) == more
        assert len({GENESIS, *(e.chain for e in (*opened, *more))}) == 4
        assert store.case_ids() == (CASE_ID,)

    def test_amounts_and_orders_survive_exactly(self, store: SqlStore) -> None:
        order = an_order(
            a_line(paid=amounts(item="28.35", item_tax="5.67", promotion="-0.01")),
            earlier=(earlier(units=2, refunded=amounts(item="5.67")),),
        )
        write(store, event(OrderLocked(order=order, verdict="certain")))
        body = store.events(CASE_ID)[0].body
        assert isinstance(body, OrderLocked)
        assert body.order == order
        assert body.order.lines[0].paid[Component.PROMOTION].amount == Decimal("-0.01")

    @pytest.mark.parametrize("seen", [0, 2, 7])
    def test_a_stale_version_saves_nothing(self, store: SqlStore, seen: int) -> None:
        write(store, note("first"))
        with pytest.raises(VersionClash) as clash:
            write(store, note("late"), version=seen)
        assert (clash.value.case_id, clash.value.expected, clash.value.actual) == (CASE_ID, seen, 1)
        assert len(store.events(CASE_ID)) == 1

    def test_a_clash_that_is_caught_rolls_the_whole_transaction_back(self, store: SqlStore) -> None:
        write(store, note("first"))
        with store.write(CASE_ID) as tx:
            tx.put_draft(CASE_ID, "lock", {"sku": "X"}, NOW)
            with pytest.raises(VersionClash):
                tx.append(CASE_ID, [note("late")], expected_version=0)
            assert len(store.events(CASE_ID)) == 1
        assert store.draft(CASE_ID, "lock") is None

    def test_an_exception_rolls_back(self, store: SqlStore) -> None:
        def killed_half_way() -> None:
            with store.write(CASE_ID) as tx:
                tx.append(CASE_ID, [note("first")], expected_version=0)
                raise RuntimeError("killed")

        with pytest.raises(RuntimeError, match="killed"):
            killed_half_way()
        assert store.events(CASE_ID) == ()
        assert store.case_ids() == ()

    def test_events_of_another_case_are_refused(self, store: SqlStore) -> None:
        with pytest.raises(ValueError, match="another case"):
            write(store, note("x", OTHER))

    def test_appending_nothing_changes_nothing(self, store: SqlStore) -> None:
        assert write(store) == ()
        assert store.case_ids() == ()
        assert store.verify() == ()

    def test_all_cases_on_an_order_are_found_while_they_hold_it(self, store: SqlStore) -> None:
        locked = OrderLocked(order=an_order(), verdict="certain")
        write(store, event(locked))
        write(store, event(locked, OTHER), case_id=OTHER)
        with store.write(ORDER_ID) as tx:
            assert set(tx.events_of_order(ORDER_ID)) == {CASE_ID, OTHER}
            assert tx.events(OTHER) == store.events(OTHER)
        write(store, event(LockWithdrawn(reason="wrong one"), OTHER), version=1, case_id=OTHER)
        assert store.events_of_order(ORDER_ID) == {CASE_ID: store.events(CASE_ID)}
        assert store.events_of_order(OrderId("none")) == {}

    def test_a_second_connection_sees_what_was_committed(
        self, store: SqlStore, again: Callable[[], SqlStore]
    ) -> None:
        write(store, note("first"))
        other = again()
        assert other.events(CASE_ID) == store.events(CASE_ID)
        write(other, note("second"), version=1)
        assert len(store.events(CASE_ID)) == 2


class TestManyAtOnce:
    """What a review reads: whole logs as they are stored, without a query for each case."""

    def test_every_case_comes_with_its_first_event(self, store: SqlStore) -> None:
        opened = write(store, event(CaseOpened(received_at=NOW)), note("x"))
        write(store, note("y", OTHER), case_id=OTHER)
        found = dict(store.openings())
        assert list(found) == [CASE_ID, OTHER]
        assert found[CASE_ID] == canonical_json(opened[0])

    def test_logs_come_as_stored(self, store: SqlStore) -> None:
        events = write(store, event(CaseOpened(received_at=NOW)), note("x"))
        logs = store.stored_logs([OTHER, CASE_ID])
        assert logs[OTHER] == []
        assert logs[CASE_ID] == [(one.seq, canonical_json(one), one.chain) for one in events]
        many = [CaseId(f"2026-{number:04}") for number in range(1, 1200)]
        assert store.stored_logs(many)[CASE_ID] == logs[CASE_ID]

    def test_orders_that_several_cases_hold(self, store: SqlStore) -> None:
        locked = OrderLocked(order=an_order(), verdict="certain")
        write(store, event(CaseOpened(received_at=NOW)), event(locked))
        assert store.shared_orders({ORDER_ID}) == {}
        write(store, event(CaseOpened(received_at=NOW), OTHER), event(locked, OTHER), case_id=OTHER)
        assert store.shared_orders({ORDER_ID, OrderId("x")}) == {ORDER_ID: [CASE_ID, OTHER]}
        write(store, event(LockWithdrawn(reason="x"), OTHER), version=2, case_id=OTHER)
        assert store.shared_orders({ORDER_ID}) == {}

    def test_kept_texts_and_the_digest_of_the_log(self, store: SqlStore) -> None:
        ref = store.vault_put("letter", "Liebe Käuferin", purge_after=date(2026, 12, 1), case_id=CASE_ID)
        assert store.vault_texts({ref, "v-gone"}) == {ref: "Liebe Käuferin"}
        before = store.log_digest()
        write(store, note("x"))
        assert store.log_digest() != before


class TestConcurrency:
    def test_of_many_writers_with_one_version_exactly_one_wins(self, store: SqlStore) -> None:
        start = threading.Barrier(4)

        def attempt(number: int) -> bool:
            start.wait()
            try:
                write(store, note(str(number)))
            except VersionClash:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(attempt, range(4)))
        assert sum(won) == 1
        assert len(store.events(CASE_ID)) == 1
        assert store.verify() == ()

    def test_writers_on_one_order_decide_one_after_the_other(self, store: SqlStore) -> None:
        cases = [CaseId(f"2026-{number:04}") for number in range(1, 5)]
        start = threading.Barrier(4)

        def take_the_last_unit(case_id: CaseId) -> None:
            start.wait()
            with store.write(ORDER_ID) as tx:
                if not any(tx.events(other) for other in cases):
                    tx.append(case_id, [note("taken", case_id)], expected_version=0)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(take_the_last_unit, cases))
        assert len(store.case_ids()) == 1

    def test_case_ids_are_unique_and_without_gaps(self, store: SqlStore) -> None:
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda _: store.new_case_id(2026), range(20)))
        assert sorted(ids) == [f"2026-{number:04}" for number in range(1, 21)]
        assert store.new_case_id(2027) == "2027-0001"


class TestDrafts:
    def test_a_draft_is_kept_replaced_and_dropped(self, store: SqlStore) -> None:
        assert store.draft(CASE_ID, "lock") is None
        store.put_draft(CASE_ID, "lock", {"name": "甲", "rows": [1, None, {"x": "\ud800"}]}, NOW)
        assert store.draft(CASE_ID, "lock") == {"name": "甲", "rows": [1, None, {"x": "\ud800"}]}
        store.put_draft(CASE_ID, "lock", {"name": "乙"}, NOW)
        store.put_draft(CASE_ID, "remedy", {}, NOW)
        assert store.draft(CASE_ID, "lock") == {"name": "乙"}
        store.delete_draft(CASE_ID, "lock")
        assert store.draft(CASE_ID, "lock") is None
        assert store.draft(CASE_ID, "remedy") == {}

    def test_drafts_can_share_a_transaction_with_events(self, store: SqlStore) -> None:
        store.put_draft(CASE_ID, "lock", {"a": 1}, NOW)
        with store.write(CASE_ID) as tx:
            tx.append(CASE_ID, [note("confirmed")], expected_version=0)
            tx.delete_draft(CASE_ID, "lock")
        assert store.draft(CASE_ID, "lock") is None


class TestVault:
    def test_any_text_comes_back_until_it_is_purged(self, store: SqlStore) -> None:
        text = "A\x00B \ud800 <script> 陶瓷 \u202e" + "x" * 200_000
        ref = store.vault_put("message", text, purge_after=date(2026, 12, 20), case_id=CASE_ID)
        kept = store.vault_put("message", "later", purge_after=date(2026, 12, 21), order_id=ORDER_ID)
        assert store.vault_get(ref) == text
        assert store.purge(date(2026, 12, 20)).texts == 0
        assert store.purge(date(2026, 12, 21)).texts == 1
        assert store.vault_get(ref) is None
        assert store.vault_get(kept) == "later"
        assert store.vault_get("v-unknown") is None

    def test_references_say_nothing_and_never_repeat(self, store: SqlStore) -> None:
        refs = {store.vault_put("message", "same", purge_after=date(2026, 12, 1)) for _ in range(5)}
        assert len(refs) == 5
        assert not any("same" in ref for ref in refs)

    def test_purging_takes_search_keys_and_abandoned_drafts_along(self, store: SqlStore) -> None:
        person = Recipient(name="Ines Falkenrath", postcode="99999")
        store.put_orders([OrderEntry(an_order(), recipient=person, purge_after=date(2026, 12, 1))], "test")
        store.put_draft(CASE_ID, "lock", {"name": "Ines"}, NOW)
        store.put_draft(OTHER, "lock", {"name": "Ines"}, NOW + timedelta(days=20))
        purged = store.purge(date(2026, 12, 28))
        assert (purged.texts, purged.keys, purged.drafts) == (1, len(list(person_keys(person))), 1)
        assert store.recipient(ORDER_ID) is None
        assert store.find_by_person(PersonKey.NAME, ["ines"]) == {}
        assert store.order(ORDER_ID) == an_order()
        assert store.draft(OTHER, "lock") is not None


class TestHomeIndex:
    def test_rows_come_back_sorted_by_deadline_then_by_due_date(self, store: SqlStore) -> None:
        hour = timedelta(hours=1)
        put_index(
            store,
            index(CaseId("2026-0001"), updated_at=NOW - hour),
            index(CaseId("2026-0002"), next_due_at=NOW),
            index(CaseId("2026-0003"), next_deadline_at=NOW + hour, next_due_at=NOW + 2 * hour),
            index(CaseId("2026-0004"), next_deadline_at=NOW + hour, next_due_at=NOW + hour),
            index(CaseId("2026-0005"), next_deadline_at=NOW, closed=True),
            index(CaseId("2026-0006"), updated_at=NOW),
        )
        rows = store.list_index(open_only=False)
        assert [row.case_id[-1] for row in rows] == ["4", "3", "2", "6", "1", "5"]
        assert [row.case_id[-1] for row in store.list_index(limit=2, offset=1)] == ["3", "2"]
        assert rows[0].next_deadline_at == NOW + hour

    def test_a_row_is_replaced(self, store: SqlStore) -> None:
        put_index(store, index(CASE_ID, flags=("approval", "risk"), order_id=ORDER_ID))
        put_index(store, index(CASE_ID, flags=("risk",), stage="remedy"))
        assert store.list_index() == (index(CASE_ID, flags=("risk",), stage="remedy"),)

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("0001", 1),
            ("5512873", 1),
            ("xiaowen", 1),
            ("RISK", 1),
            ("nobody", 0),
            ("%", 0),
            ("_", 0),
            ("'", 0),
        ],
    )
    def test_text_filters_literally(self, store: SqlStore, text: str, found: int) -> None:
        put_index(
            store,
            index(CASE_ID, order_id=ORDER_ID, flags=("risk",)),
            index(OTHER, agent="Zhao Min", stage="x"),
        )
        assert len(store.list_index(text=text)) == found


class TestOrders:
    def test_orders_come_back_as_they_were_put(self, store: SqlStore) -> None:
        order = an_order(a_line(), a_line(2, title="茶壶 “L”\u202e"), po_number="PO 7")
        assert store.put_orders([order], "all.txt").added == 1
        assert store.order(ORDER_ID) == order
        assert store.order(OrderId("missing")) is None
        assert store.orders([ORDER_ID, OrderId("missing")]) == {ORDER_ID: order}

    def test_many_questions_share_one_snapshot(self, store: SqlStore) -> None:
        store.put_orders([OrderEntry(an_order(), buyer="K 17")], "test")
        with store.snapshot() as book:
            for _ in range(2):
                assert book.find_by_key(Key.BUYER, ["k 17"]) == {ORDER_ID: 1}
                assert book.order(ORDER_ID) == an_order()
                assert book.recipients([ORDER_ID]) == {}
                assert book.find_persons([PersonHint(PersonKey.NAME, ("ines",), 1)]) == {}
        store.put_orders([an_order(po_number="PO 8")], "later")
        assert store.find_by_key(Key.PO, ["po8"]) == {ORDER_ID: 1}

    def test_what_was_sold_is_summed_by_sku_day_and_marketplace(self, store: SqlStore) -> None:
        day = date(2026, 11, 20)
        for number in range(3):
            lines = (
                a_line(1, sku="MUG-RED", units=4),
                a_line(2, sku="mug-red", units=1),
                a_line(3, sku="LAMP", units=2),
            )
            placed = datetime(2026, 11, 20, 23, 30, tzinfo=UTC) + timedelta(hours=number)
            store.put_orders([an_order(*lines, order_id=OrderId(f"o{number}"), placed_at=placed)], "test")
        sold = [
            (row.sku, row.on, row.marketplace, row.units, row.orders) for row in store.units_sold(day, day)
        ]
        assert sold == [("lamp", day, "UK", 2, 1), ("mug-red", day, "UK", 5, 1)]
        both = list(store.units_sold(day, day + timedelta(days=1)))
        assert [(row.sku, row.on.day, row.units) for row in both] == [
            ("lamp", 20, 2), ("lamp", 21, 4), ("mug-red", 20, 5), ("mug-red", 21, 10),
        ]  # fmt: skip
        assert list(store.units_sold(day - timedelta(days=9), day - timedelta(days=1))) == []

    def test_putting_an_order_twice_changes_nothing(self, store: SqlStore) -> None:
        saved = store.put_orders([an_order(), an_order(order_id=OrderId("A-1"))], "a")
        again = store.put_orders([an_order(), an_order(order_id=OrderId("A-1"))], "b")
        assert (saved.added, again.added, again.changed, again.unchanged) == (2, 0, 0, 2)

    def test_later_information_merges(self, store: SqlStore) -> None:
        store.put_orders([an_order(a_line(shipped=0, delivered_on=None), read_at=NOW)], "a")
        shipped = an_order(a_line(), read_at=NOW + timedelta(days=1))
        assert store.put_orders([shipped], "b").changed == 1
        assert store.order(ORDER_ID) == shipped

    def test_the_same_order_twice_in_one_batch_is_one_order(self, store: SqlStore) -> None:
        store.put_orders([an_order(a_line()), an_order(a_line(sku="NEW"))], "a")
        order = store.order(ORDER_ID)
        assert order is not None
        assert [line.sku for line in order.lines] == ["SKU-1", "NEW"]

    def test_orders_are_found_by_every_key(self, store: SqlStore) -> None:
        asin = "B0ABCDEF12"
        order = an_order(a_line(sku="Mug-RED", asin=asin), po_number="PO-2026/7", replaces=OrderId("X-9"))
        store.put_orders([OrderEntry(order, buyer="K 17", tracking=("1Z 999",), rmas=("D1-RRMA",))], "a")
        for kind, value in (
            (Key.ORDER, "20455128737719305"),
            (Key.ORDER_PART, "5512873"),
            (Key.PO, "po20267"),
            (Key.RMA, "d1rrma"),
            (Key.TRACKING, "1z999"),
            (Key.BUYER, "k 17"),
            (Key.REPLACES, "X-9"),
        ):
            assert store.find_by_key(kind, [value]) == {ORDER_ID: 1}, kind
            assert store.find_by_key(kind, [value + "x"]) == {}
        assert store.find_by_prefix(Key.ORDER_BACKWARDS, "50391") == {ORDER_ID: 1}
        assert store.find_by_prefix(Key.ORDER, "2045512") == {ORDER_ID: 1}
        assert store.find_by_prefix(Key.ORDER, "") == {}
        assert store.find_by_fragment("28737") == {ORDER_ID: 1}
        assert store.find_by_fragment("%") == {}
        assert store.skus_of_asin(asin) == {"mug-red"}
        assert store.skus_of_asin("B0ABCDEF13") == frozenset()
        assert store.product_titles() == (("mug-red", "Desk lamp, colour 1"),)

    def test_hits_are_counted_and_limited_to_what_was_placed_before(self, store: SqlStore) -> None:
        both = an_order(a_line(), a_line(2), order_id=OrderId("A"), placed_at=NOW)
        one = an_order(a_line(), order_id=OrderId("B"), placed_at=NOW + timedelta(hours=1))
        store.put_orders([one, both], "a")
        lamp, other = Holds(frozenset({"sku-1"})), Holds(frozenset({"sku-2"}))
        assert list(store.find_by_products([lamp, other]).items()) == [("A", 2)]
        assert list(store.find_by_products([lamp]).items()) == [("B", 1), ("A", 1)]
        assert list(store.find_by_products([lamp, Holds(frozenset({"none"}))]).items()) == [
            ("B", 1),
            ("A", 1),
        ]
        assert store.find_by_products([lamp], before=NOW) == {"A": 1}
        assert list(store.find_by_products([lamp], limit=1)) == ["B"]
        assert store.find_by_products([]) == {}

    def test_an_order_must_hold_the_units(self, store: SqlStore) -> None:
        store.put_orders([an_order(a_line(units=6), a_line(2, sku="SKU-1", units=4))], "a")
        assert store.find_by_products([Holds(frozenset({"sku-1"}), 10)]) == {ORDER_ID: 1}
        assert store.find_by_products([Holds(frozenset({"sku-1"}), 11)]) == {}

    def test_products_of_one_buyer(self, store: SqlStore) -> None:
        for order_id, buyer in (("A", "17"), ("B", "17"), ("C", "18")):
            lines = (a_line(), a_line(2)) if order_id == "A" else (a_line(),)
            store.put_orders([OrderEntry(an_order(*lines, order_id=OrderId(order_id)), buyer=buyer)], "a")
        lamp, other = Holds(frozenset({"sku-1"})), Holds(frozenset({"sku-2"}))
        assert list(store.find_by_products([lamp, other], buyer="17").items()) == [("A", 2), ("B", 1)]
        assert store.find_by_products([other], buyer="18") == {}
        assert store.find_by_products([lamp], buyer="17", before=NOW - timedelta(days=30)) == {}

    def test_persons_are_ranked_by_all_that_is_known_of_them(self, store: SqlStore) -> None:
        for order_id, name, city in (("A", "Ines Falkenrath", "Kassel"), ("B", "Ines Moreno", "Jena")):
            entry = OrderEntry(
                an_order(order_id=OrderId(order_id)),
                recipient=Recipient(name, city=city),
                purge_after=date(2026, 12, 1),
            )
            store.put_orders([entry], "a")
        hints = [
            PersonHint(PersonKey.NAME, ("ines",), 2),
            PersonHint(PersonKey.NAME_LIKE, tuple(likes(["falkenrat"])), 3),
            PersonHint(PersonKey.CITY, ("kassel",), 4),
        ]
        assert list(store.find_persons(hints).items()) == [("A", 9), ("B", 2)]
        assert list(store.find_persons(hints, limit=1)) == ["A"]
        assert store.find_persons([]) == {}
        assert set(store.recipients([OrderId("A"), OrderId("X")])) == {"A"}
        assert store.find_by_person(PersonKey.NAME, ["ines", "moreno"], at_least=2) == {"B": 2}

    def test_what_a_poorer_report_does_not_say_stays_known(self, store: SqlStore) -> None:
        for person in (Recipient("Ines Falkenrath", city="Jena"), Recipient(city="Kassel")):
            store.put_orders([OrderEntry(an_order(), recipient=person, purge_after=date(2026, 12, 1))], "a")
        assert store.recipient(ORDER_ID) == Recipient("Ines Falkenrath", city="Kassel")

    def test_personal_keys_find_orders_without_being_stored(self, store: SqlStore) -> None:
        person = Recipient(
            "Ines Falkenrath", "k7@marketplace.amazon.de", postcode="D 99999", city="Musterstadt"
        )
        store.put_orders([OrderEntry(an_order(), recipient=person, purge_after=date(2026, 12, 1))], "a")
        assert store.recipient(ORDER_ID) == person
        assert store.find_by_person(PersonKey.NAME, ["ines", "falkenrath", "x"]) == {ORDER_ID: 2}
        assert store.find_by_person(PersonKey.POSTCODE, ["d99999"]) == {ORDER_ID: 1}
        assert store.find_by_person(PersonKey.CITY, ["musterstadt"]) == {ORDER_ID: 1}
        assert store.find_by_person(PersonKey.EMAIL, ["k7@marketplace.amazon.de"]) == {ORDER_ID: 1}
        assert store.find_by_person(PersonKey.EMAIL, ["musterstadt"]) == {}

    def test_a_recipient_without_a_purge_date_is_not_kept(self, store: SqlStore) -> None:
        store.put_orders([OrderEntry(an_order(), recipient=Recipient(name="Ines Falkenrath"))], "a")
        assert store.recipient(ORDER_ID) is None
        assert store.find_by_person(PersonKey.NAME, ["ines"]) == {}

    def test_earlier_compensation_survives_a_new_report(self, store: SqlStore) -> None:
        refund = Earlier(kind=EarlierKind.REFUND, line=1, units=2, reference="R-1")
        store.put_orders([an_order(earlier=(refund,))], "a")
        store.put_orders([an_order(po_number="PO 8")], "b")
        order = store.order(ORDER_ID)
        assert order is not None
        assert (order.earlier, order.po_number) == ((refund,), "PO 8")


class TestStock:
    def test_a_stock_file_replaces_the_one_before(self, store: SqlStore) -> None:
        assert store.stock_taken() is None
        store.put_stock({"MUG-RED": 4, "mug-red ": 3, "LAMP": 0}, NOW)
        assert store.stock(["MUG-RED", "LAMP", "CHAIR"]) == {"MUG-RED": 7, "LAMP": 0}
        assert store.stock_taken() == (2, NOW)
        store.put_stock({"CHAIR": 9}, NOW + timedelta(days=1))
        assert store.stock(["MUG-RED", "CHAIR"]) == {"CHAIR": 9}
        assert store.stock_taken() == (1, NOW + timedelta(days=1))

    def test_promised_goods_are_summed_over_the_other_cases(self, store: SqlStore) -> None:
        one, two, three = (CaseId(f"2026-000{number}") for number in (1, 2, 3))
        with store.write("cases") as tx:
            tx.put_promised(one, {"MUG-RED": 4, "LAMP": 1})
            tx.put_promised(two, {"mug-red ": 3})
            tx.put_promised(three, {"CHAIR": 2})
        wanted = ["MUG-RED", "LAMP", "DESK"]
        assert store.promised(wanted, besides=three) == {"MUG-RED": 7, "LAMP": 1}
        assert store.promised(wanted, besides=one) == {"MUG-RED": 3}
        with store.write("cases") as tx:
            tx.put_promised(one, {})
        assert store.promised(wanted, besides=three) == {"MUG-RED": 3}


class TestRules:
    def test_rules_are_kept_byte_by_byte(self, store: SqlStore) -> None:
        files = {"a.yaml": "schema: 1\r\nwhy: 退款\n".encode(), "b.yaml": b"\xff broken"}
        assert store.rules("0123456789ab") is None
        for _ in range(2):
            with store.write("case") as tx:
                tx.keep_rules("0123456789ab", files)
        assert store.rules("0123456789ab") == files


class TestImprovements:
    def test_every_revision_is_kept_and_the_newest_counts(self, store: SqlStore) -> None:
        with store.write("improvements") as tx:
            first = tx.put_improvement(an_improvement())
            other = tx.put_improvement(
                an_improvement(owner="wang", about={"lot": "L-7", "problem": "defect"})
            )
        later = replace(
            first,
            revision=2,
            state=ImprovementState.IN_EFFECT,
            effective_on=date(2026, 11, 25),
            note="新内盒",
        )
        with store.write("improvements") as tx:
            assert tx.put_improvement(later) == later
        assert (first.number, other.number) == (1, 2)
        assert store.improvements() == (later, other)
        assert store.improvement(1) == (first, later)
        assert store.improvement(3) == ()

    def test_of_two_who_change_one_action_the_second_is_told(self, store: SqlStore) -> None:
        with store.write("improvements") as tx:
            first = tx.put_improvement(an_improvement())
        second = replace(first, revision=2, owner="wang")
        with store.write("improvements") as tx:
            tx.put_improvement(second)
        with pytest.raises(VersionClash), store.write("improvements") as tx:
            tx.put_improvement(replace(first, revision=2, owner="zhao"))
        assert store.improvement(1) == (first, second)
