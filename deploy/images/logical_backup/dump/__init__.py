"""A logical backup: every database of a cluster as SQL, compressed, in an object store."""
