"""Business facts that stop a request, one exception each, with a stable code.

An exception here says what, which, and what to do next. Checks on user data do not raise: they return
lists of `Problem` (see `linkage.schemas.problem`), so that all errors of a file are told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class LinkageError(Exception):
    """A refusal with reasons: the request was understood and may not be carried out.

    Parameters
    ----------
    message
        What is refused, which record, what to do.
    reasons
        The single causes, one line each, where there is more than one.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.reasons = tuple(reasons)


class Unknown(LinkageError):
    """A project, party, person, figure or other record was named that does not exist here."""

    code = "unknown"


class InvalidFile(LinkageError):
    """A file was read and has mistakes; `reasons` holds one line for each."""

    code = "invalid_file"


class UnreadableFile(LinkageError):
    """A file cannot be read as what it claims to be: empty, truncated, hostile, or of another kind."""

    code = "unreadable_file"


class GateShut(LinkageError):
    """A stage or a tranche was asked for before its gates are open; `reasons` names each gate and whose turn it is."""

    code = "gate_shut"


class AlreadyAnswered(LinkageError):
    """An offer was answered before, differently, or it has expired."""

    code = "already_answered"


class ShiftFull(LinkageError):
    """Every seat of the shift is taken by an accepted volunteer."""

    code = "shift_full"


class NotAccepted(LinkageError):
    """A check-in was asked for somebody who has not accepted the shift (条例 art. 25)."""

    code = "not_accepted"


class ImpossibleTime(LinkageError):
    """A check-in or check-out was given a time that cannot be: in the future, or out before in."""

    code = "impossible_time"


class NoConsent(LinkageError):
    """Personal data may not be used for this purpose: no consent, expired, withdrawn or another text version."""

    code = "no_consent"


class ConflictingKey(LinkageError):
    """An idempotency key came back with other parameters."""

    code = "conflicting_key"


class Contended(LinkageError):
    """Another process holds the project's lease; nothing was changed. Try again in a moment."""

    code = "contended"


class TemplateFault(LinkageError):
    """A template does not render: which file, which line, what is missing."""

    code = "template_fault"


class CannotWrite(LinkageError):
    """A document could not be written in full (disk full, no permission); no part of it stands under its final name."""

    code = "cannot_write"


class ImpossibleFigure(LinkageError):
    """A figure may not be printed: no count out of its n gives this percentage, or it has no n."""

    code = "impossible_figure"


class IncomparableFigures(LinkageError):
    """Figures of two units, cut-off dates or periods were to be added or divided."""

    code = "incomparable_figures"


class DatabaseUnreachable(LinkageError):
    """The database does not answer at its address, or its schema is not this version's."""

    code = "database_unreachable"


class ForeignOrganization(LinkageError):
    """A write would have touched another organisation's rows. This is a defect or an attack; nothing was written."""

    code = "foreign_organization"


class MisconfiguredSetting(LinkageError):
    """A setting is missing or wrong: which, where, what would be right."""

    code = "misconfigured_setting"


class InvalidProblem(LinkageError):
    """The numbers given to a kernel contradict themselves; `reasons` holds one line for each mistake."""

    code = "invalid_problem"
