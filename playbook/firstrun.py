"""A home that is ready: database made or brought up to date; sample orders and open cases at first start."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from playbook.desk import Desk, Done
from playbook.intake import read
from playbook.intake.second import endpoint
from playbook.orderbook import load_samples, samples_loaded
from playbook.policy import Policy, load_policy
from playbook.settings import Settings
from playbook.steps import Actor
from playbook.store import SqlStore, Store, open_store

OPENED_AT_FIRST = (
    "abc-list",
    "mixed-channels",
    "vague-message",
    "damaged-and-wrong-colour",
    "japanese-message",
)
"""Sample cases whose messages wait on the desk at the first start."""


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The present, or the frozen time of the settings."""
    frozen = settings.as_of
    if frozen is not None:
        return lambda: frozen
    return lambda: datetime.now(UTC).replace(microsecond=0)


def open_home(settings: Settings) -> SqlStore:
    """The store of a home, made or brought up to date; holds sample orders when it was empty."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database_url)
    try:
        if not store.product_titles():
            load_samples(store, at=clock_of(settings)())
    except BaseException:
        store.close()
        raise
    return store


def desk_of(settings: Settings, store: Store, policy: Policy, name: str) -> Desk:
    """The desk of one colleague. Raises KeyError for a name that is not on the staff."""
    return Desk(store, policy, Actor(name, settings.staff[name]), clock_of(settings))


def prepare_home(settings: Settings) -> Iterator[str]:
    """Make a home ready, with a line to show per stage."""
    with open_home(settings) as store:
        yield f"database  {settings.home}"
        policy = load_policy()
        yield f"rules     version {policy.version}"
        yield f"orders    {len(store.product_titles())} products in the order book"
        known = len(store.case_ids())
        own_orders = not samples_loaded(store)
        opened = 0
        if not known and not own_orders:
            opened = open_samples(desk_of(settings, store, policy, settings.agent))
        second = endpoint(os.environ)
        if second is not None:
            yield f"reader    second reader {second.model}: messages are sent, masked, to {second.url}"
        if known:
            yield f"cases     {known} in the log"
        elif own_orders:
            yield "cases     none yet; sample cases are not opened beside orders of your own"
        else:
            yield f"cases     {opened} sample cases opened"


def open_samples(desk: Desk) -> int:
    """Open the sample messages as cases that came in during the last hours; how many."""
    from playbook.samplecases.loading import load_sample

    opened = 0
    for hours, name in enumerate(OPENED_AT_FIRST):
        sample = load_sample(name)
        outcome = desk.open_case(
            sample.message,
            received_at=desk.clock() - timedelta(hours=2 + 5 * hours),
            language=read(sample.message).language,
            marketplace=sample.marketplace,
        )
        opened += isinstance(outcome, Done)
    return opened
