"""Early warnings: an orange one that came of the great incident and was lifted, a yellow one that is in force."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bastide.base import terms
from bastide.demo.play import Play, Scenes
from bastide.respond import reads as incidents
from bastide.share import flows, reads
from bastide.share.criteria import Targets

HOTLINE = "12387"


def after_the_attack(play: Play, day: int) -> Scenes:
    """Orange: whoever runs a core network is warned, acknowledges, acts; then the colour falls, then it is lifted."""
    at = yield play.moment(day, "10:20")
    officer, leader = play.account("national-officer"), play.account("national-leader")
    incident = incidents.incidents(officer).order_by("pk").first()
    assert incident is not None, "the great incident comes first"
    warning = flows.propose(
        by=officer, at=at, title="针对核心网管理终端的钓鱼攻击", colour="orange", category="intrusion",
        matters="攻击者以办公文档附件控制管理终端，窃取凭据后删除卷影副本。", reach="运行 5G 核心网的基础电信企业",
        measures="排查管理终端；阻断 198.51.100.0/24；轮换管理账号凭据；限制管理网来源。", harm="用户面主要功能中断",
        hotline=HOTLINE, targets=Targets(network_types=("5g_core",)), incident=incident.number,
        review_on=(at + timedelta(days=7)).astimezone(terms.CHINA).date(),
    )  # fmt: skip
    at = yield play.moment(day, "10:35")
    flows.approve(warning, by=leader, at=at)
    flows.publish(warning, by=leader, at=at)
    told = list(reads.deliveries(leader).filter(warning=warning).order_by("operator__code"))
    at = yield play.moment(day, "11:05")
    _acknowledge(play, told[:-2], at)
    at = yield play.moment(day, "13:00")
    _acknowledge(play, told[-2:-1], at)
    at = yield play.moment(day, "14:00")
    flows.log_call(told[-1], by=play.account("national-duty"), at=at, number_called="0571-88880000", reached=True,
                   spoken_with="值班员", note="已口头告知，催促在系统内确认")  # fmt: skip
    at = yield play.moment(day, "14:20")
    _acknowledge(play, told[-1:], at)
    at = yield play.moment(day, "18:30")
    for place, delivery in enumerate(told):
        by = play.officer_of(delivery.operator.code)
        flows.report_action(
            delivery, by=by, at=at, affected=place % 4, fixed=place % 4, remark="已排查全部管理终端并轮换凭据"
        )
    at = yield play.moment(day + 3, "09:30")
    flows.change(warning, by=leader, at=at, reason="攻击强度下降，改为黄色", colour="yellow")
    at = yield play.moment(day + 3, "11:30")
    for delivery in told:
        flows.acknowledge(delivery, by=play.officer_of(delivery.operator.code), at=at)
    at = yield play.moment(day + 4, "10:00")
    for delivery in told:
        flows.report_action(
            delivery, by=play.officer_of(delivery.operator.code), at=at, affected=0, fixed=0, remark="复查未见异常"
        )
    at = yield play.moment(day + 6, "15:00")
    flows.lift(warning, by=leader, at=at, reason="攻击源已清除，风险解除", follow_up="继续落实管理网隔离")


def _acknowledge(play: Play, told: list[Any], at: datetime) -> None:
    for delivery in told:
        flows.acknowledge(delivery, by=play.officer_of(delivery.operator.code), at=at, contact="安全负责人（演示）")


def in_force(play: Play, end: datetime) -> Scenes:
    """Yellow, two hours ago, by the office of Shanghai: some have signed, some have not."""
    at = yield end - timedelta(hours=2)
    by, leader = play.account("shanghai-officer"), play.account("shanghai-leader")
    warning = flows.propose(
        by=by, at=at, title="域名系统隐蔽隧道外传数据", colour="yellow", category="leak", matters="超长随机子域名查询，疑似数据外传。",
        reach="上海市内运行数据中心、域名系统的单位", measures="核查超长域名查询日志；封堵 badzone.net；上报受影响主机数。", hotline=HOTLINE,
        targets=Targets(areas=("310000",)), harm="用户信息泄露",
    )  # fmt: skip
    at = yield end - timedelta(minutes=110)
    flows.approve(warning, by=leader, at=at)
    flows.publish(warning, by=leader, at=at)
    told = list(reads.deliveries(leader).filter(warning=warning).order_by("operator__code"))
    at = yield end - timedelta(minutes=70)
    _acknowledge(play, told[: len(told) // 2], at)
    at = yield end - timedelta(minutes=20)
    first = told[0]
    flows.report_action(
        first, by=play.officer_of(first.operator.code), at=at, affected=3, fixed=1, remark="三台主机受影响，一台已处置"
    )
