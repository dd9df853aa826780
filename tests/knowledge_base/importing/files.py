"""Files made by programs offices use, all texts invented: what the importer's tests read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

import xlsxwriter
from docx import Document

LETTER = (
    "清和县人民政府文件",
    "清政发〔2024〕5号",
    "清和县人民政府关于印发清和县高龄津贴发放办法的通知",
    "各乡镇人民政府、街道办事处，县政府各部门：",
    "现将《清和县高龄津贴发放办法》印发给你们，请认真贯彻执行。",
    "清和县人民政府",
    "2024年4月20日",
    "清和县高龄津贴发放办法",
    "第一条 为了弘扬敬老传统，根据《中华人民共和国老年人权益保障法》，制定本办法。",
    "第二条 具有本县户籍、年满80周岁的老年人，可以申领高龄津贴，由本人或者亲属向户籍地的村民委员会、居民委员会提出申请，"
    "逾期申请的，从提出申请的当月开始补发，补发的时间最长不超过六个月，超过部分不再补发。",
    "第三条 津贴标准为：80至89周岁每人每月60元，90至99周岁每人每月120元，100周岁以上每人每月500元。",
    "第四条 本办法自2024年5月1日起施行，有效期5年。《清和县老年补贴办法》（清政发〔2019〕3号）同时废止。",
)


def docx(lines: Sequence[str] = LETTER, *, table: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word file, one paragraph a line, a table at its end."""
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    if table:
        grid = document.add_table(rows=len(table), cols=len(table[0]))
        for at, row in enumerate(table):
            for across, cell in enumerate(row):
                grid.cell(at, across).text = cell
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """An Excel file; rows as they come."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return stream.getvalue()


def zipped(files: Mapping[str, bytes], *, names_in: str = "utf-8") -> bytes:
    """An archive; ``names_in="gbk"`` names its files as a Chinese Windows does, without saying so."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(_Named(name, names_in) if names_in != "utf-8" else name, content)
    return stream.getvalue()


class _Named(zipfile.ZipInfo):
    """An entry whose name is written in another encoding than zipfile would choose."""

    def __init__(self, name: str, encoding: str) -> None:
        super().__init__(name)
        self.compress_type = zipfile.ZIP_DEFLATED
        self._encoding = encoding

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode(self._encoding), self.flag_bits & ~0x800


def html(lines: Sequence[str] = LETTER, *, charset: str = "utf-8", portal: bool = False) -> bytes:
    """A page; ``portal`` puts a government site around it."""
    body = "".join(f"<p>&nbsp;&nbsp;&nbsp;&nbsp;{line}</p>" for line in lines)
    if portal:
        body = PORTAL.format(body=body, title=lines[2])
    declared = "gb2312" if charset == "gb18030" else charset
    page = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={declared}">'
    page += f"<title>{lines[2]}_清和县人民政府</title></head><body>{body}</body></html>"
    return page.encode(charset)


PORTAL = """
<div class="top"><span>今天是2026年11月22日 星期日</span><ul><li><a href="/">首页</a></li>
<li><a href="/zw">政务公开</a></li></ul></div>
<script>var 当前 = "2026年1月1日";</script>
<div>当前位置：<a href="/">首页</a> &gt; <a href="/zc">政策文件</a></div>
<table><tr><td><div class="bt">{title}</div>
<div>发布时间：2026-11-20 09:30 来源：县政府办 浏览次数：35 字号：【大 中 小】</div>
<div><div>{body}</div></div><div>【打印】【关闭】</div>
<div>上一篇：<a href="1">关于做好2025年12月1日工作的通知</a></div></td>
<td><ul><li><a href="2">清和县关于某项工作的通知（清政发〔2026〕99号）</a></li>
<li><a href="3">清和县人民政府关于另一项工作的通告（清政告〔2026〕98号）</a></li></ul></td></tr></table>
<div style="display:none">清政发〔1999〕1号</div>
<div class="foot">版权所有：清和县人民政府办公室 ICP备12345678号 网站标识码：3701000001</div>
"""


def pdf(text: str = "") -> bytes:
    """A small PDF written by hand, one page, Latin letters: enough to be damaged."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1", errors="replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table)
