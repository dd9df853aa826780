"""Take what identifies a person out of free text before it is shown to those who need not know."""

from __future__ import annotations

import re

_PLAIN = str.maketrans("０１２３４５６７８９－Ｘｘ", "0123456789-Xx")
"""Full-width digits are digits to whoever reads them."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # A resident identity number: 17 digits and a check character.
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"), "[身份证号]"),
    (re.compile(r"(?<!\d)(?:\d{4}[ -]?){3,4}\d{3,4}(?!\d)"), "[银行卡号]"),
    (re.compile(r"(?<!\d)(?:\+?86[-. ]?)?1[3-9](?:[-. ]?\d){9}(?!\d)"), "[手机号]"),
    (re.compile(r"(?<!\d)0\d{2,3}[-. ]?\d{3,4}[-. ]?\d{4}(?!\d)"), "[电话]"),
    (re.compile(r"(?<!\d)[2-8]\d{2,3}[-. ]\d{4}(?!\d)"), "[电话]"),
    (re.compile(r"(?<=[电话号码系])([:：是为]?\s*)[2-8]\d{6,7}(?!\d)"), r"\1[电话]"),
    (
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
            r"[A-HJ-NP-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])"
        ),
        "[车牌]",
    ),
    (re.compile(r"\d{1,3}(?:号楼|栋|幢|座)(?:\d{1,2}单元)?\d{2,4}(?:室|房|号)?"), "[门牌]"),
    (re.compile(r"(?<!\d)\d{3,4}室"), "[门牌]"),
    (re.compile(r"(?<=我叫)[\u4e00-\u9fff]{2,4}(?=[，,。；;、 ]|$)"), "[姓名]"),
    (re.compile(r"(?<=联系人[:：])\s*[\u4e00-\u9fff]{2,4}"), "[姓名]"),
)


def redact(text: str) -> str:
    """The text with phone, identity and card numbers, plates, door numbers and stated names replaced."""
    text = text.translate(_PLAIN)
    for pattern, placeholder in _RULES:
        text = pattern.sub(placeholder, text)
    return text
