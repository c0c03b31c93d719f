"""Webhooks: facts told to programs of organisations, signed, tried again, and sent again on request."""
