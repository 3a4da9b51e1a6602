"""What speaks for and against each reason: THE table of the guide.

A sign holds when every condition of it holds. A condition names a question, "more" (a
circumstance), or something isitme sees, and the answers it accepts. Points add up; what they mean
is in `reasons.py`. What speaks for a reason is told, in the catalogue's words for `why`; what only
speaks against one has none, and its reason is beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probe.triage.questions import MORE, Answers
from probe.triage.sight import VALUES, Sight

Condition = Mapping[str, tuple[str, ...]]

# What isitme sees outweighs all that a person may answer; of both, this network comes first,
# because without it nothing goes out, whatever Apple does.
BROKEN_HERE, APPLE_FAILS = 60, 40
RULED_OUT = -200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """`points` for (or against) a reason, when all of `when` holds."""

    reason: str
    points: int
    when: Condition
    why: str = ""  # a key of the catalogue


def holds(when: Condition, answers: Answers, sight: Sight) -> bool:
    """Whether every condition holds. What was not answered meets none."""
    for what, accepted in when.items():
        if what == MORE:
            met = not answers.more.isdisjoint(accepted)
        elif what in VALUES:
            met = sight.value(what) in accepted
        else:
            met = answers.given.get(what) in accepted
        if not met:
            return False
    return True


GREEN: Condition = {"bubble": ("green",)}
TURNED: Condition = {"bubble": ("turned_green",)}
ONE: Condition = {"who": ("one",)}
RIGHT_HERE: Condition = {"where": ("this_device",), "clock": ("right",)}
NOT_FINE = tuple(value for value in VALUES["apple"] if value != "fine")

SIGNS: tuple[Sign, ...] = (
    # ---------------------------------------------------------------- network
    Sign(reason="network", points=2, when={"network": ("fine", "shaky", "unknown")}, why="common"),
    Sign(reason="network", points=BROKEN_HERE, when={"network": ("broken",)}, why="seen_broken"),
    Sign(reason="network", points=3, when={"network": ("shaky",)}, why="seen_shaky"),
    Sign(reason="network", points=-1, when={"network": ("fine",)}),  # isitme sees no fault
    # The clock explains why isitme cannot tell.
    Sign(reason="network", points=-3, when={"clock": ("wrong",)}),
    Sign(reason="network", points=2, when={MORE: ("moved_network",)}, why="moved"),
    Sign(reason="network", points=2, when={"pace": ("at_once",)}, why="knew_at_once"),
    Sign(reason="network", points=1, when={"who": ("everyone",)}, why="nothing_gets_out"),
    Sign(reason="network", points=-4, when=ONE),  # others get theirs
    Sign(reason="network", points=1, when=TURNED, why="no_way_to_apple"),
    Sign(reason="network", points=2, when={**TURNED, "who": ("everyone",)}, why="for_nobody"),
    # Some phones send green ones over Wi-Fi, but a network that lets nothing out is no reason that
    # the carrier would not have got round; the step for it belongs to the carrier.
    Sign(reason="network", points=RULED_OUT, when=GREEN),
    # ---------------------------------------------------------------- Apple
    Sign(reason="apple_announced", points=APPLE_FAILS, when={"apple": ("announced",)},
         why="apple_says_so"),
    Sign(reason="apple_announced", points=APPLE_FAILS, when={"apple": ("maintenance",)},
         why="apple_works_on_it"),
    Sign(reason="apple_suspected", points=APPLE_FAILS, when={"apple": ("suspected",)},
         why="seen_apple_fail"),
    Sign(reason="apple_or_way", points=APPLE_FAILS, when={"apple": ("unreached",)},
         why="seen_apple_unreached"),
    # Apple is not on a green message's way.
    Sign(reason="apple_announced", points=RULED_OUT, when=GREEN),
    Sign(reason="apple_suspected", points=RULED_OUT, when=GREEN),
    Sign(reason="apple_or_way", points=RULED_OUT, when=GREEN),
    # ---------------------------------------------------------------- account and registration
    Sign(reason="registration", points=5, when={MORE: ("password",)}, why="password_signs_out"),
    Sign(reason="registration", points=5, when={MORE: ("signed_out",)}, why="signed_out_takes"),
    Sign(reason="registration", points=4, when={MORE: ("sim",)}, why="sim_anew"),
    Sign(reason="registration", points=1, when={"who": ("several", "everyone")},
         why="all_of_this_phone"),
    Sign(reason="registration", points=2,
         when={"who": ("several", "everyone"), "pace": ("after_waiting",), "network": ("fine",),
               "apple": ("fine",)},
         why="others_ruled_out"),
    Sign(reason="registration", points=-5, when=ONE),  # others get theirs
    Sign(reason="registration", points=RULED_OUT, when=GREEN),  # it needs no account
    # ---------------------------------------------------------------- the other person
    Sign(reason="recipient", points=3, when=ONE, why="only_this_one"),
    Sign(reason="recipient", points=1, when={**ONE, "pace": ("after_waiting",)},
         why="waited_for_them"),
    Sign(reason="recipient", points=1, when={**ONE, "calls": ("voicemail",)}, why="off_or_away"),
    Sign(reason="recipient", points=1, when={**ONE, "facetime": ("rings_out",)},
         why="facetime_unanswered"),
    # A phone that takes calls is on; its messages may be off, or its storage full.
    Sign(reason="recipient", points=-1, when={"calls": ("fine",)}),
    Sign(reason="recipient", points=-1, when={"facetime": ("fine",)}),
    # A carrier takes messages for phones that are off.
    Sign(reason="recipient", points=-3, when={"bubble": ("green", "turned_green")}),
    Sign(reason="recipient", points=RULED_OUT, when={MORE: ("arrived",)}),  # they have it
    # ---------------------------------------------------------------- blocked: the whole pattern
    Sign(reason="blocked", points=3,
         when={**ONE, "calls": ("voicemail",), "facetime": ("rings_out",)}, why="whole_pattern"),
    Sign(reason="blocked", points=RULED_OUT, when={"network": ("broken", "unknown")}),
    Sign(reason="blocked", points=RULED_OUT, when={"apple": NOT_FINE}),
    # A green message to somebody who blocks vanishes without a word.
    Sign(reason="blocked", points=RULED_OUT, when={"bubble": ("green", "turned_green")}),
    # They have it; or get others; or the number explains it.
    Sign(reason="blocked", points=RULED_OUT, when={MORE: ("arrived", "one_thread", "switched")}),
    # ---------------------------------------------------------------- carrier
    Sign(reason="carrier", points=5, when=GREEN, why="only_the_carrier"),
    Sign(reason="carrier", points=5, when=TURNED, why="text_failed_too"),
    Sign(reason="carrier", points=2,
         when={"bubble": ("green", "turned_green"), MORE: ("attachment",)}, why="size_limits"),
    Sign(reason="carrier", points=3,
         when={"bubble": ("green", "turned_green"), MORE: ("abroad",)}, why="abroad_off"),
    Sign(reason="carrier", points=1, when={**GREEN, MORE: ("sim",)}, why="sim_not_set_up"),
    Sign(reason="carrier", points=1, when={**GREEN, "who": ("everyone",)}, why="none_gets_out"),
    Sign(reason="carrier", points=3,
         when={"bubble": ("green", "turned_green"), "carrier": ("failing",)},
         why="seen_carrier_fail"),
    # ---------------------------------------------------------------- software
    Sign(reason="software", points=9, when={MORE: ("arrived",)}, why="phone_is_wrong"),
    Sign(reason="software", points=5, when={MORE: ("one_thread",)}, why="one_damaged"),
    Sign(reason="software", points=4, when={MORE: ("beta",)}, why="test_version"),
    # ---------------------------------------------------------------- groups and addresses
    Sign(reason="group", points=9, when={MORE: ("mixed_group",)}, why="one_without"),
    Sign(reason="group", points=5, when={MORE: ("email_address",)}, why="address_left"),
    # ---------------------------------------------------------------- a number left behind
    Sign(reason="old_number", points=7, when={MORE: ("switched",)}, why="number_left"),
    # A green one does not go to the iPhone that is gone.
    Sign(reason="old_number", points=RULED_OUT, when=GREEN),
    # ---------------------------------------------------------------- time
    Sign(reason="time", points=6, when={MORE: ("date_by_hand",)}, why="date_breaks"),
    # That clock is this computer's. Another device has its own, but the same box may have set it.
    Sign(reason="time", points=4, when={"clock": ("wrong",)}, why="seen_clock_wrong"),
    Sign(reason="time", points=5, when={"clock": ("wrong",), "where": ("this_device",)},
         why="same_clock"),
    Sign(reason="time", points=-2, when={MORE: ("date_by_hand",), "who": ("one",)}),  # others work
    Sign(reason="time", points=RULED_OUT, when=RIGHT_HERE),
    Sign(reason="time", points=RULED_OUT, when=GREEN),  # a text message does not mind
)  # fmt: skip
