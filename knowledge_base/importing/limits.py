"""How much one import may hold. A hostile file meets these before it meets the memory of the machine."""

from __future__ import annotations

MAX_FILE_BYTES = 30 * 1024 * 1024
"""One file, as it comes."""
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
"""Everything inside an archive, or inside a docx or xlsx (which are archives), unpacked."""
MAX_RATIO = 200
"""Unpacked to packed size of one member beyond which it is a bomb; text of offices packs 5 to 20 times."""
MAX_FILES = 2000
"""Files of one archive or folder."""
MAX_DEPTH = 2
"""Archives within archives."""
MAX_PAGES = 1500
MAX_ROWS = 50_000
MAX_TEXT = 200_000
"""Characters of one text: what the editing form takes, so that nothing comes in that could not be edited."""
SECONDS = 60.0
"""For one file before it is given up; an archive gets as much for each of its files."""
MEMORY_BYTES = 2 * 1024 * 1024 * 1024
"""Address space of the child process that reads."""
