"""A version that comes later: one app more, whose second migration ends as BASTIDE_TEST_ENDING says (well, badly, killed)."""
