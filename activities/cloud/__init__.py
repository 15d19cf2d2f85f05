"""Volumes in EC2: what they should have, asking for it, and seeing that they have it."""
