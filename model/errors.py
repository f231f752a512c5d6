"""Every error that Signpost raises on purpose, as one tree.

    SignpostError
    ├── NarrativeError    a text that cannot be scored
    ├── DataError         a file or a row that cannot be read
    ├── LexiconError      a lexicon or policy file that does not parse
    ├── ArtefactError     a model on disk that must not be loaded
    └── AccessError       somebody who may not do this, or may not do it now

Each carries a stable ``code``, shared by the HTTP problem types and the command line, and a ``detail``
for the person who gets it. No error ever holds the text of a narrative.
"""


class SignpostError(Exception):
    """The root. ``code`` is stable and kebab-case; ``detail`` says what is wrong, where, and what to do."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} [{code}]")
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[type["SignpostError"], tuple[str, str]]:
        return type(self), (self.code, self.detail)


class NarrativeError(SignpostError):
    """Codes: ``text-missing``, ``text-not-a-string``, ``text-blank``, ``text-too-long``, ``text-not-utf8``."""


class DataError(SignpostError):
    """Codes: ``file-missing``, ``file-unreadable``, ``format-unknown``, ``column-missing``, ``row-unreadable``,
    ``rows-invalid``, ``id-invalid``, ``mapping-invalid``."""


class LexiconError(SignpostError):
    """Codes: ``lexicon-invalid``, ``policy-invalid``."""


class ArtefactError(SignpostError):
    """Codes: ``artefact-missing``, ``artefact-altered``, ``artefact-unsigned``, ``artefact-signature-wrong``,
    ``artefact-format``, ``library-mismatch``, ``model-unknown``, ``gate-refused``, ``nothing-to-roll-back``."""


class AccessError(SignpostError):
    """Codes: ``token-missing``, ``token-wrong``, ``role-missing``, ``overloaded``."""
