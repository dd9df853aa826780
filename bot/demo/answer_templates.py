"""Templates of answers the demo's units have written for themselves."""

from __future__ import annotations

from bot.demo.setting import PEOPLE
from bot.services import Services
from routing.workflow import Role

_TEMPLATES: dict[str, tuple[tuple[str, str], ...]] = {
    "qh.urban-management": (
        (
            "占道经营已整改",
            "您好！您反映的“{事项}”收悉。{日期}，执法人员到{地点}现场核实，情况属实，已责令经营者清退占道摊位，并把这一路段列入每天巡查。如再出现，请拨打12345，报工单号{编号}。",
        ),
        (
            "油烟噪声已处理",
            "您好！您反映的“{事项}”收悉。执法人员到{地点}检查，已责令商户停用炉具、加装净化设备，整改验收前不得营业。",
        ),
    ),
    "qh.housing": (
        (
            "物业问题已约谈",
            "您好！您反映的“{事项}”收悉。我局约谈了{地点}的物业服务企业，要求逐项整改并在小区公告栏公示整改情况，社区居委会现场监督。",
        ),
    ),
    "qh.human-resources": (
        (
            "社保业务怎么办",
            "您好！您咨询的“{事项}”，可以带身份证到县政务服务大厅社保窗口办理，也可以在电子社保卡上办。需要的材料窗口会一次告知。",
        ),
    ),
}


async def keep_templates(services: Services) -> None:
    """Give the units with a login theirs, unless they have some."""
    for person in PEOPLE:
        user = person.user
        if user.role is not Role.LIAISON or await services.reply_templates.of({user.unit_id}):
            continue
        for title, text in _TEMPLATES.get(user.unit_id, ()):
            await services.reply_templates.add(
                user.unit_id, title=title, text=text, by=user.name, now=services.clock()
            )
