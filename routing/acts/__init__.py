"""What is done to a ticket beside the straight path, a module a theme; and the desks that save it."""
