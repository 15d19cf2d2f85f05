import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import PayloadConverter

from workflows.client import ScrubbingFailureConverter, TripwireCodec
from workflows.model.errors import SecretLeak, never_retried
from workflows.tripwire import MASK, TRIPWIRE, Tripwire

PASSWORD = "Zq9vT4sW1xPasswordOfNobody"


@pytest.fixture(autouse=True)
def known() -> None:
    TRIPWIRE.note(PASSWORD)


def test_plain_and_base64_forms_are_masked() -> None:
    tripwire = Tripwire()
    tripwire.note("hunter2hunter2")
    assert tripwire.scrub("a hunter2hunter2 b aHVudGVyMmh1bnRlcjI= c") == f"a {MASK} b {MASK} c"


def test_values_too_short_to_be_told_from_words_are_ignored() -> None:
    tripwire = Tripwire()
    tripwire.note("a")
    assert not tripwire.trips("banana")


async def test_a_payload_with_a_secret_is_refused() -> None:
    payload = Payload(data=f'{{"dsn":"password={PASSWORD}"}}'.encode())
    with pytest.raises(SecretLeak) as refusal:
        await TripwireCodec().encode([payload])
    assert PASSWORD not in str(refusal.value)


async def test_other_payloads_pass_unchanged() -> None:
    payload = Payload(data=b'{"name":"acid"}')
    assert await TripwireCodec().encode([payload]) == [payload]


def test_failures_are_scrubbed_down_to_the_last_cause() -> None:
    failure = Failure()
    try:
        try:
            raise ValueError(f"inner {PASSWORD}")
        except ValueError as inner:
            raise RuntimeError(f"outer {PASSWORD}") from inner
    except RuntimeError as error:
        ScrubbingFailureConverter().to_failure(error, PayloadConverter.default, failure)
    assert PASSWORD not in str(failure)
    assert failure.message == f"outer {MASK}"
    assert failure.cause.message == f"inner {MASK}"


def test_bugs_and_bad_input_are_never_retried() -> None:
    assert set(never_retried()) == {
        "Aborted",
        "InvalidConfiguration",
        "InvalidManifest",
        "InvalidObject",
        "InvalidSpec",
        "NotFound",
        "PayloadsTooLarge",
        "Precondition",
        "SecretLeak",
    }
