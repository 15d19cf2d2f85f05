"""Differences from the captures that are wanted, each with its reason."""

from tests.apiserver.golden.compare import Accepted

ACCEPTED: tuple[Accepted, ...] = ()
