"""What three contexts or more need, in named rooms."""
