"""What problem codes and pieces of evidence say: one English msgid per code, with {named} facts.

A sentence names what is wrong, the numbers, and the way out.
"""

from playbook.i18n.words import N_

SENTENCES: dict[str, str] = {
    # lock
    "not_locked": N_("No order is locked yet: lock the order first."),
    "already_locked": N_("Order {order_id} is already locked: withdraw that lock first."),
    "order_after_message": N_(
        "Order {order_id} was placed on {placed_at}, after the buyer wrote on {received_at}:"
        " it cannot be meant."
    ),
    "not_certain": N_("The evidence for {order_id} is not decisive: pick it with a second fact."),
    "second_fact_needed": N_("Choose a second fact that confirms order {order_id}."),
    "second_fact_too_weak": N_(
        "“{fact}” does not make it certain: buyers share names and e-mails, and one fact counts once."
        " Add another fact."
    ),
    "nothing_picked": N_("Pick one of the orders found ({candidates}), or type more facts."),
    "remedies_on_lock": N_("Remedies agreed for this order: {count}. Withdraw them before the lock."),
    "reason_needed": N_("Write the reason: colleagues will ask for it."),
    # facts
    "fact_not_a_date": N_("“{text}” is not a date: write it as 2026-11-18."),
    "delivered_before_order": N_("{day} is before the order was placed ({placed_on}): correct the date."),
    "delivered_in_future": N_("{day} has not come yet (today is {today}): correct the date."),
    "event_not_ahead": N_("{day} is not a day ahead of us (today is {today}): check the date."),
    "fact_unknown_word": N_("“{text}” is not possible here; possible are {allowed}."),
    "fact_unchanged": N_("{what} is already {value}: nothing to correct."),
    "marketplace_currency": N_(
        "{market} is paid in {currency}, this order in {paid_in}: it cannot be an order of {market}."
    ),
    "remedies_on_fact": N_(
        "Remedies agreed or asked for on these lines: {count}. Take them back first,"
        " because somebody else would decide about them."
    ),
    "rules_current": N_("The case already follows the rules of today ({version})."),
    # breakdown
    "unknown_line": N_("The order has no line {line}."),
    "problem_missing": N_("{sku}: choose the problem."),
    "units_missing": N_("{sku}: how many units? Type the number, or ask the buyer."),
    "units_not_positive": N_(
        "{sku}: {units} is not a number of units; write a whole number from 1 to {most}."
    ),
    "units_exceed_order": N_(
        "{sku}: {claimed} units are claimed, but only {left} of {ordered} can be"
        " ({elsewhere} were compensated before). Correct the number or ask the buyer."
    ),
    "units_unaccounted": N_(
        "{units:unit|units} on {lines:line|lines} not accounted for ({skus}):"
        " press Rest is fine, or leave them open."
    ),
    "nothing_claimed": N_("Nothing is entered yet: say what is wrong with which line."),
    "unknown_item": N_("There is no claim {item} in this case."),
    "remedy_begun": N_(
        "{kind} for {units:unit|units} of line {line} was already carried out"
        " and can no longer be taken back."
    ),
    # remedy
    "breakdown_first": N_("Confirm the breakdown first."),
    "nothing_chosen": N_("Choose a remedy for at least one line."),
    "no_rule": N_("No rule offers {kind} for {problem}."),
    "option_refused": N_("{kind} for {problem} is not possible: {reasons}"),
    "rule_refuses": N_("{why} {instead} (rule {rule})"),
    "rule_needs_lead": N_("A lead decides: {why} (rule {rule})"),
    "rule_condition": N_("Rule {rule} wants {column} {wanted}; here it is {value}."),
    "evidence_missing": N_("Needs a {evidence}, or a lead's approval: ask the buyer for it (rule {rule})."),
    "above_limit": N_(
        "{amount} is above your limit of {limit} as {role}: somebody with a higher limit has to approve."
    ),
    "units_not_open": N_("{sku}: {units:unit|units} asked for, but only {open} are still undecided."),
    "already_compensated": N_(
        "{sku}: only {left} of {ordered} units are not compensated yet, {units} were asked for."
    ),
    "nothing_unshipped": N_(
        "{sku}: {unshipped:unit is|units are} unshipped, so {units} cannot be cancelled."
    ),
    "not_shipped_yet": N_(
        "{sku}: {units:unit was|units were} asked for, but only {shipped} shipped ones are left."
        " Cancel units that were not shipped instead."
    ),
    "share_fixed": N_("{kind} always pays {share} %: the share cannot be changed."),
    "share_out_of_range": N_("{share} % is outside what the rule allows: {least} to {most} %."),
    "share_not_a_number": N_("“{text}” is not a percentage: write it like 12.5 or 12,5."),
    "share_too_fine": N_("“{text}” has too many decimals: a percentage has two at most."),
    "amount_not_a_number": N_("“{text}” is not an amount: write it like 12.50 or 12,50."),
    "amount_too_fine": N_("“{text}” has too many decimals: the smallest amount is {smallest}."),
    "below_zero": N_("“{text}” is below zero: write what the buyer gets, without a sign."),
    "amount_other_currency": N_("{amount} is not in {currency}, in which this order was paid."),
    "amount_out_of_range": N_("{amount} is outside what the rule allows: {least} to {most}."),
    "after_event": N_("May arrive on {arrival} only, after {event_on}, for when the buyer needs it."),
    "way_evidence": N_("a {evidence} from the buyer"),
    "way_evidence_and_units": N_("a {evidence} from the buyer, and at most {units:unit|units}"),
    "way_stock": N_("stock for {units:unit|units} of {sku} (free now: {free})"),
    "way_delivered_since": N_("a delivery on {day} or later: look up the tracking and correct the date"),
    "way_wait": N_("waiting until {day}"),
    "way_units": N_("at most {units:unit|units} instead of {asked}"),
    "way_share": N_("a share of {share} % at most"),
    "way_lead": N_("approval by a {role}"),
    "not_for_all": N_("{kind} is not possible for {skus}: choose those one by one."),
    "unknown_remedy": N_("There is no remedy {remedy} in this case."),
    "unknown_approval": N_("There is no open request {approval}: somebody may have decided it."),
    "not_entitled": N_("As {role} you cannot approve: ask a lead."),
    "own_request": N_("{name} asked for this approval: somebody else has to decide it."),
    "value_changed": N_(
        "{sku}: what {units:unit is|units are} worth has changed since the request; choose again."
    ),
    # follow-up
    "units_undecided": N_("Claimed units without a remedy: {units}."),
    "approval_pending": N_("Requests that wait for approval: {count}."),
    "rule_gone": N_(
        "Line {line}: {kind} was chosen under rule {rule}, which no longer exists."
        " Withdraw remedy {remedy} and choose again."
    ),
    "unknown_promise": N_("Remedy {remedy} carries no promise “{kind}”: there is nothing to date."),
    "due_in_past": N_("{due_at} is in the past: choose a later time."),
    "due_too_far": N_("{due_at} is more than {days:day|days} ahead: check the date."),
    "promise_contradicts": N_(
        "This contradicts what {by} promised on {at}: {existing}. New: {new}."
        " Replace the earlier promise with a reason, so that the buyer is told, or change the new one."
    ),
    "promise_other_remedy": N_(
        "This contradicts what {by} agreed on {at}: {agreed}. New: {new}."
        " Withdraw that remedy with a reason, or change the promise."
    ),
    "remedy_other_promise": N_(
        "{kind}: this contradicts what {by} promised on {at}: {existing}."
        " Take that promise back with a reason, so that the buyer is told, or choose another remedy."
    ),
    "no_holidays": N_(
        "“{what}” has no date yet: the working days of {country} in {year} are not published."
        " It gets one as soon as the calendar has them."
    ),
    "no_holidays_for_promise": N_(
        "The rule gives no date: the working days of {country} in {year} are not published."
        " Add them to calendars.yaml, or update the package holidays."
    ),
    "promise_repeated": N_("{kind} by {due_at} is already promised."),
    "promise_beyond": N_(
        "{kind}: {units:unit|units} or {amount} is more than there is to promise"
        " ({most_units:unit|units}, {most})."
    ),
    "plan_first": N_("Confirm the plan first: it makes the promises of remedy {remedy}."),
    "count_units": N_("units: {units}"),
    "promise_not_open": N_("The promise {promise} is not open."),
    "unknown_follow_up": N_("There is no open follow-up {follow_up}."),
    "send_notice_instead": N_("This is done by sending the message that tells the buyer of the change."),
    "withdraw_remedy_instead": N_("“{kind}” belongs to remedy {remedy}: withdraw the remedy instead."),
    "not_recordable": N_("“{start}” cannot be recorded by hand."),
    "happened_in_future": N_("{at} is in the future: it is {now} now."),
    "happened_before_order": N_("{at} is before the order was placed on {placed_at}: check the date."),
    "already_recorded": N_("“{start}” at {at} is already recorded."),
    "keep_promise_instead": N_("This task watches the promise {promise}: record the promise as kept."),
    # goods that come back
    "nothing_received": N_("Enter how many units came back, of at least one line."),
    "nothing_comes_back": N_("Line {line}: with {kind} nothing comes back. Note the goods as unexpected."),
    "arrived_in_future": N_("The parcel cannot have arrived at {arrived_at}: it is {now} now."),
    "arrived_before_order": N_(
        "The parcel cannot have arrived at {arrived_at}: the order was placed at {placed_at}."
    ),
    "received_not_whole": N_("Line {line}: {units} is not a number of units that came back."),
    "more_than_expected": N_(
        "Line {line}: {units:unit|units} counted, but only {awaited} are still expected back."
        " Note the others as unexpected."
    ),
    "rejection_reason": N_("Line {line}: rejected units need a reason, and only they do."),
    "nothing_to_keep_back": N_("Line {line}: there is no open refund from which to keep anything back."),
    "kept_back_too_much": N_(
        "Line {line}: the rules let us keep back at most {most} % ({reason}), not {share} %."
        " Only a lead can make an exception."
    ),
    "answer_open": N_(
        "Line {line}: nothing would be refunded for the rejected units, and an answer to the buyer is"
        " still promised. Record that answer first."
    ),
    "unexpected_not_whole": N_("{units} is not a number of units that came unexpectedly."),
    "unexpected_what": N_("Say what came unexpectedly: choose the line, or write it down."),
    "no_refund_submitted": N_("No refund was recorded as submitted."),
    "refund_final": N_(
        "The refund can no longer be cancelled: it was pending until {until} and counts as paid since."
        " Money comes back only if the buyer asks Amazon for it."
    ),
    "goods_not_received": N_(
        "Line {line}: {units:unit has|units have} not come back yet. Record what arrived first;"
        " only if Amazon has already refunded them, say so."
    ),
    "not_by_amazon": N_("{kind}: only Amazon's own refund of goods that are on their way back counts here."),
    # letters
    "letter_needs_order": N_("This message speaks of the order: lock the order first."),
    "letter_needs_questions": N_("There is nothing to ask: no number, problem or photo is missing."),
    "letter_needs_asked": N_(
        "There is nothing to remind of: nothing that the buyer was asked for is missing."
    ),
    "letter_needs_breakdown": N_(
        "There is no breakdown to confirm: confirm the breakdown on the page first."
    ),
    "letter_needs_offers": N_(
        "There is nothing to choose from: no undecided unit has a remedy that you may offer."
    ),
    "letter_needs_entries": N_("There is no solution to tell yet: agree on a remedy first."),
    "letter_needs_news": N_(
        "There is no news: nothing was done since the last message. Use the update without news."
    ),
    "letter_needs_refund_entries": N_(
        "No refund is recorded as submitted: record that its promise was kept first."
    ),
    "letter_needs_goods_entries": N_(
        "Nothing is recorded as shipped: record that its promise was kept first."
    ),
    "letter_needs_return_entries": N_(
        "Nothing has to come back in this case: there is no return to explain."
    ),
    "letter_needs_amazon_entries": N_(
        "Amazon decides about none of these units: there is nothing to redirect."
    ),
    "letter_needs_declined_entries": N_("Nothing was declined in this case."),
    "letter_needs_changes": N_("No promised date was moved: there is no change to tell."),
    "letter_needs_broken": N_("No promised date was missed: there is nothing to apologise for."),
    "letter_needs_new_date": N_(
        "“{kind}” was due at {due_at} and has no new date yet: change that promise first, then apologise."
    ),
    "letter_needs_done_entries": N_("Nothing is done yet: there is nothing to sum up."),
    "letter_refund_pending": N_(
        "A submitted refund can still be cancelled until {until}: say only then that the money is refunded."
    ),
    # upkeep
    "already_open": N_("Case {case_id} is already open."),
    "unknown_case": N_("There is no case {case_id}."),
    "sample_without_its_orders": N_(
        "The sample case {sample} needs the sample orders, and this desk has orders of its own."
        " To try it, start with an empty PLAYBOOK_HOME."
    ),
    "case_closed": N_("Case {case_id} is closed: reopen it first."),
    "already_closed": N_("The case is already closed."),
    "not_closed": N_("The case is not closed."),
    "received_in_future": N_("The message cannot have arrived at {received_at}: it is {now} now."),
    "message_too_long": N_("The message has {length} characters; {limit} is the most that can be kept."),
    "text_needed": N_("Write something first."),
    # the buyer's business, for colleagues only
    "potential_business": N_("Amazon Business buyer."),
    "potential_history": N_("{orders:order|orders} since {first_on}, {units:unit|units} in all."),
    "potential_interval": N_("About one order every {days:day|days}."),
    "potential_discounts": N_(
        "Allowed next step: quantity discounts for these SKUs in Seller Central. Never in a message."
    ),
    "potential_stock": N_(
        "Allowed next step: keep these SKUs in stock and check the business price. Never in a message."
    ),
    "memo_unreadable": N_("No part of a seller memo is in this text."),
    "memo_altered": N_("Part {part} of {parts} was changed or cut after it was copied."),
    "memo_mixed": N_("These parts come from different memos: copy all parts of the newest one again."),
    "memo_missing": N_("Missing: part {part} of {parts}."),
    "memo_too_long": N_("The memo has {length} characters; Seller Central takes {limit}."),
    "note_too_long": N_("The note has {length} characters; {limit} is the most."),
    "hand_over_to_self": N_("{name} already works on this case: choose a colleague."),
    "not_offered_to_you": N_("The case was offered to {to}, not to {name}."),
    "not_entitled_to_review": N_("As {role} you cannot decide this: a lead has to."),
    "own_work": N_("This is {name}'s own work, and nobody judges that: somebody else has to."),
    "nothing_scored": N_("Nothing is scored yet: say for at least one check whether it is met."),
    "unknown_event": N_("There is no entry {seq} in this case; the last is {last}."),
    "already_appealed": N_("{by} appealed against this finding on {at}: an appeal is made once."),
    "no_open_appeal": N_("There is no open appeal against this finding: somebody may have decided it."),
    "promises_open": N_("Promises still open: {count}. Keep them or change them first."),
    "notice_missing": N_(
        "Changed promises that the buyer was not told of: {count}. Send the message that tells it."
    ),
    "reply_missing": N_("The buyer has not had an answer yet: send a message first."),
    "second_reader_missing": N_(
        'The second reader is switched on but not installed (pip install ".[llm]"):'
        " this is the offline reading alone."
    ),
    "second_reader_late": N_("The second reader did not answer in time: this is the offline reading alone."),
    "second_reader_unreachable": N_(
        "The second reader cannot be reached: this is the offline reading alone."
    ),
    "second_reader_unreadable": N_(
        "The second reader answered in a form that cannot be used: this is the offline reading alone."
    ),
    "second_reader_untrue": N_(
        "The second reader named a product that is not on this order and was not believed:"
        " this is the offline reading alone."
    ),
    "second_reader_failed": N_(
        "The second reader stopped because of an error in this program, which is in the log:"
        " this is the offline reading alone."
    ),
    "message_truncated": N_("Only the first {read} of {length} characters were read."),
    # evidence for an order
    "order_id_in_text": N_("its complete number is in the text"),
    "order_id_given": N_("its complete number was typed in"),
    "seen_in_seller_central": N_("Checked in Seller Central"),
    "buyer_confirmed": N_("The buyer confirmed the order number"),
    "line_evidence": N_("Products, units and prices fit"),
    "po_number": N_("The purchase order number fits"),
    "postcode": N_("The postcode fits"),
    "tracking": N_("The tracking number fits"),
}
