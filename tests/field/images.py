"""Which images the operator and its clusters run: this checkout's, or ones that were named.

On the local platform they are built on the spot. On a cluster of one's own they must be where its
nodes can pull them; OPERATOR_IMAGE, DATABASE_IMAGE, POOLER_IMAGE, LOGICAL_BACKUP_IMAGE say where.
"""

import os

from tests.devcluster import images


def name(image: str) -> str:
    """The full reference of an image, as pods use it."""
    variable = f"{image.upper().replace('-', '_')}_IMAGE"
    return os.environ.get(variable) or images.reference(image)
