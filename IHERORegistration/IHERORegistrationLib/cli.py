"""The `ihero` command: finds the subcommand, runs it, turns errors into one line and a status.

Progress goes to standard error.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import NoReturn

from .errors import IHEROError, MalformedObjectError
from .exitStatus import INTERRUPTED, REFUSED, statusOf
from .sentences import oneLine

COMMANDS = {
    "demo": "make a phantom patient, play every actor on it, write results and a report",
    "inspect": "say in plain words what registrations map where",
    "check": "judge objects by DICOM and the IHE-RO profiles",
    "map": "map points through registrations",
    "image": "resample images onto another image set's lattice",
    "dose": "resample a dose onto another frame for display",
    "contours": "carry a structure set to another image set",
    "export": "write a transform as a registration object",
    "view": "draw a fused picture",
    "quality": "measure how good a registration is",
}

ENDING = ("SIGTERM", "SIGHUP")


class UsageError(MalformedObjectError):
    """The command line does not say what is needed."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `ihero` with `arguments`, by default those of the process; returns the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    warnings.simplefilter("ignore")  # a library's own warnings are not for the user
    logging.getLogger().addHandler(logging.NullHandler())
    _prepareStreams()
    try:
        with _endingInterrupts():
            status = _run(given)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _fail("cancelled; nothing half-written is left", INTERRUPTED)
    except IHEROError as error:
        return _fail(str(error), statusOf(error))
    except MemoryError:
        return _fail("not enough memory for this input", REFUSED)
    except OSError as error:
        return _unwritten(error)
    # A fault of this program must still be one line to its user, with the place to report.
    except Exception as error:  # noqa: BLE001
        return _fail(f"internal error: {_place(error)}: {error}", REFUSED)
    return status


@contextmanager
def _endingInterrupts() -> Iterator[None]:
    """Let who is told to end, or whose terminal is closed, clean up as one who is interrupted."""
    signals = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    inMain = threading.current_thread() is threading.main_thread()
    default = [one for one in signals if inMain and signal.getsignal(one) is signal.SIG_DFL]
    for one in default:
        signal.signal(one, signal.default_int_handler)
    try:
        yield
    finally:
        for one in default:
            signal.signal(one, signal.SIG_DFL)


def _prepareStreams() -> None:
    """A closed stream, or a character that a terminal does not know, must not end the program."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (open to the end)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _unwritten(error: OSError) -> int:
    """The answer, or what no part of the program expected, could not be read or written."""
    try:
        sys.stdout.flush()
    except OSError:  # it must not be tried again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # nobody wants to hear more
        return REFUSED
    where = error.filename or "standard output"
    return _fail(f"cannot read or write {where}: {error.strerror or error}", REFUSED)


def _run(given: list[str]) -> int:
    if any(not word.strip() or "\0" in word for word in given):
        raise UsageError("expected words, found an empty one on the command line")
    parser = _parser(given)
    arguments = parser.parse_args(given)
    return int(arguments.run(arguments))


def _parser(given: list[str]) -> argparse.ArgumentParser:
    """The parser with the arguments of the one subcommand in use: no other is imported."""
    parser = _Parser(
        prog="ihero", description="DICOM registration objects: read, check, apply, show, write."
    )
    chosen = next((word for word in given if not word.startswith("-")), None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
        if name == chosen:
            module = import_module(f".commands.{name}", __package__)
            module.addArguments(command)
            _addCommonArguments(command)
            command.set_defaults(run=module.run)
    return parser


def _addCommonArguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("common options")
    group.add_argument("--strict", action="store_true", help="refuse objects that need repairs")
    group.add_argument(
        "--other-patient-ok",
        action="store_true",
        dest="otherPatientOK",
        help="go on although objects are of different patients",
    )
    group.add_argument("--force", action="store_true", help="overwrite existing files")
    group.add_argument("--quiet", action="store_true", help="no progress, no remarks")


def _fail(message: str, status: int) -> int:
    with suppress(OSError):  # standard error is closed or full
        print(f"ihero: {oneLine(message)}", file=sys.stderr, flush=True)
    return status


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = (
        f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
    )
    return f"{type(error).__name__} in {where}"


if __name__ == "__main__":
    sys.exit(main())
