"""The REST API that Zalando's operator has: the same paths and shapes, with secrets masked."""
