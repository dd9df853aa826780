"""What nobody could answer, and whose task it became."""
