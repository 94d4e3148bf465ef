"""What each check of a review says when it finds something: one English msgid per check, with facts."""

from playbook.i18n.words import N_

CHECKS: dict[str, str] = {
    "lock_evidence": N_(
        "Order {order_id} was locked on {facts:piece|pieces} of evidence that do not identify it."
    ),
    "order_after_message": N_(
        "Order {order_id} was placed on {placed_at}, after the buyer wrote on {received_at}."
    ),
    "units_beyond_order": N_("{sku}: {units:unit|units} in the breakdown, {ordered} were bought."),
    "units_untouched": N_("Nobody said anything about {units:unit|units} on {lines:line|lines} ({sku})."),
    "remedy_before_breakdown": N_("{kind} was chosen before the breakdown was confirmed."),
    "own_remedy_for_amazon": N_(
        "{kind} for {units:unit|units} by us on a {channel} line: the buyer has to be sent to Amazon."
    ),
    "rule_unknown": N_("{kind} names the rule {rule}, which does not exist."),
    "rule_not_of_its_day": N_("{kind}: the rule {rule} did not hold on {on}."),
    "rule_does_not_fit": N_("{kind}: the rule {rule} does not fit, by {why}."),
    "rule_refuses": N_("{kind} was chosen although the rule {rule} refuses it."),
    "lead_not_asked": N_("{kind}: the rule {rule} leaves this to a lead, and none decided."),
    "evidence_missing": N_("{units:unit|units} compensated without {evidence}, which the rule {rule} needs."),
    "share_outside_rule": N_("{share} % granted; the rule {rule} allows {least} to {most} %."),
    "refund_above_rule": N_("{amount} refunded, the rule {rule} gives at most {most_paid}."),
    "kept_back_too_much": N_(
        "{share} % of the price of {units:unit|units} kept back, the rules allow {most} %."
    ),
    "self_approval": N_("{name} approved the own request for {amount}."),
    "approval_not_entitled": N_("{name} approved as {role}, who may not."),
    "approval_waiting": N_("A request for {amount} has waited for {hours:hour|hours}."),
    "above_limit": N_("{name} granted {amount} in all; the limit as {role} is {limit}."),
    "chosen_without_approval": N_("{kind} was agreed although its approval waits or was refused."),
    "compensated_twice": N_("{sku}: {units:unit|units} compensated of {ordered} bought."),
    "compensated_before": N_(
        "{sku}: {units:unit|units} compensated here and {earlier} before, of {ordered} bought."
    ),
    "compensated_elsewhere": N_(
        "{sku}: {units:unit|units} compensated here and {elsewhere} in case {case}, of {ordered} bought."
    ),
    "refund_beyond_price": N_("{sku}: {amount} refunded of {component}, {paid} was paid."),
    "decided_twice": N_("{kind}: {units:unit|units} decided of {claimed} claimed."),
    "refunded_twice": N_("The refund of {amount} for line {line} was submitted twice."),
    "refunds_checked_alone": N_("{name} checked a refund sheet of own decisions."),
    "refund_file_unchecked": N_("A refund file over {amount} left without a second person."),
    "refund_filed_twice": N_("{refunds:refund|refunds} left in a second file over {amount}."),
    "promise_late": N_("“{promise}” was due on {due_at} and kept {hours:hour|hours} late."),
    "promise_overdue": N_("“{promise}” was due on {due_at}: {hours:hour|hours} ago."),
    "remedy_undated": N_("{kind} for {units:unit|units} was agreed, and nothing promised for it."),
    "promise_baseless": N_("“{promise}” was promised for a remedy that nobody agreed to."),
    "promise_contradicted": N_("{what} contradicts what stood before: {clash}."),
    "change_untold": N_("“{promise}” of {due_at} was changed, and the buyer was not told."),
    "first_reply_late": N_(
        "The first reply came {hours:hour|hours} after the message of {received_at}; 24 are allowed."
    ),
    "first_reply_missing": N_("The message of {received_at} has had no reply for {hours:hour|hours}."),
    "reply_late": N_("The message of {received_at} waited {hours:hour|hours} for a reply; 24 are allowed."),
    "return_request_late": N_("“{deadline}” was due on {due_at}: {hours:hour|hours} too late."),
    "platform_deadline_late": N_("“{deadline}” was due on {due_at}: {hours:hour|hours} too late."),
    "claim_lapsed": N_("“{deadline}” was possible until {due_at} and was not done."),
    "refund_after_receipt_late": N_(
        "The return came on {arrived_at}; {amount} was due by {due_at} and is {hours:hour|hours} late."
    ),
    "update_gap": N_(
        "The buyer heard nothing for {hours:hour|hours} from {since_at} on, with a promise open."
    ),
    "evidence_not_chased": N_(
        "Evidence has been awaited since {since_at} ({hours:hour|hours}) without a reminder."
    ),
    "memo_missing": N_("The case was closed without a seller memo."),
    "memo_altered": N_("The memo is not whole: {why}"),
    "memo_differs": N_("The memo does not say what the case said when it was written."),
    "memo_outdated": N_("{changes:change|changes} since the memo of {written_at} are not in it."),
    "kept_without_reference": N_("“{promise}” was recorded as done without a tracking or refund number."),
    "hand_over_without_note": N_("The case was offered to {to} without note or memo."),
    "hand_over_waiting": N_("The hand-over to {to} has waited for {hours:hour|hours}."),
    "message_kind_unknown": N_("A message of the kind “{letter}” was sent; there is none."),
    "message_warned": N_("“{letter}” was sent although these rules minded something: {rules}."),
    "message_own_words": N_("The message holds what the ledger does not: {rules}."),
    "message_language": N_("Written in {language}, the buyer writes {buyer_language}."),
    "message_repeated": N_("The same words as in event {first}."),
    "message_altered": N_("The kept text of “{letter}” is not the one that was approved."),
    "closed_with_promises": N_("Closed with {promises:promise|promises} open, among them “{promise}”."),
    "closed_with_approval": N_("Closed with {requests:request|requests} for approval open."),
    "closed_without_reply": N_("Closed without a single message to the buyer."),
    "closed_undecided": N_("Closed with {units:unit|units} undecided."),
    "acted_when_closed": N_("{what} was recorded while the case was closed."),
    "personal_data": N_("A text of {type} holds: {what}."),
    "chain_broken": N_("The hash of this event does not fit the one before it."),
    "time_runs_back": N_("Recorded at {then_at}, after an event of {before_at}."),
}
"""Sentences by the id of the check."""


CLASHES: dict[str, str] = {
    "other_remedy": N_("another remedy for the same units"),
    "other_units": N_("another number of units"),
    "other_amount": N_("another amount"),
    "other_date": N_("another date"),
    "before_a_missed_date": N_("a date before one that was already missed"),
    "beyond_the_remedy": N_("more than was agreed"),
}
"""How two statements contradict each other."""

MISFITS: dict[str, str] = {
    "remedy": N_("the kind of remedy"),
    "issue": N_("the problem"),
    "channel": N_("the channel"),
    "market": N_("the marketplace"),
    "business": N_("business or private order"),
    "claim_value": N_("the value of the claim"),
    "memo_altered": N_("a part was changed."),
    "memo_mixed": N_("parts of different memos."),
    "memo_missing": N_("a part is missing."),
    "memo_unreadable": N_("no part of it can be read."),
}
"""Why a rule or a memo does not fit."""

PERSONAL: dict[str, str] = {
    "e-mail": N_("an e-mail address"),
    "link": N_("a link"),
    "phone": N_("a telephone number"),
    "name": N_("a name"),
    "address": N_("an address"),
}
"""Kinds of personal data."""

SEVERITIES: dict[str, str] = {
    "critical": N_("critical"),
    "major": N_("major"),
    "minor": N_("minor"),
    "note": N_("note"),
}
"""How serious a finding is."""

COMPONENTS: dict[str, str] = {
    "item": N_("the price of the goods"),
    "item_tax": N_("the tax on the goods"),
    "shipping": N_("the shipping"),
    "shipping_tax": N_("the tax on the shipping"),
    "gift_wrap": N_("the gift wrap"),
    "gift_wrap_tax": N_("the tax on the gift wrap"),
    "promotion": N_("the promotion"),
    "shipping_promotion": N_("the promotion on the shipping"),
}
"""Parts of a price."""

EVENTS: dict[str, str] = {
    "NoteAdded": N_("a note"),
    "LockWithdrawn": N_("the reason for unlocking"),
    "RemedyWithdrawn": N_("the reason for taking a remedy back"),
    "PromiseSuperseded": N_("the reason for changing a promise"),
    "PromiseWithdrawn": N_("the reason for taking a promise back"),
    "RefundExportUndone": N_("the reason for undoing a file"),
    "RefundsCancelled": N_("the reason for cancelling refunds"),
    "CaseReopened": N_("the reason for reopening"),
    "CaseClosed": N_("the note on the buyer's potential"),
    "ApprovalRequested": N_("a request for approval"),
    "ApprovalGiven": N_("an approval"),
    "ApprovalRefused": N_("a refusal"),
    "FollowUpDone": N_("a follow-up"),
    "Flagged": N_("a flag"),
    "HandOverOffered": N_("a hand-over"),
    "GoodsReceived": N_("a reception"),
    "PromiseKept": N_("a kept promise"),
    "ClockStarted": N_("something that happened outside"),
    "OrderLocked": N_("the lock"),
    "BreakdownConfirmed": N_("the breakdown"),
    "RemedyChosen": N_("a remedy"),
    "PromiseMade": N_("a promise"),
    "MessageApproved": N_("a message"),
    "CaseScored": N_("a scoring"),
    "FindingAppealed": N_("an appeal"),
    "AppealDecided": N_("the decision of an appeal"),
}
"""Events as things that can hold a text or be recorded; any other is named by its type."""
