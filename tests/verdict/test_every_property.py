"""The properties P1 to P24 of the diagnosis research (section c.8): which test holds each of them.

The table is checked: each named test exists. What several tests share stands at the first.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
EXHAUSTIVE = "verdict/test_exhaustive.py::test_every_property_holds_in_every_state"
CAUGHT = "verdict/test_exhaustive.py::test_a_broken_table_is_caught"
CONDITIONS = "verdict/test_every_condition.py::test_every_condition_counts_and_nothing_else_does"

PROPERTIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "P1": ("every state has exactly one verdict, and always the same", (EXHAUSTIVE, CAUGHT)),
    "P2": ("`ok` only while all that it needs is good and fresh", (
        EXHAUSTIVE, CAUGHT, CONDITIONS,
        "monitor/test_monitor.py::test_evidence_grows_old_even_when_nobody_looks",
    )),
    "P3": ("Apple is suspected only while every control is right", (
        EXHAUSTIVE, CAUGHT, CONDITIONS,
    )),
    "P4": ("Apple's word is told only while Apple says it", (EXHAUSTIVE, CAUGHT, CONDITIONS)),
    "P5": ("losing a signal never makes `ok`, a suspicion, or more certainty", (
        EXHAUSTIVE, CAUGHT,
        "evidence/test_contradiction.py::test_losing_what_a_look_saw_never_makes_it_ok_or_apples_fault",
    )),
    "P6": ("a worse signal never makes it `ok`", (EXHAUSTIVE, CAUGHT)),
    "P7": ("Apple's status, the port control and IPv6 move no verdict on this side", (
        EXHAUSTIVE, CAUGHT,
    )),
    "P8": ("every blame has a failing signal of its own", (EXHAUSTIVE, CAUGHT)),
    "P9": ("who the controls are changes nothing", (
        "evidence/test_properties.py::"
        "test_who_runs_the_controls_and_what_they_are_called_changes_nothing",
        "evidence/test_properties.py::test_a_control_that_counts_by_its_name_is_caught",
        "evidence/test_properties.py::test_duplicates_and_order_change_nothing",
    )),
    "P10": ("one failing target is no outage", (
        "evidence/test_properties.py::test_one_failing_target_is_never_an_outage",
    )),
    "P11": ("only differences of time count; the wall clock is a label", (
        "evidence/test_properties.py::test_only_differences_of_time_count",
        "evidence/test_properties.py::test_the_wall_clock_only_labels",
        "hours/test_jumps.py::"
        "test_a_step_of_the_wall_clock_voids_nothing_but_what_was_said_of_the_clock",
    )),
    "P12": ("agreement never makes it less sure, contradiction never more", (
        "evidence/test_contradiction.py::test_who_says_the_same_makes_it_no_less_sure",
        "evidence/test_contradiction.py::test_agreement_that_shakes_a_verdict_is_caught",
        "evidence/test_contradiction.py::test_another_line_that_agrees_makes_a_suspicion_surer",
        "evidence/test_contradiction.py::test_who_says_the_same_again_makes_it_no_less_sure",
        "evidence/test_contradiction.py::test_who_contradicts_makes_it_no_surer",
        "verdict/test_cover.py::"
        "test_an_observation_that_is_lost_never_makes_a_suspicion_surer",
        "verdict/test_cover.py::test_a_signal_that_is_lost_never_makes_it_surer",
    )),
    "P13": ("Apple answering moves no blame to this side", (EXHAUSTIVE, CAUGHT)),
    "P14": ("doubles and order change nothing", (
        "evidence/test_properties.py::test_duplicates_and_order_change_nothing",
    )),
    # Apple's own fresh word needs no controls (product.md 2), and stays until it is old itself.
    "P15": ("what only grows old ends in not knowing, by way of neither `ok` nor a suspicion", (
        EXHAUSTIVE, CAUGHT,
        "verdict/test_exhaustive.py::test_certainty_that_forgets_what_is_unknown_is_caught",
        "evidence/test_properties.py::"
        "test_of_old_failing_names_only_apples_fresh_word_is_left_and_it_is_low",
        "evidence/test_properties.py::test_a_broken_ageing_is_caught",
        "evidence/test_properties.py::"
        "test_what_grows_old_ends_in_not_knowing_and_accuses_apple_never",
        "hours/test_jumps.py::test_nothing_new_is_told_from_evidence_that_only_grows_old",
    )),
    "P16": ("nothing of another network is cited", (
        "evidence/test_properties.py::test_only_what_may_be_used_is_cited",
    )),
    "P17": ("what is cited exists, may be used, and bears the claim out", (
        "evidence/test_properties.py::test_only_what_may_be_used_is_cited",
        "evidence/test_contradiction.py::test_what_is_cited_bears_the_claim_out",
        "outlets/test_cited.py::"
        "test_every_outlet_cites_what_was_seen_and_bears_the_claim_out",
        "outlets/test_cited.py::test_metrics_claim_what_was_judged_and_nothing_else",
        "outlets/test_cited.py::test_an_outlet_that_cites_wrongly_is_caught",
    )),
    "P18": ("every fault of the catalogue is told right", (
        "verdict/test_rows.py::test_each_fault_is_told_as_what_it_is",
        "verdict/test_every_condition.py::test_what_is_told",
        "lab/test_faults.py",
    )),
    "P19": ("no pattern of failures is a nuisance; floors hold", (
        "monitor/test_never_a_nuisance.py::Life",
        "monitor/test_attention.py::test_no_pattern_of_failures_spends_more_than_the_bucket",
        "monitor/test_attention.py::"
        "test_doubt_never_asks_time_servers_or_feeds_faster_than_their_floor",
        "hours/test_spans.py::test_a_line_that_flaps_accuses_nobody_wrongly_and_bothers_nobody",
    )),
    "P20": ("a wrong clock is beyond the threshold by every source of the majority", (
        "evidence/test_properties.py::"
        "test_a_clock_is_wrong_only_beyond_all_doubt_of_the_majority",
        "evidence/test_offsets.py::"
        "test_with_an_honest_majority_that_shares_a_point_the_truth_is_never_condemned",
    )),
    "P21": ("what flaps is told at most once per confirm window", (
        "verdict/test_told_seldom.py::Telling",
        "verdict/test_told_seldom.py::"
        "test_what_the_kernel_knows_is_told_at_once_and_still_not_again_and_again",
        "verdict/test_told_seldom.py::"
        "test_what_only_looks_can_tell_is_told_no_sooner_than_its_confirm_window",
        "verdict/test_told_seldom.py::test_a_verdict_that_is_told_unconfirmed_is_caught",
        "verdict/test_flapping.py::"
        "test_whatever_comes_and_goes_people_are_told_no_more_than_once_a_window",
        "hours/test_spans.py::test_a_line_that_flaps_accuses_nobody_wrongly_and_bothers_nobody",
    )),
    "P22": ("after a sleep of any length it is looked again before anything is told", (
        "hours/test_jumps.py::test_after_a_sleep_the_next_answer_is_that_it_looks_again",
        "monitor/test_monitor.py::test_a_machine_that_wakes_never_tells_what_it_knew_before",
    )),
    "P23": ("Apple is the culprit in no sentence about this side", (
        "verdict/test_causes.py::test_apple_is_the_culprit_in_no_sentence_of_a_local_cause",
        "verdict/test_causes.py::"
        "test_apple_is_accused_in_no_sentence_about_another_ones_fault",
        "verdict/test_causes.py::test_apple_is_accused_by_no_wrong_guess_of_another_code",
        "verdict/test_causes.py::test_what_was_seen_never_says_that_apple_is_at_fault",
    )),
    "P24": ("a broken look is as good as none, and never looks good", (
        "evidence/test_contradiction.py::test_a_look_that_breaks_says_as_little_as_none",
        "monitor/test_monitor.py::test_a_bug_of_ours_is_evidence_against_nobody",
        "monitor/test_monitor.py::"
        "test_a_look_that_overruns_its_bound_is_cut_off_and_accuses_nobody",
    )),
}  # fmt: skip


def test_every_property_has_its_row() -> None:
    assert list(PROPERTIES) == [f"P{number}" for number in range(1, 25)]


@pytest.mark.parametrize("number", PROPERTIES)
def test_a_property_is_held_by_tests_that_exist(number: str) -> None:
    said, tests = PROPERTIES[number]

    assert said
    assert tests
    for test in tests:
        path, _, name = test.partition("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        defined = {
            one.name
            for one in tree.body
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        assert name in defined or not name, f"{number}: there is no {test}"
