"""What people meet, told from their side, each with the reason and the step that should come first.

Written before the model, from the facts about messages and from what each sign can and cannot mean.
A row: what the person answers, what isitme sees at that moment, the first reason, the first step,
and what must not be said. What is not answered is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One person, one message."""

    story: str
    answers: dict[str, Any]  # question -> answer; "more" is a set of circumstances
    sees: dict[str, str] = field(default_factory=dict)  # differs from ALL_FINE
    reason: str
    step: str
    never: tuple[str, ...] = ()
    sure: str = ""  # "likely" or "possible", where it matters


ALL_FINE = {"network": "fine", "apple": "fine", "clock": "right", "carrier": "unknown"}

ACCOUNT = ("sign_out_and_in", "toggle_imessage")
DRASTIC = ("sign_out_and_in", "reset_network", "recreate_thread")
HARD = (*DRASTIC, "toggle_imessage")


BLUE, GREEN, TURNED = {"bubble": "blue"}, {"bubble": "green"}, {"bubble": "turned_green"}
ONE, SEVERAL, ALL = {"who": "one"}, {"who": "several"}, {"who": "everyone"}
AT_ONCE, SLOW = {"pace": "at_once"}, {"pace": "after_waiting"}


def more(*circumstances: str) -> dict[str, Any]:
    return {"more": frozenset(circumstances)}


SITUATIONS: tuple[Situation, ...] = (
    # ------------------------------------------------------------ the network here is at fault
    Situation(
        story="Nothing is sent to anybody; the cable of the router is out.",
        answers={**BLUE, **ALL, **AT_ONCE},
        sees={"network": "broken", "apple": "unknown", "clock": "unknown"},
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="Waiting, then not delivered, to everybody; the provider is down.",
        answers={**BLUE, **ALL, **SLOW},
        sees={"network": "broken", "apple": "unknown"},
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="A filter on the network blocks Apple's push; only some messages go.",
        answers={**BLUE, **SEVERAL, **SLOW},
        sees={"network": "broken"},
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="Blue turned green and failed; this network is broken.",
        answers={**TURNED, **ALL},
        sees={"network": "broken", "apple": "unknown"},
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="The network is broken and the password was changed yesterday.",
        answers={**BLUE, **ALL, **more("password")},
        sees={"network": "broken", "apple": "unknown"},
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="Hotel Wi-Fi with a sign-in page.",
        answers={**BLUE, **ALL, **AT_ONCE, **more("moved_network")},
        sees={"network": "broken", "apple": "unknown"},
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="The line loses packets; some messages fail, then go.",
        answers={**BLUE, **SEVERAL, **SLOW},
        sees={"network": "shaky"},
        reason="network", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="Just came home from mobile data to Wi-Fi; all is fine by now.",
        answers={**BLUE, **ALL, **more("moved_network")},
        reason="network", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="Just came home, one message failed, no more is known.",
        answers={**BLUE, **more("moved_network")},
        reason="network", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="On the train, failing at once to everybody; the phone is not on this network.",
        answers={**BLUE, **ALL, **AT_ONCE, "where": "elsewhere"},
        reason="network", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="The phone is on mobile data while the network here is broken.",
        answers={**BLUE, **ALL, **SLOW, "where": "elsewhere"},
        sees={"network": "broken", "apple": "unknown"},
        reason="network", step="try_again", never=("fix_network", *DRASTIC),
    ),
    Situation(
        story="Nobody said anything but that it failed.",
        answers={},
        reason="network", step="try_again", never=DRASTIC, sure="possible",
    ),
    Situation(
        story="Nobody said anything, and isitme could not look.",
        answers={},
        sees={"network": "unknown", "apple": "unknown", "clock": "unknown"},
        reason="network", step="try_again", never=DRASTIC, sure="possible",
    ),
    Situation(
        story="Blue, everybody, at once; isitme cannot tell.",
        answers={**BLUE, **ALL, **AT_ONCE},
        sees={"network": "unknown", "apple": "unknown"},
        reason="network", step="try_again", never=DRASTIC,
    ),
    # ------------------------------------------------------------ Apple
    Situation(
        story="Apple reports an outage of iMessage.",
        answers={**BLUE, **ALL, **SLOW},
        sees={"apple": "announced"},
        reason="apple", step="wait_for_apple", never=(*HARD, "try_again", "fix_network"),
        sure="likely",
    ),
    Situation(
        story="Apple reports an outage, and the person says nothing else.",
        answers={},
        sees={"apple": "announced"},
        reason="apple", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Apple is suspected; nobody has said so yet.",
        answers={**BLUE, **ALL, **SLOW},
        sees={"apple": "suspected"},
        reason="apple", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Apple is suspected, several people.",
        answers={**BLUE, **SEVERAL},
        sees={"apple": "suspected"},
        reason="apple", step="wait_for_apple", never=HARD,
    ),
    Situation(
        story="Apple has an outage and the password was changed: still wait.",
        answers={**BLUE, **ALL, **more("password", "signed_out")},
        sees={"apple": "announced"},
        reason="apple", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Apple has an outage; the phone is on mobile data.",
        answers={**BLUE, **ALL, "where": "elsewhere"},
        sees={"apple": "announced"},
        reason="apple", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Blue turned green and failed while Apple is down.",
        answers={**TURNED, **ALL, **SLOW},
        sees={"apple": "announced"},
        reason="apple", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Green message fails while iMessage is down: Apple is not on its way.",
        answers={**GREEN, **ONE},
        sees={"apple": "announced"},
        reason="carrier", step="try_again", never=("wait_for_apple", *ACCOUNT),
    ),
    Situation(
        story="Apple reports trouble, and the line here is down too: the line first.",
        answers={**BLUE, **ALL, **AT_ONCE},
        sees={"network": "broken", "apple": "announced"},
        reason="apple", step="wait_for_apple", never=HARD,
    ),
    Situation(
        story="Apple reports maintenance of iMessage, to one person it failed.",
        answers={**BLUE, **ONE, **SLOW},
        sees={"apple": "announced"},
        reason="apple", step="wait_for_apple", never=HARD,
    ),
    # ------------------------------------------------------------ account and registration
    Situation(
        story="The password was changed on the Mac; since then nothing is sent.",
        answers={**BLUE, **ALL, **more("password")},
        reason="registration", step="try_again", never=("reset_network", "recreate_thread"),
        sure="likely",
    ),
    Situation(
        story="Signed out on the iPad; messages from the phone fail.",
        answers={**BLUE, **ALL, **SLOW, **more("signed_out")},
        reason="registration", step="try_again", never=("reset_network",), sure="likely",
    ),
    Situation(
        story="A new SIM since this morning, blue fails to everybody.",
        answers={**BLUE, **ALL, **more("sim")},
        reason="registration", step="try_again", never=("reset_network",), sure="likely",
    ),
    Situation(
        story="A new number, several people do not get it.",
        answers={**BLUE, **SEVERAL, **more("sim")},
        reason="registration", step="try_again", never=("reset_network",),
    ),
    Situation(
        story="Password changed and new SIM; the phone is elsewhere.",
        answers={**BLUE, **ALL, "where": "elsewhere", **more("password", "sim")},
        reason="registration", step="try_again", never=("fix_network",), sure="likely",
    ),
    Situation(
        story="Everything is fine here, blue, everybody, slow, nothing changed.",
        answers={**BLUE, **ALL, **SLOW},
        reason="registration", step="try_again", never=("reset_network", "wait_for_apple"),
    ),
    Situation(
        story="Password changed; only one person fails.",
        answers={**BLUE, **ONE, **more("password")},
        reason="recipient", step="try_again", never=("sign_out_and_in",),
    ),
    Situation(
        story="Signed out elsewhere and date set by hand.",
        answers={**BLUE, **ALL, **more("signed_out", "date_by_hand")},
        sees={"clock": "unknown"},
        # First written with the account as the reason; but a date that is wrong breaks the sign-in
        # too, and setting it costs nothing.
        reason="time", step="set_date", never=("reset_network",),
    ),
    # ------------------------------------------------------------ the other person
    Situation(
        story="One friend, blue, waits long and fails; others are fine.",
        answers={**BLUE, **ONE, **SLOW},
        reason="recipient", step="try_again", never=(*DRASTIC, "toggle_imessage"),
        sure="possible",
    ),
    Situation(
        story="One friend, and calls go to voicemail after ringing.",
        answers={**BLUE, **ONE, **SLOW, "calls": "voicemail"},
        reason="recipient", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="One friend, FaceTime rings without end.",
        answers={**BLUE, **ONE, "calls": "rings_out"},
        reason="recipient", step="try_again", never=DRASTIC, sure="possible",
    ),
    Situation(
        story="One friend, calls are answered as ever.",
        answers={**BLUE, **ONE, "calls": "fine"},
        reason="recipient", step="try_again", never=(*DRASTIC,),
    ),
    Situation(
        story="One friend, at once, calls go straight to voicemail.",
        answers={**BLUE, **ONE, **AT_ONCE, "calls": "voicemail"},
        reason="recipient", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="One friend abroad, blue.",
        answers={**BLUE, **ONE, **SLOW, **more("abroad")},
        reason="recipient", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="A friend moved from iPhone to Android; messages to them stay blue and fail.",
        answers={**BLUE, **ONE, **more("switched")},
        reason="old_number", step="try_again", never=DRASTIC, sure="likely",
    ),
    Situation(
        story="A friend moved to Android, blue, several of us cannot reach them.",
        answers={**BLUE, **SLOW, **more("switched")},
        reason="old_number", step="try_again", never=DRASTIC, sure="likely",
    ),
    Situation(
        story="A friend moved to Android, and calls go to voicemail.",
        answers={**BLUE, **ONE, "calls": "voicemail", **more("switched")},
        reason="old_number", step="try_again", never=DRASTIC, sure="likely",
    ),
    # ------------------------------------------------------------ green
    Situation(
        story="A green message fails, one person.",
        answers={**GREEN, **ONE},
        reason="carrier", step="try_again", never=(*ACCOUNT, "wait_for_apple"),
    ),
    Situation(
        story="All green messages fail.",
        answers={**GREEN, **ALL},
        reason="carrier", step="try_again", never=(*ACCOUNT, "wait_for_apple"), sure="likely",
    ),
    Situation(
        story="A green message with a video fails.",
        answers={**GREEN, **ONE, **more("attachment")},
        reason="carrier", step="smaller_attachment", never=ACCOUNT, sure="likely",
    ),
    Situation(
        story="A green message to another country fails.",
        answers={**GREEN, **ONE, **more("abroad")},
        reason="carrier", step="try_again", never=ACCOUNT, sure="likely",
    ),
    Situation(
        story="Green fails since the new SIM.",
        answers={**GREEN, **ALL, **more("sim")},
        reason="carrier", step="try_again", never=ACCOUNT, sure="likely",
    ),
    Situation(
        story="Green fails while this network is broken: it does not use it.",
        answers={**GREEN, **ALL},
        sees={"network": "broken", "apple": "unknown"},
        reason="carrier", step="try_again", never=("fix_network", *ACCOUNT),
    ),
    Situation(
        story="Green fails at once.",
        answers={**GREEN, **AT_ONCE},
        reason="carrier", step="try_again", never=ACCOUNT,
    ),
    Situation(
        story="Blue turned green and failed; all is fine here.",
        answers={**TURNED, **ONE},
        reason="carrier", step="try_again", never=("sign_out_and_in",),
    ),
    Situation(
        story="Blue turned green with a large picture.",
        answers={**TURNED, **ONE, **more("attachment")},
        reason="carrier", step="smaller_attachment", never=("sign_out_and_in",),
    ),
    Situation(
        story="Blue turned green and failed, everybody, after moving between networks.",
        answers={**TURNED, **ALL, **more("moved_network")},
        reason="network", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="Green to one person, whose calls go to voicemail.",
        answers={**GREEN, **ONE, "calls": "voicemail"},
        reason="carrier", step="try_again", never=ACCOUNT,
    ),
    # ------------------------------------------------------------ groups
    Situation(
        story="A group with an Android phone in it.",
        answers={**GREEN, **SEVERAL, **more("mixed_group")},
        reason="group", step="try_again", never=ACCOUNT, sure="likely",
    ),
    Situation(
        story="A group with an Android phone, and a video.",
        answers={**GREEN, **SEVERAL, **more("mixed_group", "attachment")},
        reason="group", step="smaller_attachment", never=ACCOUNT, sure="likely",
    ),
    Situation(
        story="A blue group where one member has no iMessage.",
        answers={**BLUE, **SEVERAL, **more("mixed_group")},
        reason="group", step="try_again", never=DRASTIC, sure="likely",
    ),
    Situation(
        story="The message goes to an e-mail address.",
        answers={**BLUE, **ONE, **more("email_address")},
        reason="group", step="send_to_number", never=DRASTIC,
    ),
    Situation(
        story="A group with an e-mail address and an Android phone.",
        answers={**SEVERAL, **more("mixed_group", "email_address")},
        reason="group", step="try_again", never=DRASTIC, sure="likely",
    ),
    # ------------------------------------------------------------ software
    Situation(
        story="It says not delivered, but the friend has it.",
        answers={**BLUE, **ONE, **more("arrived")},
        reason="software", step="reopen_messages", never=(*HARD, "deregister"), sure="likely",
    ),
    Situation(
        story="It arrived, and calls go to voicemail: nobody is blocked.",
        answers={**BLUE, **ONE, "calls": "voicemail", **more("arrived")},
        reason="software", step="reopen_messages", never=HARD, sure="likely",
    ),
    Situation(
        story="Only one conversation fails; a new one to the same person works.",
        answers={**BLUE, **ONE, **more("one_thread")},
        reason="software", step="try_again", never=("reset_network", "sign_out_and_in"),
    ),
    Situation(
        story="A beta system, and messages fail now and then.",
        answers={**BLUE, **SEVERAL, **more("beta")},
        reason="software", step="try_again", never=("reset_network",),
    ),
    Situation(
        story="A beta system, one conversation.",
        answers={**BLUE, **ONE, **more("beta", "one_thread")},
        reason="software", step="try_again", never=("reset_network", "sign_out_and_in"),
        sure="likely",
    ),
    # ------------------------------------------------------------ time
    Situation(
        story="The date is set by hand; nothing is sent.",
        answers={**BLUE, **ALL, **more("date_by_hand")},
        sees={"clock": "unknown"},
        reason="time", step="set_date", never=DRASTIC, sure="likely",
    ),
    Situation(
        story="The date is set by hand, and the clock of this computer is right.",
        answers={**BLUE, **ALL, **more("date_by_hand")},
        reason="time", step="set_date", never=DRASTIC, sure="likely",
    ),
    Situation(
        story="This computer's clock is wrong, and the phone's date is set by hand.",
        answers={**BLUE, **ALL, **more("date_by_hand")},
        sees={"clock": "wrong"},
        reason="time", step="set_date", never=DRASTIC, sure="likely",
    ),
    Situation(
        story="Everything is fine and the clock is right: nobody is told to set it.",
        answers={**BLUE, **ALL, **AT_ONCE},
        reason="network", step="try_again", never=("set_date", *DRASTIC),
    ),
)  # fmt: skip
