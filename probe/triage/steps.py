"""The steps, cheapest first, and what forbids each: no advice contradicts what isitme sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probe.triage.questions import MORE, Answers
from probe.triage.reasons import LIKELY, Reason
from probe.triage.sight import Sight
from probe.triage.signs import Condition, holds

# What a step costs, in its place in the list.
FREE, A_MINUTE, SOMETHING, DEAR = 0, 1, 2, 3
APPLE_DOWN: Condition = {"apple": ("announced", "suspected"), "bubble": ("blue", "turned_green")}
APPLE_DOWN_UNTOLD: Condition = {"apple": ("announced", "suspected")}
BROKEN: Condition = {"network": ("broken",)}
GREEN: Condition = {"bubble": ("green",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do. `never` forbids it, `only` is needed for it; any of each is enough."""

    key: str
    cost: int
    reasons: tuple[str, ...]
    never: tuple[Condition, ...] = ()
    only: tuple[Condition, ...] = ()
    only_if_likely: bool = False  # too dear for a mere possibility


# In the order in which they are told when they cost the same.
STEPS: tuple[Step, ...] = (
    Step(key="wait_for_apple", cost=FREE, reasons=("apple",), only=(APPLE_DOWN_UNTOLD,),
         never=(GREEN,)),
    Step(key="fix_network", cost=FREE, reasons=("network",), only=(BROKEN,),
         never=(GREEN, {"where": ("elsewhere",)})),
    Step(key="set_date", cost=FREE, reasons=("time",), only=({MORE: ("date_by_hand",)},)),
    Step(key="reopen_messages", cost=FREE, reasons=("software",),
         only=({MORE: ("arrived",)},)),
    Step(key="smaller_attachment", cost=FREE, reasons=("carrier", "group"),
         only=({MORE: ("attachment",)},)),
    Step(key="send_to_number", cost=FREE, reasons=("group",),
         only=({MORE: ("email_address",)},), never=({MORE: ("mixed_group",)},)),
    Step(key="try_again", cost=FREE,
         reasons=("network", "registration", "recipient", "carrier", "software", "group",
                  "old_number", "blocked", "time"),
         never=(APPLE_DOWN, {"apple": ("announced", "suspected"), "bubble": ("",)},
                {MORE: ("arrived",)})),
    Step(key="ask_them", cost=FREE, reasons=("recipient", "blocked", "old_number")),
    Step(key="other_app", cost=FREE,
         reasons=("apple", "network", "registration", "recipient", "carrier", "software", "group",
                  "old_number", "time", "blocked")),
    Step(key="airplane_mode", cost=A_MINUTE, reasons=("network", "carrier"),
         never=(APPLE_DOWN_UNTOLD, BROKEN)),
    Step(key="quit_messages", cost=A_MINUTE, reasons=("software", "registration", "group"),
         never=(APPLE_DOWN_UNTOLD, BROKEN, {MORE: ("arrived",)})),
    Step(key="send_as_text", cost=A_MINUTE,
         reasons=("apple", "network", "registration", "recipient", "old_number"), never=(GREEN,)),
    Step(key="carrier_update", cost=A_MINUTE, reasons=("carrier",)),
    Step(key="new_group", cost=A_MINUTE, reasons=("group",),
         only=({MORE: ("mixed_group",)},)),
    Step(key="toggle_imessage", cost=SOMETHING, reasons=("registration",),
         never=(APPLE_DOWN_UNTOLD, BROKEN, GREEN)),
    Step(key="update_system", cost=SOMETHING, reasons=("software",), never=(BROKEN,)),
    Step(key="ask_carrier", cost=SOMETHING, reasons=("carrier",)),
    Step(key="deregister", cost=SOMETHING, reasons=("old_number",),
         only=({MORE: ("switched",)},), never=({MORE: ("arrived",)},)),
    Step(key="recreate_thread", cost=DEAR, reasons=("software",),
         only=({MORE: ("one_thread",)},), never=(APPLE_DOWN_UNTOLD, BROKEN, {MORE: ("arrived",)})),
    Step(key="reset_network", cost=DEAR, reasons=("carrier",), only=(GREEN,),
         never=(APPLE_DOWN_UNTOLD, BROKEN), only_if_likely=True),
    Step(key="sign_out_and_in", cost=DEAR, reasons=("registration",),
         never=(APPLE_DOWN_UNTOLD, BROKEN, GREEN, {"who": ("one",)}), only_if_likely=True),
)  # fmt: skip


def steps(found: Sequence[Reason], answers: Answers, sight: Sight) -> Sequence[Step]:
    """What to do for these reasons, cheapest first; what isitme rules out is left out.

    While Apple or this network is known to be at fault, nothing is done for other reasons.
    """
    first = found[0].key
    known = first == "apple" or (first == "network" and sight.network == "broken")
    served = [first] if known else [reason.key for reason in found]
    likely = {reason.key for reason in found if reason.sure == LIKELY}
    chosen = [step for step in STEPS if _fits(step, served, likely, answers, sight)]
    return sorted(chosen, key=lambda step: (step.cost, STEPS.index(step)))


def _fits(
    step: Step, served: Sequence[str], likely: set[str], answers: Answers, sight: Sight
) -> bool:
    serves = set(step.reasons) & set(served)
    if step.only_if_likely:
        serves &= likely
    if not serves or any(holds(when, answers, sight) for when in step.never):
        return False
    return not step.only or any(holds(when, answers, sight) for when in step.only)
