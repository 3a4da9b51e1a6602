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
    # Where more than the first of each matters: further reasons, and those that must not be named;
    # what must be told as speaking for one (keys of the catalogue); further steps.
    also: tuple[str, ...] = ()
    nor: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    advises: tuple[str, ...] = ()


# What isitme may see:
#   network    fine, shaky, broken, unknown
#   apple      fine; other (trouble, but not with messages); suspected; announced; maintenance;
#              unreached (from here, and nobody knows why); unknown
#   clock      of its own computer: right, wrong, unknown
#   carrier    fine, failing, unknown (until a look at it is built)
#   certainty  of its answer: low, medium, high
ALL_FINE = {
    "network": "fine",
    "apple": "fine",
    "clock": "right",
    "carrier": "unknown",
    "certainty": "high",
}

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
        reason="network", step="fix_network", never=("airplane_mode", *HARD),
        advises=("mobile_data",), sure="likely",
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
        reason="network", step="try_again", never=DRASTIC, advises=("mend_weakness",),
    ),
    Situation(
        story="Just came home from mobile data to Wi-Fi; all is fine by now.",
        answers={**BLUE, **ALL, **more("moved_network")},
        reason="network", step="try_again", never=("mobile_data", *DRASTIC),
        advises=("airplane_mode",),
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
        because=("knew_at_once", "nothing_gets_out"),
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
        reason="apple_announced", step="wait_for_apple", never=(*HARD, "try_again", "fix_network"),
        sure="likely",
    ),
    Situation(
        story="Apple reports an outage, and the person says nothing else.",
        answers={},
        sees={"apple": "announced"},
        reason="apple_announced", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Apple is suspected; nobody has said so yet.",
        answers={**BLUE, **ALL, **SLOW},
        sees={"apple": "suspected"},
        reason="apple_suspected", step="wait_for_apple", never=("mobile_data", *HARD),
        sure="likely",
    ),
    Situation(
        story="Apple is suspected, several people.",
        answers={**BLUE, **SEVERAL},
        sees={"apple": "suspected"},
        reason="apple_suspected", step="wait_for_apple", never=HARD,
    ),
    Situation(
        story="Apple has an outage and the password was changed: still wait.",
        answers={**BLUE, **ALL, **more("password", "signed_out")},
        sees={"apple": "announced"},
        reason="apple_announced", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Apple has an outage; the phone is on mobile data.",
        answers={**BLUE, **ALL, "where": "elsewhere"},
        sees={"apple": "announced"},
        reason="apple_announced", step="wait_for_apple", never=HARD, sure="likely",
    ),
    Situation(
        story="Blue turned green and failed while Apple is down.",
        answers={**TURNED, **ALL, **SLOW},
        sees={"apple": "announced"},
        reason="apple_announced", step="wait_for_apple", never=HARD, sure="likely",
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
        # First written with Apple as the reason, against its own story: without a line here nothing
        # goes out, whatever Apple does.
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="Apple reports maintenance of iMessage, to one person it failed.",
        answers={**BLUE, **ONE, **SLOW},
        sees={"apple": "maintenance"},
        reason="apple_announced", step="wait_for_apple", never=HARD,
    ),
    # ------------------------------------------------------------ account and registration
    Situation(
        story="The password was changed on the Mac; since then nothing is sent.",
        answers={**BLUE, **ALL, **more("password")},
        reason="registration", step="try_again", never=("reset_network", "recreate_thread"),
        sure="likely", advises=("toggle_imessage", "sign_out_and_in"),
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
        reason="registration", step="try_again",
        never=("reset_network", "wait_for_apple", "sign_out_and_in"),
        because=("others_ruled_out",), advises=("toggle_imessage", "send_as_text", "other_app"),
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
        answers={**BLUE, **ONE, "facetime": "rings_out"},
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
        advises=("ask_them", "deregister"),
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
        reason="carrier", step="try_again", never=(*ACCOUNT, "wait_for_apple"), nor=("recipient",),
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
        because=("size_limits",),
    ),
    Situation(
        story="A green message to another country fails.",
        answers={**GREEN, **ONE, **more("abroad")},
        reason="carrier", step="try_again", never=ACCOUNT, sure="likely",
        because=("abroad_off",), advises=("carrier_update", "ask_carrier", "reset_network"),
    ),
    Situation(
        story="Green fails since the new SIM.",
        answers={**GREEN, **ALL, **more("sim")},
        reason="carrier", step="try_again", never=ACCOUNT, sure="likely",
        because=("sim_not_set_up", "none_gets_out"),
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
        reason="network", step="try_again", never=DRASTIC, because=("no_way_to_apple",),
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
        reason="group", step="try_again", never=ACCOUNT, advises=("new_group",), sure="likely",
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
        reason="group", step="send_to_number", never=("new_group", *DRASTIC),
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
        reason="software", step="reopen_messages",
        never=(*HARD, "deregister", "quit_messages", "try_again"),
        sure="likely", nor=("recipient", "blocked"),
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
        advises=("recreate_thread",),
    ),
    Situation(
        story="A beta system, and messages fail now and then.",
        answers={**BLUE, **SEVERAL, **more("beta")},
        reason="software", step="try_again", never=("reset_network", "recreate_thread"),
        advises=("update_system", "quit_messages"),
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
    # ------------------------------------------------------------ a second reading of the question
    # Thought up from the symptoms and the sights alone, before the table was looked at again.
    # ---- what kind of trouble of Apple's
    Situation(
        story="Apple reports trouble with the App Store only; my messages fail to all.",
        answers={**BLUE, **ALL, **AT_ONCE},
        sees={"apple": "other"},
        reason="network", step="try_again", never=("wait_for_apple", *HARD),
    ),
    Situation(
        story="The App Store is down, and the password was changed: nobody signs out now.",
        answers={**BLUE, **ALL, **more("password")},
        sees={"apple": "other"},
        reason="registration", step="try_again", never=("wait_for_apple", *HARD),
    ),
    Situation(
        story="It may be Apple, says isitme, without being sure.",
        answers={**BLUE, **ALL, **SLOW},
        sees={"apple": "suspected", "certainty": "low"},
        reason="apple_suspected", step="wait_for_apple", never=HARD, sure="possible",
        advises=("mobile_data",),
    ),
    Situation(
        story="It may be Apple, and the password was changed: wait first all the same.",
        answers={**BLUE, **ALL, **SLOW, **more("password", "signed_out")},
        sees={"apple": "suspected", "certainty": "low"},
        reason="apple_suspected", step="wait_for_apple", never=HARD, sure="possible",
    ),
    Situation(
        story="Apple is suspected, and only one friend fails.",
        answers={**BLUE, **ONE, "calls": "voicemail", "facetime": "rings_out"},
        sees={"apple": "suspected"},
        reason="apple_suspected", step="wait_for_apple", never=("ask_carrier", *HARD),
    ),
    Situation(
        story="Apple has an outage, yet the friend says that it arrived.",
        answers={**BLUE, **ONE, **more("arrived")},
        sees={"apple": "announced"},
        reason="apple_announced", step="wait_for_apple", never=(*HARD, "deregister"),
    ),
    Situation(
        story="Apple has an outage, and the phone's date is set by hand.",
        answers={**BLUE, **ALL, **more("date_by_hand")},
        sees={"apple": "announced"},
        reason="apple_announced", step="wait_for_apple", never=HARD,
    ),
    Situation(
        story="Apple is suspected and I run a test version.",
        answers={**BLUE, **ALL, **more("beta")},
        sees={"apple": "suspected"},
        reason="apple_suspected", step="wait_for_apple", never=("update_system", *HARD),
    ),
    Situation(
        story="Apple works on iMessage tonight; the group has an Android phone in it.",
        answers={**BLUE, **SEVERAL, **more("mixed_group")},
        sees={"apple": "maintenance"},
        reason="apple_announced", step="wait_for_apple", never=("new_group", *HARD), sure="likely",
    ),
    Situation(
        story="Green while Apple is suspected, with a video.",
        answers={**GREEN, **ONE, **more("attachment")},
        sees={"apple": "suspected"},
        reason="carrier", step="smaller_attachment", never=("wait_for_apple", *ACCOUNT),
    ),
    # ---- Apple cannot be reached from here, and nobody knows why
    Situation(
        story="isitme reaches no server for messages and cannot say whose fault it is.",
        answers={**BLUE, **ALL, **SLOW},
        sees={"network": "unknown", "apple": "unreached"},
        reason="apple_or_way", step="try_again", never=("wait_for_apple", "fix_network", *HARD),
        advises=("mobile_data",),
    ),
    Situation(
        story="The same, and the password was changed: what changed is not the first guess.",
        answers={**BLUE, **ALL, **more("password")},
        sees={"network": "unknown", "apple": "unreached"},
        reason="apple_or_way", step="try_again", never=("quit_messages", *HARD),
    ),
    Situation(
        story="The same, but the phone is on mobile data: from there it may well be reached.",
        answers={**BLUE, **ALL, **AT_ONCE, "where": "elsewhere"},
        sees={"network": "unknown", "apple": "unreached"},
        reason="network", step="try_again", never=("fix_network", "mobile_data", *DRASTIC),
    ),
    # ---- this network
    Situation(
        story="The network is broken, and only one friend fails.",
        answers={**BLUE, **ONE, **SLOW},
        sees={"network": "broken"},
        reason="network", step="fix_network", never=(*HARD, "ask_carrier", "other_app"),
        sure="likely",
    ),
    Situation(
        story="The network is broken, and the friend has the message all the same.",
        answers={**BLUE, **ONE, **more("arrived")},
        sees={"network": "broken"},
        reason="network", step="fix_network", never=HARD,
    ),
    Situation(
        story="The network is broken, and everything else has changed as well.",
        answers={**BLUE, **ALL, **more("password", "sim", "signed_out", "beta", "date_by_hand")},
        sees={"network": "broken", "apple": "unreached", "clock": "unknown"},
        reason="network", step="fix_network", never=(*HARD, "update_system"), sure="likely",
    ),
    Situation(
        story="Sent from the Mac that isitme runs on, whose network is broken.",
        answers={**BLUE, **ALL, **AT_ONCE, "where": "this_device"},
        sees={"network": "broken", "apple": "unknown"},
        reason="network", step="fix_network", never=HARD, sure="likely",
    ),
    Situation(
        story="Nothing answered, but the network is broken.",
        answers={},
        sees={"network": "broken", "apple": "unknown", "clock": "unknown"},
        reason="network", step="fix_network", never=(*HARD, "other_app"), sure="likely",
    ),
    Situation(
        story="The line is weak and one friend's calls go to voicemail: theirs may be, too.",
        answers={**BLUE, **ONE, "calls": "voicemail"},
        sees={"network": "shaky"},
        reason="recipient", step="try_again", never=DRASTIC, sure="possible",
    ),
    Situation(
        story="Failing at once, nothing else known, the line is weak.",
        answers={**AT_ONCE},
        sees={"network": "shaky"},
        reason="network", step="try_again", never=HARD, sure="likely",
    ),
    # ---- the clock
    Situation(
        story="Sent from this Mac, whose clock is wrong.",
        answers={**BLUE, **ALL, "where": "this_device"},
        sees={"network": "unknown", "clock": "wrong"},
        reason="time", step="set_date", never=(*HARD, "fix_network"), sure="likely",
    ),
    Situation(
        story="Sent from this Mac with its date by hand, and isitme finds it right.",
        answers={**BLUE, **ALL, **SLOW, "where": "this_device", **more("date_by_hand")},
        reason="registration", step="try_again", never=("set_date", "reset_network"),
    ),
    Situation(
        story="The clock of isitme's computer is wrong; the phone is another device.",
        answers={**BLUE, **ALL, "where": "here"},
        sees={"network": "unknown", "clock": "wrong"},
        reason="time", step="set_date", never=(*HARD, "fix_network"), sure="possible",
    ),
    Situation(
        story="isitme says that its clock is wrong; the person says nothing but at once, to all.",
        answers={**ALL, **AT_ONCE},
        sees={"network": "unknown", "clock": "wrong"},
        reason="time", step="set_date", never=(*HARD, "fix_network"), sure="possible",
    ),
    Situation(
        story="That clock is wrong, and the phone is out on the train.",
        answers={**BLUE, **ALL, **AT_ONCE, "where": "elsewhere"},
        sees={"network": "unknown", "clock": "wrong"},
        reason="network", step="try_again", never=("set_date", *DRASTIC),
    ),
    Situation(
        story="That clock is wrong, and the password was changed: the clock is free to set.",
        answers={**BLUE, **ALL, **more("password")},
        sees={"network": "unknown", "clock": "wrong"},
        reason="registration", step="set_date", never=HARD,
    ),
    Situation(
        story="A green message with the date set by hand: text messages do not mind.",
        answers={**GREEN, **ONE, **more("date_by_hand")},
        reason="carrier", step="try_again", never=("set_date", *ACCOUNT),
    ),
    Situation(
        story="A green message while the clock here is wrong.",
        answers={**GREEN, **ALL},
        sees={"network": "unknown", "clock": "wrong"},
        reason="carrier", step="try_again", never=("set_date", *ACCOUNT), sure="likely",
    ),
    # ---- the other person, and whether one is blocked
    Situation(
        story="The whole pattern: one friend, straight to voicemail, FaceTime rings out.",
        answers={**BLUE, **ONE, **SLOW, "calls": "voicemail", "facetime": "rings_out"},
        reason="recipient", step="try_again", never=(*DRASTIC, "toggle_imessage"),
        sure="possible", also=("blocked",),
        because=("waited_for_them", "off_or_away", "facetime_unanswered", "whole_pattern"),
    ),
    Situation(
        story="One friend; the phone rings, and nobody answers. That is no sign of anything.",
        answers={**BLUE, **ONE, "calls": "rings_out"},
        reason="recipient", step="try_again", never=DRASTIC, sure="possible",
    ),
    Situation(
        story="One friend answers FaceTime as ever, and gets no messages.",
        answers={**BLUE, **ONE, **SLOW, "facetime": "fine"},
        reason="recipient", step="try_again", never=(*DRASTIC, "toggle_imessage"),
        sure="possible",
    ),
    Situation(
        story="One friend, green, voicemail and FaceTime rings out: a block would not be told.",
        answers={**GREEN, **ONE, "calls": "voicemail", "facetime": "rings_out"},
        reason="carrier", step="try_again", never=ACCOUNT,
    ),
    Situation(
        story="Everybody's calls go to voicemail, and no message goes out: it is my phone.",
        answers={**BLUE, **ALL, **AT_ONCE, "calls": "voicemail", "facetime": "rings_out"},
        reason="network", step="try_again", never=("ask_them", *DRASTIC),
    ),
    Situation(
        story="A friend with an Android phone for years; green fails.",
        answers={**GREEN, **ONE, **more("switched")},
        reason="carrier", step="try_again", never=("deregister", *ACCOUNT),
    ),
    Situation(
        story="A friend moved to Android; blue turned green, and that failed too.",
        answers={**TURNED, **ONE, **more("switched")},
        reason="old_number", step="try_again", never=DRASTIC, sure="likely",
    ),
    # ---- carrier
    Situation(
        story="Blue turned green to a friend abroad.",
        answers={**TURNED, **ONE, **more("abroad")},
        reason="carrier", step="try_again", never=("sign_out_and_in", "wait_for_apple"),
        sure="likely",
    ),
    Situation(
        story="Green fails, and the carrier cannot be reached from here.",
        answers={**GREEN, **ALL},
        sees={"carrier": "failing"},
        reason="carrier", step="try_again", never=(*ACCOUNT, "wait_for_apple"), sure="likely",
        because=("seen_carrier_fail",),
    ),
    Situation(
        story="Green to another country, and the carrier can be reached: its rules remain.",
        answers={**GREEN, **ONE, **more("abroad")},
        sees={"carrier": "fine"},
        reason="carrier", step="try_again", never=ACCOUNT, sure="likely",
    ),
    Situation(
        story="Blue fails, and the carrier cannot be reached: blue does not need it.",
        answers={**BLUE, **ALL, **SLOW, **more("signed_out")},
        sees={"carrier": "failing"},
        reason="registration", step="try_again", never=("ask_carrier", "reset_network"),
    ),
    Situation(
        story="Green and blue both fail since the new SIM: the phone is not signed in anew.",
        answers={**TURNED, **ALL, **more("sim")},
        reason="registration", step="try_again", never=("reset_network", "wait_for_apple"),
    ),
    Situation(
        story="Green, everybody, the password was changed: text messages need no password.",
        answers={**GREEN, **ALL, **more("password", "signed_out")},
        reason="carrier", step="try_again", never=ACCOUNT, sure="likely",
    ),
    # ---- software, groups
    Situation(
        story="Everything else works; it arrived, and the phone is out of the house.",
        answers={**BLUE, **ONE, "where": "elsewhere", **more("arrived")},
        reason="software", step="reopen_messages", never=(*HARD, "fix_network"), sure="likely",
    ),
    Situation(
        story="One conversation fails while Apple is down: nobody deletes it now.",
        answers={**BLUE, **ONE, **more("one_thread")},
        sees={"apple": "announced"},
        reason="apple_announced", step="wait_for_apple", never=HARD,
    ),
    Situation(
        story="One conversation fails, and isitme cannot tell anything: nothing is deleted yet.",
        answers={**BLUE, **ONE, **more("one_thread")},
        sees={"network": "unknown", "apple": "unknown", "clock": "unknown"},
        reason="software", step="try_again", never=DRASTIC,
    ),
    Situation(
        story="A group in which somebody is reached by an e-mail address.",
        answers={**BLUE, **SEVERAL, **more("email_address")},
        reason="group", step="send_to_number", never=DRASTIC, sure="likely",
    ),
    Situation(
        story="A mixed group, out of the house, with the network at home broken.",
        answers={**GREEN, **SEVERAL, "where": "elsewhere", **more("mixed_group")},
        sees={"network": "broken"},
        reason="group", step="try_again", never=("fix_network", *ACCOUNT), sure="likely",
    ),
    # ---- found by taking rows out of the tables: nobody had missed them
    Situation(
        story="One friend answers calls and FaceTime, and my system is a test version.",
        answers={**BLUE, **ONE, "calls": "fine", "facetime": "fine", **more("beta")},
        reason="software", step="try_again", never=HARD, nor=("recipient", "blocked"),
    ),
    Situation(
        story="One friend answers calls, and my system is a test version: theirs may be full.",
        answers={**BLUE, **ONE, "calls": "fine", **more("beta")},
        reason="software", step="try_again", never=HARD, also=("recipient",),
    ),
    Situation(
        story="One friend, and the date is set by hand: others would fail as well.",
        answers={**BLUE, **ONE, **more("date_by_hand")},
        sees={"clock": "unknown"},
        reason="time", step="set_date", never=HARD, sure="possible", also=("recipient",),
    ),
    Situation(
        story="It may be Apple, and the phone is out of the house: it has no Wi-Fi to leave.",
        answers={**BLUE, **ALL, "where": "elsewhere"},
        sees={"apple": "suspected", "certainty": "low"},
        reason="apple_suspected", step="wait_for_apple", never=("mobile_data", *HARD),
    ),
    Situation(
        story="Green fails while Apple cannot be reached: that is none of its business.",
        answers={**GREEN, **ONE},
        sees={"network": "unknown", "apple": "unreached"},
        reason="carrier", step="try_again", never=("mobile_data", *ACCOUNT),
        nor=("apple_or_way", "network"),
    ),
    Situation(
        story="Green fails on a phone that calls over a broken Wi-Fi.",
        answers={**GREEN, **ONE},
        sees={"network": "broken"},
        reason="carrier", step="try_again", never=("fix_network", "reset_network", *ACCOUNT),
        advises=("mobile_data",), nor=("network",),
    ),
    Situation(
        story="The friend with the new Android phone has the message after all.",
        answers={**BLUE, **ONE, **more("arrived", "switched")},
        reason="software", step="reopen_messages", never=("deregister", *HARD),
    ),
    Situation(
        story="Only one conversation shows the mark, and that message arrived.",
        answers={**BLUE, **ONE, **more("arrived", "one_thread")},
        reason="software", step="reopen_messages", never=HARD, sure="likely",
    ),
    Situation(
        story="One conversation fails, and the clock here is wrong: nothing is deleted yet.",
        answers={**BLUE, **ONE, **more("one_thread")},
        sees={"network": "unknown", "clock": "wrong"},
        reason="software", step="set_date", never=HARD,
    ),
    Situation(
        story="One friend fails, with a new password, a new SIM and a device signed out.",
        answers={**BLUE, **ONE, **more("password", "sim", "signed_out")},
        reason="registration", step="try_again", never=("sign_out_and_in", "reset_network"),
        sure="likely", advises=("toggle_imessage",),
    ),
    Situation(
        story="The password was changed, and the line is weak: nobody signs out over that.",
        answers={**BLUE, **ALL, **SLOW, **more("password")},
        sees={"network": "shaky"},
        reason="registration", step="try_again", never=DRASTIC, sure="likely",
        advises=("toggle_imessage", "mend_weakness"),
    ),
    # ---- little is known
    Situation(
        story="Only the colour is known, and all is fine.",
        answers={**BLUE},
        reason="network", step="try_again", never=(*HARD, "wait_for_apple"), sure="possible",
    ),
    Situation(
        story="Blue, everybody, slow, out of the house: isitme sees Apple, not that network.",
        answers={**BLUE, **ALL, **SLOW, "where": "elsewhere"},
        reason="network", step="try_again", never=("fix_network", *DRASTIC),
    ),
)  # fmt: skip
