"""`playbook orders`: bring report files into the order book."""

import csv
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TextIO

import click

from playbook.commands.database import (
    CANNOT_RUN,
    FINDINGS,
    WRONG_USAGE,
    database_option,
    opened,
    read_settings,
)
from playbook.orderbook import ImportRefused, ImportResult, Skipped, import_file
from playbook.orderbook.formats import AUTO, FORMATS
from playbook.orderbook.stock import import_stock

_USAGE = frozenset({"import_format_name", "import_map_missing", "import_map_wrong"})
LARGE_FILE = 20_000_000
"""Bytes; starting a second process takes as long as reading a tenth of this."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@click.group()
def orders() -> None:
    """Bring orders from report files into the order book.

    Example: playbook orders import all-orders.txt
    """


@orders.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--format",
    "format_name",
    default=AUTO,
    show_default=True,
    metavar="NAME",
    help=f"{AUTO}, {', '.join(FORMATS)}.",
)
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), metavar="MAP.yaml", help="Columns of a table."
)
@database_option
def import_command(
    files: tuple[Path, ...], format_name: str, map_file: Path | None, database: str | None
) -> None:
    """Import report files: CSV, TSV or Parquet in UTF-8, cp1252 or Shift-JIS.

    \b
    Examples:
      playbook orders import all-orders.txt
      playbook orders import shop.csv --format table --map map.yaml

    Rows that are no order line are skipped and listed with line number and reason in a file under
    PLAYBOOK_HOME/logs. Importing a file twice changes nothing. Exit code 0 when every file was imported,
    1 when some were not, 2 for a wrong format or mapping file, 3 when none was.
    """
    from playbook.policy import load_policy

    settings = read_settings()
    markets = load_policy().markets
    total, codes = ImportResult(), []
    now = datetime.now(UTC).replace(microsecond=0)
    with opened(database, settings) as store:
        for path in files:
            report = _SkipReport(settings.home / "logs", path, now)
            try:
                with report, _progress(path) as on_progress:
                    result = import_file(
                        store,
                        path,
                        markets=markets,
                        at=now,
                        format=format_name,
                        map_file=map_file,
                        on_skip=report.write,
                        on_progress=on_progress,
                        ahead=_is_large(path),
                    )
            except ImportRefused as refused:
                click.echo(str(refused), err=True)
                codes.append(WRONG_USAGE if refused.problem.code in _USAGE else CANNOT_RUN)
                continue
            total += result
            _tell(path, result, report)
    if len(codes) < len(files):
        click.echo(str(total))
    if codes:
        sys.exit(FINDINGS if len(codes) < len(files) else max(codes))


@orders.command("stock")
@click.argument("file", type=click.Path(path_type=Path))
@database_option
def stock_command(file: Path, database: str | None) -> None:
    """Take over a stock file: CSV or TSV with the columns sku and units.

    \b
    Example:
      playbook orders stock stock.csv

    It replaces the stock file before: a SKU that it does not name is not known. Replacements are offered
    only as far as there is stock. Exit code 0 when every row was read, 1 when some were skipped, 3 when
    none was.
    """
    settings = read_settings()
    now = datetime.now(UTC).replace(microsecond=0)
    with opened(database, settings) as store, _SkipReport(settings.home / "logs", file, now) as report:
        try:
            read = import_stock(store, file, at=now)
        except (ImportRefused, OSError) as refused:
            click.echo(str(refused), err=True)
            sys.exit(CANNOT_RUN)
        for skipped in read.skipped:
            report.write(skipped)
    click.echo(f"stock of {read.skus} SKUs, {len(read.skipped)} skipped")
    if read.skipped:
        click.echo(f"{file.name}: the skipped rows are listed in {report.path}")
    sys.exit((FINDINGS if read.skus else CANNOT_RUN) if read.skipped or not read.skus else 0)


@orders.command("products")
@click.argument("file", type=click.Path(path_type=Path))
def products_command(file: Path) -> None:
    """Take over what you know about products, for finding causes: CSV or TSV.

    \b
    Columns: sku, and any of alias family supplier packaging lot warehouse carrier from to
    Example:
      playbook orders products products.csv

    It replaces the table before. An alias is another SKU of the same goods: both are counted together. A row
    with from or to holds for these days. Exit code 0 when every row was read; 1 when some were not: then
    nothing is replaced; 3 when the file is no such table.
    """
    from playbook.insights.products import keep_products

    settings = read_settings()
    now = datetime.now(UTC).replace(microsecond=0)
    with _SkipReport(settings.home / "logs", file, now) as report:
        try:
            read = keep_products(file, settings.home)
        except (ImportRefused, OSError) as refused:
            click.echo(str(refused), err=True)
            sys.exit(CANNOT_RUN)
        for skipped in read.skipped:
            report.write(skipped)
    click.echo(f"products: {read.skus} SKUs, {len(read.skipped)} rows not read")
    if read.skipped:
        click.echo(f"{file.name}: nothing was replaced; the rows are listed in {report.path}")
        sys.exit(FINDINGS)
    sys.exit(0 if read.skus else CANNOT_RUN)


@orders.command("returns")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
def returns_command(files: tuple[Path, ...]) -> None:
    """Review reports on returns, replacements and reimbursements alone: no cases or orders are needed.

    \b
    Example:
      playbook orders returns returns.txt fba-returns.csv

    Counts by every column that tells something, what comments are about, days until the request and until
    the goods came back, refunds that are late or double. Nothing is stored. Exit code 0 when nothing was
    found, 1 with findings or rows that could not be read, 3 when a file is none of these reports.
    """
    from playbook.insights.returns import ReportRow, lines_of_review, read_report

    rows: list[ReportRow] = []
    skipped = 0
    for path in files:
        try:
            read = read_report(path)
        except (ImportRefused, OSError) as refused:
            click.echo(str(refused), err=True)
            sys.exit(CANNOT_RUN)
        rows += read.rows
        skipped += len(read.skipped)
        click.echo(f"{path.name}: {read.report}, {len(read.rows)} rows, {len(read.skipped)} not read")
        for one in read.skipped:
            click.echo(f"  line {one.line}: {one}")
    lines, findings = lines_of_review(rows, datetime.now(UTC).date())
    for line in lines:
        click.echo(line)
    sys.exit(FINDINGS if findings or skipped else 0)


def _is_large(path: Path) -> bool:
    """Whether reading the file takes long enough that a second process pays."""
    return path.is_file() and path.stat().st_size > LARGE_FILE and (os.cpu_count() or 1) > 1


def _tell(path: Path, result: ImportResult, report: "_SkipReport") -> None:
    saved = result.saved
    click.echo(f"{path.name}: {saved.added} new, {saved.changed} changed, {saved.unchanged} unchanged orders")
    if result.skipped:
        click.echo(f"{path.name}: the skipped rows are listed in {report.path}")


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=1, label=path.name, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show


class _SkipReport:
    """The list of skipped rows of one file: line, order number, reason; made when there is a first one.

    It repeats no other cell, so nothing personal gets into the logs.
    """

    def __init__(self, folder: Path, source: Path, at: datetime) -> None:
        stem = re.sub(r"[^\w.-]+", "_", source.stem)[:60]
        self.path = folder / f"import-{at:%Y%m%d-%H%M%S}-{stem}.skipped.csv"
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, skipped: Skipped) -> None:
        """Add one row."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(("line", "order", "reason"))
        row = (str(skipped.line), skipped.order_id, str(skipped))
        csv.writer(self._file).writerow([_harmless(cell) for cell in row])


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    printable = cell.encode("utf-8", "replace").decode("utf-8")
    return f"'{printable}" if printable.startswith(_FORMULA) else printable
