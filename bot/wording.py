"""The words people read: labels, refusals and times by one name, and the few sentences all parts of the bot share.

The words of notices stand in ``bot.notice_wording``, the sentences of the dialogue in ``bot.talk.phrases``.
"""

from __future__ import annotations

from bot.date_words import say_date as say_date
from bot.date_words import say_time as say_time
from bot.labels import LABELS as LABELS
from bot.labels import label as label
from bot.labels import request_type_of as request_type_of
from bot.refusal_wording import REFUSALS as REFUSALS
from bot.refusal_wording import explain as explain

APOLOGY = "对不起，系统刚才出了点问题，您说的话没有办成。\n请过几分钟再发一次。着急请拨打12345。"
"""What a citizen reads when answering failed; WeChat never gets an error page."""

NOT_HANDED_ON = "您刚才这一条没能转给工作人员，请再发一次。着急请拨打12345。"
"""Said where a message meant for the person at the desk came too late to be passed on."""

STARS = {1: "非常不满意", 2: "不满意", 3: "基本满意", 4: "满意", 5: "非常满意"}
"""好差评 five levels; the number is the one a citizen types and the one that is stored."""
