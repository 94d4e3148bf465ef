"""SVG from matplotlib that can stand in a page: links, a name for screen readers, text as text.

matplotlib draws axes and marks; letters are left to the reader's browser, so that Chinese is right on any
machine and text can be searched and copied. The same figure gives the same bytes.
"""

import re
import unicodedata
import warnings
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
FONTS = "system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
SIZE = 10.5
"""Points of the letters; the figures are drawn as wide as a printed page, so they stay readable there."""

WIDTH = 7.2
"""Inches: A4 without its margins."""

_FAMILY = re.compile(r"(font-family: |font: [\w ]*?[\d.]+px )[^;]*")

INK, SOFT, LINE = "#1b2430", "#56616e", "#c9d0d7"
BLUE, SKY, ORANGE, VERMILION = "#0072B2", "#56B4E9", "#E69F00", "#D55E00"
COLOURS = (BLUE, ORANGE, "#009E73", SKY, VERMILION, "#CC79A7", "#F0E442")
"""Okabe and Ito's colours, which people with any colour vision can tell apart."""

HATCHES = ("", "///", "...", "\\\\\\", "xx", "--", "oo")
"""What tells areas apart without colour."""


def figure(height: float) -> "Figure":
    """An empty figure as wide as a page, *height* inches high."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(WIDTH, height))
    drawn.patch.set_alpha(0)
    return drawn


def axes(
    drawn: "Figure", *, left: float, right: float = 0.15, top: float = 0.1, bottom: float = 0.5
) -> "Axes":
    """Axes with margins in inches: only lines that carry meaning."""
    width, height = drawn.get_size_inches()
    place = (left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height)
    found = drawn.add_axes(place)
    found.spines[["top", "right"]].set_visible(False)
    found.spines[["left", "bottom"]].set_color(SOFT)
    found.tick_params(colors=INK, labelsize=SIZE, length=3)
    found.patch.set_alpha(0)
    return found


def width_of(text: str) -> float:
    """About how wide *text* is, in inches: a Chinese character counts as two letters."""
    wide = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return wide * SIZE * 0.62 / 72


def shortened(text: str, inches: float) -> str:
    """*text*, or as much of it as fits."""
    text = " ".join(text.split())
    if width_of(text) <= inches + 1e-9:
        return text
    while text and width_of(text) > inches - 0.1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def finished(drawn: "Figure", name: str, title: str, description: str) -> str:
    """The figure as an SVG element for a page.

    *name* is unique on the page: ids inside begin with it. *title* and *description* are what a screen
    reader says.
    """
    import matplotlib as mpl

    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif"}
    out = StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        drawn.savefig(out, format="svg", metadata=nothing)
    root = ET.fromstring(out.getvalue())  # noqa: S314 - our own text
    return _in_page(root, name, title, description)


def _in_page(root: ET.Element, name: str, title: str, description: str) -> str:
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}:
                parent.remove(child)
    ids = {element.get("id"): f"{name}-{element.get('id')}" for element in root.iter() if element.get("id")}
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, ids[value])
            elif value.startswith("#") and value[1:] in ids:
                element.set(key, f"#{ids[value[1:]]}")
            elif "url(#" in value:
                element.set(key, re.sub(r"url\(#([^)]*)\)", lambda hit: f"url(#{ids[hit[1]]})", value))
        if element.tag == f"{{{SVG}}}a":
            element.set("href", element.attrib.pop(f"{{{XLINK}}}href"))
            element.attrib.pop("target", None)
        if element.tag == f"{{{SVG}}}text":
            element.set("style", _FAMILY.sub(rf"\g<1>{FONTS}", element.get("style", "")))
    root.attrib.pop("version", None)
    root.set("role", "img" if not list(root.iter(f"{{{SVG}}}a")) else "group")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    root.set("style", "max-width:100%;height:auto;stroke-linejoin:round;stroke-linecap:butt")
    for at, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(at, element)
    return ET.tostring(root, encoding="unicode")
