"""The audit's tables as CSV that Excel opens, with what they cover and who took them."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterable
from urllib.parse import quote

from aiohttp import web

from bot.services import SERVICES
from bot.web.audit import axis_of, side_words
from bot.web.audit_bias import group_by_of, group_words
from bot.web.audit_scope import AUDITS, Scope, name_of, rows_for, scope_of, topics_of
from bot.web.audit_types import Counted, count, doubt_of, registrar_names
from bot.web.audit_words import AXES, DOUBTS, GROUPS, LEFT_OUT, MEASURES, STANDINGS
from bot.web.clock_words import exact
from bot.web.liaison import for_reader
from bot.web.pages import Viewer, present
from bot.wording import label
from routing.audit.bias import report
from routing.audit.checks import Rate, confusion
from routing.audit.types import read

Table = list[list[str]]
_BOM = "\ufeff"
"""Without it Excel reads UTF-8 as GBK."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def export(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in _TABLES:
        raise web.HTTPNotFound
    scope = scope_of(request)
    what, table = await _TABLES[name](request, viewer, scope)
    now = present(request)
    head = [
        [f"{AUDITS[name]} · {what}"],
        ["受理日期", scope.words],
        ["范围", _scope_words(scope, request)],
        ["数据截至", exact(now)],
        ["导出人", f"{viewer.user.name}（{viewer.user.username}）"],
        [],
    ]
    body = _BOM + _csv([*head, *table])
    filename = quote(f"{AUDITS[name]}-{exact(now)[:10]}.csv")
    headers = {
        "Content-Disposition": f"attachment; filename=\"audit.csv\"; filename*=UTF-8''{filename}",
        "Cache-Control": "no-store",
    }
    return web.Response(body=body.encode(), content_type="text/csv", charset="utf-8", headers=headers)


def _csv(table: Iterable[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for line in table:
        writer.writerow([_harmless(cell) for cell in line])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """What citizens wrote must not become a formula in somebody's Excel."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _scope_words(scope: Scope, request: web.Request) -> str:
    unit = name_of(scope.unit, request.app[SERVICES]) if scope.unit else "全部单位"
    return f"{unit}，{label(scope.channel) if scope.channel else '全部渠道'}"


async def _confusion(request: web.Request, viewer: Viewer, scope: Scope) -> tuple[str, Table]:
    services, axis = request.app[SERVICES], axis_of(request)
    found = await rows_for(request, viewer, scope)
    counted = await asyncio.to_thread(confusion, found.rows, axis, topics_of(services, at=present(request)))
    table = [
        ["机器首选", "实际办理", "一致", "件数", "其中机器直接派", "同意退单", "改派", "耽误天数", "依据词"]
    ]
    for cell in counted.cells:
        words = "、".join(f"{word}×{times}" for word, times in cell.deciding_words)
        table.append(
            [
                side_words(cell.guessed, axis, services),
                side_words(cell.handled, axis, services),
                "是" if cell.agrees else "否",
                str(cell.tickets),
                str(cell.automatic),
                str(cell.returns),
                str(cell.transfers),
                f"{cell.days_lost:.2f}",
                for_reader(words, viewer.actor),
            ]
        )
    table += [[], ["不计", "件数"]]
    table += [[LEFT_OUT[reason], str(number)] for reason, number in sorted(counted.left_out.items())]
    return AXES[axis], table


async def _bias(request: web.Request, viewer: Viewer, scope: Scope) -> tuple[str, Table]:
    services, group_by = request.app[SERVICES], group_by_of(request)
    found = await rows_for(request, viewer, scope)
    made = await asyncio.to_thread(report, found.rows, group_by, services.gazetteer, as_of=present(request))
    table = [["分组", "工单数", "指标", "分子", "分母", "比率", "95%区间下限", "95%区间上限", "与总体相比"]]
    for measure, rate in made.everybody.items():
        table.append(["总体", str(len(found.rows)), MEASURES[measure], *_rate(rate), ""])
    for group in made.groups:
        for measure, compared in group.compared.items():
            flag = STANDINGS.get(compared.standing, ("", ""))[1]
            name = group_words(group.key, group_by, services)
            table.append([name, str(group.tickets), MEASURES[measure], *_rate(compared.rate), flag])
    return GROUPS[group_by], table


async def _types(request: web.Request, viewer: Viewer, scope: Scope) -> tuple[str, Table]:
    services, doubt = request.app[SERVICES], doubt_of(request)
    found = await rows_for(request, viewer, scope)

    def work() -> tuple[Counted, dict[str, str]]:
        readings = read(found.rows)
        return count(readings, doubt, services.profile), registrar_names(readings)

    counted, names = await asyncio.to_thread(work)
    table = [["疑似，需人工核对"], ["分组", "名称", "疑似", "措辞明确", "比率", "95%区间下限", "95%区间上限"]]
    table.append(["合计", "", *_rate(counted.rate)])
    table += [["登记人", names.get(g.key, g.key), *_rate(g.rate)] for g in counted.registrars]
    table += [["单位", name_of(g.key, services), *_rate(g.rate)] for g in counted.units]
    table += [[], ["措辞像", "登记为", "件数"]]
    table += [[label(worded), label(recorded), str(number)] for worded, recorded, number in counted.pairs]
    return DOUBTS[doubt], table


def _rate(rate: Rate) -> list[str]:
    """Numerator, denominator, rate and interval; blank when nothing was to be counted."""
    if rate.value is None:
        return ["0", "0", "", "", ""]
    low, high = rate.interval
    return [str(rate.numerator), str(rate.denominator), f"{rate.value:.4f}", f"{low:.4f}", f"{high:.4f}"]


_TABLES = {"confusion": _confusion, "bias": _bias, "types": _types}
