"""Supervision: an inspection, its findings, an order that is kept and closed, and two that are not there yet."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from bastide.base import packs, terms
from bastide.demo.play import Play, Scenes
from bastide.inspection import flows as inspection
from bastide.inspection import reads as visits
from bastide.rectify import flows, reads
from bastide.registry import reads as registry

PROOF = """! management access of user-plane gateways, read back {day}
ip access-list extended MGMT-ONLY
 permit tcp 10.255.0.0 0.0.255.255 any eq 22
 deny   ip any any log
line vty 0 15
 access-class MGMT-ONLY in
 transport input ssh
"""


def day_of(at: datetime) -> date:
    return at.astimezone(terms.CHINA).date()


def inspected(play: Play, day: int) -> Scenes:
    """An inspection of the operator that was attacked, and the order that came of it, until it is closed."""
    operator = play.operator("OP-HX-BJ")
    one, two = play.account("beijing-inspector"), play.account("beijing-inspector-2")
    at = yield play.moment(day, "09:00")
    pack = packs.active()
    units = list(registry.units(one).filter(operator=operator, network_type__in=["5g_core", "mobile"])[:3])
    visit = inspection.draft(
        by=one, at=at, operator=operator, item=pack.inspection_items[0].id, inspection_class="case",
        checklist="CL-MOBILE", method="on_site", reason="重大事件后的个案检查", team_leader=one, officers=[one, two],
        starts_at=play.moment(day + 3, "09:00"), ends_at=play.moment(day + 3, "17:00"), units=units, place="北京市西城区机房",
    )  # fmt: skip
    at = yield play.moment(day, "14:00")
    inspection.approve(visit, by=play.account("beijing-leader"), at=at, note="同意")
    at = yield play.moment(day, "16:00")
    inspection.notify(visit, by=play.account("beijing-officer"), at=at, contact="010-66000000")
    # On site: every question is answered, two findings are written up, the operator confirms.
    day += 3
    at = yield play.moment(day, "09:05")
    inspection.open_visit(visit, by=one, at=at, present="运营者安全负责人在场", recusal="未申请回避")
    at = yield play.moment(day, "11:00")
    wanting = _answer_all(visit, one, at)
    at = yield play.moment(day, "15:30")
    unit = visit.units.first()
    for item, severity in zip(wanting, ("high", "medium"), strict=True):
        inspection.observe(
            by=one, at=at, visit=visit, clause=item.clause, severity=severity, title=str(item.question)[:80],
            text="现场核查未见有效措施，与检查表要求不符。", reproduce="登录管理终端，可从办公网直接访问网元管理地址。",
            measure="限制管理访问来源，仅允许管理网地址段。", item=item.id, unit=unit,
        )  # fmt: skip
    at = yield play.moment(day, "16:30")
    inspection.finish(visit, by=one, at=at, record_facts="按检查表逐项核查，调阅配置与记录。", statement="无异议")
    at = yield play.moment(day, "17:30")
    inspection.send(visit, by=one, at=at)
    at = yield play.moment(day + 1, "10:00")
    inspection.confirm(visit, by=play.account("operator-security"), at=at, statement="情况属实，立即整改")
    at = yield play.moment(day + 1, "14:00")
    inspection.conclude(visit, by=play.account("beijing-officer"), at=at, result="发现问题 2 项，转入整改")
    # The findings are ordered to be put right; the operator signs and plans.
    day += 2
    at = yield play.moment(day, "09:00")
    officer = play.account("beijing-officer")
    findings = list(reads.free_findings(officer).filter(operator__code="OP-HX-BJ"))
    order = flows.draft(by=officer, at=at, findings=findings, requirements="限期改正，落实管理访问控制")
    at = yield play.moment(day, "11:00")
    flows.issue(order, by=play.account("beijing-leader"), at=at, contact="010-66000000")
    at = yield play.moment(day, "15:00")
    flows.receive(
        order,
        by=play.account("operator-security"),
        at=at,
        responsible="安全负责人（演示）",
        responsible_post="网络安全部",
    )
    at = yield play.moment(day + 1, "16:00")
    lines = [
        {"number": line.finding.number, "measure": "重新规划管理网访问控制并核查全部网元", "owner": "网络安全部",
         "day": day_of(at) + timedelta(days=5), "interim": "临时关闭办公网到管理网的路由"}
        for line in reads.lines_of(order)
    ]  # fmt: skip
    flows.submit_plan(order, by=play.account("operator-security"), at=at, lines=lines, plan_summary="五日内完成")
    # The plan is accepted, evidence is handed in, a second person verifies, the order is closed.
    day += 2
    at = yield play.moment(day, "09:00")
    flows.accept_plan(order, by=play.account("beijing-officer"), at=at, plan_review="方案可行")
    at = yield play.moment(day + 2, "15:00")
    by = play.account("operator-security")
    for line in reads.lines_of(order):
        proof = play.file(f"{line.finding.number}-config.txt", PROOF.format(day=day_of(at)))
        flows.hand_in(order, by=by, at=at, finding=line.finding.number, done_what="访问控制列表已下发全部网元", done_by="网络安全部",
                      done_on=day_of(at), retest="从办公网访问管理地址被拒绝", evidence=[proof])  # fmt: skip
    flows.submit_evidence(order, by=by, at=at, note="请予复查")
    at = yield play.moment(day + 3, "10:30")
    flows.verify(
        order, by=play.account("beijing-inspector-2"), at=at, method="retest", opinion="远程复测未能访问，整改到位"
    )
    at = yield play.moment(day + 3, "16:00")
    flows.close(order, by=play.account("beijing-leader"), at=at, closing_note="整改完成，予以销号")


def _answer_all(visit: Any, by: Any, at: datetime) -> list[Any]:
    """Two questions are wanting, the rest compliant; returns the wanting ones as the pack's items."""
    asked = [question for group in visits.questions(visit) for question in group.questions]
    wanting = []
    for place, question in enumerate(asked):
        result = "compliant"
        if place in {2, 5}:
            result = "non_compliant" if place == 2 else "partially_compliant"
            wanting.append(question.item)
        inspection.answer(
            visit, question.item.id, by=by, at=at, result=result, note="" if result == "compliant" else "见问题清单"
        )
    return wanting


def late(play: Play, day: int) -> Scenes:
    """A critical finding whose three days pass without evidence: the order becomes overdue by itself."""
    at = yield play.moment(day, "10:00")
    officer, operator = play.account("beijing-officer"), play.operator("OP-D01")
    unit = registry.units(officer).filter(operator=operator, code="DNS-01").first()
    finding = flows.record(
        by=officer, at=at, operator=operator, clause="CIIR 17", severity="critical", title="区传送未限制来源",
        text="境外地址可获取全部区数据。", source_kind="monitoring", source_number="", unit=unit, measure="仅允许辅服务器地址发起区传送。",
    )  # fmt: skip
    order = flows.draft(by=officer, at=at, findings=[finding], requirements="立即限制区传送来源")
    at = yield play.moment(day, "16:00")
    flows.issue(order, by=play.account("beijing-leader"), at=at, contact="010-66000000")
    at = yield play.moment(day + 1, "10:00")
    flows.receive(order, by=play.officer_of("OP-D01"), at=at, responsible="安全负责人（演示）")


def asking_for_time(play: Play, day: int) -> Scenes:
    """An order whose operator asks for more time; the decision waits on the leader's desk."""
    at = yield play.moment(day, "09:30")
    officer, operator = play.account("beijing-officer"), play.operator("OP-I04")
    finding = flows.record(
        by=officer, at=at, operator=operator, clause="O11 13", severity="high", title="关键数据无异地备份",
        text="备份与生产同处一室。", source_kind="inspection", source_number="", measure="建立异地备份并做恢复演练。",
    )  # fmt: skip
    order = flows.draft(by=officer, at=at, findings=[finding])
    at = yield play.moment(day, "14:30")
    flows.issue(order, by=play.account("beijing-leader"), at=at, contact="010-66000000")
    at = yield play.moment(day + 1, "09:30")
    by = play.officer_of("OP-I04")
    flows.receive(order, by=by, at=at, responsible="安全负责人（演示）")
    lines = [
        {
            "number": finding.number,
            "measure": "租用异地机房",
            "owner": "运维部",
            "day": day_of(at) + timedelta(days=9),
            "interim": "离线介质每日外送",
        }
    ]
    flows.submit_plan(order, by=by, at=at, lines=lines)
    at = yield play.moment(day + 1, "15:30")
    flows.accept_plan(order, by=play.account("beijing-officer"), at=at)
    at = yield play.moment(day + 3, "11:30")
    flows.ask_extension(order, by=play.officer_of("OP-I04"), at=at, reason="专线开通延期", interim="离线介质每日外送",
                        wanted_until=day_of(at) + timedelta(days=20))  # fmt: skip
