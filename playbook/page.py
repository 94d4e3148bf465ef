"""What a page was asked for: the query string of a Voilà page, seen from its kernel."""

import os
from urllib.parse import parse_qsl


def query_parameters() -> dict[str, str]:
    """The page's query parameters; empty outside Voilà.

    In a preheated kernel this waits until a page connects: do everything slow before.
    """
    if not os.environ.get("VOILA_KERNEL_ID") and "QUERY_STRING" not in os.environ:
        return {}
    from voila.utils import get_query_string

    return dict(parse_qsl(get_query_string() or "", keep_blank_values=False))
