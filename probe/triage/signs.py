"""What speaks for and against each reason: THE table of the guide.

A sign holds when every condition of it holds. A condition names a question, "more" (a
circumstance), or something isitme sees, and the answers it accepts. Points add up; what they mean
is in `reasons.py`. The words beside the rows are told as reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from probe.triage.questions import MORE, Answers
from probe.triage.sight import Sight

Condition = Mapping[str, tuple[str, ...]]
SEEN = ("network", "apple", "clock", "carrier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """`points` for (or against) a reason, when all of `when` holds."""

    reason: str
    points: int
    when: Condition
    why: str


def holds(when: Condition, answers: Answers, sight: Sight) -> bool:
    """Whether every condition holds. What was not answered meets none."""
    return all(_meets(what, accepted, answers, sight) for what, accepted in when.items())


def _meets(what: str, accepted: tuple[str, ...], answers: Answers, sight: Sight) -> bool:
    if what == MORE:
        return bool(answers.more & set(accepted))
    if what in SEEN:
        return sight.value(what) in accepted
    return answers.given.get(what) in accepted


GREEN: Condition = {"bubble": ("green",)}

SIGNS: tuple[Sign, ...] = (
    # ---------------------------------------------------------------- network
    Sign(reason="network", points=2, when={}, why="The commonest, and quick to pass."),
    Sign(reason="network", points=7, when={"network": ("broken",)}, why="isitme sees it."),
    Sign(reason="network", points=3, when={"network": ("shaky",)}, why="isitme sees it."),
    Sign(reason="network", points=-1, when={"network": ("fine",)}, why="isitme sees none."),
    Sign(reason="network", points=2, when={MORE: ("moved_network",)},
         why="A phone that changes networks loses its way for a while."),
    Sign(reason="network", points=2, when={"pace": ("at_once",)},
         why="A phone that fails at once knew that it had no connection."),
    Sign(reason="network", points=1, when={"who": ("everyone",)}, why="Nothing gets out."),
    Sign(reason="network", points=-4, when={"who": ("one",)}, why="Others get theirs."),
    Sign(reason="network", points=1, when={"bubble": ("turned_green",)},
         why="The phone could not reach Apple."),
    Sign(reason="network", points=2, when={"bubble": ("turned_green",), "who": ("everyone",)},
         why="It reached Apple for nobody."),
    Sign(reason="network", points=-9, when=GREEN, why="A green message does not use this network."),
    # ---------------------------------------------------------------- Apple
    Sign(reason="apple", points=12, when={"apple": ("announced",)}, why="Apple says so."),
    Sign(reason="apple", points=8, when={"apple": ("suspected",)}, why="isitme sees it."),
    Sign(reason="apple", points=-2, when={"who": ("one",)}, why="An outage hits many."),
    Sign(reason="apple", points=-20, when=GREEN, why="Apple is not on a green message's way."),
    # ---------------------------------------------------------------- account and registration
    Sign(reason="registration", points=5, when={MORE: ("password",)},
         why="A changed password signs devices out."),
    Sign(reason="registration", points=5, when={MORE: ("signed_out",)},
         why="Signing out on one device can take the others along."),
    Sign(reason="registration", points=4, when={MORE: ("sim",)},
         why="A new SIM or number must be set up anew."),
    Sign(reason="registration", points=1, when={"who": ("several", "everyone")},
         why="It is about all messages of this phone."),
    Sign(reason="registration", points=2,
         when={"who": ("several", "everyone"), "pace": ("after_waiting",), "network": ("fine",),
               "apple": ("fine",)},
         why="Network and Apple are ruled out, and the phone did try."),
    Sign(reason="registration", points=-5, when={"who": ("one",)}, why="Others get theirs."),
    Sign(reason="registration", points=-9, when=GREEN, why="A green message needs no account."),
    # ---------------------------------------------------------------- the other person
    Sign(reason="recipient", points=3, when={"who": ("one",)}, why="Only this one is not reached."),
    Sign(reason="recipient", points=1, when={"who": ("one",), "pace": ("after_waiting",)},
         why="Their phone was waited for."),
    Sign(reason="recipient", points=1, when={"who": ("one",), "calls": ("voicemail",)},
         why="Their phone is off or has no signal."),
    Sign(reason="recipient", points=-3, when={"bubble": ("green", "turned_green")},
         why="A carrier takes messages for phones that are off."),
    Sign(reason="recipient", points=-9, when={MORE: ("arrived",)}, why="They have it."),
    # ---------------------------------------------------------------- blocked: the whole pattern
    Sign(reason="blocked", points=2, when={"who": ("one",), "calls": ("voicemail", "rings_out")},
         why="Messages and calls to one person fail, and all others work."),
    Sign(reason="blocked", points=-9, when={MORE: ("arrived",)}, why="They have it."),
    Sign(reason="blocked", points=-9, when={"network": ("broken", "unknown")},
         why="The network is not ruled out."),
    Sign(reason="blocked", points=-9, when={"apple": ("announced", "suspected", "unknown")},
         why="Apple is not ruled out."),
    Sign(reason="blocked", points=-9, when={MORE: ("switched",)}, why="Their number explains it."),
    # ---------------------------------------------------------------- carrier
    Sign(reason="carrier", points=5, when=GREEN, why="Only the carrier is on its way."),
    Sign(reason="carrier", points=5, when={"bubble": ("turned_green",)},
         why="The text message that was tried instead failed too."),
    Sign(reason="carrier", points=2, when={**GREEN, MORE: ("attachment",)},
         why="Carriers limit the size."),
    Sign(reason="carrier", points=2, when={"bubble": ("turned_green",), MORE: ("attachment",)},
         why="Carriers limit the size."),
    Sign(reason="carrier", points=3, when={**GREEN, MORE: ("abroad",)},
         why="Messages to other countries are often switched off."),
    Sign(reason="carrier", points=1, when={**GREEN, MORE: ("sim",)},
         why="A new SIM may not be set up yet."),
    Sign(reason="carrier", points=1, when={**GREEN, "who": ("everyone",)}, why="None gets out."),
    # ---------------------------------------------------------------- software
    Sign(reason="software", points=9, when={MORE: ("arrived",)},
         why="The phone is wrong about its own message."),
    Sign(reason="software", points=5, when={MORE: ("one_thread",)},
         why="One conversation is damaged; the person can be reached."),
    Sign(reason="software", points=4, when={MORE: ("beta",)}, why="Test versions have faults."),
    # ---------------------------------------------------------------- groups and addresses
    Sign(reason="group", points=9, when={MORE: ("mixed_group",)},
         why="One member without iMessage changes how the whole group is sent."),
    Sign(reason="group", points=5, when={MORE: ("email_address",)},
         why="An address may belong to no phone any more."),
    # ---------------------------------------------------------------- a number left behind
    Sign(reason="old_number", points=7, when={MORE: ("switched",)},
         why="Apple still takes the number for an iPhone's."),
    # ---------------------------------------------------------------- time
    Sign(reason="time", points=6, when={MORE: ("date_by_hand",)},
         why="A wrong date breaks every secure connection."),
    Sign(reason="time", points=-2, when={MORE: ("date_by_hand", ), "who": ("one",)},
         why="Others get theirs."),
)  # fmt: skip
