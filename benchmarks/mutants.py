"""Would a test notice? Breaks the rule table and the signals, one small change at a time.

    python -m benchmarks.mutants [--sample N] [--seed N] [--jobs N] [--only TEXT ...] [--list]

Everything is imported and every test is run once, to learn which tests run which lines. Each
mutant is then a fork: the changed function is put in place of the right one, and the tests of its
lines run, the quickest first, until one fails. Survivors that are no gap stand in mutants.toml with
the reason. Exit 1: a survivor is not listed there, or what is listed does not survive.
"""

from __future__ import annotations
import __future__

import argparse
import ast
import gc
import os
import random
import signal
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from benchmarks.mutations import Mutant, mutants_of
from probe.model import Observation
from probe.verdict.seen import Seen

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "benchmarks" / "mutants.toml"
BROKEN = ("probe/verdict/rules.py", "probe/verdict/signals/*.py")
HELD_AGAINST = (
    "tests/verdict",
    "tests/evidence",
    "tests/monitor/test_attention.py",
)
# A mutant may loop for ever; the slowest test takes some 10 s on a busy machine.
BOUND_SECONDS = 300
# Tests of random examples find in 20 what they find in 100, most often; the rest is their own run.
EXAMPLES = 20
QUICK_SECONDS = 0.5
KILLED, SURVIVED, NOT_MADE = 1, 0, 3


@dataclass
class Failed:
    """Remembers whether a test failed."""

    names: list[str] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.names.append(report.nodeid)


@dataclass
class Run:
    """Takes over pytest's own loop, when everything is collected."""

    options: argparse.Namespace
    failed: Failed = field(default_factory=Failed)
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    items: dict[str, pytest.Item] = field(default_factory=dict)
    survivors: list[Mutant] = field(default_factory=list)
    results: Counter[str] = field(default_factory=Counter)
    killers: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_path: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def pytest_collection(self) -> None:
        """After the tests' own profile was loaded, before it is taken over by any test."""
        from hypothesis import Phase, settings

        wanted = [Phase.explicit, Phase.generate]
        settings.register_profile(
            "mutants", settings.default, max_examples=EXAMPLES, derandomize=True, phases=wanted
        )
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        began = time.monotonic()
        self._learn()
        print(f"{len(self.items)} tests ran once in {time.monotonic() - began:.0f} s", flush=True)
        if self.failed.names:
            print(f"these fail without any change: {', '.join(self.failed.names)}")
            session.testsfailed = 1
            return True
        self.functions = functions()
        chosen = chosen_mutants(self.options)
        began = time.monotonic()
        self._break(chosen)
        session.testsfailed = not self._told(time.monotonic() - began)
        return True

    def _learn(self) -> None:
        import coverage  # of the dev group, and for this alone

        cover = coverage.Coverage(data_file=None, include=[str(ROOT / one) for one in BROKEN])
        remembered = [one.memo for one in gc.get_objects() if isinstance(one, Seen | Observation)]
        cover.start()
        for name, item in self.items.items():
            cover.switch_context(name)
            began = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            self.seconds[name] = time.process_time() - began
            for memo in remembered:  # or what one test derived, no other would (`once`)
                memo.clear()
        cover.stop()
        data = cover.get_data()
        for path in data.measured_files():
            self.lines[str(Path(path).relative_to(ROOT))] = {
                line: {name for name in names if name}
                for line, names in data.contexts_by_lineno(path).items()
            }

    def tests_of(self, mutant: Mutant) -> list[str]:
        """The tests that run what is changed: those that noticed a change of the same function
        first, then the quickest."""
        if isinstance(mutant.scope, ast.FunctionDef):
            lines = self.lines.get(mutant.path, {})
            old = mutant.old
            names = set().union(*(lines.get(n, set()) for n in _lines(old)))
            names = names or set().union(*(lines.get(n, set()) for n in _lines(mutant.scope)))
        else:
            names = self._users_of(mutant)
        if self.options.quick:
            names = {name for name in names if self.seconds[name] < QUICK_SECONDS}
        lately = self.killers[mutant.where]
        return sorted(names, key=lambda name: (-lately[name], self.seconds[name]))

    def _users_of(self, mutant: Mutant) -> set[str]:
        """What is set once, when the module is read: the tests of the lines that name it, or what
        is made of it."""
        if mutant.path.endswith("rules.py"):
            return {name for name in self.items if name.startswith("tests/verdict/")}
        wanted = set(_assigned(mutant.scope))
        found: set[str] = set()
        for path, lines in self.lines.items():
            tree = ast.parse((ROOT / path).read_text())
            for statement in tree.body:
                if isinstance(statement, ast.Assign | ast.AnnAssign) and wanted & _names(statement):
                    wanted |= {n for n in _assigned(statement)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and node.id in wanted:
                    found |= lines.get(node.lineno, set())
        return found

    # ------------------------------------------------------------------ one fork each

    def _break(self, mutants: Sequence[Mutant]) -> None:
        running: dict[int, tuple[Mutant, list[str], int]] = {}
        waiting = list(reversed(mutants))
        done = 0
        while waiting or running:
            while waiting and len(running) < self.options.jobs:
                mutant = waiting.pop()
                names = self.tests_of(mutant)
                if not names:
                    self._note(mutant, "no test runs it")
                    continue
                sys.stdout.flush()
                gc.freeze()
                hears, tells = os.pipe()
                pid = os.fork()
                if pid == 0:
                    self._child(mutant, names, tells)
                os.close(tells)
                running[pid] = mutant, names, hears
            if not running:
                break
            pid, status = os.wait()
            (mutant, names, hears), done = running.pop(pid), done + 1
            with os.fdopen(hears, "rb") as pipe:
                if told := pipe.read():
                    self.killers[mutant.where][names[int(told)]] += 1
            if os.WIFSIGNALED(status):
                self._note(mutant, "killed" if os.WTERMSIG(status) == signal.SIGALRM else "crashed")
            else:
                code = os.WEXITSTATUS(status)
                self._note(
                    mutant,
                    {KILLED: "killed", SURVIVED: "survived"}.get(code, "not made"),
                )
            if done % 250 == 0:
                print(f"{done} of {len(mutants)}: {dict(self.results)}", flush=True)

    def _note(self, mutant: Mutant, result: str) -> None:
        self.results[result] += 1
        self.by_path[mutant.path][result] += 1
        if result != "killed":
            self.survivors.append(mutant)
            if result not in {"survived", "no test runs it"} or self.options.list:
                print(f"{result}: {mutant.where}:{mutant.old.lineno}: {mutant.said}", flush=True)

    def _child(self, mutant: Mutant, names: Sequence[str], tells: int) -> None:
        """Never returns."""
        result = NOT_MADE
        try:
            signal.setitimer(signal.ITIMER_REAL, BOUND_SECONDS)
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            if not self.options.debug:
                os.dup2(nothing, 2)
            try:
                put_in_place(mutant, self.functions)
            except NotMade:
                raise
            except Exception:
                os._exit(KILLED)  # the module cannot even be read
            result = SURVIVED
            for place, name in enumerate(names):
                item = self.items[name]
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if self.failed.names:
                    os.write(tells, str(place).encode())
                    result = KILLED
                    break
        except BaseException as error:
            result = KILLED if result == SURVIVED else NOT_MADE
            if self.options.debug:
                print(repr(error), file=sys.stderr)
        finally:
            os._exit(result)

    # ------------------------------------------------------------------ what is told

    def _told(self, seconds: float) -> bool:
        made, listed = self.results.total(), read_table()
        killed = self.results["killed"]
        print(f"\n{made} mutants in {seconds:.0f} s, on {self.options.jobs} jobs")
        for path in sorted(self.by_path):
            counted = self.by_path[path]
            rate = 100 * counted["killed"] / counted.total()
            print(f"  {path:<42}{counted.total():>5} mutants{rate:>7.1f} % killed")
        print(f"killed: {killed} of {made}, {100 * killed / max(1, made):.1f} %")
        unlisted = [one for one in self.survivors if (one.where, one.said) not in listed]
        print(f"survivors: {len(self.survivors)}, {len(unlisted)} of them without a reason")
        for one in unlisted:
            print(f'[[survives]] # line {one.old.lineno}\nwhere = "{one.where}"')
            print(f"change = {toml_text(one.said)}\nwhy = ''")
        surviving = {(one.where, one.said) for one in self.survivors}
        complete = self.options.only == [""] and not self.options.sample
        stale = sorted(set(listed) - surviving) if complete else []
        for where, said in stale:
            print(f"listed, and does not survive: {where}: {said}")
        return not unlisted and not stale


class NotMade(Exception):
    """The function to change was not found: a fault of this program."""


def put_in_place(mutant: Mutant, functions: dict[tuple[str, int], list[FunctionType]]) -> None:
    """Make the change in this process, for everybody who holds the function or the value."""
    mutant.put()
    file = str(ROOT / mutant.path)
    flags = __future__.annotations.compiler_flag
    scope = mutant.scope
    if isinstance(scope, ast.FunctionDef):
        scope.decorator_list = []
        code = compile(ast.Module(body=[scope], type_ignores=[]), file, "exec", flags)
        (made,) = (c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == scope.name)
        found = functions.get((file, scope.lineno))
        if not found:
            raise NotMade(mutant.where)
        for one in found:
            one.__code__ = made
        return
    module = next(m for m in sys.modules.values() if getattr(m, "__file__", None) == file)
    body = ast.parse((ROOT / mutant.path).read_text()).body
    later = [one for one in body if one.lineno > scope.lineno and _is_value(one)]
    before = dict(vars(module))
    code = compile(ast.Module(body=[scope, *later], type_ignores=[]), file, "exec", flags)
    exec(code, vars(module))
    changed = {
        name: (before[name], value)
        for name, value in vars(module).items()
        if name in before and before[name] is not value
    }
    for other in own_modules():
        for name, (old, new) in changed.items():
            if vars(other).get(name) is old:
                setattr(other, name, new)


def functions() -> dict[tuple[str, int], list[FunctionType]]:
    """Every function of the broken files, behind whatever decorator, by file and first line."""
    found: dict[tuple[str, int], list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and "/probe/verdict/" in one.__code__.co_filename:
            found[one.__code__.co_filename, line_of_def(one)].append(one)
    return found


def line_of_def(function: FunctionType) -> int:
    """A decorated function's first line is its first decorator's; its `def` is what is wanted."""
    source = _SOURCES.setdefault(
        function.__code__.co_filename,
        {
            min([node.lineno, *(d.lineno for d in node.decorator_list)]): node.lineno
            for node in ast.walk(ast.parse(Path(function.__code__.co_filename).read_text()))
            if isinstance(node, ast.FunctionDef)
        },
    )
    return source.get(function.__code__.co_firstlineno, function.__code__.co_firstlineno)


_SOURCES: dict[str, dict[int, int]] = {}


def own_modules() -> Iterator[ModuleType]:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith((f"{ROOT}/probe/", f"{ROOT}/tests/")):
            yield module


def _is_value(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None


def _lines(node: ast.expr | ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _assigned(statement: ast.stmt) -> Iterable[str]:
    assert isinstance(statement, ast.Assign | ast.AnnAssign)
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return (name for one in targets for name in _names(one))


def all_mutants() -> list[Mutant]:
    from probe import words

    enums = {
        name: kind
        for name, kind in vars(words).items()
        if isinstance(kind, type) and issubclass(kind, Enum) and len(kind) > 1
    }
    paths = sorted(path for pattern in BROKEN for path in ROOT.glob(pattern))
    return [
        mutant
        for path in paths
        for mutant in mutants_of(str(path.relative_to(ROOT)), path.read_text(), enums)
    ]


def chosen_mutants(options: argparse.Namespace) -> list[Mutant]:
    every = [
        one
        for one in all_mutants()
        if any(text in f"{one.where}: {one.said}" for text in options.only)
    ]
    if not options.sample or options.sample >= len(every):
        print(f"all {len(every)} mutants", flush=True)
        return every
    print(f"{options.sample} of {len(every)} mutants, seed {options.seed}", flush=True)
    return random.Random(options.seed).sample(every, options.sample)


def read_table() -> dict[tuple[str, str], str]:
    """Why each listed survivor is no gap."""
    entries = tomllib.loads(TABLE.read_text()).get("survives", [])
    return {(one["where"], one["change"]): one["why"] for one in entries}


def toml_text(text: str) -> str:
    return f"'{text}'" if "'" not in text else f"'''{text}'''"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants")
    parser.add_argument("--sample", type=int, default=0, help="so many, drawn; without: all")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="TEXT", help="whose place or change has a text"
    )
    parser.add_argument(
        "--tests", nargs="+", default=HELD_AGAINST, metavar="PATH",
        help="held against these alone: sooner done, and notices no more than all would",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="without tests of random examples")
    parser.add_argument("--list", action="store_true", help="name each survivor as it is found")
    parser.add_argument("--debug", action="store_true", help="show what the tests of a mutant say")
    options = parser.parse_args()
    os.chdir(ROOT)
    run = Run(options)
    return int(
        pytest.main(
            [*options.tests, "-m", "not slow", "-s", "-o", "addopts=--import-mode=importlib",
             "-o", "timeout=0", "-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:xdist"],
            plugins=[run, run.failed],
        )
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
