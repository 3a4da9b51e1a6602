"""Every word that people read in the guide, in one place, so that it can be translated.

At most 20 words a sentence, and no word that needs an engineer: a test reads all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TITLE = "Not Delivered"
INTRO = (
    "A few questions about what you see. Answer what you know, and leave out the rest. "
    "What isitme sees on this network is added to your answers."
)
CANNOT_BE_SURE = "Nobody can be sure from outside the phone. This is what fits best."

QUESTION_TEXTS: Mapping[str, str] = {
    "bubble": "What colour is the message?",
    "pace": "How fast did it fail?",
    "who": "Who does not get your messages?",
    "calls": "What happens when you call that person?",
    "where": "Is the phone on the network that isitme watches?",
    "more": "Does any of this hold?",
}
ANSWER_TEXTS: Mapping[str, Mapping[str, str]] = {
    "bubble": {
        "blue": "Blue",
        "green": "Green",
        "turned_green": "Blue at first, then green",
    },
    "pace": {"at_once": "At once", "after_waiting": "After waiting for a while"},
    "who": {
        "one": "One person only",
        "several": "Several people",
        "everyone": "Everybody I tried",
    },
    "calls": {
        "fine": "They answer as ever",
        "voicemail": "It goes to voicemail",
        "rings_out": "It rings, and nobody ever answers",
    },
    "where": {
        "here": "Yes, on this Wi-Fi",
        "elsewhere": "No, on mobile data or in another place",
    },
    "more": {
        "moved_network": "The phone has just changed its Wi-Fi, or left it",
        "password": "The Apple Account password was changed lately",
        "signed_out": "One of my devices was signed out lately",
        "sim": "There is a new SIM or a new number",
        "switched": "The other person has changed from iPhone to Android",
        "mixed_group": "It is a group, and not everybody in it has an iPhone",
        "email_address": "The message goes to an e-mail address, not to a number",
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
        said="A phone needs a working connection when it sends. Most of these faults pass within "
        "five minutes.",
    ),
    "apple": ReasonText(
        title="Apple's own service",
        said="Apple has trouble with messages. Nothing on your phone can mend that.",
    ),
    "registration": ReasonText(
        title="The phone is not properly signed in for messages",
        said="After a change of password, device or number, a phone must sign in for messages "
        "again.",
    ),
    "recipient": ReasonText(
        title="The other person's phone",
        said="Their phone may be off, without signal, or full. You will not see it from here.",
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
SURE_TEXTS: Mapping[str, str] = {"likely": "likely", "possible": "possible"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepText:
    """What to do, what it does, what it loses, and how one knows that it worked."""

    do: str
    does: str
    loses: str = "Nothing."
    worked: str = "The next message says Delivered."


STEP_TEXTS: Mapping[str, StepText] = {
    "wait_for_apple": StepText(
        do="Wait. Do not sign out and do not reset anything.",
        does="Apple mends its own service, and your messages go out after that.",
        worked="isitme says when Apple works again.",
    ),
    "fix_network": StepText(
        do="Mend the network here first. The steps are below.",
        does="Messages go out by themselves once the way out works again.",
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
        worked="It says Delivered. Then it was a fault that has passed.",
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
    "airplane_mode": StepText(
        do="Switch airplane mode on, wait 30 seconds, and switch it off.",
        does="The phone builds all its connections anew.",
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
        worked="The phone says that the settings were updated, or nothing appears.",
    ),
    "new_group": StepText(
        do="Start a new group, and keep iPhones and other phones apart.",
        does="Each group is then sent in one way.",
        loses="The new group does not show the old messages.",
    ),
    "toggle_imessage": StepText(
        do="Open Settings, Messages, switch iMessage off, wait 30 seconds, and switch it on.",
        does="The phone signs in for messages again. That takes about a minute.",
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

APP_WORKS = "{app} can be reached from here now."

CANNOT_KNOW_TEXTS: Mapping[str, str] = {
    "carrier": "isitme cannot see your carrier. Green messages do not pass this network at all.",
    "other_network": "isitme does not see the network that your phone is on.",
    "network": "isitme cannot tell at the moment whether this network works.",
    "apple": "isitme cannot tell at the moment whether Apple's messages work.",
    "phone": "isitme does not see your phone, its settings, or the other person's phone.",
}
