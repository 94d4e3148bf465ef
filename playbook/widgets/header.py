"""The top of every case page: which case, what is urgent, which step, and what just went wrong."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import ipywidgets as w

from playbook.domain.case import Stage
from playbook.i18n import LANGUAGES, show, translator
from playbook.i18n.words import word
from playbook.steps.schedule import task_name
from playbook.viewmodels.case import STEPS, CaseModel
from playbook.widgets import html as h
from playbook.widgets.base import View, button, guarded, html, notice_html
from playbook.widgets.theme import copy_button_html

LANGUAGE_LABELS = {"en": "EN", "zh_CN": "中文"}


class HeaderView(View):
    """Bar, stage tracker and notice. A step button is enabled once the step can be looked at."""

    def __init__(self, work: CaseModel) -> None:
        super().__init__(work.lang, "pb-head")
        self.work = work

    def build(self) -> Sequence[w.Widget]:
        self.bar = html()
        self.tabs = {stage: button("", self._opener(stage), work=self.work) for stage in STEPS}
        tracker = w.HBox(list(self.tabs.values()))
        tracker.add_class("pb-steps")
        self.notice = html()
        self._draw()
        self.work.observe(guarded(lambda _: self._draw(), self.work), ["case", "step"])
        self.work.observe(guarded(lambda _: self._draw_notice(), self.work), "notice")
        return [self.bar, tracker, self.notice]

    def _opener(self, stage: Stage) -> Callable[[], None]:
        def open_step() -> None:
            self.work.step = stage

        return open_step

    def _draw(self) -> None:
        self.bar.value = bar_html(self.work)
        reached = list(STEPS).index(self.work.case.stage) if self.work.case.stage in STEPS else len(STEPS)
        for at, (stage, tab) in enumerate(self.tabs.items()):
            done = at < reached
            stale = at == reached and bool(self.work.case.stale)
            mark = "✓ " if done else ("↺ " if stale else "")
            tab.description = f"{mark}{at + 1} {self._(word(stage))}"
            tab.disabled = at > min(reached, len(STEPS) - 1)
            tab.tooltip = self._stale() if stale else self._(word(stage))
            for name, on in (("pb-done", done), ("pb-now", stage is self.work.step), ("pb-stale", stale)):
                (tab.add_class if on else tab.remove_class)(name)
        self._draw_notice()

    def _stale(self) -> str:
        return self._("The lock was withdrawn: what followed from it no longer holds.")

    def _draw_notice(self) -> None:
        self.notice.value = notice_html(self.work.notice, self.lang)


def bar_html(work: CaseModel) -> str:
    """Case, order, tags, the nearest clock, who works, language."""
    _ = translator(work.lang)
    case = work.case
    parts = [h.tag("b", h.text(_("Case {case_id}").format(case_id=case.case_id)))]
    if case.order is not None:
        order_id = case.order.order_id
        parts.append(h.mono(order_id))
        parts.append(copy_button_html(order_id, _("Copy number"), _("Copied")))
        parts.extend(h.badge(channel.value) for channel in sorted(case.order.channels))
        parts.append(h.badge(case.order.marketplace.value))
        if case.order.business:
            parts.append(h.badge(_("Business")))
        if case.order.replaces:
            parts.append(h.badge(_("Replacement order")))
    parts.extend(h.badge(_(flag.replace("_", " ")), "pb-warn") for flag in sorted(case.flags))
    parts.append(h.tag("span", "", style="flex:1"))
    clock = clock_html(work)
    if clock:
        parts.append(clock)
    actor = work.desk.actor
    parts.append(h.tag("span", h.text(f"{actor.name} ({_(actor.role)})"), cls="pb-muted"))
    parts.append(language_links(work.lang, case=case.case_id, agent=actor.name))
    home = h.link("home", lang=work.lang, agent=actor.name)
    parts.append(h.tag("a", h.text(_("All cases")), href=home))
    return h.tag("div", *parts, cls="pb-bar")


def clock_html(work: CaseModel) -> str:
    """The next thing due, in words, with the exact time beside."""
    _ = translator(work.lang)
    case = work.case
    if case.closed:
        return h.badge(_("Closed"), "pb-ok")
    if not case.open_follow_ups:
        return ""
    task = case.open_follow_ups[0]
    due_at, what = task.due_at, show(task_name(task, case, work.desk.policy), work.lang)
    left = h.until(due_at, work.now, work.lang)
    style = "pb-tag pb-bad" if due_at < work.now else "pb-clock"
    return h.tag("span", h.text(what), ": ", left, cls=style, title=h.plain_moment(due_at, work.lang))


def language_links(lang: str, **query: str) -> str:
    """Links that show the same page in another language; the present one is plain text."""
    links = []
    for code in reversed(LANGUAGES):
        label = h.text(LANGUAGE_LABELS[code])
        if code == lang:
            links.append(h.tag("b", label))
        else:
            links.append(h.tag("a", label, href="?" + urlencode({**query, "lang": code})))
    return h.tag("span", " / ".join(links))
