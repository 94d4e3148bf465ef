"""The way into a new case: paste the buyer's message."""

from collections.abc import Callable, Sequence
from datetime import UTC

import ipywidgets as w

from playbook.domain.ids import Marketplace
from playbook.viewmodels.home import HomeModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, html, named, row


class NewCaseView(View):
    """Message, marketplace and time of arrival; *opened* is called with the id of the new case."""

    def __init__(self, model: HomeModel, opened: Callable[[str], None]) -> None:
        super().__init__(model.lang)
        self.model = model
        self.opened = opened

    def build(self) -> Sequence[w.Widget]:
        _ = self._
        self.message = w.Textarea(placeholder=_("Paste the whole message of the buyer here."))
        named(self.message, _("Buyer's message"))
        self.message.layout.width = "100%"
        self.message.layout.height = "180px"
        markets = [(_("from the order"), "")] + [(market.value, market.value) for market in Marketplace]
        self.market = w.Dropdown(
            options=markets, description=_("Marketplace"), style={"description_width": "initial"}
        )
        self.received = w.NaiveDatetimePicker(
            description=_("Received (China time)"), style={"description_width": "initial"}
        )
        self.received.add_class("pb-field")
        self.market.add_class("pb-field")
        self.problems = html()
        go = button(_("Open a case"), self._open, primary=True)
        return [
            card(
                html(h.tag("h2", h.text(_("New case")))),
                self.message,
                row(self.market, self.received, go),
                self.problems,
            )
        ]

    def _open(self) -> None:
        received = None
        if self.received.value is not None:
            received = self.received.value.replace(tzinfo=h.AGENT_ZONE).astimezone(UTC)
        market = Marketplace(self.market.value) if self.market.value else None
        if not self.message.value.strip():
            self.problems.value = h.tag("p", h.text(self._("Paste the message first.")), cls="pb-note")
            return
        case_id = self.model.open_case(self.message.value, received_at=received, marketplace=market)
        if case_id is None:
            self.problems.value = h.items((h.text(text) for text in self.model.notice), cls="pb-note")
            return
        self.problems.value = ""
        self.message.value = ""
        self.opened(case_id)
