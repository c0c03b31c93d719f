"""Incidents: one from an attack on a core network until its file is closed, and two that still run at the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bastide.base.people.models import Account
from bastide.demo.makers import events
from bastide.demo.play import Play, Scenes
from bastide.monitor import flows as monitor
from bastide.monitor import reads as alerts
from bastide.registry import reads as registry
from bastide.respond import flows, reads

CORE = ("OP-HX-BJ", "5G-CORE-01")
ZONE = "Asia/Shanghai"
SAID = {
    "unit": "华信通信北京分公司", "facility": "5G 用户面（首都地区）", "place": "北京市", "impact": "用户面管理主机被控，主要功能中断 6.5 小时",
    "measures": "隔离管理主机，切换备用用户面，冻结涉事账号，保全日志",
}  # fmt: skip
MORE = {
    "trend": "备用用户面运行平稳，未见扩散",
    "cause": "钓鱼邮件附件启动脚本，窃取凭据后删除卷影副本",
    "clues": "外联地址 198.51.100.23",
}
SUMMARY: dict[str, Any] = {
    "cause": "管理终端打开钓鱼附件，凭据被窃取", "measures": "隔离、重装、轮换凭据、加固管理网访问控制", "harm": "首都地区用户面主要功能中断 6.5 小时",
    "accountability": "对维护部门负责人约谈，调整值班安排", "improvement": "管理网与办公网物理隔离，关键操作双人复核",
    "lessons": "备用系统切换演练不足，应每季度演练一次",
}  # fmt: skip


def escalate(play: Play, at: datetime, operator: str, title: str, reason: str) -> Any:
    """The operator's officer judges an alert to be an incident; the incident it opens is returned after the scene."""
    by = play.officer_of(operator)
    alert = alerts.alerts(by).filter(rule__title=title, operator__code=operator).order_by("first_seen").first()
    assert alert is not None, f"no alert “{title}” of {operator}"
    monitor.escalate(alert, by=by, at=at, reason=reason)
    return alert


def incident_of(play: Play, operator: str) -> Any:
    """The newest incident of an operator."""
    return reads.incidents(play.officer_of(operator)).filter(operator__code=operator).order_by("-pk").first()


def core_attacked(play: Play, day: int) -> Scenes:
    """The great incident, from the alert to the closed file."""
    at = yield play.moment(day, "08:30")
    escalate(play, at, CORE[0], "Memory of LSASS dumped through comsvcs.dll", "凭据被窃取，非误报")
    at = yield play.moment(day, "08:40")
    incident = incident_of(play, CORE[0])
    flows.judge(incident, by=play.account("operator-security"), at=at, facts={
        "cii_main_function_interruption_minutes": 390, "users_offline_scope": "city", "crime_suspected": True,
    })  # fmt: skip
    at = yield play.moment(day, "08:55")
    flows.file(incident, by=play.account("operator-reporter"), at=at, content=SAID)
    at = yield play.moment(day, "09:10")
    flows.forward(
        incident,
        by=play.account("national-duty"),
        at=at,
        summary="华信北京用户面主要功能中断",
        opinion="按重大事件处置",
    )
    at = yield play.moment(day, "09:30")
    flows.confirm(incident, by=play.account("national-duty"), at=at, levels={})
    at = yield play.moment(day, "10:00")
    flows.start_response(
        incident, by=play.account("national-leader"), at=at, level="major", order="启动二级响应，24 小时值守"
    )
    # The rest of that day: supplement, police, progress.
    at = yield play.moment(day, "12:00")
    flows.supplement(incident, by=play.account("operator-reporter"), at=at, content=SAID | MORE)
    at = yield play.moment(day, "13:30")
    for line in reads.lines(incident):
        if line.is_due and line.stage == "other":
            flows.fulfil(
                incident,
                by=play.account("operator-security"),
                at=at,
                duty=line.duty,
                how="已向属地公安机关报案，取得回执",
            )
    at = yield play.moment(day, "15:30")
    flows.progress(
        incident, by=play.account("operator-reporter"), at=at, progress="备用用户面承载全部业务，取证完成 60%"
    )
    # Contained and ended the next day.
    day += 1
    at = yield play.moment(day, "11:00")
    flows.contain(incident, by=play.account("national-duty"), at=at, note="入侵路径已切断，业务恢复")
    at = yield play.moment(day, "15:00")
    flows.end(incident, by=play.account("national-leader"), at=at, conclusion="危害已消除，终止响应")
    # The operator's summary, within the earlier of the two limits; the authority reports upward and closes the file.
    day += 5
    at = yield play.moment(day, "16:00")
    flows.summarise(incident, by=play.account("operator-security"), at=at, **SUMMARY)
    day += 3
    at = yield play.moment(day, "10:00")
    flows.report_upward(incident, by=play.account("national-leader"), at=at, course="见运营者处置总结报告",
                        assessment="报告及时，处置得当", proposals="开展管理网隔离专项检查")  # fmt: skip
    at = yield play.moment(day, "10:30")
    flows.close(incident, by=play.account("national-leader"), at=at, lessons="纳入年度检查重点")


def leak_running(play: Play, end: datetime) -> Scenes:
    """Within the last hour: an intrusion with a leak; one report is sent, the other's clock still runs."""
    operator, host = "OP-LT-SH", "srv-idc1.lt-sh.example"
    by = play.officer_of(operator)
    at = yield end - timedelta(minutes=50)
    rows = events.intrusion(host, at - timedelta(minutes=35))
    source = alerts.source_to_send(by, f"{operator.lower()}-collector")
    receipt = monitor.take_batch(source, events.batch(rows), by=by, at=at, file="urgent.ndjson")
    monitor.scan(receipt.batch, by=Account.objects.house(), at=at)
    at = yield end - timedelta(minutes=45)
    escalate(play, at, operator, "Shell connected to a network socket on Linux", "外部控制通道已建立")
    at = yield end - timedelta(minutes=40)
    incident = incident_of(play, operator)
    flows.judge(incident, by=by, at=at, facts={"pi_persons": 1_200_000, "users_data_count": 1_200_000})
    at = yield end - timedelta(minutes=35)
    content = {"unit": "蓝天移动上海分公司", "facility": "数据中心业务主机", "place": "上海市", "impact": "约 120 万用户信息疑似泄露",
               "measures": "断开外联，封存主机"}  # fmt: skip
    flows.file(incident, by=by, at=at, content=content, serves=["RD-TELECOM"])


def call_taken(play: Play, end: datetime) -> Scenes:
    """Minutes ago: a fibre cut told by telephone; the operator has still to judge it."""
    at = yield end - timedelta(minutes=15)
    by, operator = play.account("beijing-duty"), play.operator("OP-TW-BJ")
    unit = registry.units(by).filter(operator=operator, network_type="transport").first()
    flows.take_call(
        by=by, at=at, operator=operator, title="海淀区传送光缆被挖断", nature="fault", found_at=at - timedelta(minutes=10),
        found_zone=ZONE, source="public", informant="市民来电", informant_phone="010-12345", units=[unit] if unit else [],
        place="北京市海淀区", description="施工挖断光缆，多个小区断网",
    )  # fmt: skip
