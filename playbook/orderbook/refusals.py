"""Why a file, or a row of it, cannot be imported: codes with facts, and their English sentences."""

from dataclasses import dataclass

from playbook.domain.problems import Problem, problem
from playbook.i18n.words import N_

SENTENCES: dict[str, str] = {
    # the whole file
    "import_no_file": N_("{file} cannot be read: {reason}"),
    "import_empty": N_("{file} is empty: no header line, no rows."),
    "import_unreadable": N_("{file}, line {line}: cannot be read as a table ({reason})."),
    "import_unknown_format": N_(
        "{file} is none of the known formats ({formats}). It has the columns {found}."
    ),
    "import_format_name": N_("{format} is not a known format: write one of {formats}."),
    "import_columns_missing": N_("{file} lacks the column {missing}. It has: {found}."),
    "import_parquet_missing": N_("Reading {file} needs the package pyarrow: pip install pyarrow."),
    "import_map_missing": N_("The format table needs a mapping file: add --map MAP.yaml."),
    "import_map_wrong": N_("{file}: {reason}"),
    "import_earlier_wrong": N_("{file}, entry {entry}: {reason}"),
    # one row
    "row_too_short": N_("The row has {cells} of {columns} columns: the file may be cut off here."),
    "row_too_long": N_("The row has {cells} cells for {columns} columns."),
    "row_no_order": N_("No order number."),
    "row_long_order": N_("The order number has {length} characters; 40 is the most."),
    "row_no_sku": N_("No SKU."),
    "row_units": N_("{text} is not a positive whole number of units."),
    "row_cancelled_empty": N_("Cancelled before it was paid: no units."),
    "row_price": N_("{text} is not an amount."),
    "row_no_price": N_("No price."),
    "row_currency": N_("{text} is not a currency."),
    "row_no_currency": N_("No currency, and none follows from the marketplace."),
    "row_time": N_("{text} is not a date this program can read; say how with format in the mapping file."),
    "row_channel": N_("{text} is not a channel: FBM, FBA or SFP."),
    "row_repeated": N_("The same row is already on line {line}."),
    "row_mixed_currencies": N_("The order has amounts in {currencies}: none of its rows is taken."),
    "row_wrong": N_("{reason}"),
    "row_unknown_order": N_("Order {order_id} is not in the order book."),
    "row_unknown_sku": N_("Order {order_id} has no line with SKU {sku}."),
}


def sentence(about: Problem) -> str:
    """The English sentence of a refusal."""
    return SENTENCES[about.code].format(**about.params)


class ImportRefused(Exception):  # noqa: N818 - it says what happened to the file
    """A file that cannot be imported at all. ``problem`` has code and facts, ``str()`` the sentence."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.problem = problem(code, **params)
        super().__init__(sentence(self.problem))


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was left out: its line number in the file, the order if known, and why."""

    line: int
    order_id: str
    why: Problem

    def __str__(self) -> str:
        return sentence(self.why)


class RowRefused(Exception):  # noqa: N818 - see ImportRefused
    """Stops reading one row; carries the reason up to where rows are counted."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.why = problem(code, **params)
        super().__init__(code)
