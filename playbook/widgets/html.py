"""Small pieces of HTML. Every text is escaped here, and nowhere else is markup put together by hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape as _escape
from urllib.parse import urlencode

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_currency

from playbook import i18n
from playbook.domain.money import Money
from playbook.i18n import translator

AGENT_ZONE = i18n.AGENT_ZONE

_INVISIBLE = {
    **dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, *range(128, 160)), "�"),
    **dict.fromkeys((*range(8234, 8239), *range(8294, 8298), 8206, 8207, 1564, 65279), ""),
}


def text(value: object) -> str:
    """*value* as text that can never be markup: escaped, no control, direction or lone surrogate codes."""
    clean = str(value).translate(_INVISIBLE).encode("utf-8", "replace").decode("utf-8")
    return _escape(clean, quote=True)


def tag(name: str, /, *inner: str, cls: str = "", **attributes: object) -> str:
    """An element around HTML that is already safe; attribute values are escaped."""
    given = {"class": cls, **attributes} if cls else attributes
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in given.items()
        if value is not None
    )
    return f"<{name}{shown}>{''.join(inner)}</{name}>"


def field(**attributes: str) -> str:
    """An input of a form; attribute values are escaped."""
    return tag("input", **attributes).removesuffix("</input>")


def badge(label: object, cls: str = "") -> str:
    """A small rounded label."""
    return tag("span", text(label), cls=f"pb-tag {cls}".strip())


def mono(value: object) -> str:
    """An id or number in a fixed-width face."""
    return tag("span", text(value), cls="pb-mono")


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: frozenset[int] = frozenset()
) -> str:
    """A table: *head* plain texts (empty: none), *rows* cells of safe HTML, *numeric* right-aligned."""

    def cells(name: str, values: Sequence[str]) -> str:
        return "".join(tag(name, value, cls="n" if at in numeric else "") for at, value in enumerate(values))

    body = "".join(tag("tr", cells("td", row)) for row in rows)
    return tag(
        "table",
        tag("thead", tag("tr", cells("th", [text(h) for h in head]))) if head else "",
        tag("tbody", body),
        cls="pb-table",
    )


def items(lines: Iterable[str], cls: str = "") -> str:
    """A list of safe HTML lines."""
    return tag("ul", *(tag("li", line) for line in lines), cls=f"pb-list {cls}".strip())


def money(amount: Money, lang: str) -> str:
    """An amount in the buyer's currency, written as the agent's language writes it."""
    return text(format_currency(amount.amount, amount.currency, locale=lang))


def moment(at: datetime, lang: str) -> str:
    """A time with weekday in the agent's zone, as ``<time>`` with the exact instant."""
    return tag("time", text(plain_moment(at, lang)), datetime=at.isoformat())


def plain_moment(at: datetime, lang: str) -> str:
    """A time with weekday in the agent's zone, as plain text (for tooltips)."""
    pattern = "EEE d MMM HH:mm" if lang == "en" else "M月d日 EEE HH:mm"
    return str(format_datetime(at, pattern, tzinfo=AGENT_ZONE, locale=lang))


def link(notebook: str, **query: str) -> str:
    """The address of a page with its query."""
    return f"{notebook}.ipynb?{urlencode({key: value for key, value in query.items() if value})}"


def day(at: datetime, lang: str) -> str:
    """A date with weekday in the agent's zone."""
    pattern = "EEE d MMM" if lang == "en" else "M月d日 EEE"
    shown = format_datetime(at, pattern, tzinfo=AGENT_ZONE, locale=lang)
    return tag("time", text(shown), datetime=at.isoformat())


def until(at: datetime, now: datetime, lang: str) -> str:
    """How long until *at*, or how long it is overdue, in words: to the minute within two days."""
    _ = translator(lang)
    left = abs(at - now)
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    if hours >= 48:
        span = str(format_timedelta(left, granularity="day", threshold=2, locale=lang))
    elif hours:
        span = _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    else:
        span = _("{minutes} min").format(minutes=minutes)
    return text((_("in {span}") if at >= now else _("{span} overdue")).format(span=span))


def go(address: str) -> str:
    """Leads a Voilà page to *address* by itself; does nothing in JupyterLab, where pages are notebooks."""
    return tag("img", src="data:,", alt="", onerror=_GO, data_href=address)


_GO = "if(document.body.dataset.voila)location.assign(this.dataset.href)"


def into_view() -> str:
    """Brings what it is in into sight, once a page: what a link has led to."""
    return tag("img", src="data:,", alt="", style="display:none", onerror=_INTO_VIEW)


_INTO_VIEW = (
    "if(!document.body.dataset.pbCame){document.body.dataset.pbCame=1;"
    "this.parentElement.parentElement.scrollIntoView({block:'center'})}"
)
