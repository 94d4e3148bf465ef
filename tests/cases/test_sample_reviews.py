"""Every sample case through the review: only what really is wrong with it is found."""

import pytest

from playbook.review.casereview import ReviewSetting
from playbook.review.checks import review_case
from playbook.review.wording import sentence
from tests.builders import the_policy
from tests.samplecases import finished

pytestmark = pytest.mark.xdist_group("letters about samples")  # every sample is replayed once for them

REALLY_WRONG = {
    "brazil-no-letters": {"message_warned"},  # answered in English: nobody writes Portuguese letters
    "business-credit-note": {"update_gap"},  # five days of silence while the goods travel
    "claim-and-chargeback": {"return_request_late", "platform_deadline_late"},  # two days pass unanswered
    "fba-redirect": {"memo_missing"},
    "partially-shipped": {"units_untouched"},  # what was not shipped yet is left open
    "replacement-exists": {"units_untouched"},
    "return-arrives-in-parts": {"update_gap"},
    "return-with-used-units": {"update_gap"},
    "singapore-changed-mind": {"update_gap"},  # weeks pass until the boxes come back
    "slips-up-to-the-plan": {"memo_missing"},
    "slips-with-returns": {"promise_late", "change_untold", "update_gap"},  # made of slips
    "worn-goods-safet": {"update_gap"},
}


def test_a_sample_has_no_finding_but_what_is_really_wrong() -> None:
    found = {}
    for name, sample in finished().items():
        setting = ReviewSetting(the_policy(), sample.now, sample.roles, told=sample.told.get)
        review = review_case(sample.case.case_id, sample.events, setting)
        assert review.damage == (), name
        assert review.case is not None
        assert review.case.version == sample.case.version
        for finding in review.findings:
            for lang in ("en", "zh_CN"):
                assert "{" not in sentence(finding, lang, the_policy())
        if review.findings:
            found[name] = {finding.check for finding in review.findings}
    assert found == REALLY_WRONG
