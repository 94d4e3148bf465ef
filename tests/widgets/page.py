"""A page driven in process: find a control by the name an agent reads on it, use it, read what is shown.

Only what can be seen is found: a widget with ``display: none`` or hidden, or below one, is not on the page.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, TypeVar

import ipywidgets as w

Control = TypeVar("Control", bound=w.Widget)


def visible(widget: w.Widget) -> Iterator[w.Widget]:
    """*widget* and everything below it that can be seen, in the order of the page."""
    layout = getattr(widget, "layout", None)
    if layout is not None and (layout.display == "none" or layout.visibility == "hidden"):
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from visible(child)


class _Words(HTMLParser):
    """The words of a piece of HTML, with a blank where an element begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words(html: str) -> str:
    """The text of a piece of HTML, runs of blanks as one."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    return " ".join("".join(parser.words).split())


@dataclass
class Screen:
    """What one browser window shows. ``roots`` gives the widgets that are displayed, from the top."""

    roots: Callable[[], Sequence[w.Widget]]

    def widgets(self, kind: type[Control]) -> list[Control]:
        """Every visible widget of a kind, each once."""
        found: dict[str, Control] = {}
        for root in self.roots():
            found.update({x.model_id: x for x in visible(root) if isinstance(x, kind)})
        return list(found.values())

    def buttons(self, name: str) -> list[w.Button]:
        """The visible buttons with exactly that name."""
        return [button for button in self.widgets(w.Button) if button.description == name]

    def button(self, name: str) -> w.Button:
        """The one visible button with exactly that name."""
        found = self.buttons(name)
        assert len(found) == 1, f"{len(found)} x {name!r}; buttons are {self.button_names}"
        return found[0]

    @property
    def button_names(self) -> list[str]:
        """The names of all visible buttons, from the top."""
        return [button.description for button in self.widgets(w.Button)]

    def click(self, name: str, nth: int | None = None) -> None:
        """Click the one button with that name, or the *nth* of several; a disabled one fails the test."""
        button = self.button(name) if nth is None else self.buttons(name)[nth]
        assert not button.disabled, f"{name!r} is disabled; the page says: {self.text}"
        button.click()

    def field(self, name: str) -> Any:
        """The one visible control with that label (or, where it has none, that hint in it)."""
        kinds = (
            w.Text,
            w.Textarea,
            w.Dropdown,
            w.Checkbox,
            w.BoundedIntText,
            w.NaiveDatetimePicker,
            w.DatePicker,
        )
        found = [x for kind in kinds for x in self.widgets(kind) if name == x.description]
        assert len(found) == 1, f"{len(found)} x {name!r}; controls are {self.field_names}"
        return found[0]

    @property
    def field_names(self) -> list[str]:
        """The labels of all visible controls that hold a value."""
        holders = [x for x in self.widgets(w.Widget) if hasattr(x, "value") and not isinstance(x, w.HTML)]
        return [x.description for x in holders if hasattr(x, "description")]

    def set(self, name: str, value: object) -> None:
        """Type into, tick, or choose in the control with that label."""
        control = self.field(name)
        assert not control.disabled, f"{name!r} is disabled"
        control.value = value

    def choose(self, name: str, label: str) -> None:
        """Choose the entry with that label in a list."""
        control = self.field(name)
        assert label in self.choices(name), f"{label!r} is not among {self.choices(name)}"
        control.value = dict(control.options)[label]

    def choices(self, name: str) -> list[str]:
        """The entries of a list, as they are read."""
        return [option[0] if isinstance(option, tuple) else option for option in self.field(name).options]

    @property
    def html(self) -> list[str]:
        """Every visible piece of HTML."""
        return [piece.value for piece in self.widgets(w.HTML)]

    @property
    def text(self) -> str:
        """All visible texts one after the other, as a reader sees them."""
        return " ".join(words(piece) for piece in self.html)

    def sees(self, *sentences: str) -> None:
        """Fail unless every sentence can be read on the page."""
        text = self.text
        for sentence in sentences:
            assert sentence in text, f"not on the page: {sentence!r}; it says: {text}"

    def misses(self, *sentences: str) -> None:
        """Fail if one of the sentences can be read on the page."""
        text = self.text
        for sentence in sentences:
            assert sentence not in text, f"still on the page: {sentence!r}"
