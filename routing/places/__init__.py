"""The five levels of units on the map, their names, and what a text says of a place."""
