"""Server-rendered pages: the console for those who log in, and the public ones for everybody."""

from bot.web.citizen_routes import citizen_routes
from bot.web.console import console_routes
from bot.web.pages import setup_templates
from bot.web.public_routes import public_routes

__all__ = ["citizen_routes", "console_routes", "public_routes", "setup_templates"]
