"""Captures of Zalando's operator, and the same captures taken of this one, to be equal.

`python -m tests.apiserver.golden` runs the operator on each case in `cases/` against a real API
server with pretended nodes, writes down every object it makes, and compares.
"""
