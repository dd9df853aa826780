"""The console: server-rendered pages for operators, dispatchers, liaisons, supervisors and auditors."""

from bot.web.console import console_routes
from bot.web.pages import setup_templates

__all__ = ["console_routes", "setup_templates"]
