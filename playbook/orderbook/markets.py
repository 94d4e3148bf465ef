"""Which marketplace a row belongs to, from what reports call it."""

from collections.abc import Mapping
from functools import lru_cache

from playbook.domain.ids import Marketplace
from playbook.policy import MarketRow

Markets = Mapping[Marketplace, MarketRow]
"""Facts of every marketplace, from the policies."""

_COUNTRY = {
    "GB": "UK",
    "UNITED KINGDOM": "UK",
    "GREAT BRITAIN": "UK",
    "ENGLAND": "UK",
    "EIRE": "IE",
    "USA": "US",
}


def by_sales_channel(name: str, markets: Markets) -> Marketplace | None:
    """The marketplace of a sales channel such as ``Amazon.co.uk``; None for other channels."""
    domain = name.strip().casefold().removeprefix("www.")
    return next((row.id for row in markets.values() if row.domain == domain), None)


def by_name(name: str, markets: Markets) -> Marketplace | None:
    """The marketplace called *name*: its two letters, Amazon's id, or its domain."""
    text = name.strip()
    code = country_code(text)
    found = next(
        (row.id for row in markets.values() if text in {row.amazon_id, row.id.value} or row.id == code), None
    )
    return found or by_sales_channel(text, markets)


def guess(currency: str, country: str, markets: Markets) -> Marketplace:
    """The likeliest marketplace where a report names none: the country's if it pays so, or the currency's."""
    code = country_code(country)
    same_money = [row.id for row in markets.values() if row.currency == currency]
    if not currency:
        return next((row.id for row in markets.values() if row.id == code), Marketplace.US)
    if code in same_money:
        return Marketplace(code)
    if currency == "EUR":
        return Marketplace.DE
    return same_money[0] if same_money else Marketplace.US


@lru_cache(maxsize=1000)
def country_code(country: str) -> str:
    """The two letters of a country given by code or English name, as Amazon writes them; else as given."""
    text = country.strip().upper()
    if text in _COUNTRY:
        return _COUNTRY[text]
    if len(text) == 2:
        return text
    names = _country_names()
    return names.get(text, text)


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    from babel import Locale

    territories = Locale("en").territories
    return {name.upper(): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}
