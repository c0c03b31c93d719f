"""Monitoring: registered sources, event batches in the lake, detection rules, alerts."""
