"""Every way to remove or bend a rule that ``tests.mutations`` tries: one change of one file.

A function says nothing (yes to all, complied, no breach); a condition is negated or never
holds, or loses one of its parts; a comparison turns, or moves its bound; a list, a set, a
table loses a line, or a move leads elsewhere; a question asks for less.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Mutant:
    """One change: where, what, and what became of it."""

    file: str
    line: int
    owner: str
    what: str
    text: str
    result: str = ""
    by: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.owner}: {self.what}"


# What a function that returns this says once its rule is removed.
SAYS_NOTHING = {
    "Verdict": ("return YES",),
    "Found": ("return\nyield",),
    "Finding | None": ("return COMPLIED", "return None"),
    "bool": ("return True", "return False"),
    "str": ("return ''",),
}
OTHERWISE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.GtE, ast.LtE),
    ast.LtE: (ast.Gt, ast.Lt),
    ast.Gt: (ast.LtE, ast.GtE),
    ast.GtE: (ast.Lt, ast.Gt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
TYPED = ("annotation", "returns", "slice")
ASKS = {"filter", "exclude", "standing_as", "is_among", "steps_that", "standing", "Rule"}
LISTS_RULES = (ast.For, ast.comprehension, ast.Assign, ast.AnnAssign, ast.Compare, ast.keyword)


def without_each(items: list[Any], *beside: list[Any], least: int = 0) -> Iterator[str]:
    """Leave one item out after the other; ``beside`` are lists that go with it."""
    for number in range(least, len(items)):
        taken = [given.pop(number) for given in (items, *beside)]
        yield f"without {ast.unparse(taken[-1] if taken[0] is None else taken[0])}"
        for given, item in zip((items, *beside), taken, strict=True):
            given.insert(number, item)


def instead(node: ast.AST, name: str, *values: tuple[str, Any]) -> Iterator[str]:
    """Give a part of a node one value after the other, each told in words."""
    before = getattr(node, name)
    for words, value in values:
        setattr(node, name, value)
        yield words
    setattr(node, name, before)


def removed(function: ast.FunctionDef) -> Iterator[str]:
    """Let a function say nothing: yes to all, complied, no breach."""
    says = ast.unparse(function.returns) if function.returns else ""
    words = SAYS_NOTHING.get(says, ("return None",) if says.endswith("| None") else ())
    if says.startswith(("list[", "set[", "frozenset[", "dict[")):
        words = (f"return {says.split('[')[0]}()",)
    before = function.body
    for said in words:
        function.body = ast.parse(said).body
        yield f"{function.name}: {said.splitlines()[0]}"
    function.body = before


def bent(node: ast.AST, parent: ast.AST | None) -> Iterator[str]:
    """Bend a node in each way that there is, and put it back after each."""
    match node:
        case ast.FunctionDef():
            yield from removed(node)
        case ast.If() | ast.IfExp():
            test = node.test
            said = ast.unparse(test)
            ways = [(f"never: if {said}", ast.Constant(False))]
            if not turns_inside(test):
                ways.append((f"if not: {said}", ast.UnaryOp(ast.Not(), test)))
            yield from instead(node, "test", *ways)
        case ast.comprehension():
            for word in without_each(node.ifs):
                yield f"{word}, in a comprehension"
        case ast.BoolOp():
            yield from without_each(node.values)
        case ast.Compare(ops=[op, *_]):
            others = [("", [other(), *node.ops[1:]]) for other in OTHERWISE[type(op)]]
            for _ in instead(node, "ops", *others):
                yield f"instead: {ast.unparse(node)}"
        case ast.UnaryOp(op=ast.Not()):
            said = f"without not: {ast.unparse(node)}"
            yield from instead(node, "operand", (said, ast.UnaryOp(ast.Not(), node.operand)))
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            yield from instead(node, "value", (f"{value + 1} for {value}", value + 1))
        case ast.Name(id="any" | "all", ctx=ast.Load()):
            other = {"any": "all", "all": "any"}[node.id]
            yield from instead(node, "id", (f"{other} for {node.id}", other))
        case ast.Set():
            yield from without_each(node.elts)
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()):
            if isinstance(parent, LISTS_RULES) and not is_all(parent):
                yield from without_each(node.elts)
        case ast.Dict():
            yield from without_each(node.keys, node.values)
            for number, value in enumerate(node.values):
                if isinstance(value, ast.Attribute) and ast.unparse(value).startswith("Status."):
                    other = "DRAFT" if value.attr == "CLOSED" else "CLOSED"
                    said = f"{ast.unparse(node.keys[number] or value)}: to {other}"
                    yield from instead(value, "attr", (said, other))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in ASKS:
            yield from without_each(node.keywords)
            yield from without_each(node.args, least={"Rule": 3}.get(name, 1))


def turns_inside(test: ast.expr) -> bool:
    """Whether a mutant of a part of a condition negates it already."""
    return any(isinstance(part, ast.Compare | ast.Not) for part in ast.walk(test))


def is_all(node: ast.AST) -> bool:
    """Whether it only names what a module gives away."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def functions_of(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Name the functions of a module, and the methods of its classes."""
    return {
        f"{holder.name}.{node.name}" if isinstance(holder, ast.ClassDef) else node.name: node
        for holder in (tree, *(each for each in tree.body if isinstance(each, ast.ClassDef)))
        for node in holder.body
        if isinstance(node, ast.FunctionDef)
    }


def mutants_of(checkout: Path, file: str) -> Iterator[Mutant]:
    """List every mutant of a file that is a text of its own."""
    tree = ast.parse((checkout / file).read_text(encoding="utf-8"))
    texts = {ast.unparse(tree)}
    functions = functions_of(tree).items()
    owner = {id(part): name for name, node in functions for part in ast.walk(node)}
    parent = {id(part): node for node in ast.walk(tree) for part in ast.iter_child_nodes(node)}
    typing = [getattr(node, name, None) for node in ast.walk(tree) for name in TYPED]
    typed = {id(part) for node in typing if node is not None for part in ast.walk(node)}
    for node in list(ast.walk(tree)):
        if id(node) in typed:
            continue
        line = getattr(node, "lineno", getattr(parent.get(id(node)), "lineno", 0))
        for what in bent(node, parent.get(id(node))):
            text = ast.unparse(ast.fix_missing_locations(tree))
            if text not in texts:
                texts.add(text)
                yield Mutant(file, line, owner.get(id(node), ""), what[:160], text)


def marked(file: str, source: str) -> str:
    """Return a file's source with functions that say that they were met."""
    tree = ast.parse(source)
    for name, function in functions_of(tree).items():
        function.body.insert(0, ast.parse(f"_SEEN.add({f'{file}:{name}'!r})").body[0])
    tree.body.insert(1, ast.parse("from tests.mutations import SEEN as _SEEN").body[0])
    return ast.unparse(ast.fix_missing_locations(tree))
