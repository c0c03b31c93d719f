"""What leaves the house for a person: mails as they chose them, digests, and a calendar of what is due."""
