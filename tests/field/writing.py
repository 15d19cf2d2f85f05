"""Runs in a pod: `writing.py HOST TABLE FIRST`, the password on standard input.

Inserts the numbers from FIRST on. Prints number and time of each insert that was acknowledged, and
a line that does not begin with a number for each failure. No number is tried twice: whether an
insert without an answer took place is not known. Ends with its standard input.
"""

import itertools
import os
import sys
import threading
import time
from typing import Any

import psycopg

PAUSE_SECONDS = 0.01


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


def write(host: str, table: str, *, first: int, password: str) -> None:
    connection: Any = None
    for number in itertools.count(first):
        began = time.monotonic()
        try:
            if connection is None:
                connection = psycopg.connect(
                    host=host,
                    user="shop",
                    dbname="orders",
                    password=password,
                    sslmode="require",
                    connect_timeout=2,
                    options="-c statement_timeout=5s",
                    keepalives_idle=1,
                    keepalives_interval=1,
                    keepalives_count=2,
                    tcp_user_timeout=2000,
                    autocommit=True,
                )
            connection.execute(f"INSERT INTO {table} VALUES (%s)", [number])
            print(number, time.monotonic(), flush=True)
        except psycopg.Error as error:
            what = "connect" if connection is None else "insert"
            took = time.monotonic() - began
            print(f"{what} failed after {took:.1f} s: {error}".replace("\n", " "), flush=True)
            connection = None
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    secret = sys.stdin.readline().rstrip("\n")
    threading.Thread(target=end_with_input, daemon=True).start()
    write(sys.argv[1], sys.argv[2], first=int(sys.argv[3]), password=secret)
