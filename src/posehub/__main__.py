"""`python -m posehub`."""

from posehub.cli import main

main(prog_name="posehub")
