"""The report of a review: text is text, nothing is loaded, the same input gives the same bytes."""

import re
from html.parser import HTMLParser

import pytest

from playbook.domain.case import Appeal, Scoring
from playbook.domain.events import Verdict
from playbook.review.casereview import CaseReview, Damage, DamageKind
from playbook.review.results import NotChecked, Totals
from playbook.widgets.reviewreport import Report, framed, write_report
from tests.builders import AGENT, LEAD, NOW, the_policy
from tests.reviews import finding, results, reviewed, some_reviews, totals

HOSTILE = "<script>alert(1)</script>\"'&\u202e{x}"
VOID = {"meta", "input", "br", "img"}


class Page(HTMLParser):
    """Tags, their attributes and the text outside of scripts and styles; every tag is closed in turn."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self._open = [], [], []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] not in {"script", "style"}:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)


def a_run(**others):
    appeals = (
        Appeal(
            "promise_late",
            3,
            "by phone",
            AGENT.name,
            NOW,
            granted=False,
            decided_by=LEAD.name,
            decided_at=NOW,
        ),
    )
    scorings = tuple(
        Scoring(name, NOW, "standard", 9, {"memo_missing": Verdict.MET}) for name in ("Gu", "Li")
    )
    now = totals(
        *some_reviews(60),
        reviewed(
            finding(
                "promise_late", case_id="2026-0900", promise="ship_goods", due_at=NOW.isoformat(), hours=5
            ),
            case_id="2026-0900",
            appeals=appeals,
            scorings=scorings,
        ),
        CaseReview(finding("x", case_id="2026-0901").case_id, damage=(Damage(DamageKind.MISSING, 4, "gap"),)),
    )
    gaps = (NotChecked("words_purged", 3), NotChecked("something_new", 2, "why"))
    return results(
        now, totals(*some_reviews(50, seed=9)), not_checked=gaps, files=("findings.csv",), **others
    )


def page_of(run, lang="en"):
    return Report(run, lang, the_policy()).whole()


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_same_run_gives_the_same_bytes(tmp_path, lang):
    first = write_report(a_run(), tmp_path / "one", lang, the_policy())
    second = write_report(a_run(), tmp_path / "two", lang, the_policy())
    assert [path.name for path in first] == ["report.html", "index.html", "index.html", "index.html"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_it_leads_from_every_finding_to_its_entry_and_from_the_contents_to_every_section():
    page = Page(page_of(a_run()))
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert "http://localhost:8866/voila/render/case.ipynb?case=2026-0900&event=3&lang=en" in links
    places = {attrs["id"] for tag, attrs in page.tags if tag == "section"}
    assert {link[1:] for link in links if link.startswith("#")} == places
    assert "was due on 2026-11-23 17:00 and kept 5 hours late" in page.text
    assert "appeal refused" in page.text
    assert "something_new 2 why" in page.text
    assert "The words of 3 messages were deleted" in page.text
    assert "Entries are missing before entry 4." in page.text


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_nothing_is_loaded_and_only_our_script_runs(lang, tmp_path):
    for path in write_report(a_run(), tmp_path, lang, the_policy()):
        page = path.read_text("utf-8")
        tags = Page(page).tags
        assert not [attrs for tag, attrs in tags if tag in {"img", "link", "iframe", "object", "form"}]
        assert not [attrs for _tag, attrs in tags if "src" in attrs or any(n.startswith("on") for n in attrs)]
        assert "url(" not in page
        assert "@import" not in page
        (rules,) = [attrs["content"] for _tag, attrs in tags if "http-equiv" in attrs]
        assert rules.startswith("default-src 'none'")
        assert page.count("<script>") == 1


def test_what_comes_from_outside_is_text():
    now = totals(
        reviewed(
            finding("compensated_twice", actor=HOSTILE, sku=HOSTILE, units=2, ordered=1),
            agent=HOSTILE,
            team=HOSTILE,
            appeals=(Appeal("compensated_twice", 3, HOSTILE, HOSTILE, NOW),),
        )
    )
    run = results(now, files=(HOSTILE,), not_checked=(NotChecked(HOSTILE, 1, HOSTILE),))
    for page in (page_of(run), page_of(run, "zh_CN"), framed(page_of(run))):
        read = Page(page)
        assert sum(tag == "script" for tag, _attrs in read.tags) <= 1
        assert "\u202e" not in page
    assert HOSTILE.replace("\u202e", "") in Page(page_of(run)).text
    (frame,) = Page(framed(page_of(run))).tags
    assert frame[1]["srcdoc"] == page_of(run)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_empty_states_are_said(lang):
    nothing = Page(page_of(results(Totals()), lang))
    assert len([tag for tag, _attrs in nothing.tags if tag == "section"]) == 3
    one = Page(page_of(results(totals(reviewed())), lang))
    assert len([attrs for _tag, attrs in one.tags if attrs.get("class") == "empty"]) >= 5
    damaged = results(totals(CaseReview(finding("x").case_id, damage=(Damage(DamageKind.EMPTY),))))
    assert "2026-0001" in Page(page_of(damaged, lang)).text


def test_nothing_is_claimed_that_the_counts_do_not_carry():
    few = Page(page_of(results(totals(*list(some_reviews(6))), totals(*list(some_reviews(6, seed=3))))))
    assert "not enough cases or days to say" in few.text
    assert not [attrs for _tag, attrs in few.tags if attrs.get("class") in {"pb-tag better", "pb-tag worse"}]


def test_no_sentence_is_left_open_or_in_the_wrong_language():
    chinese = Page(page_of(a_run(), "zh_CN")).text
    english = Page(page_of(a_run())).text
    assert not re.search(r"\{(?!sku|[a-z_]+_at|units|hours|promise|ordered|lines)[a-z]+\}", english + chinese)
    assert "Worst cases first" in english
    assert not re.search(r"Overview|Mean score|Appeals|Findings|not enough", chinese)


def test_a_department_gets_what_it_can_do_something_about(tmp_path):
    *_report, warehouse, purchasing, product = write_report(a_run(), tmp_path, "en", the_policy())
    assert "Missing units" in Page(warehouse.read_text("utf-8")).text
    assert "Missing units" not in Page(purchasing.read_text("utf-8")).text
    assert "Lin" not in Page(product.read_text("utf-8")).text
    write_report(results(Totals()), tmp_path, "en", the_policy())
    assert "Nothing was claimed in this period that concerns you." in Page(product.read_text("utf-8")).text
