"""A signal that tells a waiting command to stop is noticed, wherever the interpreter is when it comes."""

import signal

from sharinghub_ext.cli.stopping import stop_signals


def test_a_signal_in_a_finaliser_is_noticed() -> None:
    """A stand-in that was told to stop went on: its handler raised in a finaliser, where exceptions are ignored."""

    class Finalised:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    with stop_signals() as until_stopped:
        Finalised()
        until_stopped()


def test_a_signal_before_the_wait_ends_it() -> None:
    with stop_signals() as until_stopped:
        signal.raise_signal(signal.SIGINT)
        until_stopped()


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with stop_signals():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
