"""From a question to the entries that may answer it: index, features, order, measurements."""
