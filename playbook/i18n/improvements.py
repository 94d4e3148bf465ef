"""Sentences and words about improvement actions."""

from playbook.i18n.words import N_

IMPROVEMENTS: dict[str, str] = {
    "improvement_without_goods": N_("Say which product or which trait the action is about."),
    "improvement_without_owner": N_("Say who owns the action."),
    "improvement_due_past": N_("The action was due on {due_on}, which is past: choose a later day."),
    "improvement_over": N_("The action is {state}: nothing more can be changed. Plan a new one."),
    "improvement_not_next": N_("An action that is {state} cannot become {asked}."),
    "improvement_aim": N_("The aim is {percent} % of the rate before: write a number from 1 to 99."),
    "improvement_note_long": N_("The note has more than {limit} characters: shorten it."),
    "improvement_before_its_cause": N_(
        "The action cannot take effect on {effective_on}: the goods went wrong from {since} on, and"
        " without days before it nothing can be compared."
    ),
    "improvement_in_future": N_(
        "{effective_on} is still to come: say that the action is in effect when it is."
    ),
    "improvement_without_day": N_("Say until when the action is due."),
    "improvement_of_sample": N_(
        "These are sample data: an action can only be planned from your own numbers."
    ),
    "period_ends_first": N_("The period ends on {last}, before it begins on {first}."),
    "period_too_long": N_("Choose a period of at most {years} years."),
    "improvement_changed_meanwhile": N_(
        "A colleague changed this action meanwhile. Nothing of yours was saved: look at it and try again."
    ),
}

MEASURES: dict[str, str] = {
    "packaging": N_("Improve the packaging"),
    "picking_check": N_("Check picking and packing"),
    "batch_stop": N_("Stop the batch and inspect it"),
    "supplier_claim": N_("Claim from the supplier"),
    "listing_text": N_("Correct the listing"),
    "carrier_claim": N_("Claim from the carrier"),
    "investigate": N_("Find out the cause"),
}
"""What can be done about a cause, by code."""

DEPARTMENTS: dict[str, str] = {
    "purchasing": N_("Purchasing department"),
    "warehouse": N_("Warehouse department"),
    "product": N_("Product department"),
}
"""Who does it, by code."""

ENDS: dict[str, str] = {
    "executed": N_("carried out"),
    "agreed": N_("agreed, under way"),
    "undecided": N_("undecided"),
}
"""Where units with a problem stand, by code."""

VERDICTS: dict[str, str] = {
    "worked": N_("worked"),
    "did_not": N_("did not work"),
    "too_early": N_("too early to tell"),
}
"""What the counts say about an action, by code."""

TRAITS: dict[str, str] = {
    "family": N_("product family"),
    "marketplace": N_("marketplace"),
    "channel": N_("channel"),
    "warehouse": N_("warehouse"),
    "carrier": N_("carrier"),
    "lot": N_("lot"),
    "supplier": N_("supplier"),
    "packaging": N_("packaging"),
}
"""By what goods can be told apart, by code."""
