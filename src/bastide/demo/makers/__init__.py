"""What the story is made of: a sector and its event streams, the same for the same seed."""
