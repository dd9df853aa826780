"""Lists of guides, questions, policies and catalogue entries in workbooks and CSV files, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from python_calamine import CalamineWorkbook

from knowledge_base.article import ArticleKind
from knowledge_base.importing.columns import kind_of, meaning
from knowledge_base.importing.document import ImportedDocument, Problem, Reading, Severity
from knowledge_base.importing.limits import MAX_FILE_BYTES, MAX_ROWS
from knowledge_base.importing.lines import clean
from knowledge_base.importing.plain import decoded
from knowledge_base.importing.rows import entry_of

_HEADER_WITHIN = 12
_NO_CONTENT = {"序号", "编号", "备注", "是否公开"}


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: its lines as text, numbered as a spreadsheet numbers them."""

    source: str
    lines: tuple[tuple[int, tuple[str, ...]], ...]


def read_workbook(data: bytes, source: str) -> Reading:
    """Every sheet that is a list of ours. Raises ``python_calamine.CalamineError`` for a damaged file."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    reading = Reading()
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False, nrows=MAX_ROWS + 1)
        lines = [(at, tuple(_cell(cell) for cell in row)) for at, row in enumerate(rows, start=1)]
        _fill_merged(lines, sheet)
        table = Table(f"{source}#{name}", tuple((at, row) for at, row in lines if any(row)))
        if table.lines:
            reading += read_table(table)
    return _or_nothing(reading, source)


def read_csv(data: bytes, source: str) -> Reading:
    """A CSV or tab-separated file. Raises ``plain.NoText``."""
    text, _ = decoded(data)
    head = text[:4000]
    delimiter = max(",\t;|", key=lambda each: head.count(each))
    lines: list[tuple[int, tuple[str, ...]]] = []
    try:
        csv.field_size_limit(MAX_FILE_BYTES)  # a cell too long is refused by its row, not with the whole list
        for at, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            if at > MAX_ROWS + 1:
                break
            if any(cell.strip() for cell in row):
                lines.append((at, tuple(_cell(cell) for cell in row)))
    except csv.Error:
        return Reading(
            problems=(Problem(source, "不是能读的 CSV 表格", "请用 Excel 打开，另存为 xlsx 后再导入"),)
        )
    return _or_nothing(read_table(Table(source, tuple(lines))), source)


def read_table(table: Table) -> Reading:
    """A list by its header row, or one guide written downwards (名称 | 内容); problems for every row left out."""
    for at, (_, cells) in enumerate(table.lines[:_HEADER_WITHIN]):
        columns = [meaning(cell) for cell in cells]
        if kind := kind_of(columns):
            return _read_rows(table, at, columns, kind)
    if down := _downwards(table):
        return down
    known = [cell for _, cells in table.lines[:_HEADER_WITHIN] for cell in cells if meaning(cell)]
    if known:
        found = "、".join(dict.fromkeys(known[:6]))
        return Reading(problems=(Problem(table.source, f"认出了“{found}”，但列不够成表", _NEEDED),))
    return Reading(problems=(Problem(table.source, "没有认出表头", _NEEDED),))


_NEEDED = (
    "问答表要有“问题”“答案”两列；办事指南要有“事项名称”和至少两列八公开内容；政策清单要有“标题”“正文”两列"
)


def _read_rows(table: Table, header_at: int, columns: Sequence[str | None], kind: ArticleKind) -> Reading:
    documents: list[ImportedDocument] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    headers = table.lines[header_at][1]
    named = {ours: cell for cell, ours in zip(headers, columns, strict=False) if ours}
    unused = [c for c, ours in zip(headers, columns, strict=False) if c and not ours and c not in _NO_CONTENT]
    if unused:
        said = f"这些列没有用到：{'、'.join(unused[:12])}"
        problems.append(Problem(table.source, said, "如需导入，请改用常见列名", severity=Severity.CHECK))
    for number, cells in table.lines[header_at + 1 :]:
        if len(documents) >= MAX_ROWS:
            problems.append(
                Problem(table.source, f"超过 {MAX_ROWS} 行，其余没有读取", "请分成几个表", number)
            )
            break
        values: dict[str, str] = {}
        for ours, cell in zip(columns, cells, strict=False):
            if ours and cell:
                values[ours] = f"{values[ours]}\n{cell}" if ours in values else cell
        if not values:
            continue
        document, wrong = entry_of(values, kind, source=table.source, row=number, headers=named)
        problems.extend(wrong)
        if document is None:
            continue
        key = f"{document.document_number or ''}|{document.title}|{document.region}"
        if key in seen:
            problems.append(
                Problem(table.source, f"与第 {seen[key]} 行重复，没有重复导入", "请删去其中一行", number)
            )
            continue
        seen[key] = number
        documents.append(document)
    return Reading(tuple(documents), tuple(problems))


def _downwards(table: Table) -> Reading | None:
    """One guide on one sheet: the field's name on the left, its content on the right."""
    values: dict[str, str] = {}
    for _, cells in table.lines:
        filled = [cell for cell in cells if cell]
        at = 0
        while at + 1 < len(filled):
            if ours := meaning(filled[at]):
                values.setdefault(ours, filled[at + 1])
                at += 2
            else:
                at += 1
    kind = kind_of(list(values))
    if kind is not ArticleKind.GUIDE:
        return None
    document, wrong = entry_of(values, kind, source=table.source, row=table.lines[0][0])
    return Reading((document,) if document else (), tuple(wrong))


def _fill_merged(lines: list[tuple[int, tuple[str, ...]]], sheet: object) -> None:
    """A merged cell's text stands in its first cell only: written into all the rows it covers."""
    for (first_row, first_column), (last_row, last_column) in (
        getattr(sheet, "merged_cell_ranges", None) or ()
    ):
        if last_column != first_column or last_row >= len(lines) or last_row - first_row > 500:
            continue
        text = lines[first_row][1][first_column] if first_column < len(lines[first_row][1]) else ""
        for row in range(first_row + 1, last_row + 1):
            number, cells = lines[row]
            if first_column < len(cells) and any(cells):
                lines[row] = number, (*cells[:first_column], text, *cells[first_column + 1 :])


def _cell(value: object) -> str:
    """A cell as a person reads it: days without a time, whole numbers without .0, lines kept."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "\n".join(filter(None, (clean(line) for line in str(value).replace("_x000D_", "\n").splitlines())))


def _or_nothing(reading: Reading, source: str) -> Reading:
    """With several sheets, one that is no list of ours is a remark when another one was read."""
    if not reading.documents:
        return reading if reading.problems else Reading(problems=(Problem(source, "表里没有内容", ""),))
    softened = [
        Problem(each.file, each.why, each.what_to_do, each.row, Severity.CHECK)
        if not each.row and each.why.startswith(("没有认出", "认出了"))
        else each
        for each in reading.problems
    ]
    return Reading(reading.documents, tuple(softened))
