"""One return request or several: the advice with its reasons, the other way, and the words for the buyer."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.exports.returns import request_facts, request_title
from playbook.i18n import Counted, say, show
from playbook.i18n.words import LANGUAGES
from playbook.letters.words import locale_of
from playbook.steps.returns import OtherWay, ReturnAdvice, ReturnRequest, return_checklist
from playbook.viewmodels.takealong import TakeAlongModel
from playbook.widgets import html as h
from playbook.widgets.base import View, card, html, keep_drawn
from playbook.widgets.theme import copy_button_html


class ReturnsView(View):
    """The return requests of a case; nothing while nothing comes back."""

    def __init__(self, model: TakeAlongModel) -> None:
        super().__init__(model.work.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        self.place = w.VBox()
        keep_drawn(self.model.work, self._draw)
        return [self.place]

    def _draw(self) -> None:
        advice = self.model.advice
        self.place.children = [] if advice is None else [card(html(self._html(advice)))]

    def _html(self, advice: ReturnAdvice) -> str:
        _, model = self._, self.model
        work = model.work
        parts = [
            h.tag("h2", h.text(self._headline(advice))),
            *(self._request(number, request) for number, request in enumerate(advice.requests, start=1)),
        ]
        if advice.why:
            parts.append(h.items(h.text(say(reason, self.lang)) for reason in advice.why))
        if advice.doubts:
            parts.append(h.items((h.text(say(one, self.lang)) for one in advice.doubts), cls="pb-note"))
        if advice.other is not None:
            parts.append(self._other(advice.other))
        steps = return_checklist(work.case, advice, model.setting)
        parts.append(
            self._folded(
                _("Checklist for the agent"),
                h.tag("ol", *(h.tag("li", h.text(say(step, self.lang))) for step in steps)),
            )
        )
        text = model.explanation(advice)
        language = LANGUAGES[locale_of(work.case.language)]
        parts.append(
            self._folded(
                _("Words for the buyer ({language})").format(language=language),
                h.tag("p", h.text(text), cls="pb-memo"),
            )
        )
        parts.append(
            h.tag(
                "div", copy_button_html(text, _("Copy the words for the buyer"), _("Copied")), cls="pb-foot"
            )
        )
        return "".join(parts)

    def _headline(self, advice: ReturnAdvice) -> str:
        _ = self._
        if len(advice.requests) == 1:
            return _("Returns: one request for everything")
        return _("Returns: {count} separate requests").format(count=len(advice.requests))

    def _request(self, number: int, request: ReturnRequest) -> str:
        _ = self._
        title = h.tag("b", h.text(request_title(number, request, self.lang)))
        facts = h.tag("span", h.text(" · ".join(request_facts(request, self.lang))), cls="pb-muted")
        rows = [
            [
                h.mono(line.sku),
                h.text(line.title),
                h.text(line.units),
                h.text(show(line.reason.then.name, self.lang)) if line.reason is not None else "–",
            ]
            for line in request.lines
        ]
        head = [_("SKU"), _("Product"), _("Units"), _("Amazon's reason")]
        return h.tag("p", title, " ", facts) + h.table(head, rows, numeric=frozenset({2}))

    def _other(self, other: OtherWay) -> str:
        _ = self._
        units = ", ".join(str(request.units) for request in other.requests)
        said = _("The other way, merged: {count:request|requests} ({units} units)")
        if other.kind == "split":
            said = _("The other way, split: {count:request|requests} ({units} units)")
        title = said.format(count=Counted(len(other.requests)), units=units)
        return self._folded(title, h.items(h.text(say(one, self.lang)) for one in other.consequences))

    def _folded(self, title: str, inner: str) -> str:
        return h.tag("details", h.tag("summary", h.text(title)), inner)
