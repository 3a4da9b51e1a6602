"""isitme: is it me, or is it Apple?

Read the package in the order of its pipeline:

    words, model      the closed lists and the values that pass from stage to stage
    looks, targets    what is looked at, how often, at what cost, and where
    clock, machine, attempt, trust, tools, http    the rim: everything that touches the world
    wire/             codecs and validators without I/O: SNTP, DNS, feeds, plists, certificates
    probes/           one file per question asked of the network
    verdict/          pure: observations -> readings -> verdict
    monitor, attention, schedule    look, remember, judge, tell; what to look at next; when
    outlets/          where the answer goes: metrics, web
    settings, app, cli    typed configuration, the composition root, the terminal
    drill/            a small world on loopback with faults to stage, for users and tests
"""

__version__ = "0.1.0"
