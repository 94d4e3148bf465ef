"""Files to take along: calendar, refund file, return checklist, picking list, hand-over card."""

from playbook.exports.calendar import calendar_file
from playbook.exports.documents import Document
from playbook.exports.handover import hand_over_list, hand_over_sheet, handover_card
from playbook.exports.picking import picking_list, picking_sheet, picks
from playbook.exports.refunds import amazon_file, refund_list
from playbook.exports.returns import return_list, return_sheet
from playbook.exports.sheets import neutral

__all__ = [
    "Document",
    "amazon_file",
    "calendar_file",
    "hand_over_list",
    "hand_over_sheet",
    "handover_card",
    "neutral",
    "picking_list",
    "picking_sheet",
    "picks",
    "refund_list",
    "return_list",
    "return_sheet",
]
