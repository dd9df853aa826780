"""From a question to a sourced answer, a choice or a refusal."""
