"""Sentences about what leaves the desk: return requests and refund sheets."""

from playbook.i18n.words import N_

LEAVING: dict[str, str] = {
    # one return request or several
    "return_rule": N_("{why} (rule {rule})"),
    "return_not_weighed": N_(
        "Nobody has told the weight of {skus}: these units are only counted. Weigh the parcel before you"
        " promise one label."
    ),
    "return_too_heavy": N_(
        "{sku}: one unit weighs {kg} kg, more than the {most} kg of a label. Order a pick-up by the carrier."
    ),
    "return_window_unverified": N_(
        "{name}: nobody has verified the dates of this year, so the buyer is told no last day (rule {rule})."
    ),
    "check_nothing_twice": N_(
        "Look in Manage Orders and Manage Returns: no replacement order, refund or return request may exist"
        " for these units."
    ),
    "check_buyer_opens": N_(
        "Send the buyer the explanation: {count:request|requests} to open in Your Orders, each line with its"
        " own quantity and reason."
    ),
    "check_way_request": N_(
        "Return {number}: {units:unit|units} on {lines:line|lines}, to the {address}. Compare the request"
        " with the table before you authorise it."
    ),
    "check_way_label": N_(
        "Return {number}: no request in Seller Central. Upload our own label for {units:unit|units} to the"
        " thread, to the {address}."
    ),
    "check_way_amazon": N_(
        "Return {number}: {units:unit|units} that Amazon takes back. Send the redirect and authorise nothing."
    ),
    "check_pays_seller": N_(
        "Return {number}: we pay the way back. In the US Amazon issues the prepaid label; elsewhere upload"
        " ours, or the buyer gets an unpaid one."
    ),
    "check_pays_buyer": N_("Return {number}: the buyer pays the way back. Do not upload a prepaid label."),
    "check_authorise": N_("Answer every request within {value} hours of its arrival (rule {rule})."),
    "check_count": N_("When a parcel arrives, count and look at every unit, and record what came back."),
    "check_refund_days": N_(
        "Refund within {value:day|days} of the arrival, weekends included; what was rejected only with a"
        " photo (rule {rule})."
    ),
    "check_refund_working_days": N_(
        "Refund within {value:working day|working days} of the arrival; what was rejected only with a photo"
        " (rule {rule})."
    ),
    "check_exchange": N_("Exchanged goods: close their request without a refund once they are back."),
    # the refund sheet
    "refund_in_file": N_(
        "The refund for {units:unit|units} of line {line} is in a refund file. If the file was not used, say"
        " so first; then the remedy can be taken back."
    ),
    "refund_is_cancelled": N_(
        "{sku}: {units:unit was|units were} never shipped. Cancel them in Manage Orders; a refund file must"
        " not hold them."
    ),
    "refund_by_amazon": N_("{sku}: Amazon decides on {channel} units and pays them itself."),
    "refund_exported": N_("{sku}: {units:unit is|units are} in a refund file already."),
    "refund_waits_for_goods": N_("{sku}: {units:unit has|units have} to come back first."),
    "refund_file_empty": N_("There is no refund to put into a file."),
    "refund_not_on_amazon": N_("{order_id} is not an Amazon order number: refund it where it was paid."),
    "order_item_id_missing": N_(
        "Amazon's order item id is not known for {skus}: import a report that has it (new orders, unshipped"
        " orders, Orders API), or type these refunds into Seller Central from the list."
    ),
    "refund_reason_missing": N_(
        "{sku}: rule {rule} names no refund reason that Amazon knows. Refund this line by hand."
    ),
    "second_person_needed": N_("{name} chose a remedy on this sheet: somebody else has to check it."),
    "refunds_already_checked": N_("{name} has checked this sheet."),
    "refunds_not_checked": N_(
        "Nobody has checked this sheet yet: a second person compares the total {total} and the check {digest}"
        " with the case."
    ),
    "refunds_changed": N_("The refunds changed meanwhile: look at the sheet again (check {digest})."),
    "no_refund_file": N_("No refund file was saved."),
    "refund_file_used": N_(
        "{count:refund of this file was|refunds of this file were} recorded as submitted: it was used."
    ),
}
