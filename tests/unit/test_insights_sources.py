"""Where faults and shipments come from: cases, order book, the table of products, Amazon's reports."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from playbook.cli import main
from playbook.domain.claims import ProblemType
from playbook.domain.ids import OrderId
from playbook.domain.remedies import RemedyKind
from playbook.insights.products import Products, keep_products, load_products, read_products
from playbook.insights.returns import ReportRead, faults_of_reports, read_report, review_reports
from playbook.insights.rows import Trait
from playbook.insights.sources import faults_of, own_rows
from playbook.orderbook import ImportRefused
from playbook.store import SqlStore, open_store
from tests.builders import a_case, a_claimed_case, a_line, a_planned_case, an_order, claim

DAY = date(2026, 11, 20)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with open_store(f"sqlite:///{tmp_path / 'playbook.db'}") as store:
        yield store


def written(folder: Path, text: str, name: str = "products.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# -- cases and order book


def test_a_case_gives_a_fault_for_each_claim_with_what_its_remedy_grants() -> None:
    case = a_planned_case(RemedyKind.REPLACEMENT)
    assert case.order is not None
    [fault] = faults_of(case)
    assert (fault.sku, fault.units, fault.problem) == (case.order.lines[0].sku, 3, "transit_damage")
    assert fault.day == case.order.placed_at.date()
    assert fault.remedy == "replacement"
    assert fault.cost == int(case.remedies[0].granted.amount * 100) > 0
    assert fault.traits[Trait.MARKETPLACE] == "UK"


def test_goods_that_were_never_ordered_belong_to_no_sku() -> None:
    case = a_claimed_case(claim(1), claim(2, ProblemType.EXTRA_ITEM))
    assert [fault.problem for fault in faults_of(case)] == ["transit_damage"]
    assert list(faults_of(a_case())) == []


def test_faults_and_shipments_meet_under_one_spelling(store: SqlStore) -> None:
    case = a_claimed_case()
    assert case.order is not None
    store.put_orders([case.order], "test")
    rows = own_rows(store, cases=[case])
    [fault], [left] = rows.faults, rows.shipped
    assert fault.sku == left.sku == case.order.lines[0].sku
    assert fault.day == left.day
    assert (left.units, left.lines) == (case.order.lines[0].units_ordered, 1)
    early = own_rows(store, cases=[case], last=fault.day - timedelta(days=1))
    assert early.faults == early.shipped == ()
    assert own_rows(store).faults == ()


# -- the table of products

TABLE = """sku,alias,family,supplier,packaging,lot,from,to
JAM-6,JAM-OLD,JAM,S1,B1,,,2026-06-30
JAM-6,,,,B2,,2026-07-01,
JAM-6,,,,,L7,2026-07-01,2026-07-31
LAMP,,LAMP,S2,B1,,,
"""


def test_traits_hold_for_their_days_and_aliases_for_their_sku(tmp_path: Path) -> None:
    known = read_products(written(tmp_path, TABLE))
    assert known.skipped == ()
    assert known.skus == 2
    assert known.name("jam-old") == known.name(" Jam-6") == "JAM-6"
    assert known.name("OTHER") == "OTHER"
    assert known.traits("JAM-OLD", date(2026, 6, 30))[Trait.PACKAGING] == "B1"
    assert known.traits("JAM-6", date(2026, 7, 1)) == {Trait.PACKAGING: "B2", Trait.LOT: "L7"}
    assert known.traits("OTHER", DAY) == {}


def test_a_sku_renamed_in_mid_period_is_one(store: SqlStore, tmp_path: Path) -> None:
    orders = [
        an_order(
            a_line(1, sku=sku, units=5), order_id=OrderId(sku), placed_at=datetime(2026, month, 5, tzinfo=UTC)
        )
        for sku, month in (("JAM-OLD", 6), ("JAM-6", 7))
    ]
    store.put_orders(orders, "test")
    shipped = own_rows(store, read_products(written(tmp_path, TABLE))).shipped
    assert [(row.sku, row.units, row.traits[Trait.PACKAGING]) for row in shipped] == [
        ("JAM-6", 5, "B2"), ("JAM-6", 5, "B1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",,JAM,,,,,", "row_no_sku"),
        ("A,,,,,,2026-02-30,", "row_time"),
        ("A,,,,,,2026-03-02,2026-03-01", "row_period"),
        ("LAMP,jam-6,,,,,,", "row_alias"),
        ("JAM-OLD,,,,,,,", "row_alias"),
        ("JAM-6,,,,B9,,2026-01-01,", "row_trait_twice"),
    ],
)
def test_rows_that_contradict_are_named(tmp_path: Path, row: str, code: str) -> None:
    [skipped] = read_products(written(tmp_path, f"{TABLE}{row}\n")).skipped
    assert (skipped.line, skipped.why.code) == (6, code)
    assert str(skipped)


def test_a_table_is_kept_only_when_every_row_can_be_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert load_products(home) == Products()
    keep_products(written(tmp_path, TABLE), home)
    assert load_products(home).skus == 2
    keep_products(written(tmp_path, f"{TABLE},,JAM,,,,,\n"), home)
    keep_products(written(tmp_path, "sku,family\n"), home)
    assert load_products(home).skus == 2
    with pytest.raises(ImportRefused, match="sku"):
        keep_products(written(tmp_path, "name,family\nA,B\n"), home)


def test_the_command_says_what_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))

    def ran(text: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["orders", "products", str(written(tmp_path, text))])
        return result.exit_code, result.output

    assert ran(TABLE) == (0, "products: 2 SKUs, 0 rows not read\n")
    code, told = ran(f"{TABLE},,JAM,,,,,\n")
    assert code == 1
    assert "nothing was replaced" in told
    assert ran("sku,family\n")[0] == 3
    assert ran("name\nA\n")[0] == 3


# -- Amazon's reports, alone

MFN = (
    "Order ID|Order date|Return request date|Return request status|Amazon RMA ID|Label cost|Currency code|"
    "Return carrier|Label to be paid by|Merchant SKU|Return quantity|Return Reason|Resolution|"
    "Return delivery date|Order Amount|Order quantity|Refunded Amount|Moon phase"
)


def mfn(folder: Path, *rows: str) -> ReportRead:
    return read_report(written(folder, "\n".join([MFN, *rows]).replace("|", "\t"), "mfn.txt"))


def test_every_column_of_a_return_report_is_used_and_others_are_named(tmp_path: Path) -> None:
    read = mfn(
        tmp_path,
        "o1|1-Nov-2026|5-Nov-2026|Approved|R1|4.14|USD|UPS|Seller|MUG|2|CR-DEFECTIVE|StandardRefund|9-Nov-2026|40.00|4|20.00|full",
    )
    assert (read.report, read.unused, read.skipped) == ("mfn-returns", ("Moon phase",), ())
    review = review_reports(read.rows, DAY, 4)
    assert review.tallies["problem"] == {"defect": (1, 2)}
    assert review.tallies["carrier"] == {"UPS": (1, 2)}
    assert (review.until_request, review.until_back) == ((4,), (4,))
    assert str(review.refunded["USD"]) == "20.00"
    assert str(review.labels["USD"]) == "4.14"
    assert review.findings == ()
    [fault] = faults_of_reports(read.rows)
    assert (fault.sku, fault.day, fault.units, fault.cost) == ("MUG", date(2026, 11, 1), 2, 2414)


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        (["o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|||MUG|1|X|StandardRefund||40.00|4|10.00|"] * 2, ["refunded_twice"]),
        (["o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|||MUG|5|X|StandardRefund||40.00|4||"], ["returned_more_than_ordered"]),
        (["o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|||MUG|1|X|StandardRefund||40.00|4|41.00|"], ["refunded_more_than_paid"]),
        (["o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|||MUG|1|X|StandardRefund||40.00|1|10.00|",
          "o1|1-Nov-2026|5-Nov-2026|Approved|R2||USD|||MUG|1|X|ReturnlessReplacement||40.00|2||"], []),
        (["o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|||MUG|1|X|StandardRefund||40.00|1|10.00|",
          "o1|1-Nov-2026|5-Nov-2026|Approved|R2||USD|||MUG|1|X|ReturnlessReplacement||40.00|1||"],
         ["returned_more_than_ordered", "refunded_and_replaced"]),
        (["o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|||MUG|1|X|StandardRefund|10-Nov-2026|40.00|4||"], ["refund_late"]),
        (["o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|||MUG|1|X|StandardRefund|17-Nov-2026|40.00|4||"], []),
    ],
)  # fmt: skip
def test_double_refunds_and_late_ones_are_found(tmp_path: Path, rows: list[str], codes: list[str]) -> None:
    findings = review_reports(mfn(tmp_path, *rows).rows, DAY, 4).findings
    assert [finding.code for finding in findings] == codes
    assert all(finding.sentence and finding.order_id == "o1" for finding in findings)


def test_comments_hold_no_personal_data_and_centres_are_told(tmp_path: Path) -> None:
    fba = (
        "return-date,order-id,sku,asin,fnsku,product-name,quantity,fulfillment-center-id,detailed-disposition,"
        "reason,status,license-plate-number,customer-comments\n"
        "2026-06-20T07:32:45+00:00,o1,MUG,B0BDTJKS7R,X1,Mug,1,IND8,SELLABLE,DEFECTIVE,Done,LPN1,write to jo@example.org\n"
        "2026-06-20T07:32:45+00:00,,MUG,,,,1,,,,,,\n"
        "2026-06-20T07:32:45+00:00,o2,MUG,,,,0,,,,,,\n"
    )
    read = read_report(written(tmp_path, fba, "fba.csv"))
    assert [skipped.why.code for skipped in read.skipped] == ["row_no_order", "row_units"]
    [row] = read.rows
    assert row.told["comment"] == "write to [e-mail]"
    [fault] = faults_of_reports(read.rows)
    assert fault.traits == {Trait.CHANNEL: "FBA", Trait.WAREHOUSE: "IND8"}


def test_a_replacement_is_a_fault_and_a_reimbursement_none(tmp_path: Path) -> None:
    sent = (
        "shipment-date\tsku\tasin\tfulfillment-center-id\toriginal-fulfillment-center-id\tquantity\t"
        "replacement-reason-code\treplacement-amazon-order-id\toriginal-amazon-order-id\n"
        "2026-06-20T07:32:45+00:00\tMUG\t\tA1\tB2\t2\tDAMAGED_BY_CARRIER\to9\to1\n"
    )
    [fault] = faults_of_reports(read_report(written(tmp_path, sent, "sent.txt")).rows)
    assert (fault.problem, fault.units, fault.traits[Trait.WAREHOUSE]) == ("transit_damage", 2, "B2")
    paid = (
        "approval-date\treimbursement-id\tamazon-order-id\treason\tsku\tcurrency-unit\tamount-total\t"
        "quantity-reimbursed-total\n2026-06-20T07:32:45+00:00\tr1\to1\tLost_Warehouse\tMUG\tUSD\t12.00\t1\n"
    )
    read = read_report(written(tmp_path, paid, "paid.txt"))
    assert list(faults_of_reports(read.rows)) == []
    assert review_reports(read.rows, DAY, 4).tallies["reason"] == {"Lost_Warehouse": (1, 1)}


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="mfn-returns"):
        read_report(written(tmp_path, "a,b\n1,2\n"))


def test_the_command_reviews_reports_alone(tmp_path: Path) -> None:
    row = "o1|1-Nov-2026|5-Nov-2026|Approved|R1||USD|UPS||MUG|5|CR-DEFECTIVE|StandardRefund||40.00|4||"
    bad = "|1-Nov-2026|5-Nov-2026|Approved|R1||USD|UPS||MUG|5|X|StandardRefund||40.00|4||"
    mfn(tmp_path, row, bad)
    result = CliRunner().invoke(main, ["orders", "returns", str(tmp_path / "mfn.txt")])
    assert result.exit_code == 1
    assert "  defect: 1 rows, 5 units" in result.output
    assert "no rates" in result.output
    assert "days until request after the order: median 4" in result.output
    assert "returned_more_than_ordered: order o1 MUG: 5 units of 4 ordered" in result.output
    assert "line 3: No order number." in result.output
    wrong = CliRunner().invoke(main, ["orders", "returns", str(written(tmp_path, "a,b\n1,2\n"))])
    assert wrong.exit_code == 3
