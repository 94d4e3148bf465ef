"""The patterns of the message rules find what they should and leave the rest alone."""

import re
from datetime import date

import pytest

from playbook.domain.ids import Marketplace
from playbook.policy import Policy


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("email_address", "write to kim.tester+shop@nowhere-example.co.uk please"),
        ("phone_number", "call +44 20 7946 0958"),
        ("phone_number", "call (030) 555 1234"),
        ("external_link", "see https://shop.example.org/deal"),
        ("external_link", "see https://amazon.com.example.org/"),
        ("insecure_link", "see http://www.amazon.de/"),
        ("html", "a <b>bold</b> word"),
        ("emoji_or_gif", "thanks \U0001f600"),
        ("emoji_or_gif", "thanks ★"),
        ("emoji_or_gif", "see smile.GIF"),
        ("tracking_pixel", "<IMG src=x>"),
        ("line_breaks", "a\n\n\n\nb"),
    ],
)
def test_found(policy: Policy, today: date, rule: str, text: str) -> None:
    assert re.search(pattern(policy, today, rule), text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("email_address", "3 units @ 4.25 each"),
        ("external_link", "see https://www.amazon.co.uk/contact-us"),
        ("external_link", "see https://amazon.co.jp"),
        ("insecure_link", "see https://www.amazon.de/"),
        ("html", "5 < 6 and 7 > 3"),
        ("phone_number", "order 204-5512873-7719305"),
        ("emoji_or_gif", "3 × 12 → 36, 补发三件。"),
        ("line_breaks", "a\n\n\nb"),
    ],
)
def test_left_alone(policy: Policy, today: date, rule: str, text: str) -> None:
    assert not re.search(pattern(policy, today, rule), text)


def pattern(policy: Policy, today: date, rule_id: str) -> str:
    rule = next(rule for rule in policy.message_rules(Marketplace.US, today) if rule.id == rule_id)
    assert rule.pattern is not None
    return rule.pattern
