"""The review of a case on its page: what the checks find, appeals, and a lead's own score.

Nothing is checked before somebody asks: who scores by hand should not see first what the program found.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import ipywidgets as w

from playbook.i18n import show
from playbook.i18n.review import SEVERITIES
from playbook.settings import Settings
from playbook.steps.remedy import LEADS
from playbook.viewmodels.case import CaseModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, html, placeheld, row

if TYPE_CHECKING:
    from playbook.review.onpage import ReviewModel
    from playbook.review.scoring import ScoredCase, Weighed

_COLOURS = {"critical": "pb-bad", "major": "pb-warn"}
LINES = 8


class ReviewView(View):
    """One card; it fills itself when asked to."""

    def __init__(self, work: CaseModel) -> None:
        super().__init__(work.lang)
        self.work = work

    @cached_property
    def model(self) -> "ReviewModel":
        """Loaded with the scorecard and all checks when it is first needed."""
        from playbook.review.onpage import ReviewModel

        settings = Settings.from_env()
        return ReviewModel(self.work, settings.staff, settings.teams)

    def build(self) -> Sequence[w.Widget]:
        _ = self._
        self.found = w.VBox()
        self.by_hand = w.VBox()
        about = _("What the checks of the review find in this case. An appeal is answered by a lead.")
        controls = [button(_("Check this case"), self._check, work=self.work)]
        if self.work.desk.actor.role in LEADS:
            controls.append(button(_("Score it by hand"), self._ask, work=self.work))
        head = html(h.tag("h2", h.text(_("Review"))) + h.tag("p", h.text(about), cls="pb-muted"))
        return [card(head, row(*controls), self.found, self.by_hand)]

    def _check(self) -> None:
        scored = self.model.check()
        if scored is None:
            text = self._("The log of this case is damaged: it cannot be checked.")
            self.found.children = [html(h.tag("p", h.text(text), cls="pb-bad"))]
            return
        counted = [one for one in scored.weighed if one.row is not None]
        rank = list(SEVERITIES)
        counted.sort(key=lambda one: rank.index(one.row.then.severity.value) if one.row else 0)
        self.found.children = [html(self._score(scored)), *(self._finding(one) for one in counted)]

    def _score(self, scored: "ScoredCase") -> str:
        _ = self._
        points = _("Score: {points} of 100").format(points=scored.score.points)
        if scored.score.failed:
            return h.tag("p", h.tag("b", h.text(points)), " ", h.badge(_("failed"), "pb-bad"))
        if not any(one.counts for one in scored.weighed):
            return h.tag(
                "p", "✓ ", h.text(_("Every check was met: {points}").format(points=points)), cls="pb-ok"
            )
        return h.tag("p", h.tag("b", h.text(points)))

    def _finding(self, one: "Weighed") -> w.Widget:
        _, appeal = self._, one.appeal
        assert one.row is not None
        severity = one.row.then.severity.value
        entry = _("entry {seq}").format(seq=one.finding.seq) if one.finding.seq else ""
        about = " · ".join(filter(None, [one.finding.actor, entry, one.row.source]))
        said = [
            h.badge(_(SEVERITIES[severity]), _COLOURS.get(severity, "")) + " " + h.text(self.model.says(one)),
            h.tag("span", h.text(about), cls="pb-muted"),
        ]
        if appeal is None:
            return w.VBox([html(h.items(said)), self._appeal(one)])
        said.append(
            h.text(
                _("{name} appealed on {at}: {reason}").format(
                    name=appeal.by, at=show(appeal.at, self.lang), reason=appeal.reason
                )
            )
        )
        if appeal.granted is not None and appeal.decided_at is not None:
            state = h.badge(_("granted"), "pb-ok") if appeal.granted else h.badge(_("refused"), "pb-bad")
            decided = f"{appeal.decided_by}, {show(appeal.decided_at, self.lang)}: {appeal.note}"
            return html(h.items([*said, state + " " + h.text(decided)]))
        if self.model.may_decide(one):
            return w.VBox([html(h.items(said)), self._decide(one)])
        waits = h.badge(_("open")) + " " + h.text(_("A lead who does not own the case decides it."))
        return html(h.items([*said, waits]))

    def _appeal(self, one: "Weighed") -> w.Widget:
        reason = placeheld(self._("Why is this finding wrong?"))
        reason.add_class("pb-grow")

        def make() -> None:
            if self.model.appeal(one, reason.value):
                self._check()

        return row(reason, button(self._("Appeal"), make, work=self.work))

    def _decide(self, one: "Weighed") -> w.Widget:
        note = placeheld(self._("Why is it granted or refused?"))
        note.add_class("pb-grow")

        def decide(grant: bool) -> None:
            if self.model.decide(one, grant=grant, note=note.value):
                self._check()

        work = self.work
        return row(
            note,
            button(self._("Grant the appeal"), lambda: decide(grant=True), work=work),
            button(self._("Refuse the appeal"), lambda: decide(grant=False), work=work),
        )

    def _ask(self) -> None:
        _, model = self._, self.model
        missed = w.SelectMultiple(options=model.checks, rows=LINES, description=_("Missed"))
        missed.layout.width = "100%"
        note = placeheld(_("What else should be said?"))
        note.add_class("pb-grow")

        def record() -> None:
            if model.score(missed.value, note.value):
                done = _("Recorded. Where another lead scores it too, the review shows how far you agree.")
                self.by_hand.children = [html(h.tag("p", "✓ ", h.text(done), cls="pb-ok"))]

        about = _("Choose the checks that the case misses; all others are met. Hold Ctrl for several.")
        self.found.children = []
        self.by_hand.children = [
            html(h.tag("p", h.text(about))),
            missed,
            row(note, button(_("Record my score"), record, work=self.work, primary=True)),
        ]
