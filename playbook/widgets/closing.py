"""Around the plan: notes and flags, hand-over, and the close."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.i18n import say
from playbook.i18n.words import CLOSINGS, FLAGS
from playbook.settings import Settings
from playbook.steps.commands import CloseCase
from playbook.viewmodels.followup import FollowUpModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, keep_drawn, named, placeheld, row


class ClosingView(View):
    """Notes, hand-over and close, each in its card."""

    def __init__(self, model: FollowUpModel) -> None:
        super().__init__(model.work.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        self.hand_over = w.VBox()
        self.end = w.VBox()
        keep_drawn(self.model.work, self._draw)
        return [
            self._notes(),
            self.hand_over,
            self.end,
        ]

    def _draw(self) -> None:
        self.hand_over.children = [self._hand_over()]
        self.end.children = [self._reopen() if self.model.work.case.closed else self._close()]

    def _notes(self) -> w.Widget:
        _, model = self._, self.model
        note = placeheld(_("What should the next colleague know?"))
        note.add_class("pb-grow")
        flag = w.Dropdown(
            options=[(_(FLAGS[flag]), flag) for flag in ("complex", "angry", "event")],
            description=_("Flag"),
        )

        def add() -> None:
            if model.note(note.value):
                note.value = ""

        def toggle() -> None:
            model.flag(str(flag.value), on=flag.value not in model.work.case.flags)

        return card(
            html(h.tag("h2", h.text(_("Notes for colleagues")))),
            row(note, button(_("Add note"), add, work=model.work)),
            row(flag, button(_("Set or remove the flag"), toggle, work=model.work)),
        )

    def _hand_over(self) -> w.Widget:
        _, model = self._, self.model
        case = model.work.case
        title = html(h.tag("h2", h.text(_("Hand over"))))
        if case.hand_over_to:
            waits = html(
                h.tag(
                    "p", h.text(_("Offered to {name}; waits for their word.").format(name=case.hand_over_to))
                )
            )
            if case.hand_over_to == model.work.desk.actor.name:
                take = button(
                    _("I have read it and take over"), model.accept_hand_over, work=model.work, primary=True
                )
                return card(title, waits, row(take))
            return card(title, waits)
        me = model.work.desk.actor.name
        others = [name for name in Settings.from_env().staff if name != me]
        to = w.Dropdown(options=others, description=_("Colleague"), style={"description_width": "initial"})
        note = placeheld(_("What matters most?"))
        note.add_class("pb-grow")
        offer = button(
            _("Offer the case"), lambda: model.offer_hand_over(str(to.value), note.value), work=model.work
        )
        return card(title, row(to, note, offer))

    def _close(self) -> w.Widget:
        _, model = self._, self.model
        outcome = w.Dropdown(
            options=[(_(msgid), code) for code, msgid in CLOSINGS.items()],
            description=_("Outcome"),
        )
        hint = _("Internal: does this buyer have business potential? Never sent.")
        potential = named(w.Textarea(value=model.potential, placeholder=hint), hint)
        potential.layout.height = "64px"
        potential.add_class("pb-grow")
        problems = model.close_blockers
        close = button(
            _("Close the case"),
            lambda: model.close(CloseCase(outcome=outcome.value, potential=potential.value)),
            work=model.work,
            primary=not problems,
        )
        note = html(h.items((h.text(say(problem, self.lang)) for problem in problems), cls="pb-note"))

        def judge(_change: object = None) -> None:
            close.disabled = bool(model.close_blockers_for(outcome.value))

        outcome.observe(guarded(judge, model.work), "value")
        judge()
        return card(html(h.tag("h2", h.text(_("Close")))), row(outcome, potential), row(close, note))

    def _reopen(self) -> w.Widget:
        _, model = self._, self.model
        reason = placeheld(_("Why is it opened again?"))
        again = button(_("Reopen the case"), lambda: model.reopen(reason.value), work=model.work)
        done = html(h.tag("p", "✓ ", h.text(_("This case is closed.")), cls="pb-ok"))
        return card(html(h.tag("h2", h.text(_("Closed")))), done, row(reason, again))
