"""Write the generated pages of docs/ from the tables they describe.

python tools/write_docs.py verdicts words hosts
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from probe import words  # noqa: E402 # the checkout beside this file is described
from probe.catalogue import CATALOGUE, GROUPS, TCP, Entry, with_included  # noqa: E402
from probe.verdict import CAUSES, FINE, RULES, Rule, Story  # noqa: E402
from probe.verdict.describe import BLAME_SAID, IMPACT_SAID  # noqa: E402
from probe.verdict.explain import SUBJECTS, WRONG_GUESSES  # noqa: E402
from probe.verdict.table import Clause, in_words  # noqa: E402
from probe.words import VALUES, Cause, Code, Signal  # noqa: E402

VERDICTS_HEAD = """\
# Verdicts

Written by `tools/write_docs.py` from `probe/verdict/rules.py` and `probe/verdict/causes/`; do not
edit. `isitme explain CODE` says the same on a terminal.

A verdict's scope is *from this host*. The rules are asked in this order and the first one that is
met decides: nearest first, because a broken near link hides everything behind it, and an
authenticated success further away proves every link before it.

Certainty is *low* as long as some value of a signal that is now unknown could change the code or
the rule (Apple's three codes count as one incident). Otherwise it is the rule's own, as given here.
A suspicion of Apple is low unless something that only Apple can have said, or another site, bears
it out.

What the told cause does not explain is told as a further cause, surest first, or is listed as not
explained.
"""

EVERYBODY = "everybody at home"
# The day on which every one of them was last read for its reader, and their digest on that day.
REVIEWED, REVIEWED_DIGEST = "2026-11-26", "30a46e8b56d8"
SENTENCES_HEAD = """\
## Sentences

Each was read for its reader on the day given. A sentence for everybody has at most 20 words, and a
technical word stands in brackets only, behind plain words for it. `tests/verdict/test_causes.py`
holds the words and checks both, and that no sentence about another's fault accuses Apple.
"""

WORDS_HEAD = """\
# Words

Written by `tools/write_docs.py` from `probe/words.py`; do not edit. Metrics labels, JSON values,
alerts and scripts may rely on these words. One that changes or goes is a breaking change, and
stands in the changelog.
"""


HOSTS_HEAD = """\
# Apple's hosts

Written by `tools/write_docs.py` from `probe/catalogue.py`; do not edit. What Apple's devices need
of a network. `isitme check --group NAME` asks every host of a group from here and says which the
network lets out; `isitme audit-hosts` says where this list and today's answers differ. "Seen to
pass" is the day a row was last seen to pass against the real host by this project."""


def verdicts() -> str:
    """The rules in order, then every code with its causes."""
    return "\n".join([VERDICTS_HEAD, *_sentences(), *_rules(), *_codes(), *_wrong_guesses()])


def words_page() -> str:
    """Every closed list, with the values of each signal beside it."""
    lines = [WORDS_HEAD, "## Signals", "", "| signal | values |", "|---|---|"]
    lines += [f"| `{signal}` | {_ticked(VALUES[signal])} |" for signal in Signal]
    lists = {
        name: made
        for name, made in vars(words).items()
        if isinstance(made, type) and issubclass(made, StrEnum) and made is not StrEnum
    }
    for name, made in lists.items():
        lines += ["", f"## {name}", ""]
        lines += [*_first_paragraph(made), _ticked(made)]
    return "\n".join(lines) + "\n"


def hosts_page() -> str:
    """The catalogue, group by group, as a network team reads it."""
    lines = [HOSTS_HEAD]
    for group in GROUPS:
        lines += ["", f"## {group.name}: {group.said}", ""]
        if group.includes:
            lines += [
                f"Needs these groups as well: {', '.join(with_included([group.name])[1:])}.",
                "",
            ]
        lines += ["| host | ports | healthy answer | for | source, checked | seen to pass |"]
        lines += ["|---|---|---|---|---|---|"]
        lines += [_host_row(entry) for entry in CATALOGUE if entry.group == group.name]
    return "\n".join(lines) + "\n"


def _host_row(entry: Entry) -> str:
    udp = "" if entry.protocol == TCP else " UDP"
    host = entry.host.replace("{n}", "N") or "any"
    allow = f" (allow `{entry.allow}`)" if entry.allow else ""
    seen = entry.last_seen.isoformat() if entry.last_seen else "never"
    return (
        f"| `{host}`{allow} | {', '.join(map(str, entry.ports))}{udp} | {entry.healthy} "
        f"| {entry.why} | {entry.source}, {entry.checked} | {seen} |"
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "verdicts": verdicts,
    "words": words_page,
    "hosts": hosts_page,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PAGES]
    if unknown or not names:
        print(f"wanted some of: {', '.join(PAGES)}; got: {', '.join(names) or 'nothing'}")
        return 2
    for name in names:
        (ROOT / "docs" / f"{name}.md").write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name}.md")
    return 0


def _rules() -> Iterator[str]:
    yield from ("## The rules, in order", "")
    for place, rule in enumerate(RULES):
        yield f"### {place}. `{rule.name}`"
        yield ""
        cause = f"`{rule.default_cause}`" if rule.default_cause else "none"
        yield f"{rule.says}"
        yield ""
        yield f"- tells `{rule.code}`, cause {cause}{_suggested(rule)}"
        yield f"- certainty: {rule.certainty}"
        yield from (f"- {lead} {_clause(clause)}" for lead, clause in _clauses(rule))
        yield from (f"- doubted when {_clause(clause)}" for clause in rule.doubted_by)
        yield ""


def _suggested(rule: Rule) -> str:
    if not rule.cause_from:
        return ""
    return f" unless the evidence of {', '.join(rule.cause_from)} suggests another"


def _clauses(rule: Rule) -> Iterator[tuple[str, Clause]]:
    yield "when", rule.when[0]
    yield from (("or when", clause) for clause in rule.when[1:])


def _clause(clause: Clause) -> str:
    if not clause:
        return "nothing above is met"
    return ", ".join(in_words(signal, clause[signal]) for signal in Signal if signal in clause)


def _codes() -> Iterator[str]:
    yield from ("## Codes and causes", "")
    for code in Code:
        yield f"### `{code}`"
        yield ""
        if code is Code.OK:
            yield from _story(None, FINE)
        for cause, story in CAUSES.items():
            if code in story.codes:
                yield from _story(cause, story)


def _story(cause: Cause | None, story: Story) -> Iterator[str]:
    name = f"`{cause}`" if cause else "no cause"
    yield f"**{name}** · blame {story.blame} · impact {story.impact}"
    yield ""
    yield f"> {story.headline}"
    yield ""
    yield f"For an engineer: {story.technical}"
    yield ""
    yield from (f"{step}. {advice}" for step, advice in enumerate(story.advice, 1))
    yield ""


def sentences() -> Mapping[tuple[str, str], frozenset[str]]:
    """Every sentence of a verdict, by what it is and for whom."""
    stories = (FINE, *CAUSES.values())
    return {
        ("headline", EVERYBODY): frozenset(story.headline for story in stories),
        ("what to do", EVERYBODY): frozenset(step for story in stories for step in story.advice),
        ("not because", EVERYBODY): frozenset(
            guess.said for some in WRONG_GUESSES.values() for guess in some
        ),
        ("could not check, not explained by this", EVERYBODY): frozenset(SUBJECTS.values()),
        ("whose fault, and what people notice", EVERYBODY): frozenset(
            (*BLAME_SAID.values(), *IMPACT_SAID.values())
        ),
        ("for an engineer", "an engineer"): frozenset(story.technical for story in stories),
    }


def digest_of_sentences() -> str:
    """Changes with any sentence. Who changes one reads it for its reader, and notes the day."""
    every = sorted(sentence for some in sentences().values() for sentence in some)
    return hashlib.sha256("\n".join(every).encode()).hexdigest()[:12]


def _sentences() -> Iterator[str]:
    yield SENTENCES_HEAD
    yield "| sentence | for | how many | reviewed |"
    yield "|---|---|---|---|"
    for (name, reader), some in sentences().items():
        yield f"| {name} | {reader} | {len(some)} | {REVIEWED} |"
    yield ""


def _wrong_guesses() -> Iterator[str]:
    """What is said of wrong guesses, and what shows that they are wrong."""
    yield from ("## Not because", "", "| said | where |", "|---|---|")
    guesses = {guess.said: guess.when for code in Code for guess in WRONG_GUESSES[code]}
    yield from (f"| {said} | {_clause(when)} |" for said, when in guesses.items())
    yield ""


def _ticked(made: type[StrEnum]) -> str:
    return " ".join(f"`{value}`" for value in made)


def _first_paragraph(made: type[StrEnum]) -> list[str]:
    paragraph = (made.__doc__ or "").strip().split("\n\n")[0]
    return [" ".join(paragraph.split()), ""] if paragraph else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
