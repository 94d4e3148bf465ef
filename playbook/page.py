"""What a page was asked for: the query string of a Voilà page, seen from its kernel."""

import os
from urllib.parse import parse_qsl


def query_parameters() -> dict[str, str]:
    """The page's query parameters; empty outside Voilà.

    In a preheated kernel the first call waits until a page connects: do everything slow before.
    """
    if os.environ.get("VOILA_PREHEAT") == "True" and "QUERY_STRING" not in os.environ:
        from voila.utils import wait_for_request

        wait_for_request()
    return dict(parse_qsl(os.environ.get("QUERY_STRING", ""), keep_blank_values=False))
