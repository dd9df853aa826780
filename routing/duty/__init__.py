"""Who is on duty, and whom an alarm reaches when."""
