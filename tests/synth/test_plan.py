"""rbonn_hw.synth.plan: reading a hierarchy, and sharing it out evenly."""

import pytest

from rbonn_hw.errors import ToolError
from rbonn_hw.synth.plan import make_jobs, read_hierarchy

RTLIL = r"""
module \top
  cell \conv$top.a \a
  end
  cell \pool$top.b \b
  end
  cell $add $1
  end
end
module \conv$top.a
  cell \rom$top.a.weights \weights
  end
end
module \rom$top.a.weights
  wire width 8 \data
  wire width 8 \address
end
module \pool$top.b
end
"""


def test_instances_are_read_with_their_modules_and_sizes() -> None:
    hierarchy = read_hierarchy(RTLIL)

    assert hierarchy.children["\\top"] == (("a", "\\conv$top.a"), ("b", "\\pool$top.b"))
    assert hierarchy.weight("\\conv$top.a") == 3 + 3  # with the memory below it


def test_every_instance_lands_in_one_job_and_the_heaviest_is_first() -> None:
    jobs = make_jobs(read_hierarchy(RTLIL), "top", 8)

    assert [job.modules for job in jobs] == [("\\conv$top.a",), ("\\pool$top.b",)]


def test_one_job_takes_everything() -> None:
    assert len(make_jobs(read_hierarchy(RTLIL), "top", 1)[0].modules) == 2


def test_an_unknown_top_is_named() -> None:
    with pytest.raises(ToolError, match="top 'nothing' is not among"):
        make_jobs(read_hierarchy(RTLIL), "nothing", 1)
