"""Causes that hurt a little, and causes that leave the answer open."""

from __future__ import annotations

from collections.abc import Mapping

from probe.verdict.causes.beyond import CALL_PROVIDER, HOTSPOT, RESTART_ROUTER, SYSTEM_STATUS
from probe.verdict.causes.here import ANOTHER_RESOLVER, ASK_NETWORK
from probe.verdict.causes.story import Story
from probe.words import Blame, Cause, Code, Impact

LOOK_AGAIN = "Look again in a few minutes."
NOTHING = "Nothing needs to be done."

# Apple is blamed only by the codes that demand every control: a mild cause never blames Apple.
DEGRADED: Mapping[Cause, Story] = {
    Cause.LOSS: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not Apple: data is lost on the way out, to everybody.",
        technical="Independent references fail in part, in proportion to lost packets.",
        advice=(RESTART_ROUTER, "Try a cable in place of Wi-Fi.", CALL_PROVIDER),
    ),
    Cause.LAN_LOSS: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: data is already lost on the way to your router.",
        technical="The loss is there at the first hop: weak Wi-Fi or a bad cable.",
        advice=("Move closer to the router, or use a cable.", "Change the Wi-Fi channel."),
    ),
    Cause.WAN_BUFFERBLOAT: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: your line is full, so everything waits.",
        technical="Delay grows behind the router and for all targets alike: a busy line's queue.",
        advice=(
            "Pause large uploads and downloads.",
            "Let the router share a full line fairly (queue management).",
        ),
    ),
    Cause.NEW_CONNECTIONS_FAILING: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.PARTIAL,
        headline="Not Apple: new connections fail at random, old ones live on.",
        technical="The table of connections is full, in the router or at the provider.",
        advice=(RESTART_ROUTER, CALL_PROVIDER),
    ),
    Cause.INTERMITTENT: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not clear: some connections fail now and then.",
        technical="The same target passes and fails by turns.",
        advice=(LOOK_AGAIN, RESTART_ROUTER),
    ),
    Cause.CONTROLS_PARTLY: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not Apple: parts of the internet do not answer from here.",
        technical="Some references of independent operators fail, others pass.",
        advice=(RESTART_ROUTER, CALL_PROVIDER),
    ),
    Cause.APPLE_PARTLY: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not clear: some of Apple's servers fail from here, most work.",
        technical="Some Apple hosts fail, and no service can be said to be down.",
        advice=(LOOK_AGAIN, SYSTEM_STATUS),
    ),
    Cause.ONLY_443: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not clear: message delivery (push) works by its second way only.",
        technical="Couriers answer on 443 only, on a network that is proven to let 5223 out.",
        advice=(LOOK_AGAIN, "Look in the firewall for a new rule on message delivery (port 5223)."),
    ),
    Cause.RESOLVER_FAILOVER_SLOW: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: one server that looks up names (DNS) is dead, so every page waits.",
        technical="The first resolver does not answer; applications wait before the next is asked.",
        advice=("Remove the dead server for names (DNS) from the settings, or repair it.",),
    ),
    Cause.AAAA_QUERY_DROPPED: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: the server that looks up names (DNS) leaves some questions open.",
        technical="Questions for IPv6 addresses get no answer, so applications wait for it.",
        advice=(ANOTHER_RESOLVER, "Update the router, or whatever looks up names (DNS) here."),
    ),
    Cause.DNS_SLOW: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: the server that looks up names (DNS) is slow.",
        technical="Answers that are not in a cache take over half a second.",
        advice=(ANOTHER_RESOLVER,),
    ),
    Cause.IPV4_BROKEN: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.PARTIAL,
        headline="Not Apple: older internet addresses (IPv4) fail here, newer ones (IPv6) work.",
        technical="References answer over IPv6 only; the router or the provider drops IPv4.",
        advice=(RESTART_ROUTER, CALL_PROVIDER),
    ),
    Cause.APPLE_SLOW: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not clear: Apple answers slower than usual from here.",
        technical="Apple, or the way to Apple, is slower than its own past; others are not.",
        advice=(LOOK_AGAIN, SYSTEM_STATUS),
    ),
    Cause.APPLE_ENDPOINT_CERT_EXPIRED: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not clear: an Apple server shows an expired proof of identity (certificate).",
        technical="A single host fails by date; a single host is never called an outage.",
        advice=(LOOK_AGAIN, SYSTEM_STATUS),
    ),
    Cause.RATE_LIMITED_BY_TARGET: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.NOBODY,
        impact=Impact.NONE,
        headline="All fine for you: Apple asks isitme to look less often.",
        technical="The far end answered 429 to these looks; nobody else is affected.",
        advice=("Look less often, or run one isitme per network.",),
    ),
    Cause.NAT_IDLE_TIMEOUT_SHORT: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.ME,
        impact=Impact.LOW,
        headline="It's you: your router forgets quiet connections, so messages come late.",
        technical="A connection that is quiet for a while dies without a word in the router.",
        advice=("Let the router remember quiet connections longer (TCP timeout).",),
    ),
    Cause.APPLE_STATUS_UNAVAILABLE: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.NOBODY,
        impact=Impact.NONE,
        headline="All fine from here; Apple's own status page could not be read.",
        technical="Everything works; an incident that Apple reports would not be seen.",
        advice=(NOTHING,),
    ),
    Cause.HTTP_TAMPERED: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.UNKNOWN,
        impact=Impact.LOW,
        headline="Not Apple: something on the way alters plain pages; secure ones are intact.",
        technical="Known plain pages come back changed, verified connections are untouched.",
        advice=(
            "Open any page in a browser and see whether this network wants a sign-in.",
            "Look for a web filter in the router or on this device.",
        ),
    ),
    Cause.LARGE_CLIENT_HELLO_DROPPED: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.ME,
        impact=Impact.PARTIAL,
        headline="It's you: something here loses what newer devices first say to secure sites.",
        technical="TLS greetings of two packets, as newer devices send, get lost; small ones pass.",
        advice=(
            "Update the firewall, router or filter: it must pass long first words (TLS greetings).",
            ASK_NETWORK,
        ),
    ),
    Cause.RECOVERING: Story(
        codes=(Code.DEGRADED,),
        blame=Blame.NOBODY,
        impact=Impact.NONE,
        headline="It works again; one more look makes sure.",
        technical="What failed has passed once; the second proof is under way.",
        advice=(NOTHING,),
    ),
}

UNDECIDED: Mapping[Cause, Story] = {
    Cause.SELF_IMPAIRED: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.NONE,
        headline="Not known: isitme itself cannot keep up on this machine.",
        technical="This process is late or out of resources; what it sees proves nothing.",
        advice=(
            "See what keeps this machine busy.",
            "Let isitme open more files at once (file descriptors).",
        ),
    ),
    Cause.CONTROLS_UNKNOWN: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.NONE,
        headline="Not known: it is not clear whether the internet answers at all.",
        technical="No independent reference was looked at lately, so nobody can be blamed.",
        advice=(LOOK_AGAIN, "Let isitme ask the servers that `isitme probes` lists."),
    ),
    Cause.APPLE_OR_PATH: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.FULL,
        headline="Not your internet: Apple is silent, by its own fault or on the way there.",
        technical="All of Apple's own network is silent; silence does not say on which side.",
        advice=(HOTSPOT, SYSTEM_STATUS, CALL_PROVIDER),
    ),
    Cause.PUSH_OR_FILTER: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.PARTIAL,
        headline="Not your internet: message delivery (push) is silent, at Apple or in a filter.",
        technical="Apple's other services answer; a filter and a push outage look alike here.",
        advice=(
            HOTSPOT,
            "Look in the firewall for a rule on message delivery (port 5223).",
            SYSTEM_STATUS,
        ),
    ),
    Cause.AMBIGUOUS: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.PARTIAL,
        headline="Not clear: something between here and Apple fails.",
        technical="Apple's hosts fail, and what was seen fits more than one story.",
        advice=(LOOK_AGAIN, HOTSPOT, SYSTEM_STATUS),
    ),
    Cause.IP_CONFLICT: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.PARTIAL,
        headline="Not clear: another device here seems to use the same address.",
        technical="An address probe (RFC 5227) was answered, and connections break at random.",
        advice=(
            "Reconnect this device, so that it gets a new address.",
            "Look for a device with a fixed address in the router's list.",
        ),
    ),
    Cause.INSUFFICIENT_EVIDENCE: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.NONE,
        headline="Not known: too little was seen to say.",
        technical="No fault was proven, and not everything that matters was looked at.",
        advice=(LOOK_AGAIN, "Look through the list of what could not be checked."),
    ),
    Cause.STARTING_UP: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.NONE,
        headline="Looking: the first look at everything is under way.",
        technical="isitme has just started.",
        advice=("Wait a few seconds.",),
    ),
    Cause.RESUMED: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.NONE,
        headline="Looking again: this machine has just woken up.",
        technical="What was seen before the sleep is void.",
        advice=("Wait a few seconds.",),
    ),
    Cause.NETWORK_CHANGED: Story(
        codes=(Code.UNKNOWN,),
        blame=Blame.UNKNOWN,
        impact=Impact.NONE,
        headline="Looking again: this machine has just changed its network.",
        technical="What was seen on the other network is void.",
        advice=("Wait a few seconds.",),
    ),
}
