"""`kubectl pg`: look at Postgres clusters and steer their operations with kubectl's credentials."""
