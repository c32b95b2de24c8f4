"""What Vivado is known to refuse or to pass over in SystemVerilog, looked for in slang's tree.

A rule has its source: UG901 (Vivado Synthesis, 2024.1: table "SystemVerilog Constructs", page "Operators"),
or a public report of somebody whom it hit. Files are read as Vivado does, with SYNTHESIS defined.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyslang

UG901: Final = "UG901, SystemVerilog Constructs"
OPERATORS: Final = "UG901, SystemVerilog, Operators"
STYLES: Final = {
    "ram_style": {"block", "distributed", "registers", "ultra", "mixed", "auto"},
    "rom_style": {"block", "distributed", "ultra", "auto"},
}
KNOWN_TASKS: Final = {"$bits", "$clog2", "$signed", "$unsigned", "$readmemh", "$readmemb"}
MESSAGES: Final = {"$error", "$fatal", "$warning", "$info"}
ARRAY_METHODS: Final = {
    "sum", "product", "and", "or", "xor", "reverse", "sort", "rsort", "shuffle", "min", "max", "unique",
    "find", "find_first", "find_last", "find_index", "find_first_index", "find_last_index", "unique_index",
}  # fmt: skip

# Nodes that must not occur at all: kind, what it is, source.
_KINDS: Final = {
    "ClassDeclaration": ("a class", "beyond the subset that this project keeps to"),
    "CovergroupDeclaration": ("a covergroup", f"{UG901}: not listed"),
    "ProgramDeclaration": ("a program", f"{UG901}: not listed"),
    "ClockingDeclaration": ("a clocking block", f"{UG901}: not listed"),
    "CheckerDeclaration": ("a checker", f"{UG901}: not listed"),
    "BindDirective": ("a bind directive", f"{UG901}: not listed"),
    "LetDeclaration": ("a let declaration", f"{UG901}: not listed"),
    "ConcurrentAssertionMember": ("a concurrent assertion", f"{UG901}: not listed"),
    "PropertyDeclaration": ("a property", f"{UG901}: not listed"),
    "SequenceDeclaration": ("a sequence", f"{UG901}: sequence events not supported"),
    "ParallelBlockStatement": ("fork and join", f"{UG901}: parallel blocks not supported"),
    "DelayControl": ("a delay", f"{UG901}: procedural timing controls not supported"),
    "WaitStatement": ("a wait", f"{UG901}: procedural timing controls not supported"),
    "IffEventClause": ("an event with iff", f"{UG901}: conditional event controls not supported"),
    "FinalBlock": ("a final block", f"{UG901}: not listed"),
    "ProceduralForceStatement": ("a force", f"{UG901}: not listed"),
    "QueueDimensionSpecifier": ("a queue", f"{UG901}: only packed and unpacked arrays are listed"),
    "WildcardDimensionSpecifier": ("an associative array", f"{UG901}: only packed and unpacked arrays"),
    "VirtualInterfaceType": ("a virtual interface", "fpgasystems/Coyote#76: Synth 8-27"),
    "StringType": ("a string", "lowRISC/ibex#430, hdl-util/hdmi#8: no string parameters"),
    "TaggedUnionExpression": ("a tagged union", f"{UG901}: tagged unions not supported"),
    "InsideExpression": ("inside", f"{OPERATORS}: not listed"),
    "WildcardEqualityExpression": ("==?", f"{OPERATORS}: not listed"),
    "WildcardInequalityExpression": ("!=?", f"{OPERATORS}: not listed"),
    "StreamingConcatenationExpression": ("a streaming operator", f"{OPERATORS}: not listed"),
    "ReplicatedAssignmentPattern": ("a replicated pattern", "alchitry/Alchitry-Labs-V2#36: Synth 8-11587"),
}
_SELECTABLE: Final = {"ElementSelectExpression", "IdentifierName", "IdentifierSelectName", "ScopedName"}


def lint(path: Path, include: Path) -> list[str]:
    """Return what breaks a rule in a file, a line each."""
    tree = _tree(path, pyslang.SourceManager(), include)
    found = [f"{path.name}: slang: {_said(tree)}"] if _errors(tree.diagnostics) else []
    found += [f"{path.name}: {text}" for text in _file_rules(path)]
    return found + [f"{path.name}: {text}" for text in _walk(tree.root, ())]


def _tree(path: Path, manager: Any, include: Path) -> Any:
    manager.addUserDirectories(str(include))
    options = pyslang.PreprocessorOptions()
    options.predefines = ["SYNTHESIS=1"]
    return pyslang.SyntaxTree.fromFile(str(path), manager, pyslang.Bag([options]))


def _errors(diagnostics: Any) -> list[Any]:
    return [item for item in diagnostics if item.isError()]


def _said(tree: Any) -> str:
    text: str = pyslang.DiagnosticEngine.reportAll(tree.sourceManager, _errors(tree.diagnostics))
    return " ".join(text.split())[:300]


def _file_rules(path: Path) -> Iterator[str]:
    if path.suffix not in (".v", ".sv", ".svh", ".vh"):
        yield f"{path.suffix} is another language, and the file list has one"
    # A macro argument whose default is another macro. Source: lowRISC/ibex#2100: Synth 8-2379.
    for name in re.findall(r"^\s*`define\s+(\w+)\([^)]*=\s*`", path.read_text(), re.MULTILINE):
        yield f"macro {name} has a default that is a macro (lowRISC/ibex#2100: Synth 8-2379)"


def _walk(node: Any, above: tuple[Any, ...]) -> Iterator[str]:
    kind = node.kind.name
    if kind in _KINDS:
        what, source = _KINDS[kind]
        yield f"{what}: {_text(node)} ({source})"
    for rule in _RULES:
        yield from (f"{text}: {_text(node)}" for text in rule(node, kind, above))
    for child in node:
        if child is not None and not isinstance(child, pyslang.Token):
            yield from _walk(child, (*above, node))


def _text(node: Any) -> str:
    return " ".join(str(node).split())[:60]


def _system_names(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """Only system functions that synthesis evaluates. Source: UG901: array querying functions, $cast."""
    if kind == "SystemName" and node.systemIdentifier.valueText not in KNOWN_TASKS | MESSAGES:
        name = node.systemIdentifier.valueText
        yield f"{name} ({UG901}: array querying functions and $cast are not supported)"


def _array_methods(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """No method of an array. Source: UG901: array manipulation methods."""
    if kind == "InvocationExpression" and node.left.kind.name in ("ScopedName", "MemberAccessExpression"):
        name = str(node.left).strip().split(".")[-1]
        if name in ARRAY_METHODS:
            yield f"method {name} ({UG901}: array manipulation methods not supported)"


def _dynamic_arrays(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    if kind == "VariableDimension" and node.specifier is None:
        yield f"a dynamic array ({UG901}: only packed and unpacked arrays)"


def _messages(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """$error and its like check parameters: alone in a generate block, nowhere where hardware is described.

    Source: bespoke-silicon-group/basejump_stl#113: Synth 8-1921 on $fatal without its number.
    """
    if kind == "SystemName" and node.systemIdentifier.valueText in MESSAGES:
        yield "a message in a procedure, which synthesis may evaluate in a branch that is never taken"
    if kind == "ElabSystemTask":
        block = next((one for one in reversed(above) if one.kind.name == "GenerateBlock"), None)
        if block is None or len(list(block.members)) != 1:
            yield "a message that is not alone in its generate block"
        if node.name.valueText == "$fatal" and not re.match(r"\(\s*[012]\s*[,)]", str(node.arguments or "")):
            yield "$fatal without a finish number (bespoke-silicon-group/basejump_stl#113: Synth 8-1921)"


def _styles(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """Values of ram_style and rom_style. Source: UG901, Synthesis attributes, RAM_STYLE and ROM_STYLE."""
    if kind != "AttributeSpec":
        return
    name = node.name.valueText
    value = str(node.value.expr).strip().strip('"') if node.value else ""
    if name.lower() in STYLES and (name != name.lower() or value not in STYLES[name.lower()]):
        yield f"{name} = {value!r} is none of {sorted(STYLES[name.lower()])}"


def _trees(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """No ?: between elements of the array that is assigned, within generate loops.

    Source: lowRISC/opentitan#1355 and #1408: Vivado before 2020.2 took such a tree away without a word.
    """
    if kind != "ContinuousAssign" or not any(one.kind.name == "LoopGenerate" for one in above):
        return
    for assignment in node.assignments:
        if isinstance(assignment, pyslang.Token):
            continue
        target = re.match(r"\s*(\w+)\s*\[", str(assignment.left))
        source = str(assignment.right)
        if target and "?" in source and re.search(rf"\b{target[1]}\s*\[", source):
            yield "a tree of ?: over one array (lowRISC/opentitan#1355: removed by Vivado before 2020.2)"


def _untyped(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """A parameter without a type is no concatenation. Source: pulp-platform/cv32e40p#2."""
    if kind != "ParameterDeclaration" or node.type.kind.name != "ImplicitType":
        return
    for one in node.declarators:
        if not isinstance(one, pyslang.Token) and one.initializer is not None:
            value = one.initializer.expr.kind.name
            if not node.type.dimensions and value in (
                "ConcatenationExpression", "MultipleConcatenationExpression", "AssignmentPatternExpression",
            ):  # fmt: skip
                yield "a parameter without a type takes a concatenation (pulp-platform/cv32e40p#2)"


def _powers(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """A ** B only of a power of two, or by a constant. Source: UG901, Operators."""
    if kind == "PowerExpression":
        base = str(node.left).strip()
        if not (base.isdigit() and int(base).bit_count() == 1) and not str(node.right).strip().isdigit():
            yield f"a power ({OPERATORS}: of a power of 2 or by a constant)"


def _selects(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    """Bits are selected from what has a name. Source: IEEE 1800-2017 11.5.1; UG901 lists no other."""
    if kind == "ElementSelectExpression" and node.left.kind.name not in _SELECTABLE:
        yield f"bits of an expression ({UG901}: indexing and slicing of arrays)"


def _matching_case(node: Any, kind: str, above: tuple[Any, ...]) -> Iterator[str]:
    if kind == "CaseStatement" and node.matchesOrInside.valueText:
        yield f"case {node.matchesOrInside.valueText} ({OPERATORS}: not listed)"


_RULES: Final[tuple[Callable[[Any, str, tuple[Any, ...]], Iterator[str]], ...]] = (
    _system_names, _array_methods, _dynamic_arrays, _messages, _styles, _trees, _untyped, _powers, _selects,
    _matching_case,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Elaborated:
    """What slang makes of a folder for Vivado: errors, modules declared twice, arguments of $readmemh."""

    errors: str
    twice: list[str]
    memories: list[str]


def elaborate(
    folder: Path, names: Sequence[str], top: str, parameters: dict[str, str], library: str
) -> Elaborated:
    """Elaborate the files ``names`` of ``folder`` in their order, as one design.

    Args:
        folder: Where they and their headers are.
        names: Files in the order of Vivado's list.
        top: Top module.
        parameters: Overrides of its parameters.
        library: Verilog text of the vendor's cells that it names.
    """
    manager = pyslang.SourceManager()
    options = pyslang.CompilationOptions()
    options.topModules = {top}
    options.paramOverrides = [f"{name}={value}" for name, value in parameters.items()]
    compilation = pyslang.Compilation(pyslang.Bag([options]))
    declared: list[str] = []
    for name in names:
        tree = _tree(folder / name, manager, folder)
        declared += re.findall(r"^\s*(?:module|package)\s+(\w+)", (folder / name).read_text(), re.MULTILINE)
        compilation.addSyntaxTree(tree)
    compilation.addSyntaxTree(pyslang.SyntaxTree.fromText(library, manager, "library.v", "library.v"))
    calls: list[Any] = []

    def collect(node: Any) -> Any:
        if isinstance(node, pyslang.GenerateBlockSymbol) and node.isUninstantiated:
            return pyslang.VisitAction.Skip
        if isinstance(node, pyslang.CallExpression) and "$readmem" in str(node.subroutineName):
            calls.append(node.arguments[0])
        return pyslang.VisitAction.Advance

    compilation.getRoot().visit(collect)
    context = pyslang.EvalContext(pyslang.ASTContext(compilation.getRoot(), pyslang.LookupLocation.max))
    errors = _errors(compilation.getAllDiagnostics())
    return Elaborated(
        pyslang.DiagnosticEngine.reportAll(manager, errors),
        sorted({name for name in declared if declared.count(name) > 1}),
        [_string(argument.eval(context)) for argument in calls],
    )


def _string(constant: Any) -> str:
    """Return the text of a string constant, which is a vector of bytes."""
    value = constant.value
    if isinstance(value, str):
        return value
    number = int(value)
    return number.to_bytes((number.bit_length() + 7) // 8, "big").decode("ascii")
