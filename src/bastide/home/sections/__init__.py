"""The parts of the situation room, each a read over one context's reads."""
