"""The look, and the copy button: the two things a page needs beside widgets."""

from functools import cache
from pathlib import Path

from playbook.widgets.html import tag, text

_COPY = (
    "const b=this,t=b.getAttribute('data-copy'),ok=()=>{const o=b.textContent;"
    "b.textContent=b.getAttribute('data-copied')+' ✓';setTimeout(()=>{b.textContent=o},1600)},"
    "old=()=>{const a=document.createElement('textarea');a.value=t;document.body.appendChild(a);"
    "a.select();document.execCommand('copy');a.remove();ok()};"
    "navigator.clipboard?navigator.clipboard.writeText(t).then(ok,old):old()"
)
"""What a copy button does, the same for every text: the text itself is only ever an attribute."""


@cache
def css() -> str:
    """The style sheet."""
    return (Path(__file__).parent / "share/voila/templates/playbook/theme.css").read_text("utf-8")


def style_html() -> str:
    """The style sheet as an element, for JupyterLab, where our page template is not in play."""
    return f"<style>{css()}</style>"


def copy_button_html(copied: str, label: str, done: str) -> str:
    """A button that copies the text *copied* and then says *done*. The text never becomes markup or code."""
    return tag(
        "button", text(label), cls="pb-btn", type="button", data_copy=copied, data_copied=done, onclick=_COPY
    )
