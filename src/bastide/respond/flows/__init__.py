"""What happens to an incident. Every change of Incident.state is made in these files, one per group of acts."""

from bastide.respond.flows.intake import open_from_alert, report, take_call
from bastide.respond.flows.levels import change_level, confirm, judge, reject, rejudge
from bastide.respond.flows.reports import file, forward, fulfil, progress, report_upward, summarise, supplement
from bastide.respond.flows.response import adjust_response, close, contain, end, start_response
from bastide.respond.flows.table import INCIDENT, open_lines

__all__ = [
    "INCIDENT", "adjust_response", "change_level", "close", "confirm", "contain", "end", "file", "forward", "fulfil",
    "judge", "open_from_alert", "open_lines", "progress", "reject", "rejudge", "report", "report_upward",
    "start_response", "summarise", "supplement", "take_call",
]  # fmt: skip
