"""What is said to a citizen: the dialogue as pure functions, from a message and what is remembered to the next turn."""
