"""Who works with Bastide: organisations, accounts, roles, and the scope of what each may see."""

from __future__ import annotations

from typing import Any

from bastide.base.people.bounds import Scope

__all__ = ["Scope"]


def __getattr__(name: str) -> Any:
    if name in {"scoped", "sight", "covers"}:
        from bastide.base.people import scope

        return getattr(scope, name)
    if name in {"Account", "Organisation", "Membership", "Assignment", "Invitation", "ApiToken"}:
        from bastide.base.people import models

        return getattr(models, name)
    if name in {"Role", "grants"}:
        from bastide.base.people import roles

        return roles if name == "grants" else roles.Role
    raise AttributeError(name)
