"""Checks of what was recorded: types, bias, single tickets."""
