"""`python -m fleetsim`: the command line, for where the script is not on the path."""

from fleetsim.cli import main

main()
