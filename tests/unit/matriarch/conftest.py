import logging
from collections.abc import Iterator

import pytest

from matriarch import logs


@pytest.fixture
def kept_logging() -> Iterator[None]:
    """Puts back what a test changes in the process's logging."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in (*logs.QUIET, *logs.OURS)}
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    for name, value in levels.items():
        logging.getLogger(name).setLevel(value)
