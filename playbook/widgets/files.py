"""Links that save a file, without a server: the file is in the link."""

import base64

from playbook.exports import Document
from playbook.widgets import html as h
from playbook.widgets.printing import printed


def download(label: str, name: str, kind: str, data: bytes) -> str:
    """A link that saves *data* as a file named *name*."""
    encoded = base64.b64encode(data).decode("ascii")
    return h.tag("a", h.text(label), href=f"data:{kind};base64,{encoded}", download=name, cls="pb-btn")


def to_print(label: str, name: str, document: Document, lang: str) -> str:
    """A link that saves a sheet as an HTML file to print."""
    return download(label, f"{name}.html", "text/html", printed(document, lang).encode("utf-8"))


def as_csv(label: str, name: str, text: str) -> str:
    """A link that saves a CSV file."""
    return download(label, f"{name}.csv", "text/csv", text.encode("utf-8"))
