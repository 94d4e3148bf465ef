"""The XML edition of the returns report as rows in the columns of the flat one.

Each item of a return is a row. Items that are the same are units of their own, so each has its number.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from playbook.orderbook.refusals import ImportRefused
from playbook.orderbook.sheets import BLOCK, Row, Sheet

_TAGS = {
    "order_id": "Order ID",
    "order_date": "Order date",
    "return_request_date": "Return request date",
    "return_request_status": "Return request status",
    "amazon_rma_id": "Amazon RMA ID",
    "merchant_rma_id": "Merchant RMA ID",
    "return_carrier": "Return carrier",
    "tracking_id": "Tracking ID",
    "currency_code": "Currency code",
    "return_type": "Return type",
    "order_item_id": "Order Item ID",
    "asin": "ASIN",
    "merchant_sku": "Merchant SKU",
    "item_name": "Item Name",
    "return_quantity": "Return quantity",
    "return_reason_code": "Return Reason",
    "in_policy": "In policy",
    "resolution": "Resolution",
    "refund_amount": "Refunded Amount",
}
COLUMNS = (*_TAGS.values(), "Item number")


def open_xml(path: Path) -> Sheet:
    """The returns in an XML file. ImportRefused when it is not well formed or defines entities."""
    return Sheet(
        path.name, COLUMNS, lambda: _rows(path), lambda place: (row[place] for _, row in _rows(path))
    )


class _Reader:
    """Collects one return after the other from the parser's calls."""

    def __init__(self) -> None:
        self.done: list[Row] = []
        self._common: dict[str, str] = {}
        self._items: list[tuple[int, dict[str, str]]] = []
        self._text = ""

    def start(self, tag: str, line: int) -> None:
        if tag == "return_details":
            self._common, self._items = {}, []
        elif tag == "item_details":
            self._items.append((line, {}))
        self._text = ""

    def text(self, text: str) -> None:
        self._text += text

    def end(self, tag: str, *, in_item: bool) -> None:
        if tag in _TAGS:
            target = self._items[-1][1] if in_item and self._items else self._common
            target[_TAGS[tag]] = self._text.strip()
        elif tag == "return_details":
            for number, (line, cells) in enumerate(self._items, start=1):
                row = {**self._common, **cells, "Item number": str(number)}
                self.done.append((line, tuple(row.get(name, "") for name in COLUMNS)))


def _rows(path: Path) -> Iterator[Row]:
    reader = _Reader()
    parser = expat.ParserCreate()
    open_tags: list[str] = []

    def start(tag: str, _attributes: object) -> None:
        open_tags.append(tag)
        reader.start(tag, parser.CurrentLineNumber)

    def end(tag: str) -> None:
        open_tags.pop()
        reader.end(tag, in_item="item_details" in open_tags)

    def doctype(*_: object) -> None:
        raise _refused(path, parser.CurrentLineNumber, "it defines its own entities")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = doctype
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                parser.Parse(block, False)
                yield from reader.done
                reader.done.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _refused(path, error.lineno, str(error)) from None
    yield from reader.done


def _refused(path: Path, line: int, reason: str) -> ImportRefused:
    return ImportRefused("import_unreadable", file=path.name, line=line, reason=reason)
