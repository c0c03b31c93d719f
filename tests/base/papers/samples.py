"""What each kind of document may say, fully filled in; invented for the tests."""

from __future__ import annotations

from typing import Any

SAMPLES: dict[str, dict[str, Any]] = {
    "rectify.order": {
        "order": "ORD-2026-000012",
        "basis": [
            {"zh": "《通信网络安全防护管理办法》第二十二条", "en": "O11 22"},
            {"zh": "《关键信息基础设施安全保护条例》第二十六条", "en": "CIIR 26"},
        ],
        "source": "VIS-2026-000007",
        "findings": [
            {
                "number": "FND-2026-000011",
                "object": {"zh": "北京核心城域网 BJ-MAN-01", "en": "Beijing metro core BJ-MAN-01"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "passed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
            {
                "number": "FND-2026-000012",
                "object": {"zh": "北京核心城域网 BJ-MAN-02", "en": "Beijing metro core BJ-MAN-02"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "failed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
            {
                "number": "FND-2026-000013",
                "object": {"zh": "北京核心城域网 BJ-MAN-03", "en": "Beijing metro core BJ-MAN-03"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "passed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
        ],
        "limit": "2026-12-07",
        "plan_by": "2026-11-27T18:00:00+08:00",
        "receipt_by": "2026-11-23T18:00:00+08:00",
        "consequence": {
            "zh": "逾期不改正的，将依据《中华人民共和国网络安全法》第六十一条等规定依法处理。",
            "en": "If you fail to comply, the case will be handled under CSL 61 and related provisions.",
        },
        "rights": {
            "zh": "如不服本通知，可在收到之日起六十日内依法申请行政复议，或者在六个月内依法提起行政诉讼。",
            "en": "You may apply for administrative reconsideration within 60 days or sue within "
            "six months of receipt.",
        },
        "found_at": "2026-11-20",
        "contact": {"name": {"zh": "网络安全处", "en": "Cybersecurity Division"}, "phone": "010-00000000"},
    },
    "warning.notice": {
        "warning": "WRN-2026-000004",
        "category": {"zh": "漏洞利用", "en": "Exploited vulnerability"},
        "colour": "orange",
        "level": {"zh": "橙色", "en": "orange"},
        "start_at": "2026-11-22T10:30:00+08:00",
        "range": {
            "zh": "全国基础电信企业的边界网关设备",
            "en": "Border gateways of basic telecom operators nationwide",
        },
        "matters": {
            "zh": "近日监测发现针对边界网关设备远程代码执行漏洞的大规模利用，攻击者可在未认证条件下取得设备控制权。",
            "en": "Monitoring has found wide exploitation of a remote code execution "
            "vulnerability in border gateways. Attackers gain control without "
            "authentication.",
        },
        "measures": [
            {
                "zh": "立即排查受影响设备，关闭互联网侧管理接口；",
                "en": "Check affected devices at once and close management interfaces facing the Internet;",
            },
            {
                "zh": "安装厂商补丁，暂不能安装的采取访问控制等临时措施；",
                "en": "Install the vendor's patch, or restrict access until that is possible;",
            },
            {"zh": "加强监测，发现异常立即报告。", "en": "Watch more closely and report anomalies at once."},
        ],
        "issuer": {"zh": "北京市通信管理局（测试）", "en": "Beijing Communications Administration (test)"},
        "acknowledge_by": "2026-11-22T11:30:00+08:00",
        "report_by": "2026-11-24T18:00:00+08:00",
        "basis": [{"zh": "《公共互联网网络安全突发事件应急预案》第4.4条", "en": "PLAN17 section 4.4"}],
        "hotline": "010-00000000",
        "incident": "INC-2026-000031",
    },
    "warning.change": {
        "warning": "WRN-2026-000004",
        "category": {"zh": "漏洞利用", "en": "Exploited vulnerability"},
        "colour": "orange",
        "level": {"zh": "橙色", "en": "orange"},
        "start_at": "2026-11-22T10:30:00+08:00",
        "range": {
            "zh": "全国基础电信企业的边界网关设备",
            "en": "Border gateways of basic telecom operators nationwide",
        },
        "matters": {
            "zh": "近日监测发现针对边界网关设备远程代码执行漏洞的大规模利用，攻击者可在未认证条件下取得设备控制权。",
            "en": "Monitoring has found wide exploitation of a remote code execution "
            "vulnerability in border gateways. Attackers gain control without "
            "authentication.",
        },
        "measures": [
            {
                "zh": "立即排查受影响设备，关闭互联网侧管理接口；",
                "en": "Check affected devices at once and close management interfaces facing the Internet;",
            },
            {
                "zh": "安装厂商补丁，暂不能安装的采取访问控制等临时措施；",
                "en": "Install the vendor's patch, or restrict access until that is possible;",
            },
            {"zh": "加强监测，发现异常立即报告。", "en": "Watch more closely and report anomalies at once."},
        ],
        "issuer": {"zh": "北京市通信管理局（测试）", "en": "Beijing Communications Administration (test)"},
        "acknowledge_by": "2026-11-22T11:30:00+08:00",
        "report_by": "2026-11-24T18:00:00+08:00",
        "basis": [{"zh": "《公共互联网网络安全突发事件应急预案》第4.4条", "en": "PLAN17 section 4.4"}],
        "hotline": "010-00000000",
        "incident": "INC-2026-000031",
        "was_level": {"zh": "黄色", "en": "yellow"},
        "reason": {"zh": "利用活动明显增多", "en": "exploitation has clearly increased"},
    },
    "warning.lift": {
        "warning": "WRN-2026-000004",
        "level": {"zh": "橙色", "en": "orange"},
        "start_at": "2026-11-22T10:30:00+08:00",
        "lifted_at": "2026-11-30T09:00:00+08:00",
        "reason": {
            "zh": "受影响设备已完成修复，风险已经消除",
            "en": "affected devices have been repaired and the risk is removed",
        },
        "basis": {"zh": "《公共互联网网络安全突发事件应急预案》第4.6条", "en": "PLAN17 section 4.6"},
        "hotline": "010-00000000",
        "follow_up": {"zh": "请各单位继续做好日常监测。", "en": "Please keep up routine monitoring."},
    },
    "inspection.notice": {
        "inspection": "VIS-2026-000007",
        "item": {"zh": "通信网络安全防护检查", "en": "Inspection of communications network protection"},
        "basis": [{"zh": "《通信网络安全防护管理办法》第十七条", "en": "O11 17"}],
        "object": {"zh": "北京核心城域网等3个网络单元", "en": "Beijing metro core and two more units"},
        "reason": {"zh": "2026年度双随机检查抽中", "en": "Drawn in the 2026 double-random campaign"},
        "content": [
            {"zh": "定级备案和符合性评测情况", "en": "Filing and conformity assessment"},
            {"zh": "远程管理接口的访问控制", "en": "Access control of remote management"},
        ],
        "method": {"zh": "书面检查与现场检查相结合", "en": "Documents and on site"},
        "start_at": "2026-11-25T09:00:00+08:00",
        "end_at": "2026-11-27T17:00:00+08:00",
        "officers": [
            {
                "name": {"zh": "检查员甲", "en": "Inspector A"},
                "certificate": "执法证 01-0001",
                "role": {"zh": "组长", "en": "lead"},
            },
            {
                "name": {"zh": "检查员乙", "en": "Inspector B"},
                "certificate": "执法证 01-0002",
                "role": {"zh": "成员", "en": "member"},
            },
        ],
        "support": [{"zh": "某检测实验室", "en": "A testing laboratory"}],
        "cap": {"year": 2026, "used": 1, "limit": 2},
        "rights": [
            {
                "zh": "有权要求检查人员出示执法证件，不出示的可以拒绝检查；",
                "en": "You may ask officers for their certificates and refuse the inspection without them;",
            },
            {"zh": "有权申请检查人员回避；", "en": "You may ask for the recusal of an officer;"},
            {"zh": "有权进行陈述和申辩。", "en": "You may state your case."},
        ],
        "bans": [
            {"zh": "妨碍企业正常生产经营；", "en": "disturbing normal operation;"},
            {"zh": "接受被检查企业的馈赠、报酬、福利待遇；", "en": "accepting gifts, pay or benefits;"},
            {"zh": "收集与检查事项无关的信息。", "en": "collecting information that is not needed."},
        ],
        "contact": {"name": {"zh": "网络安全处", "en": "Cybersecurity Division"}, "phone": "010-00000000"},
    },
    "rectify.verification": {
        "order": "ORD-2026-000012",
        "verified_at": "2026-12-08",
        "method": {"zh": "资料审查和远程复测", "en": "documents and remote retest"},
        "result": "failed",
        "findings": [
            {
                "number": "FND-2026-000011",
                "object": {"zh": "北京核心城域网 BJ-MAN-01", "en": "Beijing metro core BJ-MAN-01"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "passed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
            {
                "number": "FND-2026-000012",
                "object": {"zh": "北京核心城域网 BJ-MAN-02", "en": "Beijing metro core BJ-MAN-02"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "failed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
            {
                "number": "FND-2026-000013",
                "object": {"zh": "北京核心城域网 BJ-MAN-03", "en": "Beijing metro core BJ-MAN-03"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "passed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
        ],
        "verifiers": [
            {
                "name": {"zh": "复查员丙", "en": "Verifier C"},
                "post": {"zh": "网络安全处", "en": "Cybersecurity Division"},
            }
        ],
        "opinion": {
            "zh": "三项问题中两项已完成整改，一项仍可复现。",
            "en": "Two of three findings are fixed, one can still be reproduced.",
        },
        "next_limit": "2026-12-15",
        "evidence": [
            {
                "number": "EVI-2026-000001",
                "name": "firewall-config.txt",
                "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            },
            {
                "number": "EVI-2026-000002",
                "name": {"zh": "登录日志.ndjson", "en": "logins.ndjson"},
                "sha256": "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210",
            },
        ],
    },
    "rectify.extension": {
        "order": "ORD-2026-000012",
        "asked_at": "2026-12-01",
        "reason": {"zh": "备件到货延迟", "en": "spare parts are late"},
        "decision": "granted",
        "was_limit": "2026-12-07",
        "new_limit": "2026-12-20",
        "interim": {"zh": "限制管理接口来源地址", "en": "restrict management sources"},
        "grounds": {
            "zh": "理由客观，临时措施可行。",
            "en": "The reason is objective, interim protection is sufficient.",
        },
    },
    "rectify.closure": {
        "order": "ORD-2026-000012",
        "closed_at": "2026-12-16",
        "findings": [
            {
                "number": "FND-2026-000011",
                "object": {"zh": "北京核心城域网 BJ-MAN-01", "en": "Beijing metro core BJ-MAN-01"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "passed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
            {
                "number": "FND-2026-000012",
                "object": {"zh": "北京核心城域网 BJ-MAN-02", "en": "Beijing metro core BJ-MAN-02"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "failed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
            {
                "number": "FND-2026-000013",
                "object": {"zh": "北京核心城域网 BJ-MAN-03", "en": "Beijing metro core BJ-MAN-03"},
                "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
                "severity": {"zh": "高", "en": "high"},
                "text": {
                    "zh": "管理接口未启用双因素认证，口令可被远程暴力猜测。",
                    "en": "Management interfaces do without a second factor; passwords can be guessed from remote.",
                },
                "measure": {
                    "zh": "启用双因素认证，限制管理接口来源地址。",
                    "en": "Enable a second factor, restrict source addresses of management.",
                },
                "due_at": "2026-12-07",
                "result": "passed",
                "note": {"zh": "经复测已修复", "en": "fixed on retest"},
                "verified_at": "2026-12-05",
            },
        ],
        "verification": "RV-2026-000003",
    },
    "incident.report": {
        "incident": "INC-2026-000031",
        "unit": {"zh": "华北联合通信有限公司（演示）", "en": "North China United Telecom Ltd (demo)"},
        "facility": {
            "zh": "北京核心城域网，承载约120万宽带用户",
            "en": "Beijing metro core, serving about 1.2 million broadband users",
        },
        "cii": True,
        "found_at": "2026-11-22T09:40:00+08:00",
        "found_how": {"zh": "平台告警", "en": "platform alert"},
        "place": {"zh": "北京市", "en": "Beijing"},
        "kind": {"zh": "入侵攻击", "en": "Intrusion"},
        "level": {"zh": "较大", "en": "relatively major"},
        "levels": [
            {"scale": "INC25", "level": {"zh": "较大", "en": "relatively major"}},
            {"scale": "PLAN17", "level": "III"},
        ],
        "impact": {
            "zh": "部分区域用户上网中断约40分钟。",
            "en": "Users in some districts were offline for about 40 minutes.",
        },
        "measures": {
            "zh": "已隔离受影响设备并切换备用路由。",
            "en": "Affected devices isolated, traffic moved to backup routes.",
        },
        "ransom": {"amount": "2 BTC", "method": {"zh": "邮件", "en": "mail"}, "date": "2026-11-22"},
        "partial": True,
        "trend": {"zh": "已得到控制", "en": "contained"},
        "basis": {"zh": "《国家网络安全事件报告管理办法》第四条、第七条", "en": "INC25 4, 7"},
        "contact": {"name": {"zh": "安全值班室", "en": "Security duty desk"}, "phone": "010-00000000"},
    },
    "incident.progress": {
        "incident": "INC-2026-000031",
        "unit": {"zh": "华北联合通信有限公司（演示）", "en": "North China United Telecom Ltd (demo)"},
        "level": {"zh": "较大", "en": "relatively major"},
        "progress": {"zh": "已定位攻击入口。", "en": "The entry point was found."},
        "first_report": "IR-2026-000031",
    },
    "incident.onward": {
        "incident": "INC-2026-000031",
        "unit": {"zh": "华北联合通信有限公司（演示）", "en": "North China United Telecom Ltd (demo)"},
        "level": {"zh": "重大", "en": "major"},
        "received_at": "2026-11-22T10:20:00+08:00",
        "summary": {"zh": "某企业城域网遭入侵。", "en": "A metro network was intruded."},
        "impact": {
            "zh": "部分区域用户上网中断约40分钟。",
            "en": "Users in some districts were offline for about 40 minutes.",
        },
        "measures": {
            "zh": "已隔离受影响设备并切换备用路由。",
            "en": "Affected devices isolated, traffic moved to backup routes.",
        },
        "opinion": {"zh": "建议启动Ⅱ级响应。", "en": "Level II response is suggested."},
    },
    "incident.summary": {
        "incident": "INC-2026-000031",
        "unit": {"zh": "华北联合通信有限公司（演示）", "en": "North China United Telecom Ltd (demo)"},
        "level": {"zh": "较大", "en": "relatively major"},
        "found_at": "2026-11-22T09:40:00+08:00",
        "ended_at": "2026-11-23T18:00:00+08:00",
        "course": [
            {"at": "2026-11-22T09:40:00+08:00", "text": {"zh": "平台告警", "en": "alert"}},
            {"at": "2026-11-22T10:20:00+08:00", "text": {"zh": "首次报告", "en": "first report"}},
        ],
        "cause": {"zh": "管理接口弱口令。", "en": "Weak password."},
        "measures": {"zh": "隔离、重置口令。", "en": "Isolation, reset."},
        "harm": {"zh": "40分钟中断。", "en": "40 minutes."},
        "accountability": {"zh": "对值班人员提醒谈话。", "en": "Talk."},
        "improvement": {"zh": "全网启用双因素认证。", "en": "Second factor."},
        "lessons": {"zh": "收敛暴露面。", "en": "Reduce exposure."},
    },
    "inspection.record": {
        "inspection": "VIS-2026-000007",
        "object": {"zh": "华北联合通信有限公司（演示）", "en": "North China United Telecom Ltd (demo)"},
        "started_at": "2026-11-25T09:00:00+08:00",
        "ended_at": "2026-11-25T17:00:00+08:00",
        "place": {"zh": "北京市西城区演示路1号", "en": "1 Demo Road, Beijing"},
        "officers": [
            {
                "name": {"zh": "检查员甲", "en": "Inspector A"},
                "certificate": "执法证 01-0001",
                "role": {"zh": "组长", "en": "lead"},
            },
            {
                "name": {"zh": "检查员乙", "en": "Inspector B"},
                "certificate": "执法证 01-0002",
                "role": {"zh": "成员", "en": "member"},
            },
        ],
        "present": [
            {
                "name": {"zh": "被检查单位安全负责人", "en": "Head of security"},
                "post": {"zh": "安全部", "en": "security"},
            }
        ],
        "certificates_shown": True,
        "recusal": {"zh": "已告知，未申请回避", "en": "told, none asked"},
        "facts": [
            {
                "at": "2026-11-25T10:00:00+08:00",
                "text": {
                    "zh": "核查管理接口配置，未启用双因素认证。",
                    "en": "Management configuration checked: no second factor.",
                },
            },
            {"text": {"zh": "抽查日志留存，满足六个月要求。", "en": "Log retention checked: six months kept."}},
        ],
        "evidence": [
            {
                "number": "EVI-2026-000001",
                "name": "firewall-config.txt",
                "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            },
            {
                "number": "EVI-2026-000002",
                "name": {"zh": "登录日志.ndjson", "en": "logins.ndjson"},
                "sha256": "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210",
            },
        ],
    },
    "inspection.finding": {
        "finding": "FND-2026-000011",
        "inspection": "VIS-2026-000007",
        "object": {"zh": "北京核心城域网", "en": "Beijing metro core"},
        "clause": {"zh": "《通信网络安全防护管理办法》第十五条", "en": "O11 15"},
        "severity": {"zh": "高", "en": "high"},
        "description": {"zh": "管理接口未启用双因素认证。", "en": "No second factor."},
        "reproduce": {"zh": "1. 连接管理地址\n2. 使用口令登录成功", "en": "1. connect\n2. log in with password"},
        "found_at": "2026-11-25T10:00:00+08:00",
        "evidence": [
            {
                "number": "EVI-2026-000001",
                "name": "firewall-config.txt",
                "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            },
            {
                "number": "EVI-2026-000002",
                "name": {"zh": "登录日志.ndjson", "en": "logins.ndjson"},
                "sha256": "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210",
            },
        ],
        "officers": [
            {
                "name": {"zh": "检查员甲", "en": "Inspector A"},
                "certificate": "执法证 01-0001",
                "role": {"zh": "组长", "en": "lead"},
            },
            {
                "name": {"zh": "检查员乙", "en": "Inspector B"},
                "certificate": "执法证 01-0002",
                "role": {"zh": "成员", "en": "member"},
            },
        ],
    },
    "rectify.interview": {
        "department": {"zh": "北京市通信管理局（测试）", "en": "Beijing Communications Administration (test)"},
        "person": {"zh": "主要负责人", "en": "the person in charge"},
        "matter": {"zh": "逾期未完成整改", "en": "rectification overdue"},
        "basis": {"zh": "《中华人民共和国网络安全法》第五十八条", "en": "CSL 58"},
        "requirement": {"zh": "说明未按期整改的原因和后续安排", "en": "Explain the delay and what comes next"},
        "limit": "2026-12-20T09:00:00+08:00",
    },
}
