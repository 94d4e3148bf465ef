"""Signals: who is held against whom, what is called, and what never may be."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from playbook.insights import measures as m
from playbook.insights.rows import Fault, Shipped, Trait
from playbook.insights.sampledata import BAD_BATCH_FROM, sample_data
from playbook.insights.signals import Verdict, count, early_warnings, find, questions, verdict_of
from playbook.policy.base import PolicyError

START = date(2026, 1, 5)
SCHEMA = Path(__file__).resolve().parents[2] / "data" / "schemas" / "measures.schema.json"


def shop(
    rates: dict[str, float],
    weeks: int = 30,
    units: int = 100,
    seed: int = 1,
    traits: dict[str, dict[Trait, str]] | None = None,
) -> tuple[list[Fault], list[Shipped]]:
    rng = random.Random(seed)
    faults, shipped = [], []
    for sku, rate in rates.items():
        of = (traits or {}).get(sku, {})
        for week in range(weeks):
            day = START + timedelta(weeks=week)
            shipped.append(Shipped(sku, day, units, of))
            faults += [
                Fault(sku, day, 1, "defect", reference=f"{sku}-{week}-{number}", traits=of)
                for number in range(units)
                if rng.random() < rate
            ]
    return faults, shipped


ALIKE = {f"S{number:02}": 0.01 for number in range(40)}


def test_goods_that_go_wrong_more_often_are_called_and_the_rest_is_not() -> None:
    faults, shipped = shop(ALIKE | {"BAD": 0.05})
    [signal] = find(faults, shipped)
    assert signal.about == {"sku": "BAD", "problem": "defect"}
    assert signal.units == signal.events == sum(fault.sku == "BAD" for fault in faults)
    assert signal.shipped == 3000
    assert signal.low < 0.05 < signal.high
    assert signal.expected == pytest.approx(0.01, rel=0.2)
    assert 3 < signal.times_low < signal.times < signal.times_high
    assert signal.since is None
    assert (signal.measure, signal.department, signal.party) == ("batch_stop", "product", "supplier")


def test_one_order_with_fifty_broken_units_is_one_event_and_no_signal() -> None:
    faults, shipped = shop(ALIKE)
    one_accident = Fault("S00", START, 50, "transit_damage", reference="o1")
    assert find([*faults, one_accident], shipped) == find(faults, shipped) == ()
    spread = [Fault("S00", START, 1, "transit_damage", reference=f"o{number}") for number in range(50)]
    assert [signal.about["problem"] for signal in find([*faults, *spread], shipped)] == ["transit_damage"]


def test_the_same_order_told_in_two_rows_is_one_event() -> None:
    rows = [
        Fault("S00", START, 2, "missing", reference="o1"),
        Fault("S00", START, 3, "missing", reference="o1"),
    ]
    counts = count([*rows, Fault("S00", START, 1, "missing")], [Shipped("S00", START, 10)])
    assert counts.number == {("S00", "missing"): 2}


def test_fewer_than_five_complaints_are_never_called() -> None:
    faults = [Fault("TINY", START, 1, "defect", reference=str(number)) for number in range(4)]
    shipped = [Shipped("TINY", START, 4), *(Shipped(sku, START, 100_000) for sku in ALIKE)]
    assert find(faults, shipped) == ()
    fifth = Fault("TINY", START, 1, "defect", reference="4")
    assert len(find([*faults, fifth], [*shipped, Shipped("TINY", START, 1)])) == 1


def test_a_rise_is_called_and_dated_though_the_whole_period_looks_usual() -> None:
    faults, shipped = shop(dict.fromkeys(ALIKE, 0.03))
    rng = random.Random(5)
    for week in range(30):
        day = START + timedelta(weeks=week)
        shipped.append(Shipped("LATER", day, 100))
        rate = 0.01 if week < 22 else 0.09
        faults += [
            Fault("LATER", day, 1, "defect", reference=f"{week}-{number}")
            for number in range(100)
            if rng.random() < rate
        ]
    [signal] = find(faults, shipped)
    assert signal.about["sku"] == "LATER"
    assert signal.since is not None
    assert abs((signal.since - START).days / 7 - 22) <= 1


def test_a_carrier_is_not_blamed_for_the_fragile_goods_it_gets() -> None:
    fragile, sturdy = {Trait.CARRIER: "C1"}, {Trait.CARRIER: "C2"}
    rates = {f"GLASS{n}": 0.08 for n in range(6)} | {f"TIN{n}": 0.01 for n in range(6)}
    traits = {sku: fragile if sku.startswith("GLASS") else sturdy for sku in rates}
    faults, shipped = shop(rates, traits=traits)
    shipped.append(Shipped("GLASS0", START, 100, sturdy))
    faults += [Fault("GLASS0", START, 1, "defect", reference=str(n), traits=sturdy) for n in range(8)]
    assert not [signal for signal in find(faults, shipped) if "carrier" in signal.about]


def test_a_lot_is_found_within_its_sku() -> None:
    good, bad = {Trait.LOT: "L1"}, {Trait.LOT: "L2"}
    faults, shipped = shop({"LAMP": 0.01, "OTHER": 0.01}, traits={"LAMP": good, "OTHER": good})
    more, left = shop({"LAMP": 0.06}, weeks=10, seed=3, traits={"LAMP": bad})
    found = {signal.goods: signal for signal in find([*faults, *more], [*shipped, *left])}
    assert found["L2"].measure == "batch_stop"
    assert found["L2"].shipped == 1000
    assert found["L2"].expected == pytest.approx(0.01, rel=0.5)
    assert "L1" not in found


def test_one_bad_sku_does_not_make_a_bad_supplier() -> None:
    rates = {f"A{n}": 0.01 for n in range(8)} | {"A8": 0.12} | {f"B{n}": 0.01 for n in range(9)}
    traits = {sku: {Trait.SUPPLIER: sku[0]} for sku in rates}
    assert [signal.goods for signal in find(*shop(rates, traits=traits))] == ["A8"]
    both = {sku: 0.03 if sku[0] == "A" else 0.01 for sku in rates}
    found = [signal for signal in find(*shop(both, traits=traits, weeks=15)) if "supplier" in signal.about]
    assert [signal.measure for signal in found] == ["supplier_claim"]


def test_a_sku_is_held_against_its_family() -> None:
    rates = {f"G{n}": 0.05 for n in range(5)} | {f"T{n}": 0.005 for n in range(15)} | {"T99": 0.03}
    traits = {sku: {Trait.FAMILY: sku[0]} for sku in rates}
    found = [signal.about for signal in find(*shop(rates, traits=traits))]
    assert {"sku": "T99", "problem": "defect"} in found
    assert {"family": "G", "problem": "defect"} in found
    assert not [about for about in found if about.get("sku", "").startswith("G")]


def test_lines_are_what_events_are_divided_by_where_they_are_known() -> None:
    faults = [Fault("BULK", START, 1, "defect", reference=str(number)) for number in range(12)]
    faults += [Fault("ONE", START, 1, "defect", reference=f"x{number}") for number in range(12)]
    shipped = [Shipped("BULK", START, 50_000, lines=1000), Shipped("ONE", START, 1000, lines=1000)]
    counts = count(faults, shipped)
    assert counts.by_lines
    assert find(faults, shipped) == ()
    assert [one.goods for one in find(faults, [Shipped(r.sku, r.day, r.units) for r in shipped])] == ["ONE"]


@pytest.mark.parametrize("shipped", [[], [Shipped("B", START, 0)], [Shipped("B", START, 9)]])
def test_without_shipments_of_the_goods_nothing_is_claimed(shipped: list[Shipped]) -> None:
    faults = [Fault("A", START, 1, "defect", reference=str(number)) for number in range(30)]
    assert find(faults, shipped) == ()
    assert find([], shipped) == ()


def test_costs_references_and_the_party_come_from_the_faults() -> None:
    faults, shipped = shop(ALIKE)
    faults += [
        Fault(
            "BAD", START + timedelta(days=number), 1, "defect", "carrier" if number % 3 else "unknown",
            f"c{number:02}", cost=100, currency="GBP" if number % 2 else "EUR",
        )
        for number in range(20)
    ]  # fmt: skip
    shipped.append(Shipped("BAD", START, 100))
    [signal] = find(faults, shipped)
    assert signal.cost == {"EUR": 1000, "GBP": 1000}
    assert signal.party == "carrier"
    assert signal.references[:2] == ("c19", "c18")
    assert signal.goods == "BAD"


def test_what_began_lately_is_warned_of_before_it_is_proven() -> None:
    faults, shipped = shop(dict.fromkeys(ALIKE, 0.01), weeks=30)
    last = START + timedelta(weeks=29)
    quiet = early_warnings(faults, shipped)
    more = [Fault("S07", last, 1, "defect", reference=f"new{number}") for number in range(8)]
    [warning] = [one for one in early_warnings([*faults, *more], shipped) if one not in quiet]
    assert warning.about == {"sku": "S07", "problem": "defect"}
    assert warning.on == last
    assert warning.lately >= 8 > warning.expected
    assert early_warnings(more, []) == ()


def test_early_warnings_cry_wolf_as_seldom_as_they_say() -> None:
    cried = sum(
        bool(early_warnings(*shop(dict.fromkeys(list(ALIKE)[:8], 0.03), seed=seed))) for seed in range(15)
    )
    known = m.load_measures().signals
    # six weeks are watched in each run: at most 6 of quiet_weeks runs cry, on average
    assert cried / 15 <= 6 / known.quiet_weeks


def verdicts() -> Iterator[tuple[str, Verdict]]:
    faults, shipped = shop(ALIKE | {"BAD": 0.06})
    shipped.append(Shipped("NEW", START, 10))
    counts, known = count(faults, shipped), m.load_measures()
    asked = questions(counts, known.signals.false_discovery, known.signals.fewest_events)
    for one in asked:
        yield one.about["sku"], verdict_of(one, known)


def test_not_enough_data_is_an_answer() -> None:
    said = dict(verdicts())
    assert said["BAD"] is Verdict.SIGNAL
    assert said["S00"] is Verdict.USUAL
    assert said["NEW"] is Verdict.NOT_ENOUGH


def test_the_goods_hidden_in_the_sample_rows_are_found_and_no_others() -> None:
    data = sample_data(date(2026, 11, 24))
    found = {tuple(signal.about.values()): signal for signal in find(data.faults, data.shipped)}
    assert {pair for pair in found if pair[0].count("-")} == {
        ("MUG-BLUE", "wrong_variant"), ("LAMP-DESK", "defect"), ("JAM-SET-12", "transit_damage"),
    }  # fmt: skip
    since = found["LAMP-DESK", "defect"].since
    assert since is not None
    assert abs((since - data.first).days / 7 - BAD_BATCH_FROM) <= 4
    assert found["JAM-SET-12", "transit_damage"].measure == "packaging"


# -- the table of measures


def test_the_schema_in_data_is_that_of_the_model() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == m.schema()


def test_reason_codes_stand_for_problems() -> None:
    known = m.load_measures()
    assert known.problem_of("CR-DEFECTIVE") == known.problem_of(" defective ") == "defect"
    assert known.problem_of("AMZ-PG-WJ-TOO-SMALL") == "not_as_described"
    assert known.problem_of("CR-NEW_CODE") == "NEW_CODE"


def test_every_problem_has_a_measure_and_a_lot_beats_its_problem() -> None:
    known = m.load_measures()
    assert known.row_for({"sku": "A", "problem": "transit_damage"}).measure == "packaging"
    assert known.row_for({"sku": "A", "problem": "transit_damage"}, "supplier").measure == "supplier_claim"
    assert known.row_for({"lot": "L", "problem": "transit_damage"}).measure == "batch_stop"
    assert known.row_for({"sku": "A", "problem": "NEW_CODE"}).measure == "investigate"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("measure: batch_stop, department: product}", "measure: pray, department: product}", "measure"),
        ("false_discovery_percent: 5", "false_discovery_percent: 0.05", "amount"),
        ("id: of_supplier", "id: of_lot", "of_lot appears twice"),
        ("codes: [EXTRA_ITEM]", "codes: [DEFECTIVE]", "DEFECTIVE appears twice"),
        ("id: otherwise, traits: []", "id: otherwise, traits: [lot]", "must fit everything"),
        ("schema: 1", "schema: 1\nschema: 1", "twice"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(old: str, new: str, told: str) -> None:
    from playbook.settings import data_dir

    text = (data_dir() / "insights" / m.FILE).read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(PolicyError) as refused:
        m.read_measures(text.replace(old, new, 1).encode())
    assert told in str(refused.value)
    assert f"{m.FILE}:" in str(refused.value)


@pytest.mark.parametrize("content", [b"[1]", b""])
def test_a_file_that_is_no_mapping_is_refused(content: bytes) -> None:
    with pytest.raises(PolicyError):
        m.read_measures(content)
