"""What the shell of every page shows: menu, language, theme, notifications, who is signed in."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

import bastide
from bastide.base import terms
from bastide.base.inbox import notes
from bastide.base.people.models import Account, Membership
from bastide.base.ui import menu

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "bastide_theme"


class Shell:
    """Read by `ui/base.html`; nothing is computed before it is printed."""

    version = bastide.__version__

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def account(self) -> Account | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, Account) else None

    @cached_property
    def menu(self) -> list[menu.Group]:
        return menu.groups(self.request, self.account) if self.account else []

    @cached_property
    def unread(self) -> int:
        return notes.unread(self.account).count() if self.account else 0

    @cached_property
    def membership(self) -> Membership | None:
        standing = self.account.standing() if self.account else []
        return standing[0] if standing else None

    @property
    def now(self) -> datetime:
        """When a page was made, for its printed head."""
        return terms.now()

    @property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @property
    def language(self) -> str:
        return "zh-Hans" if (get_language() or "").startswith("zh") else "en"

    @property
    def other_language(self) -> tuple[str, str]:
        """Code and own name of the language one can switch to."""
        return ("en", "English") if self.language == "zh-Hans" else ("zh-hans", "中文")

    @property
    def is_demo(self) -> bool:
        return bool(settings.BASTIDE_DEMO)

    @property
    def zone(self) -> str:
        return str(settings.TIME_ZONE)

    @cached_property
    def pack(self) -> Any:
        from bastide.base import packs

        return packs.active()


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor; named in settings."""
    return {"shell": Shell(request)}
