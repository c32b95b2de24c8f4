"""The report's page in headless Chromium: no text is cut off, at a laptop's width and at a phone's."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rbonn_hw.cli import main
from rbonn_hw.toolchain import find_program, run_tool
from tests.report.documents import write_dataflow, write_stages, write_timeline

CHROMIUM = find_program("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt install chromium")
LAPTOP, PHONE = 1280, 390
LIGHT, DARK = 1, 0
"""Values of Chromium's setting of the preferred colour scheme."""
PROBE = """
<script>
document.querySelectorAll("details").forEach(one => { one.open = true; });
document.querySelectorAll(".zoom").forEach(one => { one.style.display = "block"; });
const cut = [...document.querySelectorAll("body *")].filter(one => {
  const box = one.getBoundingClientRect();
  const clipped = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible";
  return box.width && (box.right > innerWidth + 1 || box.left < -1 || (clipped && one.innerText));
}).map(one => one.tagName + ": " + (one.textContent || "").trim().slice(0, 40));
const page = document.documentElement;
const found = {width: innerWidth, scroll: page.scrollWidth, cut: cut,
               ground: getComputedStyle(document.body).backgroundColor};
parent.postMessage(JSON.stringify(found), "*");
</script>
"""
FRAME = """
<!doctype html><body><iframe src="probed.html" width="{width}" height="900" style="border:0"></iframe><script>
addEventListener("message", said => {{ document.body.textContent = "found" + said.data + "end"; }});
</script></body>
"""
"""A window of Chromium is 500 pixels wide at least; a frame in it may be narrower."""


def look(page: Path, width: int, scheme: int, folder: Path, probe: str = PROBE) -> dict[str, Any]:
    """Return what a probe finds on a page of some width."""
    probed = folder / "probed.html"
    probed.write_text(page.read_text().replace("</body>", probe + "</body>"))
    frame = folder / "frame.html"
    frame.write_text(FRAME.format(width=width))
    said = run_tool(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000", "--virtual-time-budget=5000",
            f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom", frame.as_uri(),
        ],
        install_hint="apt install chromium",
    )  # fmt: skip
    match = re.search(r"found({.*})end", said)
    assert match is not None, said[-500:]
    found: dict[str, Any] = json.loads(match[1])
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_stages(folder)
    write_dataflow(folder)
    write_timeline(folder)
    for name in ("compile.json", "synth.json", "dataflow.json", "timeline.json"):
        long = "features_features_1_branch_branch_3_act_quant_BipolarQuant_threshold"
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace('"mvau1"', f'"{long}"'))
    train, export = str(folder / "train"), str(folder / "export")
    assert main(["report", str(folder), "--train", train, "--export", export]) == 0
    return folder / "report.html"


@pytest.mark.parametrize("width", [LAPTOP, PHONE])
def test_no_text_is_cut_off(width: int, page: Path, tmp_path: Path) -> None:
    found = look(page, width, LIGHT, tmp_path)

    assert (found["width"], found["scroll"], found["cut"]) == (width, width, [])


def test_two_builds_fit_a_phone(page: Path, tmp_path: Path) -> None:
    write_stages(tmp_path / "other")
    assert main(["report", str(page.parent), str(tmp_path / "other")]) == 0

    found = look(tmp_path / "other" / "compare.html", PHONE, LIGHT, tmp_path)

    assert (found["scroll"], found["cut"]) == (PHONE, [])


def test_a_page_too_wide_for_a_phone_is_noticed(page: Path, tmp_path: Path) -> None:
    wide = tmp_path / "wide.html"
    wide.write_text(page.read_text().replace("<footer>", '<p style="width:600px">too wide</p><footer>'))

    assert look(wide, PHONE, LIGHT, tmp_path)["cut"] == ["P: too wide"]


ORDER = """
<script>
const seen = () => [...document.querySelectorAll(".rows.all .row:not(.first)")]
  .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
  .map(one => one.querySelector("b").innerText);
const shown = () => [...document.querySelectorAll(".zoom")]
  .filter(one => one.getBoundingClientRect().height).map(one => one.id);
const found = {place: seen(), begin: shown()};
document.querySelector("#by-lut").click();
found.lut = seen();
location.hash = "block-1";
setTimeout(() => { found.zoom = shown(); parent.postMessage(JSON.stringify(found), "*"); }, 50);
</script>
"""


def test_layers_are_sorted_and_the_graph_zooms_without_a_script_of_the_page(
    page: Path, tmp_path: Path
) -> None:
    found = look(page, LAPTOP, LIGHT, tmp_path, ORDER)

    assert found["place"] == [name for name in found["place"] if name]
    assert found["place"][:3] == ["pad", "swg", "mvau0"]
    assert found["lut"][:3] == ["mvau0", found["place"][3], "swg"]
    assert (found["begin"], found["zoom"]) == (["network"], ["block-1"])


def test_dark_and_light_differ(page: Path, tmp_path: Path) -> None:
    grounds = [look(page, LAPTOP, scheme, tmp_path)["ground"] for scheme in (LIGHT, DARK)]

    assert grounds == ["rgb(246, 247, 249)", "rgb(16, 20, 26)"]
