"""Every error that Signpost raises on purpose, as one tree.

    SignpostError
    ├── NarrativeError    a text that cannot be scored
    ├── DataError         a file or a row that cannot be read
    ├── LexiconError      a lexicon or policy file that does not parse
    ├── ArtefactError     a model on disk that must not be loaded
    ├── StoreError        a database, a backup or a record that is not as it must be
    ├── ReviewError       a step of a review that cannot be taken as things stand
    ├── AccessError       somebody who may not do this, or may not do it now
    └── ClusterError      processes or machines that should have done the work and did not

Each carries a stable ``code``, shared by the HTTP problem types and the command line, and a ``detail``
for the person who gets it. No error ever holds the text of a narrative.
"""

from typing import Any


class SignpostError(Exception):
    """The root. ``code`` is stable and kebab-case; ``detail`` says what is wrong, where, and what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} [{code}]")
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.detail)


class NarrativeError(SignpostError):
    """Codes: ``text-missing``, ``text-not-a-string``, ``text-blank``, ``text-too-long``, ``text-not-utf8``."""


class DataError(SignpostError):
    """Codes: ``file-missing``, ``file-unreadable``, ``format-unknown``, ``column-missing``, ``row-unreadable``,
    ``rows-invalid``, ``id-invalid``, ``run-different``, ``output-inside``, ``destinations-invalid``,
    ``masking-missing``, ``mapping-invalid``, ``force-invalid``, ``reader-training-missing``."""


class LexiconError(SignpostError):
    """Codes: ``lexicon-invalid``, ``policy-invalid``."""


class ArtefactError(SignpostError):
    """Codes: ``artefact-missing``, ``artefact-altered``, ``artefact-unsigned``, ``artefact-signature-wrong``,
    ``artefact-format``, ``library-mismatch``, ``reader-missing``, ``code-mismatch``, ``model-unknown``,
    ``gate-refused``, ``nothing-to-roll-back``."""


class StoreError(SignpostError):
    """Codes: ``database-url-wrong``, ``database-unreachable``, ``database-newer``, ``record-broken``,
    ``backup-damaged``, ``store-not-empty``."""


class ReviewError(SignpostError):
    """Codes: ``reference-invalid``, ``incident-unknown``, ``version-stale``, ``incident-claimed``,
    ``not-waiting``, ``not-opened``, ``choice-invalid``, ``destination-unknown``,
    ``handover-unknown``, ``undo-too-late``, ``undo-not-yours``, ``reading-unknown``.
    """

    def __init__(self, code: str, detail: str, version: int | None = None) -> None:
        super().__init__(code, detail)
        self.version = version

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.code, self.detail, self.version)


class AccessError(SignpostError):
    """Codes: ``token-missing``, ``token-wrong``, ``token-invalid``, ``role-missing``,
    ``too-many-requests``, ``overloaded``."""


class ClusterError(SignpostError):
    """Codes: ``cluster-not-installed``, ``cluster-unreachable``, ``cluster-too-small``, ``worker-lost``."""
