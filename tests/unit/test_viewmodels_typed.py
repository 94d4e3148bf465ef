"""Amounts and percentages in any locale's writing, and a clear sentence for what is none."""

from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.money import Money, minor_unit
from playbook.domain.problems import Problem
from playbook.i18n import say
from playbook.viewmodels.typed import amount_of_text, share_of_text

LOCALES = ("en_US", "en_GB", "de_DE", "de_CH", "fr_FR", "es_ES", "it_IT", "ja_JP", "zh_CN", "sv_SE", "pl_PL")


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12,50", "EUR", "12.50"), ("12.50", "EUR", "12.50"), ("1.234,56", "EUR", "1234.56"),
        ("1,234.56", "USD", "1234.56"), ("¥1,200", "JPY", "1200"), ("1200円", "JPY", "1200"),
        ("１２００", "JPY", "1200"), ("$ 5", "USD", "5"), ("5 USD", "USD", "5"), ("usd 5.5", "USD", "5.5"),
        ("1 234,56 €", "EUR", "1234.56"), ("1'234.50", "EUR", "1234.50"), ("1,234", "USD", "1234"),
        ("1.234", "EUR", "1234"), ("1,234,567", "USD", "1234567"), ("£0.05", "GBP", "0.05"), ("007", "GBP", "7"),
        ("5.005", "JPY", "5005"), ("5,00 £GB", "GBP", "5"), ("R$ 7,10", "BRL", "7.10"), ("10 zł", "PLN", "10"),
    ],
)  # fmt: skip
def test_amounts(text: str, currency: str, amount: str) -> None:
    assert amount_of_text(text, currency) == Money.of(amount, currency)


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("", "GBP", "amount_not_a_number"), ("a lot", "GBP", "amount_not_a_number"),
        ("-5", "GBP", "below_zero"), ("−5", "GBP", "below_zero"), ("5-", "GBP", "below_zero"),
        ("£-5.00", "GBP", "below_zero"), ("12.", "GBP", "amount_not_a_number"), (",5", "GBP", "amount_not_a_number"), ("0,125", "EUR", "amount_too_fine"),
        ("12.3456", "EUR", "amount_too_fine"), ("12.5", "JPY", "amount_too_fine"),
        ("€5", "GBP", "amount_other_currency"), ("5 EUR", "GBP", "amount_other_currency"),
        ("1,23,4", "GBP", "amount_not_a_number"), ("1.2.3", "GBP", "amount_not_a_number"),
        ("5 pounds please", "GBP", "amount_not_a_number"), ("1e9", "GBP", "amount_not_a_number"),
        ("9" * 30, "GBP", "amount_not_a_number"), ("=1+2", "GBP", "amount_not_a_number"),
        ("1.234,56.7", "EUR", "amount_not_a_number"), ("<b>5</b>", "GBP", "amount_not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_told_in_a_sentence(text: str, currency: str, code: str) -> None:
    found = amount_of_text(text, currency)
    assert isinstance(found, Problem)
    assert found.code == code
    assert all("{" not in say(found, lang) for lang in ("en", "zh_CN"))


@given(st.sampled_from(LOCALES), st.sampled_from(["EUR", "GBP", "JPY", "USD"]), st.integers(0, 10**9))
def test_what_any_locale_writes_is_read_back(locale: str, currency: str, cents: int) -> None:
    amount = Money(cents * minor_unit(currency), currency)
    written = format_decimal(amount.amount, locale=locale)
    assert amount_of_text(written, currency) == amount
    assert amount_of_text(format_currency(amount.amount, currency, locale=locale), currency) == amount


@pytest.mark.parametrize(
    ("text", "share"),
    [("12.5 %", "12.5"), ("12,5", "12.5"), ("20%", "20"), ("２０％", "20"), (" 7 ", "7"), ("33.30", "33.3")],
)
def test_shares(text: str, share: str) -> None:
    assert share_of_text(text) == Decimal(share)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a lot", "share_not_a_number"), ("", "share_not_a_number"), ("%", "share_not_a_number"),
        ("-5", "below_zero"), ("12.345", "share_too_fine"), ("1,2,3", "share_not_a_number"),
        ("NaN", "share_not_a_number"), ("1e2", "share_not_a_number"), ("12.", "share_not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_share_is_told_in_a_sentence(text: str, code: str) -> None:
    found = share_of_text(text)
    assert isinstance(found, Problem)
    assert found.code == code
