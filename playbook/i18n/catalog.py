"""Keeping the Chinese catalog complete: `python -m playbook.i18n.catalog` adds new msgids to zh_CN.po.

A test fails while a msgid has no translation, or a translation lacks a placeholder.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent
PATH = Path(__file__).with_name("zh_CN.po")
KEYWORDS = {"_": None, "N_": None}


def msgids() -> Iterator[tuple[str, str]]:
    """Every msgid in the package, with the file that uses it."""
    found = extract_from_dir(str(PACKAGE), [("**.py", "python")], keywords=KEYWORDS)
    for filename, _line, message, *_rest in found:
        if isinstance(message, str) and message:
            yield message, filename


def read() -> Catalog:
    """The Chinese catalog as it is."""
    if not PATH.exists():
        return Catalog(locale="zh_CN", charset="utf-8")
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
        write_po(file, catalog, sort_output=True, width=110, omit_header=False)
    return len(wanted.keys() - known), len(dropped)


if __name__ == "__main__":
    added, removed = update()
    sys.stdout.write(f"{added} msgids added, {removed} dropped: {PATH.name}\n")
