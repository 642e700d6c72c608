"""Rules of style that hold for every file of the product."""

import ast

from tests.conventions.source import (
    ROOT,
    Module,
    dotted,
    module,
    product,
    suite,
    where,
)

EDGES_THAT_READ_THE_CLOCK = (
    "views",
    "tasks",
    "commands",
    "webhooks",
    "guards",
    "admin",
    "middleware",
)
CLOCKS = {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "time.time"}
NAMES_THAT_SAY_NOTHING = {
    "common",
    "core",
    "exceptions",
    "helpers",
    "services",
    "utils",
}
FLAGS = {"force", "commit", "skip_checks"}


def is_edge(found: Module) -> bool:
    parts = set(found.path.with_suffix("").parts)
    return found.is_in("hanportal/demo") or bool(parts & set(EDGES_THAT_READ_THE_CLOCK))


def test_the_top_level_holds_the_four_packages_and_nothing_else() -> None:
    packages = {init.parent.name for init in ROOT.glob("*/__init__.py")}

    assert packages == {"hanportal", "meters", "notifications", "orders", "tests"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [
        found.name for found in product() if found.path.stem in NAMES_THAT_SAY_NOTHING
    ]

    assert named == []


def test_modules_stay_under_400_lines() -> None:
    assert [m.name for m in (*product(), *suite()) if m.lines > 400] == []


def test_functions_stay_under_40_lines() -> None:
    long = [
        f"{where(found, function)} {function.name}"
        for found in product()
        for function in found.functions()
        if _body_lines(function) > 40
    ]

    assert long == []


def test_only_models_save() -> None:
    saves = [
        where(found, call)
        for found in product()
        if not found.is_in("hanportal/demo") and "models" not in found.name
        for call in found.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "save"
    ]

    assert saves == []


def test_only_the_edges_read_the_clock() -> None:
    reads = [
        where(found, call)
        for found in product()
        if not is_edge(found)
        for call in found.calls()
        if dotted(call.func) in CLOCKS
    ]

    assert reads == []


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        where(found, node)
        for found in product()
        for function in found.functions()
        if function.name != "ready"
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_no_flag_changes_what_a_verb_means() -> None:
    flags = [
        f"{where(found, function)} {argument.arg}"
        for found in product()
        for function in found.functions()
        for argument in (*function.args.args, *function.args.kwonlyargs)
        if argument.arg in FLAGS
    ]

    assert flags == []


def test_order_is_explicit_and_nothing_listens_to_saves() -> None:
    hidden = []
    for found in product():
        for node in ast.walk(found.tree):
            if isinstance(node, ast.ClassDef) and node.name == "Meta":
                hidden += [
                    where(found, statement)
                    for statement in node.body
                    if isinstance(statement, ast.Assign)
                    and dotted(statement.targets[0]) == "ordering"
                ]
            if isinstance(node, ast.Name) and node.id in {"post_save", "pre_save"}:
                hidden.append(where(found, node))

    assert hidden == []


def test_bells_are_rung_on_commit() -> None:
    """A bell is called in a function named ring, which is handed to `on_commit`.

    Only a task, which holds no transaction, may ring the next one itself.
    """
    rung = [
        where(found, call)
        for found in product()
        for call in found.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in {"delay", "apply_async", "send_task"}
        and found.path.name != "tasks.py"
        and not _is_inside_ring(found, call)
    ]

    assert rung == []


def test_pages_do_not_write_to_the_log() -> None:
    writes = [
        where(found, call)
        for found in product()
        if "views" in found.name or found.is_in("hanportal/minside")
        for call in found.calls()
        if dotted(call.func) in {"log.record", "record"}
    ]

    assert writes == []


def test_tests_never_sleep() -> None:
    sleeps = [
        where(found, call)
        for found in suite()
        for call in found.calls()
        if dotted(call.func) in {"time.sleep", "sleep"}
    ]

    assert sleeps == []


def test_the_rules_would_notice() -> None:
    """A rule that finds nothing in a bad file proves nothing in the good ones."""
    bad = module(ROOT / "tests" / "conventions" / "bad_example.txt")

    assert [dotted(call.func) for call in bad.calls()] == [
        "timezone.now",
        "order.save",
        "task.delay",
    ]


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code, without the docstring."""
    body = function.body
    first = body[0]
    is_documented = isinstance(first, ast.Expr) and isinstance(
        first.value, ast.Constant
    )
    if is_documented and len(body) > 1:
        first = body[1]
    elif is_documented:
        return 0
    return (function.end_lineno or 0) - first.lineno + 1


def _is_inside_ring(found: Module, call: ast.Call) -> bool:
    return any(
        function.name == "ring" and any(node is call for node in ast.walk(function))
        for function in found.functions()
    )
