"""Exact money: decimals in one currency, split by largest remainder."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

_WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF"})

CENT = Decimal("0.01")
_ONE = Decimal(1)
_TOO_MUCH = Decimal(10) ** 15


def minor_unit(currency: str) -> Decimal:
    """The smallest amount that can be paid: one yen, one cent."""
    return _ONE if currency in _WITHOUT_CENTS else CENT


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in a currency (ISO 4217, three capitals), always a whole number of minor units.

    Raises ValueError for an amount that is not finite, is beyond 10^15, has fractions of a minor unit,
    or has no proper currency. Arithmetic between currencies raises ValueError.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise ValueError(f"not a currency code: {self.currency!r}")
        if not self.amount.is_finite() or abs(self.amount) >= _TOO_MUCH:
            raise ValueError(f"not an amount of money: {self.amount}")
        exact = self.amount.quantize(minor_unit(self.currency))
        if exact != self.amount:
            raise ValueError(f"{self.amount} {self.currency} has fractions of the smallest unit")
        object.__setattr__(self, "amount", abs(exact) if exact == 0 else exact)

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> "Money":
        """Money from a decimal text. ValueError when it is not a number, TypeError for a float."""
        if isinstance(amount, float):
            raise TypeError(f"amounts are never floats: {amount!r}")
        try:
            return cls(Decimal(amount), currency)
        except InvalidOperation:
            raise ValueError(f"not an amount: {amount!r}") from None

    @classmethod
    def rounded(cls, amount: Decimal, currency: str) -> "Money":
        """The nearest payable amount, halves away from zero."""
        return cls(amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in *currency*."""
        return _nothing(currency)

    def _like(self, amount: Decimal) -> "Money":
        """*amount*, known to be whole minor units, in the same currency: nothing is checked again."""
        money = object.__new__(Money)
        object.__setattr__(money, "amount", amount)
        object.__setattr__(money, "currency", self.currency)
        return money

    def _same(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be mixed")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return self._like(self.amount + self._same(other))

    def __sub__(self, other: "Money") -> "Money":
        return self._like(self.amount - self._same(other))

    def __neg__(self) -> "Money":
        return self._like(-self.amount)

    def __mul__(self, units: int) -> "Money":
        return self._like(self.amount * units)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def percent(self, share: Decimal) -> "Money":
        """*share* percent of this amount, rounded to the nearest minor unit."""
        return Money.rounded(self.amount * share / 100, self.currency)

    def allocate(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Split into parts proportional to *weights* that sum exactly to this amount.

        Largest remainder: every part is within one minor unit of its exact share; ties go to the
        earlier part. Raises ValueError without a positive weight or with a negative one.
        """
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must be non-negative and not all zero")
        unit = minor_unit(self.currency)
        whole = int(self.amount / unit)
        sign, whole = (-1, -whole) if whole < 0 else (1, whole)
        parts = [whole * weight // total for weight in weights]
        remainders = [whole * weight % total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
        for index in by_remainder[: whole - sum(parts)]:
            parts[index] += 1
        return tuple(self._like(sign * part * unit) for part in parts)


@cache
def _nothing(currency: str) -> Money:
    """The one zero of a currency; every ledger asks for it."""
    return Money(Decimal(0), currency)


def total(amounts: Sequence[Money], currency: str) -> Money:
    """The sum of *amounts*, zero in *currency* when there are none. ValueError for another currency."""
    return sum(amounts, Money.zero(currency))
