"""`bastide selftest`: an installation proves on its own records what it promises."""
