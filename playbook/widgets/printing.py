"""A sheet as a file of its own: no code in it, readable in any browser, made for paper."""

from playbook.exports import Document
from playbook.exports.documents import Part
from playbook.widgets import html as h

_CSS = (
    "@page{size:A4;margin:14mm 12mm}"
    "body{font:12.5px/1.45 system-ui,'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;"
    "color:#111;background:#fff;max-width:190mm;margin:12px auto;padding:0 8px}"
    "h1{font-size:19px;margin:0 0 2px}"
    "h2{font-size:14px;margin:16px 0 5px;padding-bottom:2px;border-bottom:1.5px solid #111;"
    "break-after:avoid}"
    ".facts{margin:0 0 4px;color:#333}"
    "ul{margin:4px 0;padding-left:18px}li{margin:2px 0;overflow-wrap:anywhere}"
    "ul.ticks{list-style:none;padding:0}ul.ticks li{padding-left:22px;text-indent:-22px}"
    "ul.ticks li::before{content:'\\2610';display:inline-block;width:22px;text-indent:0;font-size:14px}"
    "table{border-collapse:collapse;width:100%;margin:5px 0;font-size:11.5px}"
    "thead{display:table-header-group}tr{break-inside:avoid}"
    "th,td{border:1px solid #888;padding:4px 6px;text-align:left;vertical-align:top;"
    "overflow-wrap:break-word}"
    "th{background:#eee;font-weight:600;print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    ".c{white-space:nowrap}th{overflow-wrap:normal}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "blockquote{margin:6px 0;padding:6px 10px;border-left:3px solid #888;white-space:pre-wrap;"
    "overflow-wrap:anywhere}"
    ".foot{margin-top:16px;font-weight:600}"
)
"""The look on paper; sheets are black on white whatever the screen likes."""


def printed(document: Document, lang: str) -> str:
    """The sheet as one HTML file that loads nothing and runs nothing."""
    head = (
        '<meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width">'
    )
    body = [
        h.tag("h1", h.text(document.title)),
        h.tag("p", h.text(" · ".join(document.facts)), cls="facts"),
        *(_part(part) for part in document.parts if part),
    ]
    if document.foot:
        body.append(h.tag("p", h.text(document.foot), cls="foot"))
    name = " ".join([document.title, *document.facts[:1]])
    page = h.tag(
        "html",
        h.tag("head", head, h.tag("title", h.text(name)), f"<style>{_CSS}</style>"),
        h.tag("body", *body),
        lang=lang.replace("_", "-"),
    )
    return f"<!doctype html>{page}\n"


def _part(part: Part) -> str:
    inner = [h.tag("h2", h.text(part.title))]
    if part.lines:
        lines = (h.tag("li", h.text(line)) for line in part.lines)
        inner.append(h.tag("ul", *lines, cls="ticks" if part.ticks else ""))
    if part.table is not None:
        codes = part.table.codes
        cells = [
            [
                h.tag("span", h.text(cell), cls="c") if at in codes else h.text(cell)
                for at, cell in enumerate(row)
            ]
            for row in part.table.rows
        ]
        inner.append(h.table(part.table.head, cells, numeric=part.table.numeric))
    inner += [
        h.tag("div", h.tag("b", h.text(quote.head)), h.tag("blockquote", h.text(quote.words)), cls="quote")
        for quote in part.quotes
    ]
    return h.tag("section", *inner)
