"""The demonstration: a generated sector, and a story that plays the flows over it."""
