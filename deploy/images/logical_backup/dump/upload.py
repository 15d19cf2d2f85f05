"""Sends a dump to S3 while it is made, and removes the ones that are too old."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO, Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .settings import Settings

log = logging.getLogger("backup")
MEBIBYTE = 1024 * 1024
PARTS = 8000


class UploadFailed(Exception):
    """The store did not take the dump, or did not let old ones be removed."""


class Store:
    """One bucket."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.bucket
        self._encryption = settings.encryption
        own_server = bool(settings.endpoint)
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=settings.endpoint,
            region_name=settings.region or os.environ.get("AWS_REGION") or "us-east-1",
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if own_server else "auto"},
                retries={"max_attempts": 5, "mode": "standard"},
            ),
        )

    def put(self, key: str, source: IO[bytes], *, expected: int) -> None:
        """Upload a stream of about `expected` bytes; a failing stream leaves nothing behind."""
        extra = {"ServerSideEncryption": self._encryption} if self._encryption else {}
        transfer = TransferConfig(multipart_chunksize=part_size(expected), max_concurrency=2)
        with _named_failures():
            self._client.upload_fileobj(source, self._bucket, key, ExtraArgs=extra, Config=transfer)

    def remove_old(self, folder: str, *, before: datetime) -> None:
        """Delete the dumps below `folder` that were last written before a moment."""
        pages = self._client.get_paginator("list_objects_v2")
        with _named_failures():
            for page in pages.paginate(Bucket=self._bucket, Prefix=folder):
                for key in outdated(page.get("Contents", ()), before=before):
                    log.info("removing %s", key)
                    self._client.delete_object(Bucket=self._bucket, Key=key)


@contextmanager
def _named_failures() -> Iterator[None]:
    """The library's errors have no common ancestor."""
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise UploadFailed(str(error)) from error


def part_size(expected: int) -> int:
    """Large enough that the parts of a dump of this size can be counted, small for memory."""
    return max(8 * MEBIBYTE, -(-expected // PARTS))


def outdated(objects: Iterable[Mapping[str, Any]], *, before: datetime) -> list[str]:
    """The keys of dumps last written before a moment."""
    return [
        str(item["Key"])
        for item in objects
        if str(item["Key"]).endswith(".sql.gz") and item["LastModified"] < before
    ]


def limit(now: datetime, keep: timedelta) -> datetime:
    return now - keep
