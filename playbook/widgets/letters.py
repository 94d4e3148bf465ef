"""The message to the buyer and the seller memo: drafted, checked, copied, recorded."""

from collections.abc import Sequence

import ipywidgets as w

from playbook.i18n import say
from playbook.i18n.words import LANGUAGES, LETTERS
from playbook.letters import LOCALES, LetterKind, LintFinding
from playbook.viewmodels.followup import FollowUpModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, card, guarded, html, named, placeheld, row
from playbook.widgets.theme import copy_button_html

AROUND = 40
LONGEST_QUOTE = 120
LONGEST_FIX = 40
"""Characters that are shown: around the words of a finding, of the words, on the button that mends them."""


class LetterView(View):
    """A drafted message with what the rules say about it; sent by copying it to the buyer's thread."""

    def __init__(self, model: FollowUpModel) -> None:
        super().__init__(model.work.lang)
        self.model = model
        self.follow_up = ""
        self.drafted = ""

    def build(self) -> Sequence[w.Widget]:
        _ = self._
        case = self.model.work.case
        self.kind = w.Dropdown(
            options=[(_(LETTERS[kind.value]), kind.value) for kind in LetterKind],
            description=_("Message"),
            style={"description_width": "initial"},
        )
        language = case.language if case.language in LOCALES else "en"
        self.language = w.Dropdown(
            options=[(LANGUAGES[code], code) for code in LOCALES],
            value=language,
            description=_("Language"),
            style={"description_width": "initial"},
        )
        self.text = w.Textarea(
            placeholder=_("Choose a message and draft it; you can edit it before copying.")
        )
        named(self.text, _("Message to the buyer"))
        self.text.layout.width = "100%"
        self.text.layout.height = "260px"
        self.text.continuous_update = False
        self.checked = html()
        self.findings = w.VBox()
        self.opens = w.Checkbox(description=_("Opens a new thread (the buyer did not ask)"), indent=False)
        self.opens.observe(guarded(lambda change: self._opens(change["new"]), self.model.work), "value")
        self.copy = html()
        self.sent = button(_("Sent on the buyer's thread"), self._approve, work=self.model.work, primary=True)
        self.text.observe(guarded(lambda change: self._edited(change["new"]), self.model.work), "value")
        self.model.work.observe(guarded(lambda _change: self._suggest(), self.model.work), "case")
        self._suggest()
        return [
            card(
                html(h.tag("h2", h.text(_("Message to the buyer")))),
                row(self.kind, self.language, button(_("Write it"), self._draft, work=self.model.work)),
                self.text,
                self.opens,
                self.checked,
                self.findings,
                row(self.copy, self.sent),
            )
        ]

    def start(self, kind: LetterKind, follow_up: str = "") -> None:
        """Draft a message of a kind, for a follow-up."""
        self.follow_up = follow_up
        self.kind.value = kind.value
        self._draft()

    def _suggest(self) -> None:
        """Have the message ready that is due, unless the agent is at one already."""
        model = self.model
        if model.letter is None or model.letter_text == self.drafted:
            if model.letter is not None:
                model.discard()
            self.kind.value = model.suggested.value
            if model.due_letter is not None:
                model.write(model.due_letter, str(self.language.value))
            self.drafted = model.letter_text
        self.draw()

    def _draft(self) -> None:
        self.model.write(LetterKind(self.kind.value), str(self.language.value))
        self.draw()

    def _edited(self, text: str) -> None:
        if text != self.model.letter_text:
            self.model.edit(text)
            self.draw()

    def draw(self) -> None:
        """Show the draft and its findings."""
        model = self.model
        self.text.value = model.letter_text
        if model.letter is not None:
            self.kind.value = model.letter.kind.value
            self.language.value = model.letter.locale
        self.text.disabled = model.letter is None
        findings = model.findings
        blocking = [finding for finding in findings if finding.severity == "block"]
        self.opens.value = model.proactive
        self.opens.layout.display = None if model.letter_text else "none"
        good = bool(model.letter_text) and not findings
        sentence = self._("Checked: every number is right and every word allowed.")
        self.checked.value = h.tag("p", "✓ ", h.text(sentence), cls="pb-ok") if good else ""
        self.findings.children = [self._finding(finding) for finding in findings]
        self.copy.value = copy_button_html(model.letter_text, self._("Copy message"), self._("Copied"))
        self.copy.layout.display = None if model.letter_text and not blocking else "none"
        self.sent.description = (
            self._("Sent in a new thread") if model.proactive else self._("Sent on the buyer's thread")
        )
        self.sent.disabled = not model.letter_text.strip() or bool(blocking)

    def _finding(self, finding: LintFinding) -> w.Widget:
        """One objection: how serious, why, the words where they stand, and what can be done about it."""
        model, _ = self.model, self._
        why = h.text(finding.why.of(self.lang))
        text = html(h.tag("div", self._severity(finding), " ", why, self._quote(finding)), cls="pb-grow")
        actions: list[w.Widget] = []
        if finding.fix is not None:
            fix = " ".join(finding.fix.split())
            label = _("Put “{words}”").format(words=fix[:LONGEST_FIX]) if fix else _("Take it out")
            actions.append(button(label, lambda: self._fix(finding), work=model.work))
        if finding.can_be_own and (finding.severity == "block" or finding.own):
            tick = w.Checkbox(value=finding.own, description=_("I checked this"), indent=False)
            tick.layout.width = "auto"
            tick.observe(
                guarded(lambda change: self._answer_for(finding, change["new"]), model.work), "value"
            )
            actions.append(tick)
        return row(text, *actions, cls="pb-row pb-finding")

    def _quote(self, finding: LintFinding) -> str:
        """The words of a finding, marked, with a few of the words around them."""
        start, end = finding.span
        text = self.model.letter_text
        if start == end or not text[start:end].strip():
            return ""
        line_start = text.rfind("\n", 0, start) + 1
        line_end = text.find("\n", end)
        before = text[max(line_start, start - AROUND) : start]
        after = text[end : min(len(text) if line_end < 0 else line_end, end + AROUND)]
        words = text[start:end]
        shown = words if len(words) <= LONGEST_QUOTE else words[:LONGEST_QUOTE] + "…"
        return h.tag("div", h.text(before), h.tag("mark", h.text(shown)), h.text(after), cls="pb-muted")

    def _fix(self, finding: LintFinding) -> None:
        self.model.fix(finding)
        self.draw()

    def _answer_for(self, finding: LintFinding, own: bool) -> None:
        self.model.answer_for(finding, own=own)
        self.draw()

    def _opens(self, opens: bool) -> None:
        if opens != self.model.proactive:
            self.model.open_thread(opens)
            self.draw()

    def _severity(self, finding: LintFinding) -> str:
        if finding.own:
            return h.badge(self._("checked by you"), "pb-ok")
        if finding.severity == "block":
            return h.badge(self._("must not be sent"), "pb-bad")
        return h.badge(self._("check"), "pb-warn")

    def _approve(self) -> None:
        if self.model.approve(self.follow_up):
            self.follow_up = ""
            self._suggest()


class MemoView(View):
    """The seller memo: numbered parts to paste into Seller Central, and a check of what stands there."""

    def __init__(self, model: FollowUpModel) -> None:
        super().__init__(model.work.lang)
        self.model = model

    def build(self) -> Sequence[w.Widget]:
        _ = self._
        self.memo = html()
        self.count = html(cls="pb-muted")
        self.pasted = button(_("Pasted into Seller Central"), self.model.write_memo, work=self.model.work)
        self.there = placeheld(_("Paste the memo from Seller Central to see whether it is whole"))
        self.there.add_class("pb-grow")
        self.verdict = html()
        self.model.work.observe(guarded(lambda _change: self._draw(), self.model.work), "case")
        self._draw()
        return [
            card(
                html(h.tag("h2", h.text(_("Seller memo")))),
                self.memo,
                row(self.pasted, self.count),
                row(self.there, button(_("Check the memo"), self._check, work=self.model.work)),
                self.verdict,
            )
        ]

    def _draw(self) -> None:
        parts = self.model.memo_parts
        self.memo.value = "".join(
            h.tag(
                "div",
                h.tag("div", h.text(part), cls="pb-mono pb-memo"),
                copy_button_html(part, self._copy_label(number, len(parts)), self._("Copied")),
                cls="pb-part",
            )
            for number, part in enumerate(parts, start=1)
        )
        same = self.model.memo == self.model.work.case.memo
        state = self._("as pasted last") if same else self._("changed since it was pasted last")
        longest = max(map(len, parts))
        self.count.value = h.text(f"{longest} / {self.model.memo_limit} · {state}")
        self.pasted.disabled = same or self.model.work.case.closed

    def _copy_label(self, number: int, parts: int) -> str:
        if parts == 1:
            return self._("Copy memo")
        return self._("Copy part {part} of {parts}").format(part=number, parts=parts)

    def _check(self) -> None:
        problems = self.model.check_memo(self.there.value)
        if problems:
            lines = (h.text(say(problem, self.lang)) for problem in problems)
            self.verdict.value = h.items(lines, cls="pb-note")
        else:
            whole = self._("The memo is whole and unchanged.")
            self.verdict.value = h.tag("p", "✓ ", h.text(whole), cls="pb-ok")
