"""What all views share: guarded handlers, labelled controls, lazy drawing."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import ipywidgets as w

from playbook.i18n import say, translator
from playbook.policy import PolicyError
from playbook.settings import SettingsError
from playbook.store import StoreError
from playbook.viewmodels.case import CaseModel, Notice
from playbook.widgets import html as h

Control = TypeVar("Control", bound=w.DOMWidget)

log = logging.getLogger("playbook")


class View(w.VBox):
    """A part of the page. Subclasses build their widgets in `build`, once, when first shown."""

    def __init__(self, lang: str, cls: str = "") -> None:
        super().__init__()
        self.lang = lang
        self._ = translator(lang)
        self.built = False
        for name in ("pb", *cls.split()):
            self.add_class(name)

    def build(self) -> Sequence[w.Widget]:
        """The children of this view."""
        raise NotImplementedError

    def show(self) -> None:
        """Build the view if it was not, and make it visible."""
        if not self.built:
            self.built = True
            self.children = tuple(self.build())
        self.layout.display = None

    def hide(self) -> None:
        """Take the view out of the page; what was built is kept."""
        self.layout.display = "none"


class LazyView(w.VBox):
    """A place for a view that is made, with its model, when it is first shown."""

    def __init__(self, make: Callable[[], View]) -> None:
        super().__init__()
        self.make = make
        self.view: View | None = None

    def show(self) -> None:
        """Make the view if it was not, and show it."""
        if self.view is None:
            self.view = self.make()
            self.children = [self.view]
        self.view.show()
        self.layout.display = None

    def hide(self) -> None:
        """Take it out of the page."""
        self.layout.display = "none"


def named(widget: Control, name: str) -> Control:
    """*widget* with a name for screen readers and pointers, where a visible label would be noise."""
    widget.description = name
    widget.tooltip = name
    widget.add_class("pb-quiet")
    return widget


def placeheld(hint: str) -> w.Text:
    """A line of text whose name stands in it until something is typed."""
    return named(w.Text(placeholder=hint), hint)


def html(value: str = "", cls: str = "") -> w.HTML:
    """A piece of HTML that is already safe (made by `playbook.widgets.html`)."""
    widget = w.HTML(value)
    for name in cls.split():
        widget.add_class(name)
    return widget


def row(*children: w.Widget, cls: str = "pb-foot") -> w.HBox:
    """Widgets beside each other."""
    box = w.HBox(children)
    for name in cls.split():
        box.add_class(name)
    return box


def card(*children: w.Widget, cls: str = "") -> w.VBox:
    """A framed group of widgets."""
    box = w.VBox(children)
    for name in ("pb-card", *cls.split()):
        box.add_class(name)
    return box


def button(
    label: str,
    on_click: Callable[[], Any],
    *,
    work: CaseModel | None = None,
    primary: bool = False,
    tip: str = "",
) -> w.Button:
    """A button whose handler can never fail in silence."""
    widget = w.Button(description=label, tooltip=tip or label)
    widget.layout.width = "auto"
    widget.add_class("pb-btn-primary" if primary else "pb-btn")
    widget.on_click(guarded(lambda _: on_click(), work))
    return widget


def guarded(handler: Callable[[Any], Any], work: CaseModel | None) -> Callable[[Any], None]:
    """*handler* with its exceptions logged and told to the agent: Voilà would swallow them."""

    def call(event: Any) -> None:
        try:
            handler(event)
        except Exception as error:
            log.exception("a page handler failed")
            if work is not None:
                work.notice = Notice("failed", trouble(error, work.lang))

    return call


def keep_drawn(work: CaseModel, draw: Callable[[], None]) -> None:
    """Draw now, and again whenever the case has changed."""
    draw()
    work.observe(guarded(lambda _: draw(), work), "case")


def soon(work: Callable[[], None]) -> None:
    """Run *work* in the thread that draws pages, when it is free. May be called from any thread."""
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.instance().kernel.io_loop.add_callback(work)


def later(work: Callable[[object], None]) -> None:
    """Run *work* soon, so that the page can show what there is; at once where no kernel runs."""
    from ipykernel.kernelapp import IPKernelApp

    if IPKernelApp.initialized():
        soon(lambda: work(None))
    else:
        work(None)


def trouble(error: Exception, lang: str) -> tuple[str, ...]:
    """What an agent is told about an exception: what is wrong with the database, or that nothing is lost."""
    _ = translator(lang)
    safe = _("Something went wrong and nothing was changed. What you confirmed before is safe.")
    if isinstance(error, StoreError):
        return (say(error.problem, lang),)
    if isinstance(error, SettingsError | PolicyError):
        return (safe, str(error))
    return (safe,)


def notice_html(notice: Notice | None, lang: str) -> str:
    """The banner for a notice; empty without one."""
    if notice is None:
        return ""
    _ = translator(lang)
    heads = {
        "done": _("Done."),
        "refused": _("Not done, because:"),
        "conflict": _("A colleague changed this case meanwhile. Your draft is kept. What happened:"),
        "failed": _("This did not work."),
    }
    style = {"done": "pb-ok", "refused": "pb-warn", "conflict": "pb-warn", "failed": "pb-bad"}[notice.kind]
    body = h.items(h.text(line) for line in notice.texts)
    return h.tag("div", h.tag("b", h.text(heads[notice.kind])), body, cls=f"pb-banner {style}", role="alert")
