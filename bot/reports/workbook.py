"""The report as an Excel workbook: numbers beside every rate, formulas that re-compute it, and no citizen anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from bot.figure_wording import MEANINGS
from bot.reports.attendance import NOT_IN_USE
from bot.reports.bulletin import bulletin, percent_words
from bot.reports.month import Report
from bot.wording import label
from routing.departments import UnitId, Units
from routing.figures.counting import Exclusion, Figure, FigureName
from routing.figures.queries import Suspended, all_suspended

CENTRE = "热线中心"
TOO_FEW = "样本不足"
_WITHOUT_VALUE = frozenset({FigureName.OVERDUE_OPEN})
"""Counted in tickets, not as a rate."""


def write_workbook(report: Report, out: Path, *, units: Units) -> None:
    """Write ``out``; an existing file is replaced only by a complete one."""
    partial = out.with_name(f".{out.name}.part")
    book = xlsxwriter.Workbook(str(partial), {"strings_to_numbers": False})
    try:
        sheets = Sheets(book, report, units)
        sheets.write()
        book.close()
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


class Sheets:
    """One workbook in the making."""

    def __init__(self, book: Any, report: Report, units: Units) -> None:
        self._book, self._report, self._units = book, report, units
        self._names = {unit.id: unit.name for unit in units.all()}
        self._bold = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True})
        self._rate = book.add_format({"num_format": "0.00%"})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._faint = book.add_format({"font_color": "#808890", "italic": True})

    def write(self) -> None:
        self._figures()
        self._rankings()
        self._balance()
        self._on_duty()
        self._bulletin()
        self._definitions()
        self._drill_down()
        if self._report.snapshot is not None:
            self._late()

    def _sheet(
        self, title: str, header: list[str], *, left: int = 1, widths: dict[int, int] | None = None
    ) -> Any:
        """A sheet with the reader and the time in the first line, frozen headings, and both in the printed footer."""
        sheet = self._book.add_worksheet(title)
        report = self._report
        mark = f"{report.first_day} 至 {report.last_day} · 数据截至 {report.as_of} · 导出人 {report.reader}"
        sheet.write_string(0, 0, mark, self._faint)
        sheet.set_footer(
            f"&L{title} {report.first_day}—{report.last_day}&C导出人 {report.reader}&R第 &P 页，共 &N 页"
        )
        for column, words in enumerate(header):
            sheet.write_string(1, column, words, self._bold)
        sheet.freeze_panes(2, left)
        sheet.set_column(0, 0, 26)
        for column, width in (widths or {}).items():
            sheet.set_column(column, column, width)
        return sheet

    def _figures(self) -> None:
        """Three columns for each figure: the rate as a formula, numerator, denominator."""
        header = ["单位"]
        for name in FigureName:
            header += [MEANINGS[name].title, f"{MEANINGS[name].title}·分子", f"{MEANINGS[name].title}·分母"]
        header += ["挂账件数", "挂账天数"]
        sheet = self._sheet("指标", header)
        rows: list[tuple[str, Any]] = [("合计", self._report.totals)]
        unit_ids = [unit_id for unit_id, _ in self._in_order()]
        rows += [(self._name(unit_id), own) for unit_id, own in self._in_order()]
        everybody = all_suspended(self._report.suspended)
        for line, (title, figures) in enumerate(rows, start=2):
            sheet.write_string(line, 0, title)
            for place, name in enumerate(FigureName):
                self._figure(sheet, line, 1 + 3 * place, figures.get(name) or Figure(name, 0, 0))
            still = everybody if line == 2 else self._report.suspended.get(unit_ids[line - 3], Suspended())
            sheet.write_row(line, 1 + 3 * len(FigureName), [still.tickets, still.days])

    def _figure(self, sheet: Any, line: int, column: int, figure: Figure) -> None:
        above = xlsxwriter.utility.xl_rowcol_to_cell(line, column + 1)
        below = xlsxwriter.utility.xl_rowcol_to_cell(line, column + 2)
        if figure.name not in _WITHOUT_VALUE:
            value: Any = "" if figure.value is None else figure.value
            sheet.write_formula(line, column, f'=IF({below}=0,"",{above}/{below})', self._rate, value)
        sheet.write_number(line, column + 1, figure.numerator)
        sheet.write_number(line, column + 2, figure.denominator)

    def _rankings(self) -> None:
        profile = self._report.profile
        header = ["单位", "分组", "名次", "得分", "可得分", "得分率", "扣分", "榜单"]
        header += [MEANINGS[part.figure].title + f"（{part.points:g}）" for part in profile.parts]
        sheet = self._sheet("排名", header, widths={1: 12})
        line = 2
        for ranking in self._report.rankings:
            for score in ranking.scores:
                lists = (
                    "红榜"
                    if score.unit_id in ranking.red
                    else "黑榜"
                    if score.unit_id in ranking.black
                    else ""
                )
                sheet.write_row(line, 0, [self._name(score.unit_id), ranking.group.title])
                if score.rank is not None and score.share is not None:
                    sheet.write_number(line, 2, score.rank)
                    sheet.write_row(line, 3, [round(score.earned, 2), score.available])
                    sheet.write_number(line, 5, score.share, self._rate)
                    sheet.write_number(line, 6, score.deducted)
                elif score.too_few:
                    sheet.write_string(line, 2, TOO_FEW)
                sheet.write_string(line, 7, lists)
                for place, points in enumerate(score.parts):
                    if points is not None:
                        sheet.write_number(line, 8 + place, round(points, 2))
                line += 1
        sheet.write_string(
            line + 1,
            0,
            f"计分方案：{profile.title}（{profile.version}）。分母不足{profile.least}的项不计分，"
            f"可得分不足总分{profile.least_available:.0%}的单位样本不足，不参加排名；得分率相同的名次相同。",
        )

    def _balance(self) -> None:
        sheet = self._sheet("结转", ["项目", "件数"])
        balance = self._report.balance
        if balance is None:
            return
        lines = [
            ("期初在办", balance.opening),
            ("＋本期受理", balance.received),
            ("＋重办", balance.reopened),
            ("－办结", balance.resolved),
            ("－撤单", balance.withdrawn),
            ("－不予受理", balance.rejected),
        ]
        for place, (words, many) in enumerate(lines, start=2):
            sheet.write_string(place, 0, words)
            sheet.write_number(place, 1, many)
        sheet.write_string(8, 0, "＝期末在办")
        sheet.write_formula(8, 1, "=B3+B4+B5-B6-B7-B8", None, balance.closing)

    def _on_duty(self) -> None:
        """在线值守率: the shifts somebody was at, of those scheduled."""
        sheet = self._sheet("值守", ["单位", "在线值守率", "已签到班次", "应值守班次"])
        if self._report.on_duty is None:
            sheet.write_string(2, 0, NOT_IN_USE)
            return
        for line, (unit_id, counted) in enumerate(self._report.on_duty.items(), start=2):
            sheet.write_string(line, 0, self._name(unit_id))
            sheet.write_formula(line, 1, f"=C{line + 1}/D{line + 1}", self._rate, counted.rate)
            sheet.write_row(line, 2, [counted.attended, counted.scheduled])

    def _bulletin(self) -> None:
        sheet = self._sheet("通报", ["通报"])
        sheet.set_column(0, 0, 100)
        for line, words in enumerate(bulletin(self._report, units=self._units).splitlines(), start=2):
            sheet.write_string(line, 0, words, self._wrap)

    def _definitions(self) -> None:
        sheet = self._sheet("指标定义", ["指标", "怎么算的", "本期", "不计入分子分母的件数"])
        sheet.set_column(1, 3, 50)
        for line, name in enumerate(FigureName, start=2):
            figure = self._report.totals[name]
            left_out = "，".join(
                f"{label(Exclusion(reason))}{many}" for reason, many in sorted(figure.excluded.items())
            )
            sheet.write_row(
                line,
                0,
                [MEANINGS[name].title, MEANINGS[name].terms, percent_words(figure), left_out],
                self._wrap,
            )

    def _drill_down(self) -> None:
        """A line for each ticket and unit: 1 in the numerator, 0 in the denominator only, words when left out."""
        sheet = self._sheet(
            "明细",
            ["工单编号", "单位", *(MEANINGS[name].title for name in FigureName)],
            left=2,
            widths={1: 26},
        )
        words = {reason.value: label(reason) for reason in Exclusion}
        for line, each in enumerate(self._report.lines, start=2):
            sheet.write_string(line, 0, each.number)
            sheet.write_string(line, 1, self._name(each.unit_id))
            for column, name in enumerate(FigureName, start=2):
                said = each.said.get(name)
                if said is not None:
                    sheet.write_string(line, column, " ".join(words.get(word, word) for word in said.split()))

    def _late(self) -> None:
        """What changed after the month was frozen."""
        snapshot = self._report.snapshot
        assert snapshot is not None
        sheet = self._sheet("封存后的变化", ["单位", "指标", "封存时", "现在"], widths={1: 20, 2: 24, 3: 24})
        for line, each in enumerate(self._report.late, start=2):
            sheet.write_row(
                line,
                0,
                [
                    self._name(each.unit_id),
                    MEANINGS[each.name].title,
                    percent_words(each.frozen),
                    percent_words(each.now),
                ],
            )

    def _name(self, unit_id: UnitId | None) -> str:
        return CENTRE if unit_id is None else self._names.get(unit_id, unit_id)

    def _in_order(self) -> list[tuple[UnitId | None, Any]]:
        order = {unit.id: place for place, unit in enumerate(self._units.all())}
        counted = {**{unit_id: {} for unit_id in self._report.suspended}, **self._report.groups}
        return sorted(
            counted.items(),
            key=lambda each: (
                each[0] is None,
                order.get(each[0], len(order)) if each[0] else 0,
                each[0] or "",
            ),
        )
