"""Words of the review that are no sentences of checks: severities, trends, damage, what was not checked."""

from playbook.i18n.words import N_

SEVERITIES = {
    "critical": N_("critical"),
    "major": N_("major"),
    "minor": N_("minor"),
    "note": N_("note"),
}

TRENDS = {
    "better": N_("better"),
    "worse": N_("worse"),
    "same": N_("no sure change"),
    "not_enough": N_("not enough cases or days to say"),
    "new": N_("no cases before"),
}

DAMAGES = {
    "empty": N_("The log is empty."),
    "unreadable": N_("Entry {seq} cannot be read."),
    "missing": N_("Entries are missing before entry {seq}."),
    "impossible": N_("The entries do not add up to a case."),
    "chain": N_("Entry {seq} is not what was written: its checksum is wrong. Checked all the same."),
}

NOT_CHECKED = {
    "sample": N_("{count:case|cases} of the period are not in the sample."),
    "damaged": N_("{count:case|cases} cannot be read and have no score."),
    "words_purged": N_(
        "The words of {count:message|messages} were deleted after their time: not compared with the ledger."
    ),
    "no_vault": N_("The words of messages were not read: {detail}"),
    "rules_gone": N_(
        "{count:case|cases} follow rules that were not kept: judged by the rules of the day of the review."
    ),
    "open": N_("{count:case|cases} are still open: what falls due later is not judged yet."),
    "no_cases": N_("There were no cases, only reports of returns and refunds: {detail}"),
}
"""Code of a gap -> its sentence; what is not in this table is shown as it comes."""

DEPARTMENTS = {
    "warehouse": N_("Warehouse"),
    "purchasing": N_("Purchasing"),
    "product": N_("Product"),
}
