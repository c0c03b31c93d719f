"""Incidents: from the moment one is found, through levels, reports and response, to the summary and the closing."""
