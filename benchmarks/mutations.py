"""Small wrong changes to Python source, one at a time: what a test should notice. No I/O."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

Change: TypeAlias = tuple[str, ast.expr]  # what is other now, in a few words; and the other form
Enums: TypeAlias = Mapping[str, type[Enum]]
Scope: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.stmt

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
CALLED = {"any": "all", "all": "any", "min": "max", "max": "min"}
# Their arguments are a list of words, of which one more or less is another rule.
LISTS = frozenset({"only", "but", "both", "_each"})
QUESTIONS = (ast.Name, ast.Call, ast.Attribute, ast.NamedExpr)  # negated where they are a condition


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change to one expression. `put` makes it, in the tree that it was found in."""

    path: str
    name: str  # of the function, or of what is assigned at the top
    said: str
    scope: Scope
    parent: ast.AST
    field: str
    place: int | None
    old: ast.expr
    new: ast.expr

    @property
    def where(self) -> str:
        return f"{self.path} {self.name}"

    def put(self) -> None:
        if self.place is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.place] = self.new


def mutants_of(path: str, source: str, enums: Enums) -> Iterator[Mutant]:
    """Every mutant of one module, in the order of its lines.

    Left out: what is said to people (a text with a space in it), types, defaults, and decorators.
    """
    for scope in ast.parse(source).body:
        if isinstance(scope, ast.Import | ast.ImportFrom):
            continue
        if isinstance(scope, ast.ClassDef):
            for inner in scope.body:
                if isinstance(inner, ast.FunctionDef):
                    yield from _of(path, f"{scope.name}.{inner.name}", inner, enums)
        elif isinstance(scope, ast.FunctionDef):
            yield from _of(path, scope.name, scope, enums)
        elif isinstance(scope, ast.AnnAssign) and ast.unparse(scope.annotation) == "TypeAlias":
            continue
        elif isinstance(scope, ast.Assign | ast.AnnAssign) and scope.value is not None:
            target = scope.targets[0] if isinstance(scope, ast.Assign) else scope.target
            yield from _of(path, ast.unparse(target), scope, enums)


def _of(path: str, name: str, scope: Scope, enums: Enums) -> Iterator[Mutant]:
    told: Counter[str] = Counter()
    for row, parent, field, place, old in _expressions(scope):
        for said, new in _changes(parent, field, old, scope, enums):
            ast.copy_location(new, old)
            ast.fix_missing_locations(new)
            called = f"{name} {row}".rstrip()
            told[called + said] += 1
            again = told[called + said]
            text = said if again == 1 else f"{said} (no. {again})"
            yield Mutant(path, called, text, scope, parent, field, place, old, new)


def _expressions(
    node: ast.AST, row: str = ""
) -> Iterator[tuple[str, ast.AST, str, int | None, ast.expr]]:
    """With the name of the row that it stands in, where a table has rows with names."""
    if isinstance(node, ast.Call):
        row = next((ast.unparse(k.value) for k in node.keywords if k.arg == "name"), row)
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "args", "decorator_list"} and not isinstance(
            node, ast.Call
        ):
            continue
        several = isinstance(value, list)
        for place, child in enumerate(value if several else [value]):
            if isinstance(child, ast.JoinedStr) or not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.expr):
                yield row, node, field, place if several else None, child
            yield from _expressions(child, row)


def _changes(
    parent: ast.AST, field: str, old: ast.expr, scope: Scope, enums: Enums
) -> Iterator[Change]:
    if isinstance(parent, ast.Expr):
        return  # a docstring, or a call whose value nobody takes
    before = ast.unparse(old)
    for new in _forms(old, enums):
        yield _said(before, ast.unparse(new)), new
    for n, part in _parts(old):
        yield f"without {_short(ast.unparse(part))} in {_short(before)}", _less(old, n)
    if field == "ifs":
        yield f"without 'if {_short(before)}'", ast.Constant(value=True)
    if field == "test" and isinstance(old, QUESTIONS):
        yield _said(before, f"not {before}"), ast.UnaryOp(op=ast.Not(), operand=old)
    if isinstance(parent, ast.Return) and isinstance(scope, ast.FunctionDef):
        yield from _returned(old, ast.unparse(scope.returns) if scope.returns else "")


def _forms(old: ast.expr, enums: Enums) -> Iterator[ast.expr]:
    match old:
        case ast.Compare():
            for n, op in enumerate(old.ops):
                for other in COMPARED[type(op)]:
                    ops = [other() if at == n else one for at, one in enumerate(old.ops)]
                    yield ast.Compare(left=old.left, ops=ops, comparators=old.comparators)
        case ast.BoolOp():
            other_op = ast.Or() if isinstance(old.op, ast.And) else ast.And()
            yield ast.BoolOp(op=other_op, values=old.values)
        case ast.UnaryOp(op=ast.Not()):
            yield old.operand
        case ast.UnaryOp(op=ast.USub()):
            yield old.operand
        case ast.BinOp() if type(old.op) in CALCULATED:
            yield ast.BinOp(left=old.left, op=CALCULATED[type(old.op)](), right=old.right)
        case ast.IfExp():
            yield old.body
            yield old.orelse
        case ast.Constant(value=bool() as truth):
            yield ast.Constant(value=not truth)
        case ast.Constant(value=int() | float() as number):
            yield ast.Constant(value=number * 2 or 1)
        case ast.Constant(value=str() as text) if text and " " not in text:
            yield ast.Constant(value="")
        case ast.Attribute(value=ast.Name(id=kind), attr=member) if kind in enums:
            members = list(enums[kind].__members__)
            if member in members:
                after = members[(members.index(member) + 1) % len(members)]
                yield ast.Attribute(value=old.value, attr=after, ctx=ast.Load())
        case ast.Call(func=ast.Name(id=called)) if called in CALLED:
            other_call = ast.Name(id=CALLED[called], ctx=ast.Load())
            yield ast.Call(func=other_call, args=old.args, keywords=old.keywords)


def _parts(old: ast.expr) -> Iterator[tuple[int, ast.expr]]:
    """What may be left out: an operand, a row, a word."""
    match old:
        case ast.BoolOp():
            yield from enumerate(old.values)
        case ast.Tuple() | ast.List() | ast.Set() if isinstance(
            getattr(old, "ctx", ast.Load()), ast.Load
        ):
            yield from enumerate(old.elts)
        case ast.Dict():
            yield from (
                (n, key if key is not None else old.values[n]) for n, key in enumerate(old.keys)
            )
        case ast.Call(func=ast.Name(id=called)) if called in LISTS and len(old.args) > 1:
            yield from enumerate(old.args)


def _less(old: ast.expr, n: int) -> ast.expr:
    def rest(values: list[ast.expr]) -> list[ast.expr]:
        return values[:n] + values[n + 1 :]

    match old:
        case ast.BoolOp():
            values = rest(old.values)
            return values[0] if len(values) == 1 else ast.BoolOp(op=old.op, values=values)
        case ast.Tuple():
            return ast.Tuple(elts=rest(old.elts), ctx=ast.Load())
        case ast.List():
            return ast.List(elts=rest(old.elts), ctx=ast.Load())
        case ast.Set() if len(old.elts) == 1:
            return ast.Call(func=ast.Name(id="set", ctx=ast.Load()), args=[], keywords=[])
        case ast.Set():
            return ast.Set(elts=rest(old.elts))
        case ast.Dict():
            return ast.Dict(keys=old.keys[:n] + old.keys[n + 1 :], values=rest(old.values))
        case ast.Call():
            return ast.Call(func=old.func, args=rest(old.args), keywords=old.keywords)
        case _:
            raise TypeError(f"nothing can be left out of {ast.dump(old)}")


def _returned(old: ast.expr, kind: str) -> Iterator[Change]:
    before = ast.unparse(old)
    if kind == "bool" and isinstance(old, QUESTIONS):
        yield _said(before, f"not {before}"), ast.UnaryOp(op=ast.Not(), operand=old)
    if kind.endswith("| None") and before != "None":
        yield f"returns None, not {_short(before)}", ast.Constant(value=None)
    empty = isinstance(old, ast.List) and not old.elts
    if kind.startswith(("list[", "tuple[", "Sequence[")) and not (
        empty or isinstance(old, ast.Tuple)
    ):
        yield f"returns nothing, not {_short(before)}", ast.Tuple(elts=[], ctx=ast.Load())


def _said(before: str, after: str) -> str:
    """Only where they differ, with a word around it."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    left, right = before.rfind(" ", 0, max(0, start - 20)) + 1, max(0, end - 40)
    old, new = before[left : len(before) - right], after[left : len(after) - right]
    return f"{_short(old)} -> {_short(new)}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 70 else f"{text[:40]}...{text[-27:]}"
