"""Looking at a whole cluster, and telling people about it."""
