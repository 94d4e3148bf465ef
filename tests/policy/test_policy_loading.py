"""Mistakes in policy files: each with file, line, row and a sentence, all of them at once."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from playbook.policy import PolicyError, PolicyFault, load_policy
from playbook.policy.loading import FILES, load_rows, read_files

Plant = Callable[..., Path]


def faults(folder: Path) -> tuple[PolicyFault, ...]:
    with pytest.raises(PolicyError) as caught:
        load_policy(folder)
    assert str(caught.value) == "\n".join(str(fault) for fault in caught.value.faults)
    return caught.value.faults


PARTIAL = "    when: *damage\n    then: &damage_partial\n      <<: *partial\n      rank: 32"
MISTAKES = [
    # file, old, new, words in the line of the fault, row, words of the sentence
    ("remedies.yaml", PARTIAL, PARTIAL.replace("rank", "rnk"), "rnk: 32", "fbm_damage_partial", "did you mean 'rank'"),
    ("remedies.yaml", PARTIAL, PARTIAL.replace("32", '"32"'), 'rank: "32"', "fbm_damage_partial", "whole number"),
    ("remedies.yaml", PARTIAL, PARTIAL.replace("rank: 32", "rank: 0"), "rank: 0", "fbm_damage_partial", "greater than"),
    ("remedies.yaml", 'default: "30"', "default: 30", "default: 30", "fbm_damage_partial", "text in quotes"),
    ("remedies.yaml", 'default: "30"', "default: 30.5", "default: 30.5", "", "write amounts as texts"),
    ("remedies.yaml", 'default: "30"', 'default: "3O"', 'default: "3O"', "fbm_damage_partial", "not an amount"),
    ("remedies.yaml", 'default: "30"', 'default: "90"', 'default: "90"', "fbm_damage_partial", "min <= default"),
    ("remedies.yaml", "issue: [transit_damage], shipped: true}", "issue: [transit_damage], shipped: yes}",
     "shipped: yes", "fbm_damage_replacement", "must be true or false, not 'yes'"),
    ("remedies.yaml", "issue: [package_damage], shipped: true}", "issue: [package_damaged], shipped: true}",
     "package_damaged", "fbm_box_partial", "allowed are"),
    ("remedies.yaml", "issue: [package_damage], shipped: true}", "issue: package_damage, shipped: true}",
     "issue: package_damage,", "fbm_box_partial", "when.issue"),
    ("remedies.yaml", "days_since_delivery: {min: 15}", "days_since_delivery: {min: 30, max: 15}", "{min: 30, max: 15}", "fbm_mind_return",
     "range is empty"),
    ("remedies.yaml", "days_since_delivery: {min: 15}", "days_since_delivery: {}", "days_since_delivery: {}",
     "fbm_mind_return", "min, max or both"),
    ("remedies.yaml", "&wrong_small {issue: [wrong_item, wrong_variant], shipped: true, claim_value: {up_to: small_claim}",
     "&wrong_small {issue: [wrong_item, wrong_variant], shipped: true, claim_value: {up_to: smal}", "up_to: smal}",
     "fbm_wrong_replacement_small", "unknown amount 'smal'"),
    ("remedies.yaml", "&wrong_small {issue: [wrong_item, wrong_variant], shipped: true, claim_value: {up_to: small_claim}",
     "&wrong_small {issue: [wrong_item, wrong_variant], shipped: true, claim_value: {over: lead_limit, up_to: small_claim}",
     "over: lead_limit", "fbm_wrong_replacement_small", "range is empty"),
    ("remedies.yaml", "&wrong_small {issue: [wrong_item, wrong_variant], shipped: true, claim_value: {up_to: small_claim}",
     "&wrong_small {issue: [wrong_item, wrong_variant], shipped: true, claim_value: {}", "claim_value: {}",
     "fbm_wrong_replacement_small", "over, up_to or both"),
    ("remedies.yaml", "deadline: house_trace}", "deadline: house_tracing}", "id: fbm_missing_trace", "fbm_missing_trace",
     "'house_tracing' is not a deadline"),
    ("remedies.yaml", "    promises: [{kind: trace, deadline: house_trace}]", "    promises: []", "then:",
     "fbm_missing_trace", "promises is empty"),
    ("remedies.yaml", "    procedure: *p_trace", "    procedure: []", "then:", "fbm_missing_trace",
     "procedure is empty"),
    ("remedies.yaml", '      share: {min: "10", max: "80", default: "30"}\n', "", "then:", "fbm_damage_partial",
     "needs a share"),
    ("remedies.yaml", "    remedy: trace_shipment\n", '    remedy: trace_shipment\n    share: {min: "0", max: "0", default: "0"}\n',
     "then:", "fbm_missing_trace", "pays nothing"),
    ("remedies.yaml", '      instead:\n        en: "Offer the return; refund', '      risk:\n        en: "Offer the return; refund',
     "then:", "fbm_mind_refund", "write it under instead"),
    ("remedies.yaml", "reason_code: BuyerCanceled", "reason_code: BuyerCancelled", "BuyerCancelled", "fbm_mind_cancel_first",
     "allowed are"),
    ("deadlines.yaml", "    valid_to: 2026-01-25", "    valid_to: 2026-01-26", "id: refund_after_receipt",
     "refund_after_receipt", "overlaps in time"),
    ("deadlines.yaml", "    valid_to: 2026-01-25", "    valid_to: 2026-01-32", "2026-01-32", "", "not a day"),
    ("deadlines.yaml", "    valid_to: 2026-01-25", "    valid_to: soon", "valid_to: soon", "refund_after_receipt", "valid_to"),
    ("deadlines.yaml", "    valid_from: 2026-01-26", "    valid_from: 2026-01-26\n    valid_to: 2026-01-25",
     "id: refund_after_receipt", "refund_after_receipt", "valid_from is after valid_to"),
    ("deadlines.yaml", "    market: [OUTSIDE_US]", "    market: [OUTSIDE_USA]", "OUTSIDE_USA", "refund_after_receipt",
     "unknown marketplace or group"),
    ("deadlines.yaml", "    market: [OUTSIDE_US]", "    market: DE", "market: DE", "refund_after_receipt", "must be a list"),
    ("deadlines.yaml", "    channel: [SFP]", "    channel: [MFN]", "channel: [MFN]", "refund_after_receipt", "allowed are"),
    ("deadlines.yaml", "    channel: [SFP]", "    channel: SFP", "channel: SFP", "refund_after_receipt", "must be a list"),
    ("deadlines.yaml", "      days_of: bank\n", "      days_of: banks\n", "days_of: banks", "bank_posting", "unknown calendar"),
    ("deadlines.yaml", "      days_of: bank\n", "", "then:", "bank_posting", "needs days_of"),
    ("deadlines.yaml", "      least: 3\n      unit: day\n      calendar: business\n      days_of: bank",
     "      least: 6\n      unit: day\n      calendar: business\n      days_of: bank", "then:", "bank_posting", "least is above"),
    ("deadlines.yaml", "      value: 2\n      unit: hour\n      calendar: elapsed", "      value: 2\n      unit: hour\n      calendar: calendar",
     "then:", "refund_cancel_window", "elapsed clock"),
    ("deadlines.yaml", "      value: 2\n      unit: hour\n      calendar: elapsed", "      unit: hour\n      calendar: elapsed",
     "then:", "refund_cancel_window", "value and unit"),
    ("deadlines.yaml", "      value: 2\n      unit: hour\n      calendar: elapsed", "      value: 2\n      unit: hour\n      calendar: season",
     "then:", "refund_cancel_window", "a season belongs"),
    ("deadlines.yaml", '      name: {en: "Close the case", zh_CN: "关闭售后单"}', '      name: {en: "Close the case"}',
     "Close the case", "house_close", "zh_CN is missing"),
    ("deadlines.yaml", '      name: {en: "Close the case", zh_CN: "关闭售后单"}', "      name: Close the case",
     "Close the case", "house_close", "then.name"),
    ("deadlines.yaml", '    source: "SC JM9HNSV9FXU9MP3"\n    confidence: high', "    source: 12\n    confidence: high",
     "source: 12", "refund_cancel_window", "must be a text"),
    ("deadlines.yaml", "schema: 1", "schema: 2", "schema: 2", "", "allowed are 1"),
    ("message_rules.yaml", "pattern: 'http://\\S+'", "pattern: 'http://(\\S+'", "pattern: 'http://(", "insecure_link",
     "not a regular expression"),
    ("message_rules.yaml", "kind: warn", "kind: maybe", "kind: maybe", "wrong_language", "'maybe'"),
    ("approvals.yaml", 'JPY: "4500"', 'JPY: "4500.50"', 'JPY: "4500.50"', "", "fractions of the smallest unit"),
    ("approvals.yaml", ', JPY: "4500"', "", "small_claim:", "", "no value in JPY"),
    ("approvals.yaml", "then: {limit: lead_limit}", "then: {limit: lead}", "limit: lead}", "limit_lead", "unknown amount"),
    ("marketplaces.yaml", "time_zone: Europe/Berlin", "time_zone: Europe/Bärlin", "Bärlin", "DE", "unknown time zone"),
    ("marketplaces.yaml", "  - id: JP", "  - id: DE", "id: DE", "DE", "appears twice"),
    ("marketplaces.yaml", "  - id: JP", "  - id: DE", "#", "", "no row for JP"),
    ("marketplaces.yaml", "  EU: [IE,", "  EU: [XX,", "EU: [XX", "", "'XX'"),
    ("marketplaces.yaml", "  EU: [IE,", "  eu-x: [IE,", "eu-x", "", "eu-x"),
    ("calendars.yaml", 'cut_off: "15:00"', "cut_off: 15:77", "15:77", "warehouse", "cut_off"),
    ("calendars.yaml", "  - id: bank", "  - id: office", "  - id: office", "office", "appears twice"),
    ("calendars.yaml", "CN, weekend: [sat, sun]", "CN, weekend: [mon, tue, wed, thu, fri, sat, sun]",
     "weekend: [mon", "office", "at most 6"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "where", "row", "words"), MISTAKES)
def test_a_mistake_has_its_place_and_a_sentence(
    planted: Plant, file: str, old: str, new: str, where: str, row: str, words: str
) -> None:
    folder = planted(file, old, new)
    found = [fault for fault in faults(folder) if words in fault.sentence and fault.file == file]
    assert found, [str(fault) for fault in faults(folder)]
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    assert any(where in lines[fault.line - 1] and fault.row == row for fault in found), found


def test_all_mistakes_of_all_files_at_once(planted: Plant) -> None:
    planted("remedies.yaml", "rank: 32", "rnk: 32")
    planted("deadlines.yaml", "days_of: bank\n", "days_of: banks\n")
    planted("calendars.yaml", 'cut_off: "15:00"', 'cut_off: "25:00"')
    folder = planted("message_rules.yaml", "kind: warn", "kind: maybe")
    found = faults(folder)
    assert {fault.file for fault in found} >= {"remedies.yaml", "calendars.yaml", "message_rules.yaml"}
    assert list(found) == sorted(found, key=lambda fault: (fault.file, fault.line))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"- 1\n- 2\n", "must be a mapping"),
        (b"just words\n", "must be a mapping"),
        (b"schema: 1\n", "rows is missing"),
        (b"schema: 1\nrows: []\n", "at least 1"),
        (b"schema: 1\nrows:\n  - 5\n", "valid dictionary"),
        (b"schema: 1\nrows:\n\t- id: a\n", "a tab"),
        ("schema: 1\nrows: [\u7f16\u7801]\n".encode("gb18030"), "not UTF-8"),
        (b"schema: 1\nrowz: []\n", "did you mean 'rows'"),
        (b"schema: 1\nqqqqqqqq: []\n", "unknown key 'qqqqqqqq'"),
    ],
)
def test_a_file_that_is_something_else(planted: Plant, content: bytes, words: str) -> None:
    folder = planted("remedies.yaml", "schema: 1", "schema: 1")
    (folder / "remedies.yaml").write_bytes(content)
    assert any(words in fault.sentence and fault.file == "remedies.yaml" for fault in faults(folder))


@pytest.mark.parametrize("file", FILES)
def test_any_file_may_be_empty_and_the_rest_is_still_checked(planted: Plant, file: str) -> None:
    folder = planted("remedies.yaml", "schema: 1", "schema: 1")
    (folder / file).write_bytes(b"\n")
    empty = [fault for fault in faults(folder) if fault.sentence == "the file is empty"]
    assert [fault.file for fault in empty] == [file]


def test_missing_files_and_folders(planted: Plant, tmp_path: Path) -> None:
    folder = planted("remedies.yaml", "schema: 1", "schema: 1")
    (folder / "calendars.yaml").unlink()
    (folder / "approvals.yaml").unlink()
    (folder / "approvals.yaml").mkdir()
    found = faults(folder)
    assert [fault.file for fault in found] == ["calendars.yaml", "approvals.yaml"]
    assert "missing" in found[0].sentence
    assert "cannot be read" in found[1].sentence
    assert len(faults(tmp_path / "nowhere")) == len(FILES)


@pytest.mark.parametrize("file", FILES)
def test_rules_that_were_kept_before_there_was_such_a_file_are_refused(file: str) -> None:
    files = {name: raw for name, raw in load_policy().rows.files.items() if name != file}
    with pytest.raises(PolicyError) as caught:
        load_rows(files)
    assert f"{file}:1: the file is missing" in {str(fault) for fault in caught.value.faults}


def test_line_endings_do_not_change_the_version(planted: Plant) -> None:
    folder = planted("remedies.yaml", "schema: 1", "schema: 1")
    version = load_policy(folder).version
    for path in folder.glob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_policy(folder).version == version
    planted("remedies.yaml", "rank: 25", "rank: 26")
    assert load_policy(folder).version != version


def test_an_unchanged_folder_is_parsed_once(planted: Plant) -> None:
    folder = planted("remedies.yaml", "schema: 1", "schema: 1")
    assert load_policy(folder) is load_policy(folder)


def test_the_program_finds_its_own_rules() -> None:
    assert load_policy().version


def best_of_three(work: Callable[[], object]) -> float:
    took = []
    for _ in range(3):
        begin = time.perf_counter()
        work()
        took.append(time.perf_counter() - begin)
    return min(took)


def test_loading_costs_little_more_than_reading_yaml() -> None:
    files = read_files(Path(__file__).resolve().parents[2] / "data" / "policies")
    plain = best_of_three(lambda: [yaml.load(raw, Loader=yaml.CSafeLoader) for raw in files.values()])
    assert best_of_three(lambda: load_rows(files)) < 4 * plain
