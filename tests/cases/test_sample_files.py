"""Every shipped sample case comes out as it says, and a file that is not right is refused with the reason."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbook.firstrun import OPENED_AT_FIRST
from playbook.samplecases.loading import NEEDS, Action, SampleError, load_sample, sample_names
from playbook.samplecases.replay import Replay
from playbook.settings import data_dir

CASES = data_dir() / "cases"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The copy of the sample orders is kept here, made once for all cases."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYBOOK_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.mark.parametrize("name", sample_names())
def test_a_sample_comes_out_as_it_says(name: str) -> None:
    replay = Replay(load_sample(name))
    for step in (replay.lock, replay.breakdown, replay.remedy, replay.follow_up, replay.summary):
        assert step()._repr_html_().startswith("<h4>")
    assert [str(difference) for difference in replay.differences()] == []


def test_the_samples_cover_what_the_product_promises() -> None:
    assert len(sample_names()) >= 16
    assert set(OPENED_AT_FIRST) <= set(sample_names())
    assert all(load_sample(name).reviewed for name in sample_names())


def test_every_answer_of_an_agent_is_known_to_the_replay() -> None:
    replay = Replay(load_sample("vague-message"))
    assert set(replay._actions) == set(NEEDS)
    replay.close()
    assert {name for fields in NEEDS.values() for part in fields for name in part} == {
        name for name in Action.model_fields if name != "do"
    }


@pytest.fixture
def raw() -> dict[str, Any]:
    """The content of a good sample file, to be spoilt."""
    loaded: dict[str, Any] = yaml.safe_load((CASES / "abc-list.yaml").read_text("utf-8"))
    return loaded


def refusal(folder: Path, raw: dict[str, Any] | str, name: str = "abc-list") -> str:
    """What is said about a file with that content."""
    text = raw if isinstance(raw, str) else yaml.safe_dump(raw, allow_unicode=True, sort_keys=False)
    (folder / f"{name}.yaml").write_text(text, "utf-8")
    with pytest.raises(SampleError) as caught:
        load_sample(name, folder)
    return str(caught.value)


SPOILT: list[tuple[str, Any, str]] = [
    ("mesage", "x", "unknown key 'mesage'; did you mean 'message'?"),
    ("as_of", "2026-11-20 09:30", "as_of"),
    ("as_of", "yesterday", "as_of"),
    ("reviewed", "yes", "reviewed must be true or false, not 'yes'"),
    ("name", "Bad Name", "name"),
    ("marketplace", "UKK", "marketplace is 'UKK'"),
    ("role", "boss", "role is 'boss'"),
    ("teaches", ["P9"], "teaches.0 is 'P9'"),
    ("message", None, "message must be a text"),
    ("answers.lock.0.do", "unlock", "'unlock' is unknown; did you mean 'lock'?"),
    ("answers.lock.0.sku", "LANT-M", "lock knows no sku"),
    (
        "answers.lock.0",
        {"do": "known", "field": "order_id_prat", "value": "1"},
        "did you mean 'order_id_part'?",
    ),
    ("answers.lock.0", {"do": "known", "field": "city"}, "known needs value"),
    ("answers.remedy.0", {"do": "choose", "sku": "LANT-M"}, "choose needs remedy"),
    ("answers.remedy.0", {"do": "choose", "sku": "A", "remedy": "refund"}, "remedy is 'refund'"),
    ("answers.remedy.0", {"do": "choose", "sku": "A", "remedy": "decline", "share": "much"}, "share"),
    ("answers.remedy.0", {"do": "approve", "role": "boss"}, "'boss' is unknown"),
    ("answers.breakdown.0", {"do": "set", "sku": "A", "problem": "broken"}, "problem is 'broken'"),
    ("answers.breakdown.0", {"do": "set", "sku": "A", "units": "3"}, "units must be a whole number, not '3'"),
    ("answers.follow_up.0", {"do": "letter", "kind": "poem"}, "kind is 'poem'"),
    (
        "answers.follow_up.0",
        {"do": "letter", "kind": "offer", "value": "nl"},
        "allowed are en, zh, de, ja, fr, es, it",
    ),
    ("answers.follow_up.0", {"do": "close", "value": "won"}, "allowed are solved"),
    ("answers.follow_up.0", {"do": "wait", "hours": 0}, "hours"),
    ("answers.follow_up.0", {"do": "promise", "promise": "answer", "due": "2026-11-21"}, "due"),
    ("expect.stage", "done", "stage is 'done'"),
    ("expect.lock.verdict", "sure", "verdict is 'sure'"),
    ("expect.proposal.LANT-M", {"torn": 1}, "torn"),
    ("expect.options.LANT-M", {"refund_full": "maybe"}, "'maybe'"),
    ("expect.units.LANT-M", {"fine": "3"}, "must be a whole number, not '3'"),
    ("expect.promises", [{"kind": "gift", "due": "2026-11-21T09:30:00Z"}], "kind is 'gift'"),
    (
        "expect.promises",
        [{"kind": "answer", "due": "2026-11-21T09:30:00Z", "state": "opn"}],
        "did you mean 'open'?",
    ),
    ("expect.follow_ups", [{"kind": "nap", "due": "2026-11-21T09:30:00Z"}], "kind is 'nap'"),
    ("expect.totl_refund", "7.23", "did you mean 'total_refund'?"),
    ("expect.total_refund", 7, "total_refund must be a text, not 7"),
]


@pytest.mark.parametrize(
    ("place", "value", "sentence"), SPOILT, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_spoilt_file_is_refused_with_file_line_and_reason(
    tmp_path: Path, raw: dict[str, Any], place: str, value: Any, sentence: str
) -> None:
    inner: Any = raw
    *path, last = place.split(".")
    for step in path:
        inner = inner[int(step) if step.isdecimal() else step]
    inner[int(last) if last.isdecimal() else last] = value
    said = refusal(tmp_path, raw)
    assert sentence in said
    assert re.match(r"abc-list\.yaml:\d+: ", said)
    assert "\n" not in said.strip() or "unknown key" not in said


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path, raw: dict[str, Any]) -> None:
    raw["role"] = "boss"
    raw["expect"]["stage"] = "done"
    del raw["message"]
    assert len(refusal(tmp_path, raw).splitlines()) == 3


def test_files_that_are_no_samples(tmp_path: Path, raw: dict[str, Any]) -> None:
    assert "abc-list.yaml:" in refusal(tmp_path, "- just\n- a list\n")
    assert "abc-list.yaml:" in refusal(tmp_path, "name: [unclosed\n")
    assert "abc-list.yaml:2" in refusal(tmp_path, "name: a\nname: b\n")
    assert "abc-list.yaml" in refusal(tmp_path, "")
    raw["name"] = "other-name"
    assert "the name is 'other-name', the file 'abc-list'" in refusal(tmp_path, raw)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "abc-list.yaml").mkdir()
    with pytest.raises(SampleError, match=r"abc-list\.yaml cannot be read: Is a directory"):
        load_sample("abc-list", tmp_path)


@pytest.mark.parametrize("name", ["abc-lst", "../policies/remedies", "", "a" * 500])
def test_unknown_names_are_refused_with_near_ones(name: str) -> None:
    with pytest.raises(SampleError, match="there is no sample case") as caught:
        load_sample(name)
    assert ("abc-list" in str(caught.value)) == (name == "abc-lst")


def test_a_moment_is_the_same_in_any_zone(tmp_path: Path, raw: dict[str, Any]) -> None:
    raw["as_of"] = "2026-11-20T17:30:00+08:00"
    for promise in raw["expect"]["promises"]:
        promise["due"] = "2026-11-21T17:30:00+08:00"
    (tmp_path / "abc-list.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    sample = load_sample("abc-list", tmp_path)
    assert sample.as_of == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    replay = Replay(sample)
    for step in (replay.lock, replay.breakdown, replay.remedy, replay.follow_up):
        step()
    assert replay.differences() == ()
