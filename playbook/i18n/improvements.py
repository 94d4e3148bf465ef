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
    "improvement_changed_meanwhile": N_(
        "A colleague changed this action meanwhile. Nothing of yours was saved: look at it and try again."
    ),
}
