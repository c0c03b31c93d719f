"""`python -m bastide.cli`."""

from bastide.cli import main

main()
