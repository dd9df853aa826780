"""``python -m bot`` is ``huiyin``."""

from bot.cli import main

main()
