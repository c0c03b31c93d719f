"""Every page of the loop, opened in a browser in two ways: Chinese, light, wide – and English, dark, as narrow as a telephone.

Each is looked at by axe (WCAG 2.2 AA), must not be wider than the window, and throws nothing on the console.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.house.cast import make_all
from tests.house.test_queries import lists

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WAYS = [("zh-hans", "light", 1440), ("en", "dark", 360)]
# Answers that are no pages: counters, files, the language switch.
NO_PAGES = ("api/", "ui/", "template", "check/")


def addresses(things: dict[str, Any]) -> list[str]:
    """Every list, and the page of one thing of each kind."""
    lists_ = ["/" + route for route in lists() if not any(part in route for part in NO_PAGES)]
    details = [
        thing.get_absolute_url().partition("#")[0] for thing in things.values() if hasattr(thing, "get_absolute_url")
    ]
    return list(dict.fromkeys(lists_ + details))


@pytest.mark.parametrize(("language", "theme", "width"), WAYS)
def test_each_page_is_in_order(
    language, theme, width, visitor, accessible, shoot, national, telco, tmp_path, settings
) -> None:
    settings.BASTIDE_HOME = tmp_path
    wrong, page = [], visitor(national, "/desk/", language=language, theme=theme, width=width)
    base = page.url.removesuffix("/desk/")
    for address in addresses(make_all(telco)):
        response = page.goto(base + address)
        if (
            response is None
            or response.status in {302, 404, 405}
            or "text/html" not in response.headers.get("content-type", "")
        ):
            continue
        page.wait_for_load_state("networkidle")
        try:
            accessible(page)
        except AssertionError as fault:
            wrong.append(f"{address}: {str(fault)[:600]}")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
            wrong.append(f"{address}: wider than the window")
    assert not wrong, "\n".join(wrong)
