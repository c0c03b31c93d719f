"""Inspection: one visit at one operator – approved, noticed, answered by checklist, its findings confirmed."""
