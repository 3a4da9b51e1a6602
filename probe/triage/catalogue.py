"""Every word that people read in the guide, in one place, so that it can be translated.

At most 20 words a sentence, and no word that needs an engineer: a test reads all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# ---------------------------------------------------------------- around the questions

TITLE = "Not Delivered"
# On the page with the answer, and above every page.
INVITATION = "A message says Not Delivered?"
INVITATION_LINK = "Find the reason with a few questions."
MENU = "Not Delivered?"
INTRO = (
    "A few questions about what you see. Answer what you know, and leave out the rest. "
    "What isitme sees on this network is added to your answers."
)
ASK_HEADING = "What do you see?"
ANSWERED_HEADING = "Your answers"
FIND = "Find the reason"
BACK = "Back to the answer"
AS_JSON = "As JSON"
# On a terminal.
ASK_ONE = "Number, or Enter: "
ASK_MANY = "Numbers (several: 1 4), or Enter: "
ONE_PLEASE = "One number, please."
NUMBER_PLEASE = "A number from 1 to {most}, please."
LEFT_OFF = "Left off. Nothing was changed."
# Of answers that came as flags or in an address.
NO_QUESTION = "wanted one of {wanted}; there is no question {found}"
NO_ANSWER = "{question}: wanted {wanted}, found {found}"

# ---------------------------------------------------------------- around the guidance

SEEN_HEADING = "What isitme sees now"
REASONS_HEADING = "Why, most likely"
CANNOT_BE_SURE = "Nobody can be sure from outside the phone. This is what fits best."
STEPS_HEADING = "What to do, in this order"
LOSES = "You lose: {what}"
WORKED = "It worked when: {what}"
NOTHING_LOST = "Nothing."
GREEN_HEADING = "What isitme can know about green messages"
CANNOT_KNOW_HEADING = "What isitme cannot see"

# ---------------------------------------------------------------- questions

QUESTION_TEXTS: Mapping[str, str] = {
    "bubble": "What colour is the message?",
    "pace": "How fast did it fail?",
    "who": "Who does not get your messages?",
    "calls": "What happens when you call that person by telephone?",
    "facetime": "What happens when you call that person on FaceTime?",
    "where": "Where is the message sent from?",
    "more": "Does any of this hold?",
}
ANSWER_TEXTS: Mapping[str, Mapping[str, str]] = {
    "bubble": {
        "blue": "Blue",
        "green": "Green",
        "turned_green": "Blue at first, then green",
    },
    "pace": {"at_once": "At once", "after_waiting": "After waiting, up to a minute"},
    "who": {
        "one": "One person only",
        "several": "Several people",
        "everyone": "Everybody I tried",
    },
    "calls": {
        "fine": "They answer as ever",
        "voicemail": "It goes straight to voicemail",
        "rings_out": "It rings, and nobody answers",
    },
    "facetime": {
        "fine": "They answer as ever",
        "rings_out": "It rings without end",
    },
    "where": {
        "here": "From a phone or another device on this Wi-Fi",
        "this_device": "From the computer that isitme runs on",
        "elsewhere": "From mobile data, or from another place",
    },
    "more": {
        "moved_network": "The phone has just changed its Wi-Fi, or left it",
        "password": "The Apple Account password was changed lately",
        "signed_out": "One of my devices was signed out lately",
        "sim": "There is a new SIM or a new number",
        "switched": "The other person has changed from iPhone to Android",
        "mixed_group": "It is a group, and not everybody in it has an iPhone",
        "email_address": "It goes to an e-mail address, or one is in the group",
        "attachment": "There is a picture, a video or a file in it",
        "abroad": "It goes to another country",
        "arrived": "It did arrive, although the phone says that it did not",
        "one_thread": "Only one conversation fails; the person gets my other messages",
        "beta": "My phone runs a test version of its system",
        "date_by_hand": "Date and time of my phone are set by hand",
    },
}
NOT_ANSWERED = "I do not know"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonText:
    title: str
    said: str


REASON_TEXTS: Mapping[str, ReasonText] = {
    "network": ReasonText(
        title="The connection between the phone and Apple",
        said="A phone needs a working connection when it sends.",
    ),
    "apple_announced": ReasonText(
        title="Apple's own service",
        said="Apple says that it has trouble with messages, or works on them. Nothing on your "
        "phone can mend that.",
    ),
    "apple_suspected": ReasonText(
        title="Apple's own service, it seems",
        said="Apple's messages fail from here while all else works. Apple has not said so.",
    ),
    "apple_or_way": ReasonText(
        title="Apple, or the way to Apple",
        said="Apple's messages cannot be reached from here. Which of the two it is, isitme cannot "
        "tell yet.",
    ),
    "registration": ReasonText(
        title="The phone is not properly signed in for messages",
        said="After a change of password, device or number, a phone must sign in for messages "
        "again.",
    ),
    "recipient": ReasonText(
        title="The other person's phone",
        said="Their phone may be off, without signal, full, or signed out of messages. It does not "
        "show from here.",
    ),
    "blocked": ReasonText(
        title="You may be blocked",
        said="This fits, but a phone that is off or lost looks just the same. Ask another way "
        "before you believe it.",
    ),
    "carrier": ReasonText(
        title="The mobile carrier",
        said="Green messages go through the carrier. It limits size, countries and numbers, and "
        "Apple has no part in it.",
    ),
    "software": ReasonText(
        title="A fault in the phone's software",
        said="The phone shows something that is not so, or one conversation is damaged.",
    ),
    "group": ReasonText(
        title="The mix of people or addresses",
        said="A group changes how it is sent when one member has no iPhone. An old e-mail address "
        "may reach nobody.",
    ),
    "old_number": ReasonText(
        title="Their number still counts as an iPhone's",
        said="Apple still sends messages for that number to an iPhone that is gone.",
    ),
    "time": ReasonText(
        title="The date or time of the phone",
        said="With a wrong date or time, no secure connection works. A few minutes are enough.",
    ),
}
WHY_TEXTS: Mapping[str, str] = {
    "common": "It is the commonest reason, and mostly passes within five minutes.",
    "seen_broken": "isitme sees it from here.",
    "seen_shaky": "isitme sees that the way out from here works only in part.",
    "moved": "A phone that changes networks loses its way for a while.",
    "knew_at_once": "A phone that fails at once knew that it had no connection.",
    "nothing_gets_out": "Nothing gets out.",
    "no_way_to_apple": "The phone could not reach Apple.",
    "for_nobody": "It reached Apple for nobody.",
    "apple_says_so": "Apple says so.",
    "apple_works_on_it": "Apple says that it works on it now.",
    "seen_apple_fail": "isitme sees it from here.",
    "seen_apple_unreached": "isitme has tried it from here.",
    "password_signs_out": "A changed password signs devices out.",
    "signed_out_takes": "Signing out on one device can take the others along.",
    "sim_anew": "A new SIM or number must be set up anew.",
    "all_of_this_phone": "It is about all messages of this phone.",
    "others_ruled_out": "Network and Apple are ruled out, and the phone did try.",
    "only_this_one": "Only this one person is not reached.",
    "waited_for_them": "Their phone was waited for.",
    "off_or_away": "Calls go to voicemail when a phone is off or has no signal.",
    "facetime_unanswered": "FaceTime is not answered either.",
    "whole_pattern": "Messages, calls and FaceTime fail to one person only, and the rest works.",
    "only_the_carrier": "Only the carrier is on its way.",
    "text_failed_too": "The text message that was tried instead failed too.",
    "size_limits": "Carriers limit the size.",
    "abroad_off": "Messages to other countries are often switched off.",
    "sim_not_set_up": "A new SIM may not be set up yet.",
    "none_gets_out": "None gets out.",
    "seen_carrier_fail": "isitme cannot reach the carrier from here.",
    "phone_is_wrong": "The phone is wrong about its own message.",
    "one_damaged": "One conversation is damaged; the person can be reached.",
    "test_version": "Test versions have faults.",
    "one_without": "One member without iMessage changes how the whole group is sent.",
    "address_left": "An address may belong to no phone any more.",
    "number_left": "Apple may still take the number for an iPhone's.",
    "date_breaks": "A wrong date breaks every secure connection.",
    "seen_clock_wrong": "The clock of the computer that isitme runs on is wrong.",
    "same_clock": "Your message is sent by that clock.",
}
SURE_TEXTS: Mapping[str, str] = {"likely": "likely", "possible": "possible"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepText:
    """What to do, what it does, what it loses, and how one knows that it worked."""

    do: str
    does: str
    loses: str = NOTHING_LOST
    # Not "it says Delivered": a green message never does.
    worked: str = "The next message goes out without a red mark."


STEP_TEXTS: Mapping[str, StepText] = {
    "wait_for_apple": StepText(
        do="Wait. Do not sign out and do not reset anything.",
        does="Only Apple can mend its own service.",
        worked="isitme says that Apple works again. Then tap the red mark and choose Try Again.",
    ),
    "fix_network": StepText(
        do="Mend the network here first.",
        does="Without a way out no message can be sent.",
        worked="isitme says that all is fine from here.",
    ),
    "set_date": StepText(
        do="Open Settings, General, Date & Time, and switch on Set Automatically.",
        does="The phone takes the right time from its network.",
    ),
    "reopen_messages": StepText(
        do="Leave the message as it is. Close Messages, open it again, and look once more.",
        does="The phone reads again what was really sent.",
        worked="The red mark is gone.",
    ),
    "smaller_attachment": StepText(
        do="Send the text without the picture or video, or send a smaller one.",
        does="Carriers refuse what is too large. Some stop at one megabyte.",
    ),
    "send_to_number": StepText(
        do="Send it to the person's telephone number, not to the e-mail address.",
        does="A number belongs to a phone that is in use.",
    ),
    "try_again": StepText(
        do="Tap the red mark and choose Try Again.",
        does="Sends the same message once more.",
        worked="It goes out. Then it was a fault that has passed.",
    ),
    "ask_them": StepText(
        do="Reach the person in another way, and ask whether their phone is on and has signal.",
        does="Shows whether the fault is at their end.",
        worked="You know more than any phone can tell you.",
    ),
    "other_app": StepText(
        do="If it cannot wait, use another app meanwhile.",
        does="Other apps do not use Apple's messages, so they may work now.",
        worked="They answer there.",
    ),
    "mobile_data": StepText(
        do="Switch Wi-Fi off on the phone, and send over mobile data.",
        does="The message takes another way out. If it goes, the fault lies with the way from "
        "here.",
        loses="It may use up some of your data plan. Switch Wi-Fi on again afterwards.",
    ),
    "mend_weakness": StepText(
        do="Mend what is weak in the network here.",
        does="Messages then no longer fail now and then.",
        worked="isitme says that all is fine from here.",
    ),
    "airplane_mode": StepText(
        do="Switch airplane mode on, wait 30 seconds, and switch it off.",
        does="The phone builds all its connections anew.",
        loses="For half a minute nobody can call you.",
    ),
    "quit_messages": StepText(
        do="Close Messages and open it again.",
        does="The app starts afresh.",
    ),
    "send_as_text": StepText(
        do="Hold the message and choose Send as Text Message, if that is offered.",
        does="It goes through the carrier as a green message, and may cost money.",
        worked="The message turns green and the red mark is gone.",
    ),
    "carrier_update": StepText(
        do="Open Settings, General, About, and wait 30 seconds.",
        does="If the carrier has new settings, the phone offers them.",
        worked="The phone says that its settings were updated. If it offers none, there are none.",
    ),
    "new_group": StepText(
        do="Start a new group, and keep iPhones and other phones apart.",
        does="Each group is then sent in one way.",
        loses="The new group does not show the old messages.",
    ),
    "toggle_imessage": StepText(
        do="Open Settings, Messages, switch iMessage off, wait 30 seconds, and switch it on.",
        does="The phone signs in for messages again. That takes about a minute. On a Mac, the "
        "switch is in the settings of Messages itself.",
        loses="For a minute you get no blue messages.",
    ),
    "update_system": StepText(
        do="Open Settings, General, Software Update, and install what is offered.",
        does="Known faults are mended.",
        loses="The phone restarts, and that takes a while.",
        worked="The message goes out after the restart.",
    ),
    "ask_carrier": StepText(
        do="Call your carrier. Ask about messages to other countries, your plan, and blocked "
        "numbers.",
        does="Only the carrier can see why a green message stopped.",
        worked="The carrier says what it changed, and the next message goes out.",
    ),
    "deregister": StepText(
        do="Ask the person to open selfderegister.apple.com and enter their number.",
        does="Apple then stops sending messages for that number to an iPhone.",
        loses="Their number no longer gets blue messages. They need a code by text message.",
        worked="Your next message to them is green.",
    ),
    "recreate_thread": StepText(
        do="Save what you need, delete the conversation, and start a new one.",
        does="The damaged conversation is gone.",
        loses="The whole conversation, with its pictures. Save them first.",
    ),
    "reset_network": StepText(
        do="Open Settings, General, Transfer or Reset, Reset, Reset Network Settings.",
        does="All network settings are as on a new phone.",
        loses="All saved Wi-Fi passwords, and what you set up for work networks.",
    ),
    "sign_out_and_in": StepText(
        do="Open Settings, your name, Sign Out. Then sign in again.",
        does="Everything that belongs to your Apple Account is set up anew.",
        loses="It takes long, and may remove data. Keep copies when the phone asks.",
    ),
}

# ---------------------------------------------------------------- what is seen

SEEN_TEXTS: Mapping[str, Mapping[str, str]] = {
    "network": {
        "fine": "The way out from here works.",
        "shaky": "The way out from here works only in part.",
        "broken": "Something is broken on the way out from here.",
        "unknown": "It is not known whether the way out from here works.",
    },
    "apple": {
        "fine": "Apple's messages can be reached from here.",
        "other": "Apple has trouble, but not with messages.",
        "suspected": "It looks as if Apple has trouble with messages. Apple has not said so.",
        "announced": "Apple says that it has trouble with messages.",
        "maintenance": "Apple says that it is working on its messages.",
        "unreached": "Apple's messages cannot be reached from here, and it is not clear why.",
        "unknown": "It is not known whether Apple's messages work.",
    },
    "clock": {
        "wrong": "The clock of the computer that isitme runs on is wrong.",
    },
    "carrier": {
        "fine": "Your carrier can be reached from here.",
        "failing": "Your carrier cannot be reached from here.",
    },
}
# By the code of the verdict: what the person at home can do, before anybody reads the details.
FIX_TEXTS: Mapping[str, str] = {
    "local_link": "The computer that isitme runs on is cut off. Plug its cable in, or join the "
    "Wi-Fi again.",
    "local_gateway": "Your internet box does not answer. Check that it has power, and restart it.",
    "captive_portal": "This network wants you to sign in first. Open any page in a browser, and "
    "sign in.",
    "proxy": "This network lets only some ways out. Ask whoever runs it.",
    "dns": "This network does not find Apple's addresses. Switch off ad blockers, and restart your "
    "internet box.",
    "tls_interception": "Something on this network opens secure connections, and Apple's refuse "
    "that. Ask whoever runs it.",
    "firewall_port_blocked": "This network does not let Apple's messages through. Ask whoever runs "
    "it, or use another network.",
    "ipv6_broken": "One of the two ways out of this network does not work. Restart your internet "
    "box.",
    "degraded": "A part of what this network should carry gets lost. Restart your internet box.",
    "isp_internet": "Nothing comes through from behind your internet box. Restart it, and wait two "
    "minutes. If that does not help, tell your provider.",
}
# The same, where it works in part.
WEAK_TEXTS: Mapping[str, str] = {
    "firewall_port_blocked": "This network lets Apple's messages out by a detour only. Ask whoever "
    "runs it.",
    "ipv6_broken": "One of the two ways out of this network does not work. Restart your internet "
    "box.",
    "degraded": "Move closer to your internet box, pause large downloads, or restart it.",
}
FIX_MORE = "The page with the answer says more, also for whoever runs this network."

APP_WORKS = "{app} can be reached from here now."
APP_FAILS = "{app} cannot be reached from here now."
APPS_NOT_ASKED = (
    "isitme cannot say which app works. It looks only while Apple fails, and only where that is "
    "switched on."
)

GREEN_TEXTS: tuple[str, ...] = (
    "Green messages go through your carrier, not through Apple.",
    "Most of them never touch this network, so nothing that looks at it can test them.",
    "Some phones send them over Wi-Fi; then isitme can say only whether this network works.",
    "isitme cannot see your plan, limits on size or countries, or blocked numbers. The carrier "
    "can.",
)

CANNOT_KNOW_TEXTS: Mapping[str, str] = {
    "carrier": "isitme cannot see whether your carrier works.",
    "other_network": "isitme does not see the network that the message is sent from.",
    "network": "isitme cannot tell at the moment whether this network works.",
    "apple": "isitme cannot tell at the moment whether Apple's messages work.",
    "phone": "isitme does not see your phone, its settings, or the other person's phone.",
}
