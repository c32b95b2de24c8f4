"""Our RTL and a stitched network against what Vivado is known for; every rule is seen to find its case."""

from pathlib import Path

import pytest

from rbonn_hw.cli import main
from rbonn_hw.soc import sources, vivado
from rbonn_hw.spec.boards import board
from tests.networks import binary_mlp
from tests.soc.vivado_rules import elaborate, lint

RTL = Path(sources.__file__).parents[1] / "rtl"
CASES = {
    "logic [3:0] q; assign q = a inside {1, 2};": "inside",
    "logic q; assign q = a ==? 4'b1zzz;": "==?",
    "logic [3:0] q; assign q = {<<{a}};": "streaming",
    "localparam int N = $size(a);": "$size",
    "int q[$];": "a queue",
    "int q[];": "a dynamic array",
    "int q[*];": "an associative array",
    "logic [3:0] w[4]; logic [3:0] s; assign s = w.sum();": "method sum",
    "initial fork join": "fork and join",
    "initial #1;": "a delay",
    "always_ff @(posedge c iff a[0]) q <= 1;  logic q;": "iff",
    "final begin end": "a final block",
    "class k; endclass": "a class",
    'parameter string S = "s";': "a string",
    "logic [3:0] q[2]; assign q = '{2{a}};": "a replicated pattern",
    "initial if (0) $error(\"never\");": "a message in a procedure",
    "if (0) begin : g logic x; $error(\"never\"); end": "not alone in its generate block",
    "if (0) begin : g $fatal(\"never\"); end": "without a finish number",
    '(* ram_style = "BLOCK" *) logic [3:0] w [4];': "is none of",
    '(* rom_style = "registers" *) logic [3:0] w [4];': "is none of",
    '(* RAM_STYLE = "block" *) logic [3:0] w [4];': "is none of",
    "logic [7:0] t; for (genvar i = 0; i < 3; i++) begin : g assign t[i] = a[0] ? t[2*i+1] : t[2*i+2]; end":
        "a tree of ?:",
    "localparam P = {4'd1, 4'd2};": "takes a concatenation",
    "logic [3:0] q; assign q = a ** a;": "a power",
    "logic q; assign q = {a, a}[1];": "bits of an expression",
    "always_comb case (a) inside 1: ; default: ; endcase": "case inside",
    "`define M(x = `N) x": "a default that is a macro",
    "a b c d;": "slang:",
}  # fmt: skip
FINE = """
  localparam int unsigned N = 4;
  localparam int unsigned Bits = $clog2(N);
  if (N < 1) begin : gen_bad
    $error("N=%0d", N);
  end
  (* ram_style = "block", rom_style = "block" *) logic [3:0] w [N];
  initial $readmemh("w.mem", w);
  logic [3:0] q;
  logic [Bits:0] sum;
  always_ff @(posedge c) q <= w[a[1:0]] +  // a comment before a function
    $unsigned(a);
  assign sum = '{default: 1'b0};
  for (genvar i = 0; i < 2; i++) begin : gen_lane
    assign q2[i] = a[i] ? q[i] : 1'b0;
  end
  logic [1:0] q2;
  function automatic int f(int unsigned x);
    for (int i = 0; i < 4; i++) if (x == 2 ** i) return i;
    return 0;
  endfunction
"""


def written(folder: Path, body: str) -> Path:
    path = folder / "m.sv"
    path.write_text(f"module m (input logic c, input logic [3:0] a);\n{body}\nendmodule\n")
    return path


@pytest.mark.parametrize("body", CASES)
def test_each_rule_finds_its_case(tmp_path: Path, body: str) -> None:
    found = lint(written(tmp_path, body), tmp_path)
    assert any(CASES[body] in text for text in found), found


def test_what_vivado_takes_is_taken(tmp_path: Path) -> None:
    assert lint(written(tmp_path, FINE), tmp_path) == []


@pytest.mark.parametrize("path", sorted(RTL.glob("*.sv*")), ids=lambda path: path.stem)
def test_our_modules(path: Path) -> None:
    assert lint(path, RTL) == []


def test_a_folder_for_vivado(tmp_path: Path) -> None:
    """Every file keeps to the rules, the list elaborates in its order, and every memory file is beside it."""
    network, build = binary_mlp(tmp_path / "mlp.onnx"), tmp_path / "build"
    assert main(["compile", str(network), "--out", str(build), "--target-cycles", "50"]) == 0
    system = sources.system(build, board("Pynq-Z2"))
    vivado.prepare(system, tmp_path / "vivado")

    folder, names = tmp_path / "vivado", [path.name for path in system.sources]
    assert [text for name in names for text in lint(folder / name, folder)] == []
    done = elaborate(folder, names, system.top, system.overrides, sources.primitive_stubs())
    assert (done.errors, done.twice) == ("", [])
    assert done.memories
    for memory in done.memories:
        assert Path(memory).name == memory.removeprefix("./"), "Vivado reads it from the folder it runs in"
        assert (folder / memory).suffix == ".mem"
        assert (folder / memory).is_file()


def test_a_folder_that_lacks_something(tmp_path: Path) -> None:
    (tmp_path / "b.sv").write_text('module b; logic w [2]; initial $readmemh("x.mem", w); endmodule\n')
    (tmp_path / "a.sv").write_text("module a; b u_b (); absent u_c (); endmodule\nmodule b; endmodule\n")
    done = elaborate(tmp_path, ["b.sv", "a.sv"], "a", {}, "")
    assert done.twice == ["b"]
    assert "absent" in done.errors
