#!/usr/bin/env python
"""Run a command of CIMIC on the data that ``make run`` uses, unless told otherwise."""

import os
import sys

from django.core.management import execute_from_command_line

from cimic.embedded import ensure_services
from common.room import with_room

OWNER_COMMANDS = {"load_demo", "migrate", "restore"}
WITHOUT_DATABASE = {"help", "version", "--help", "--version"}


def main() -> None:
    """Start what the command needs, then run it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimic.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in WITHOUT_DATABASE:
        ensure_services(owner=command in OWNER_COMMANDS)
    with_room(execute_from_command_line, sys.argv)


if __name__ == "__main__":
    main()
