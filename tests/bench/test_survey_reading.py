"""How long 20,000 survey rows take to read, against merely opening the same file with the same reader.

Run on purpose: `pytest tests/bench/test_survey_reading.py -s`. The limits are those promised to users (ten
seconds, ten times the bare read), not what is measured, so that a busy machine does not fail.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import python_calamine
import xlsxwriter

from linkage.imports.read import read_survey

ROWS = 20_000
SERVICES = ["助餐送餐", "陪同就医", "家电维修", "理发", "代购代办", "心理陪伴", "其他【请注明】"]


def _write(path: Path) -> None:
    draw = random.Random(20261012)
    header = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
    header += [f"{number}、第{number}个问题？" for number in range(1, 15)]
    header += [
        "15、您对下列服务是否满意—送餐",
        "理发",
        "维修",
        "陪诊",
        "活动",
        "16、您的建议",
        "17、联系电话",
        "18、年龄",
    ]
    header += ["19、性别", "20、服务排序", "请选择社区:"]
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, header)
        for row in range(1, ROWS + 1):
            cells = [
                str(row),
                f"2026/10/{row % 28 + 1} 09:{row % 60:02}:00",
                f"{row % 300}秒",
                "微信",
                "N/A",
                "1.1.1.1(上海)",
            ]
            cells += ["┋".join(draw.sample(SERVICES, draw.randint(1, 4))) for _ in range(4)]
            cells += [draw.choice(["需要", "不需要", "说不清", "(跳过)"]) for _ in range(10)]
            cells += [draw.choice(["非常满意", "满意", "一般", "不满意"]) for _ in range(5)]
            cells += [f"希望第{row}栋加装扶手", f"138{row:08}", str(60 + row % 40), draw.choice("男女")]
            cells += ["→".join(draw.sample(SERVICES[:5], 5)), draw.choice(["鼓楼社区", "和平社区"])]
            sheet.write_row(row, 0, cells)


def _bare(path: Path) -> int:
    workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    return len(workbook.get_sheet_by_index(0).to_python())


def test_reading_20000_rows_stays_within_ten_seconds_and_ten_bare_reads(tmp_path: Path) -> None:
    """Importing 20,000 rows takes less than 10 s, and reading them at most ten times the bare read."""
    path = tmp_path / "survey.xlsx"
    _write(path)
    bare_seconds = min(_timed(lambda: _bare(path)) for _ in range(3))
    read_seconds = min(_timed(lambda: read_survey(path)) for _ in range(3))
    survey_file = read_survey(path)
    ratio = read_seconds / bare_seconds
    sys.stdout.write(
        f"\n{ROWS} rows × {len(survey_file.header)} columns: bare {bare_seconds:.2f} s, "
        f"read and interpreted {read_seconds:.2f} s, ratio {ratio:.2f}\n"
    )

    assert len(survey_file.answers) == ROWS
    assert read_seconds < 10
    assert ratio < 10


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
