# SPDX-License-Identifier: Apache-2.0
"""Small changes of a module's source: a comparison, an operator, a number, a condition turned."""

from __future__ import annotations

import ast

_COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
           ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}  # fmt: skip


def places(tree: ast.Module) -> list[tuple[int, str]]:
    """Return where a module can be changed and how: index in the walk, and a word."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        for part in (
            [node.annotation] if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation
            else [node.returns] if isinstance(node, ast.FunctionDef) and node.returns else []
        )
        for inner in ast.walk(part)
    }  # fmt: skip
    found: list[tuple[int, str]] = []
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARE:
            found.append((index, "comparison"))
        elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            found.append((index, "operator"))
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            found.append((index, "number"))
        elif isinstance(node, ast.BoolOp):
            found.append((index, "and or"))
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            found.append((index, "condition"))
        elif isinstance(node, ast.Assign | ast.AugAssign) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            found.append((index, "statement"))
    return found


def mutated(source: str, index: int, kind: str) -> tuple[ast.Module, int, str]:
    """Return a module with one change, the line of the statement, and the change in words."""
    tree = ast.parse(source)
    statement = _statement_line(tree, index)
    node = list(ast.walk(tree))[index]
    before = ast.unparse(node)
    line = getattr(node, "lineno", 0)
    match kind:
        case "comparison":
            node.ops[0] = _COMPARE[type(node.ops[0])]()
        case "operator":
            node.op = _BINARY[type(node.op)]()
        case "number":
            node.value = 1 if node.value == 0 else node.value * 2
        case "and or":
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case "condition":
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case "statement":
            after = ast.copy_location(ast.Pass(), node)
            for parent in ast.walk(tree):
                for field in ("body", "orelse", "finalbody"):
                    held = getattr(parent, field, None)
                    if isinstance(held, list) and node in held:
                        held[held.index(node)] = after
            node = after
    ast.fix_missing_locations(tree)
    after = ast.unparse(node)
    short = [text.splitlines()[0][:70] for text in (before, after)]
    return tree, statement, f"line {line}: {short[0]}  ->  {short[1]}"


def _statement_line(tree: ast.Module, index: int) -> int:
    """Return where the innermost statement begins that holds a node."""
    wanted = list(ast.walk(tree))[index]
    holders = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and any(inner is wanted for inner in ast.walk(node))
    ]
    return holders[-1].lineno  # the walk goes from the outside in
