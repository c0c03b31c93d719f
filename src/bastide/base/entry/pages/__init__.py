"""Organisations, accounts, invitations and one's own account, as pages."""
