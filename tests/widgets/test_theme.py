"""The style sheet keeps every text readable: WCAG 2.1 AA contrast (4.5 to 1) in light and in dark."""

import re

import pytest

from playbook.widgets.theme import css, style_html

AA = 4.5

PAIRS = (
    ("ink", "bg"),
    ("ink", "panel"),
    ("ink", "accent-soft"),
    ("ink", "warn-soft"),
    ("ink", "bad-soft"),
    ("ink", "ok-soft"),
    ("soft", "bg"),
    ("soft", "panel"),
    ("soft", "accent-soft"),
    ("soft", "warn-soft"),
    ("accent", "bg"),
    ("accent", "panel"),
    ("on-accent", "accent"),
    ("warn", "panel"),
    ("warn", "warn-soft"),
    ("bad", "panel"),
    ("bad", "bad-soft"),
    ("ok", "panel"),
    ("ok", "ok-soft"),
)
"""Text on background as the rules of the sheet combine them (rows: pb-hit and pb-ask hold quiet texts too)."""


def palettes() -> dict[str, dict[str, str]]:
    """The variables of the sheet in light and dark."""
    sheet = css()
    light = re.search(r"^\.pb\{(--[^}]*)\}", sheet, re.MULTILINE)
    dark = re.search(r"prefers-color-scheme:dark\)\{\.pb\{(--[^}]*)\}", sheet)
    assert light is not None
    assert dark is not None
    found = {}
    for name, block in (("light", light[1]), ("dark", dark[1])):
        found[name] = dict(re.findall(r"--([\w-]+):(#[0-9a-fA-F]{3,6})\b", block))
    return found


def luminance(colour: str) -> float:
    """Relative luminance of ``#rgb`` or ``#rrggbb`` (WCAG 2.1, definition of relative luminance)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_knows_the_standard_values() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "background"), PAIRS)
def test_text_is_readable(mode: str, text: str, background: str) -> None:
    colours = palettes()[mode]
    assert contrast(colours[text], colours[background]) >= AA


def test_both_modes_know_the_same_colours() -> None:
    modes = palettes()
    assert modes["light"].keys() == modes["dark"].keys()


def test_every_colour_that_is_used_is_defined_and_local() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", css()))
    assert used - {"mono"} <= palettes()["light"].keys()
    assert "url(" not in css()
    assert "@import" not in css()
    assert style_html() == f"<style>{css()}</style>"
