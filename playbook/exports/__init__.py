"""Files to take along: calendar, refund sheet, return requests, hand-over card."""

from playbook.exports.calendar import calendar_file
from playbook.exports.handover import handover_card
from playbook.exports.refunds import refund_sheet
from playbook.exports.returns import ReturnRequest, return_requests
from playbook.exports.sheets import neutral

__all__ = ["ReturnRequest", "calendar_file", "handover_card", "neutral", "refund_sheet", "return_requests"]
