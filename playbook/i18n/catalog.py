"""Keeping the Chinese catalog complete: `python -m playbook.i18n.catalog` adds new msgids to zh_CN.po.

A test fails while a msgid has no translation, or a translation lacks a placeholder.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent
PATH = Path(__file__).with_name("zh_CN.po")
MARKS = frozenset({"_", "N_"})


def msgids() -> Iterator[tuple[str, str]]:
    """Every msgid in the package, with the file that uses it.

    Read from the syntax tree, because Babel's extractor does not look into f-strings.
    """
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id=mark) | ast.Attribute(attr=mark),
                    args=[ast.Constant(value=str(message)), *_],
                ) if mark in MARKS:
                    yield message, path.relative_to(PACKAGE).as_posix()


def read() -> Catalog:
    """The Chinese catalog as it is."""
    if not PATH.exists():
        return Catalog(locale="zh_CN")
    with PATH.open("rb") as file:
        return read_po(file, locale="zh_CN")


def update() -> tuple[int, int]:
    """Add missing msgids with an empty translation and drop unused ones; (added, dropped)."""
    catalog = read()
    wanted = dict(msgids())
    known = {str(message.id) for message in catalog if message.id}
    for message in wanted:
        if message not in known:
            catalog.add(message)
    dropped = [message for message in known if message not in wanted]
    for message in dropped:
        catalog.delete(message)
    with PATH.open("wb") as file:
        write_po(file, catalog, sort_output=True, width=110, omit_header=True)
    return len(wanted.keys() - known), len(dropped)


if __name__ == "__main__":
    added, removed = update()
    sys.stdout.write(f"{added} msgids added, {removed} dropped: {PATH.name}\n")
