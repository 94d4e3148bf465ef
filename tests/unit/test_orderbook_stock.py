"""Stock files: read strictly, replaced as a whole, and told what was skipped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from playbook.cli import main
from playbook.orderbook import ImportRefused
from playbook.orderbook.stock import import_stock
from playbook.store import SqlStore, open_store
from tests.builders import NOW


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with open_store(f"sqlite:///{tmp_path / 'playbook.db'}") as store:
        yield store


def written(folder: Path, text: str, name: str = "stock.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    "text",
    ["sku,units\nMUG-RED,4\nLAMP,0\n", "\ufeffSKU\tUnits\nMUG-RED\t3\nLAMP\t0\nMUG-RED\t1.0\n",
     "seller_sku;quantity\nMUG-RED;4\nLAMP;0\n"],
)  # fmt: skip
def test_csv_and_tsv_in_the_usual_spellings(store: SqlStore, tmp_path: Path, text: str) -> None:
    assert import_stock(store, written(tmp_path, text), at=NOW).skus == 2
    assert store.stock(["MUG-RED", "LAMP", "OTHER"]) == {"MUG-RED": 4, "LAMP": 0}


def test_rows_that_cannot_be_read_are_skipped_with_the_reason(store: SqlStore, tmp_path: Path) -> None:
    bad = "sku,units\nA,-1\nB,two\nC,1.5\n,3\nD\nE,99999999999\nF,2\n"
    read = import_stock(store, written(tmp_path, bad), at=NOW)
    assert read.skus == 1
    assert [(row.line, row.why.code) for row in read.skipped] == [
        (2, "row_stock"), (3, "row_stock"), (4, "row_stock"), (5, "row_no_sku"), (6, "row_stock"), (7, "row_stock"),
    ]  # fmt: skip
    assert all(str(row) for row in read.skipped)


def test_a_file_without_any_stock_leaves_the_one_before(store: SqlStore, tmp_path: Path) -> None:
    import_stock(store, written(tmp_path, "sku,units\nA,5\n"), at=NOW)
    assert import_stock(store, written(tmp_path, "sku,units\nA,x\n"), at=NOW).skus == 0
    with pytest.raises(ImportRefused, match="lacks the column units"):
        import_stock(store, written(tmp_path, "sku,colour\nA,red\n"), at=NOW)
    with pytest.raises(ImportRefused):
        import_stock(store, written(tmp_path, ""), at=NOW)
    assert store.stock(["A"]) == {"A": 5}


class TestCommand:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))

    def run(self, path: Path) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["orders", "stock", str(path)])
        return result.exit_code, result.output

    def test_it_takes_a_file_over(self, tmp_path: Path) -> None:
        assert self.run(written(tmp_path, "sku,units\nA,5\nB,6\n")) == (0, "stock of 2 SKUs, 0 skipped\n")

    def test_it_lists_what_it_skips(self, tmp_path: Path) -> None:
        code, said = self.run(written(tmp_path, "sku,units\nA,5\n=B,x\n"))
        assert code == 1
        assert "stock of 1 SKUs, 1 skipped" in said
        (report,) = (tmp_path / "home" / "logs").glob("*.skipped.csv")
        assert "is not a whole number of units" in report.read_text("utf-8-sig")

    def test_it_fails_on_what_is_no_stock_file(self, tmp_path: Path) -> None:
        assert self.run(tmp_path / "none.csv")[0] == 3
        assert self.run(written(tmp_path, "a,b\n1,2\n"))[0] == 3
        assert self.run(written(tmp_path, "sku,units\nA,x\n"))[0] == 3
