"""Opens the pages of an installation as the national authority's people and prints each with its status as JSON."""

from __future__ import annotations

import json
import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bastide.settings")
    import django

    django.setup()
    from django.test import Client
    from django.urls import reverse

    from bastide.base.flow import flows
    from bastide.base.people.models import Account, Organisation

    lists = (
        "registry:operator_list", "registry:unit_list", "monitor:alert_list", "respond:incident_list",
        "share:earlywarning_list", "inspection:visit_list", "rectify:order_list", "rectify:finding_list",
        "norms:instrument_list", "papers:document_list", "ui:trail_list",
    )  # fmt: skip
    paths = ["/", *map(reverse, lists)]
    for flow in flows().values():
        thing = flow.model._default_manager.order_by("pk").first()
        if thing is not None and hasattr(thing, "get_absolute_url"):
            paths.append(thing.get_absolute_url())
    national = Organisation.objects.get(kind=Organisation.Kind.NATIONAL)
    people = Account.objects.filter(memberships__organisation=national).distinct().order_by("pk")
    best: dict[str, int] = {}
    for person in people:
        browser = Client(SERVER_NAME="localhost")
        browser.force_login(person, backend="bastide.base.entry.adapter.EntryBackend")
        for path in filter(None, paths):
            best[path] = min(best.get(path, 999), browser.get(path).status_code)
    print(json.dumps(best))


if __name__ == "__main__":
    main()
