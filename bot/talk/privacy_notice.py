"""What becomes of what a citizen tells: the notice they read before the first personal data, and its version."""

from __future__ import annotations

VERSION = "2026-11"
"""Of another version nobody has agreed yet: the notice is shown and asked for again."""

SHORT = "号码只用来办您的事，只有办事的人看得到。发来号码，就是同意这样用。想看全部说明，回复“隐私”。"
"""Stands beside the question for a number, until the citizen has agreed."""

AGREED = "手机号记下了，只用来办您的事。"

FULL = (
    "个人信息说明\n"
    "一、您说的事，转给负责的单位去办。\n"
    "二、姓名和手机号是您自愿留的，不留也能办。只用来联系您，加密保存，谁看过都有记录。\n"
    "三、选“保密”或“匿名”，办事的单位看不到您是谁。举报一律保密。\n"
    "四、除了办您的事和法律规定的情形，不给别人看，不作别的用。\n"
    "五、不想再让我记住您的号码，回复“删除我的信息”。已经登记的工单要按规定保存，要查、要改，请打12345。"
)
