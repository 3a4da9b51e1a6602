"""The steps, cheapest first, and what forbids each: no advice contradicts what isitme sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probe.triage.questions import MORE, Answers
from probe.triage.reasons import LIKELY, Reason, known
from probe.triage.sight import Sight
from probe.triage.signs import GREEN, NOT_FINE, ONE, Condition, holds

# What a step costs; the table below is in this order.
FREE, A_MINUTE, SOMETHING, DEAR = 0, 1, 2, 3
APPLE_DOWN: Condition = {"apple": ("announced", "maintenance", "suspected")}
BROKEN: Condition = {"network": ("broken",)}
UNREACHED: Condition = {"apple": ("unreached",)}
ELSEWHERE: Condition = {"where": ("elsewhere",)}
ON_A_COMPUTER: Condition = {"where": ("this_device",)}  # it has no airplane mode and no carrier
ARRIVED: Condition = {MORE: ("arrived",)}
# An account is touched, and a conversation deleted, only while all is seen to be well. (While this
# network is known to be broken no step for an account is chosen at all.)
NOT_NOW: tuple[Condition, ...] = ({"apple": NOT_FINE}, {"clock": ("wrong",)})
SHAKY: Condition = {"network": ("shaky",)}  # it may be all of it; too little to lose data for


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do. `never` forbids it, `only` is needed for it; any of each is enough."""

    key: str
    cost: int
    reasons: tuple[str, ...]
    never: tuple[Condition, ...] = ()
    only: tuple[Condition, ...] = ()
    only_if_likely: bool = False  # too dear for a mere possibility


# In the order in which they are told: cheapest first.
STEPS: tuple[Step, ...] = (
    Step(key="fix_network", cost=FREE, reasons=("network",), only=(BROKEN,)),
    Step(key="wait_for_apple", cost=FREE, reasons=("apple_announced", "apple_suspected")),
    Step(key="set_date", cost=FREE, reasons=("time",)),
    Step(key="reopen_messages", cost=FREE, reasons=("software",), only=(ARRIVED,)),
    Step(key="smaller_attachment", cost=FREE, reasons=("carrier", "group"),
         only=({MORE: ("attachment",)},)),
    Step(key="send_to_number", cost=FREE, reasons=("group",), never=({MORE: ("mixed_group",)},)),
    Step(key="try_again", cost=FREE,
         reasons=("network", "apple_or_way", "registration", "recipient", "carrier", "software",
                  "group", "old_number", "blocked", "time"),
         never=(ARRIVED,)),
    Step(key="ask_them", cost=FREE, reasons=("recipient", "blocked", "old_number")),
    # Nothing else gets out of a broken network either, unless it was seen to.
    Step(key="other_app", cost=FREE,
         reasons=("apple_announced", "apple_suspected", "apple_or_way", "network", "registration",
                  "recipient", "carrier", "software", "group", "old_number", "time", "blocked"),
         never=({"apps": ("fail",)}, {**BROKEN, "apps": ("unknown",)})),
    Step(key="mobile_data", cost=A_MINUTE,
         reasons=("network", "apple_or_way", "apple_suspected", "carrier"),
         only=(BROKEN, UNREACHED, {"apple": ("suspected",), "certainty": ("low",)}),
         never=(ELSEWHERE, {**GREEN, "network": ("fine", "shaky", "unknown")})),
    Step(key="mend_weakness", cost=A_MINUTE, reasons=("network",), only=(SHAKY,)),
    Step(key="airplane_mode", cost=A_MINUTE, reasons=("network", "carrier"),
         never=(BROKEN, ON_A_COMPUTER)),
    Step(key="quit_messages", cost=A_MINUTE, reasons=("software", "registration", "group"),
         never=(ARRIVED,)),
    Step(key="send_as_text", cost=A_MINUTE,
         reasons=("apple_announced", "apple_suspected", "apple_or_way", "network", "registration",
                  "recipient", "old_number"),
         never=(GREEN, ON_A_COMPUTER)),
    Step(key="carrier_update", cost=A_MINUTE, reasons=("carrier",), never=(ON_A_COMPUTER,)),
    Step(key="new_group", cost=A_MINUTE, reasons=("group",),
         only=({MORE: ("mixed_group",)},)),
    Step(key="toggle_imessage", cost=SOMETHING, reasons=("registration",), never=NOT_NOW),
    Step(key="update_system", cost=SOMETHING, reasons=("software",)),
    Step(key="ask_carrier", cost=SOMETHING, reasons=("carrier",)),
    Step(key="deregister", cost=SOMETHING, reasons=("old_number",), never=(ARRIVED,)),
    Step(key="recreate_thread", cost=DEAR, reasons=("software",),
         only=({MORE: ("one_thread",)},), never=(*NOT_NOW, BROKEN, SHAKY, ARRIVED)),
    Step(key="reset_network", cost=DEAR, reasons=("carrier",), only=(GREEN,),
         never=(APPLE_DOWN, BROKEN, SHAKY, ON_A_COMPUTER)),
    Step(key="sign_out_and_in", cost=DEAR, reasons=("registration",),
         never=(*NOT_NOW, SHAKY, ONE), only_if_likely=True),
)  # fmt: skip


def steps(found: Sequence[Reason], answers: Answers, sight: Sight) -> Sequence[Step]:
    """What to do for these reasons, cheapest first; what isitme rules out is left out.

    While Apple or this network is known to be at fault, nothing is done for other reasons.
    """
    served = known(found, answers, sight) or found
    return [step for step in STEPS if _fits(step, served, answers, sight)]


def _fits(step: Step, served: Sequence[Reason], answers: Answers, sight: Sight) -> bool:
    if not any(
        reason.key in step.reasons and (reason.sure == LIKELY or not step.only_if_likely)
        for reason in served
    ):
        return False
    if any(holds(when, answers, sight) for when in step.never):
        return False
    return not step.only or any(holds(when, answers, sight) for when in step.only)
