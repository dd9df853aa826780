"""通报: a period in words, every rate with the numbers it is made of, and what it does not add up to said aloud."""

from __future__ import annotations

from bot.figure_wording import MEANINGS
from bot.reports.attendance import NOT_IN_USE
from bot.reports.month import Report
from routing.departments import UnitId, Units
from routing.figures.counting import Figure, FigureName
from routing.figures.queries import all_suspended
from routing.timing.working_calendar import CHINA

_LEADING = (
    FigureName.SIGN_IN_ON_TIME,
    FigureName.FIRST_CONTACT_ON_TIME,
    FigureName.CLOSED_ON_TIME,
    FigureName.REPLIED,
    FigureName.SOLVED,
    FigureName.SATISFIED,
)
_FAULTS = (
    FigureName.MISDISPATCHED,
    FigureName.UNREASONABLE_RETURNS,
    FigureName.EXTENDED,
    FigureName.REOPENED,
    FigureName.REPEATED,
)


def percent_words(figure: Figure) -> str:
    """``93.13%（271/291）``; blank denominators say so, and only a whole is a hundred."""
    if figure.value is None:
        return "—（无）"
    shown = f"{figure.value:.2%}"
    if shown == "100.00%" and figure.numerator != figure.denominator:
        shown = "99.99%"
    return f"{shown}（{figure.numerator:g}/{figure.denominator}）" if figure.numerator < 1e6 else shown


def bulletin(report: Report, *, units: Units) -> str:
    """The text, a paragraph a line."""
    names = {unit.id: unit.short_name or unit.name for unit in units.all()}
    paragraphs = [f"关于{report.first_day}至{report.last_day}诉求办理情况的通报", *_volume(report)]
    paragraphs.append("主要指标：" + "，".join(_figure(report.totals[name]) for name in _LEADING) + "。")
    paragraphs.append("需要注意：" + "，".join(_figure(report.totals[name]) for name in _FAULTS) + "。")
    overdue = report.totals[FigureName.OVERDUE_OPEN]
    paragraphs.append(f"截至{report.as_of}，在办{overdue.denominator}件，其中逾期{overdue.numerator:g}件。")
    if report.stars is not None:
        classes = "，".join(f"{title}{many}件" for title, many in report.stars.classes.items())
        paragraphs.append(f"参与评星{report.stars.rated}件：{classes}。")
    still = all_suspended(report.suspended)
    if still.tickets:
        paragraphs.append(f"本期挂账{still.tickets}件，共{still.days:g}天，挂账期间不计入按时办结率。")
    paragraphs.extend(_attendance(report))
    for ranking in report.rankings:
        best, worst = _listed(ranking.red, names), _listed(ranking.black, names)
        if best or worst:
            said = [f"表扬{best}" if best else "", f"需要改进的有{worst}" if worst else ""]
            paragraphs.append(
                f"{ranking.group.title}（{report.profile.title}）：{'；'.join(filter(None, said))}。"
            )
    if report.snapshot is not None:
        taken_at = report.snapshot.taken_at.astimezone(CHINA)
        frozen = f"本月数据已于{taken_at:%Y-%m-%d}封存（口径{report.snapshot.rules}）"
        after = (
            f"，封存后有{len(report.late)}项因后到的事实变化，封存数不改，差异另列"
            if report.late
            else "，此后无变化"
        )
        paragraphs.append(f"{frozen}{after}。")
    paragraphs.append(
        f"统计口径见指标定义；每个比率后括号内为分子和分母。数据截至{report.as_of}，导出人{report.reader}。"
    )
    return "\n".join(paragraphs)


def _volume(report: Report) -> list[str]:
    balance = report.balance
    if balance is None:
        return []
    return [
        f"期初在办{balance.opening}件，本期受理{balance.received}件，重办{balance.reopened}件；"
        f"办结{balance.resolved}件，撤单{balance.withdrawn}件，不予受理{balance.rejected}件；"
        f"期末在办{balance.closing}件。"
    ]


def _attendance(report: Report) -> list[str]:
    if report.on_duty is None:
        return [f"在线值守率：{NOT_IN_USE}。"]
    shifts = sum(each.scheduled for each in report.on_duty.values())
    attended = sum(each.attended for each in report.on_duty.values())
    return [f"在线值守率{attended / shifts:.2%}（{attended}/{shifts}）。"] if shifts else []


def _figure(figure: Figure) -> str:
    return f"{MEANINGS[figure.name].title}{percent_words(figure)}"


def _listed(unit_ids: tuple[UnitId, ...], names: dict[UnitId, str]) -> str:
    return "、".join(names.get(unit_id, unit_id) for unit_id in unit_ids)
