"""The register fills: operators, units and dependencies are imported, graded, and the most critical marked."""

from __future__ import annotations

from bastide.demo.cast import employ_operators, enter_authority
from bastide.demo.play import Play, Scenes
from bastide.registry import flows, reads

# Units whose failure would harm the most: (operator, code, why).
CII = [
    ("OP-HX", "SIGNALLING-01", "全国信令交换，失效将影响多省用户通信"),
    ("OP-HX", "5G-CORE-01", "大区核心网，承载三千万用户"),
    ("OP-LT", "5G-CORE-01", "大区核心网，承载二千万用户"),
    ("OP-TW", "TRANSPORT-01", "骨干传送网节点，多家运营者依赖"),
    ("OP-HX-BJ", "5G-CORE-01", "首都地区用户面，重要用户集中"),
    ("OP-D01", "DNS-01", "国家顶级域权威解析节点"),
    ("OP-D02", "DNS-01", "华东地区权威解析节点"),
]


def filled(play: Play) -> Scenes:
    """Two days of filling the register."""
    at = yield play.moment(0, "09:00")
    enter_authority(play, at)
    officer = play.account("national-officer")
    for clock, subject, content in (
        ("10:00", "operators", play.sector.operators_csv),
        ("10:30", "units", play.sector.units_csv),
        ("11:00", "dependencies", play.sector.dependencies_csv),
    ):
        play.say(f"  importing {subject}")
        at = yield play.moment(0, clock)
        given = flows.upload_import(
            by=officer, at=at, subject=subject, file_name=f"{subject}.csv", data=content, at_once=True
        )
        flows.commit_import(given, by=officer, at=at, mode="stop", at_once=True)
        if subject == "operators":
            at = yield play.moment(0, "10:10")
            employ_operators(play, at, play.sector.operators)
    officer = play.account("national-leader")
    at = yield play.moment(1, "15:00")
    for operator, code, why in CII:
        unit = reads.units(officer).get(operator__code=operator, code=code)
        if not unit.grade:
            flows.set_grade(unit, by=officer, at=at, grade="3.2", reason="专家评审通过")
        flows.set_cii(unit, by=officer, at=at, reason=why)
