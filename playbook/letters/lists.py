"""The breakdown as a list: "SKU – units – problem", ready to copy."""

from collections.abc import Sequence

from playbook.domain.claims import ClaimItem
from playbook.domain.orders import Order
from playbook.i18n import translator
from playbook.i18n.words import word
from playbook.letters.words import plain_title
from playbook.steps.commands import ClaimRow


def breakdown_list(rows: Sequence[ClaimRow | ClaimItem], order: Order, lang: str) -> str:
    """One line per row, in the order of the lines; what is not known yet is a question mark."""
    _ = translator(lang)
    texts = []
    for row in sorted(rows, key=lambda row: row.line):
        line = order.line(row.line)
        if line is not None:
            units = "?" if row.units is None else str(row.units)
            problem = "?" if row.problem is None else _(word(row.problem))
            texts.append(f"{line.sku} – {units} – {problem} ({plain_title(line.title)})")
    return "\n".join(texts)
