"""Which form asks and which function acts, step by step."""

from __future__ import annotations

from typing import Any

from bastide.base.people.models import Account
from bastide.base.ui.doors import Acts, Door
from bastide.respond import flows, forms, reads
from bastide.respond.models import Incident

# The clocks stand beside the forms that stop them.
WITH_CLOCKS = "respond/act_with_clocks.html"
# Acts that put right what was decided; they stand behind those that lead on.
CORRECTIONS = frozenset({"rejudge", "change_level", "adjust_response"})

INCIDENTS = Acts(
    flows.INCIDENT,
    reads.incident_for,
    {
        "report": Door(forms.Report, flows.report, "respond/report.html"),
        "take_call": Door(forms.TakeCall, flows.take_call, "respond/report.html"),
        "judge": Door(forms.Judge, flows.judge, "respond/judge.html"),
        "file": Door(forms.FileReport, flows.file, WITH_CLOCKS),
        "reject": Door(forms.Reason, flows.reject),
        "rejudge": Door(forms.Rejudge, flows.rejudge, "respond/judge.html"),
        "supplement": Door(forms.Supplement, flows.supplement, WITH_CLOCKS),
        "progress": Door(forms.Progress, flows.progress, WITH_CLOCKS),
        "forward": Door(forms.Forward, flows.forward, WITH_CLOCKS),
        "fulfil": Door(forms.Fulfil, flows.fulfil, WITH_CLOCKS),
        "confirm": Door(forms.Levels, flows.confirm, WITH_CLOCKS),
        "change_level": Door(forms.ChangeLevels, flows.change_level),
        "start_response": Door(forms.StartResponse, flows.start_response),
        "adjust_response": Door(forms.AdjustResponse, flows.adjust_response),
        "contain": Door(forms.Contain, flows.contain),
        "end": Door(forms.End, flows.end),
        "summarise": Door(forms.Summary, flows.summarise, WITH_CLOCKS),
        "report_upward": Door(forms.ReportUpward, flows.report_upward, WITH_CLOCKS),
        "close": Door(forms.Close, flows.close),
    },
)


def offered(incident: Incident, by: Account) -> list[dict[str, Any]]:
    """The buttons of the page: open steps whose needs do not already forbid them, the awaited one first."""
    wanted = reads.WAITS.get(incident.state, ("",))[0]
    found = [
        act
        for act in INCIDENTS.next_acts(incident, by)
        if not any(need(incident, {"reason": "?"}) for need in act["step"].needs)
    ]
    return sorted(found, key=lambda act: (act["name"] != wanted, act["name"] in CORRECTIONS))
