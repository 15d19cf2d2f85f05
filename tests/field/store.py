"""The platform's S3 server, as a client on this machine reaches it."""

from typing import Any

import boto3

from tests.field.platform import Platform


def client(platform: Platform) -> Any:
    """A client with the platform's credentials, to be closed by the caller."""
    there = platform.environment
    return boto3.client(
        "s3",
        endpoint_url=there["S3_ENDPOINT"],
        aws_access_key_id=there["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=there["AWS_SECRET_ACCESS_KEY"],
        region_name=there["AWS_REGION"],
    )
