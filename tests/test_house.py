"""Arrows point down only: who may import whom, and that the live loop never brings in torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT: Mapping[str, set[str]] = {
    "realtime": set(),
    "models": {"realtime"},
    "export": {"realtime", "models"},
    "benchmarks": {"realtime", "models", "export"},
    "thespis": {"realtime", "models", "export", "benchmarks"},
}


def modules(package: str) -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


ALL = {name: path for package in MAY_IMPORT for name, path in modules(package).items()}


def at_import(node: ast.AST) -> Iterator[ast.stmt]:
    """Import statements that run when the module is imported: none in functions or under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_import(child)


def named(statement: ast.AST) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    if isinstance(statement, ast.ImportFrom):
        assert statement.level == 0, "imports are absolute"
        base = statement.module or ""
        yield base
        yield from (f"{base}.{alias.name}" for alias in statement.names)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_arrows_point_down_only(package: str) -> None:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    if package == "realtime":
        forbidden |= {"torch"}
    for name, path in modules(package).items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            wrong = {target.split(".")[0] for target in named(node)} & forbidden
            assert not wrong, f"{name} imports {', '.join(wrong)}"


def test_there_are_no_circles() -> None:
    graph = {
        name: {
            target
            for statement in at_import(ast.parse(path.read_text(encoding="utf-8")))
            for target in named(statement)
            if target in ALL and target != name
        }
        for name, path in ALL.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_the_live_loop_leaves_torch_alone() -> None:
    loaded = "\n".join(f"import {name}" for name in modules("realtime"))
    check = f"{loaded}\nimport sys\nassert 'torch' not in sys.modules, 'torch was imported'"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]


def test_only_the_command_line_prints() -> None:
    for name, path in ALL.items():
        if name.split(".")[0] in ("realtime", "models", "export"):
            calls = [
                node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
            ]
            assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], f"{name} prints"


UNSAFE_MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "marshal",
    "shelve",
    "dill",
    "joblib",
    "cloudpickle",
    "jsonpickle",
    "yaml",
}
"""Reading what these wrote runs what its writer wanted run."""
UNSAFE_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "torch.load",
    "os.system",
    "os.popen",
    "hub.load",
    "torch.hub.load",
}


def dotted(node: ast.expr) -> str:
    """`torch.load` of a name or attribute; empty for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def unsafe(call: ast.Call) -> str:
    """What is wrong with a call; empty where nothing is."""
    name = dotted(call.func)
    words = {word.arg: word.value for word in call.keywords}
    if name in UNSAFE_CALLS:
        return name
    if name.split(".")[-1] in {"load", "fromfile"} and name.split(".")[0] in {"np", "numpy"}:
        return name  # `load` unpickles where it is told to; we keep no such files
    shell = words.get("shell")
    if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
        return f"{name} with shell"
    pickling = words.get("allow_pickle")
    if pickling is not None and not (isinstance(pickling, ast.Constant) and pickling.value is False):
        return f"{name} with allow_pickle"
    return ""


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_file_is_run_by_being_read(package: str) -> None:
    for name, path in modules(package).items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            wrong = {target.split(".")[0] for target in named(node)} & UNSAFE_MODULES
            assert not wrong, f"{name} imports {', '.join(wrong)}"
            if isinstance(node, ast.Call):
                assert not unsafe(node), f"{name}, line {node.lineno}: {unsafe(node)}"


@pytest.mark.parametrize(
    "line",
    [
        *("torch.load(path)", "eval(text)", "exec(text)", "np.load(path)", "numpy.load(path, allow_pickle=True)"),
        *("subprocess.run(words, shell=True)", "subprocess.run(words, shell=asked)", "os.system(words)"),
    ],
)
def test_that_look_finds_what_it_looks_for(line: str) -> None:
    (call,) = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    assert unsafe(call)
