"""Who plays: the authority, its offices, bodies, and for every role one account. They are roles, not persons."""

from __future__ import annotations

from datetime import datetime

from bastide.base.entry import flows as entry
from bastide.base.people.models import Account, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.demo.makers.sector import PROVINCES
from bastide.demo.play import Play

# user name → Chinese name, organisation, roles. These are the accounts that `make run` prints.
CAST: dict[str, tuple[str, str, tuple[Role, ...]]] = {
    "national-leader": ("部主管负责人", "MIIT", (Role.LEADER,)),
    "national-officer": ("部工作人员", "MIIT", (Role.OFFICER,)),
    "national-duty": ("部值班人员", "MIIT", (Role.DUTY_OFFICER,)),
    "analyst": ("监测分析人员", "MIIT", (Role.ANALYST,)),
    "auditor": ("审计人员", "MIIT", (Role.AUDITOR,)),
    "administrator": ("系统管理员", "MIIT", (Role.ADMINISTRATOR,)),
    "organiser": ("赛事组织人员", "MIIT", (Role.ORGANISER,)),
    "beijing-leader": ("北京局负责人", "CA-BJ", (Role.LEADER,)),
    "beijing-officer": ("北京局工作人员", "CA-BJ", (Role.OFFICER,)),
    "beijing-duty": ("北京局值班人员", "CA-BJ", (Role.DUTY_OFFICER,)),
    "beijing-inspector": ("北京局检查人员甲", "CA-BJ", (Role.INSPECTOR,)),
    "beijing-inspector-2": ("北京局检查人员乙", "CA-BJ", (Role.INSPECTOR,)),
    "shanghai-officer": ("上海局工作人员", "CA-SH", (Role.OFFICER, Role.DUTY_OFFICER)),
    "shanghai-leader": ("上海局负责人", "CA-SH", (Role.LEADER,)),
    "operator-head": ("运营者负责人", "OP-HX-BJ", (Role.HEAD,)),
    "operator-security": ("运营者安全负责人", "OP-HX-BJ", (Role.SECURITY_OFFICER,)),
    "operator-reporter": ("运营者信息报送员", "OP-HX-BJ", (Role.REPORTER,)),
    "contestant": ("参赛人员", "OP-HX-BJ", (Role.CONTESTANT,)),
    "assessor": ("评测人员", "LAB-01", (Role.ASSESSOR,)),
    "expert": ("评审专家", "LAB-01", (Role.EXPERT,)),
}


def enter_authority(play: Play, at: datetime) -> None:
    """The ministry, four offices, a laboratory; and the people of the authority."""
    house, kind = Account.objects.house(), Organisation.Kind
    ministry = entry.enter_organisation(
        by=house,
        at=at,
        code="MIIT",
        kind=kind.NATIONAL,
        name_zh="工业和信息化部（演示）",
        name_en="Ministry (demonstration)",
    )
    play.places["MIIT"] = ministry
    for area, (name_zh, name_en, short) in PROVINCES.items():
        code = f"CA-{short.upper()}"
        play.places[code] = entry.enter_organisation(
            by=house, at=at, code=code, kind=kind.PROVINCIAL, area=area, parent=ministry,
            name_zh=f"{name_zh}通信管理局（演示）", name_en=f"{name_en} Communications Administration (demonstration)",
        )  # fmt: skip
    play.places["LAB-01"] = entry.enter_organisation(
        by=house,
        at=at,
        code="LAB-01",
        kind=kind.ASSESSMENT_BODY,
        name_zh="演示评测实验室",
        name_en="Demonstration Laboratory",
    )
    for name, (name_zh, code, roles) in CAST.items():
        if code in play.places:
            employ(play, name, f"{name_zh}（演示）", play.places[code], roles, at)


def employ_operators(play: Play, at: datetime, codes: list[str]) -> None:
    """The people of the operators: the cast's, and a security officer for each."""
    for name, (name_zh, code, roles) in CAST.items():
        if name not in play.people:
            employ(play, name, f"{name_zh}（演示）", play.operator(code), roles, at)
    for code in codes:
        operator = play.operator(code)
        employ(
            play,
            f"{code.lower()}-security",
            f"{operator.name_zh}安全负责人（演示）",
            operator,
            (Role.SECURITY_OFFICER,),
            at,
        )


def employ(
    play: Play, username: str, name: str, organisation: Organisation, roles: tuple[Role, ...], at: datetime
) -> None:
    """An account of the demonstration and its roles. Passwords are set when the story has ended."""
    account = Account.objects.create_person(username, None, name=name[:120], is_demo=True, language="zh-hans")
    for role in roles:
        Membership.objects.create(account=account, organisation=organisation, role=role, since=at)
    play.people[username] = account
