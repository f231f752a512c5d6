"""Who is at the desk: a name, a role, and what the role may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from model.errors import AccessError

Role = Literal["scorer", "reviewer", "supervisor", "auditor", "administrator"]
Right = Literal["score", "observe", "review", "supervise", "audit", "administer"]

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    "scorer": frozenset({"score", "observe"}),
    "reviewer": frozenset({"score", "review"}),
    "supervisor": frozenset({"score", "observe", "review", "supervise"}),
    "auditor": frozenset({"observe", "audit"}),
    "administrator": frozenset({"score", "observe", "review", "supervise", "audit", "administer"}),
}
"""What each role may do. A reviewer cannot read the record, and an auditor cannot decide."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or some machine, whose token was known. ``name`` is what the record says."""

    name: str
    role: Role

    def may(self, right: Right) -> bool:
        """Whether the role has this right."""
        return right in RIGHTS[self.role]

    def must(self, right: Right) -> None:
        """Let only those pass who have the right.

        Raises:
            AccessError: ``role-missing``.
        """
        if not self.may(right):
            having = ", ".join(role for role, rights in RIGHTS.items() if right in rights)
            raise AccessError("role-missing", f"This needs the right to {right}, which these roles have: {having}.")
