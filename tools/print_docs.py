"""Prints the generated pages of docs/ from the tables they describe: settings, access, flows, facts.

python tools/print_docs.py            write them
python tools/print_docs.py --check    exit 1 if a page is not what the tables say
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
NOTE = "<!-- Printed by tools/print_docs.py from the code; change the code, not this page. -->\n\n"


def settings_page() -> str:
    """Every setting with its environment variable, default and meaning."""
    from bastide.settings import Environment

    lines = ["# Settings", "", "Set them in the environment, or in a file `.env` where Bastide is started.", ""]
    lines += ["| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in Environment.model_fields.items():
        default = f"`{field.default}`" if field.default not in ("", None) else "–"
        lines.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def access_page() -> str:
    """Role × right, from every room's GRANTS."""
    from bastide.base.people import roles

    table = roles.table()
    rights = sorted({right for known in table.values() for right in known})
    names = [role for role in table if role != "house"]
    lines = [
        "# Who may do what",
        "",
        "A right holds within the person's scope only: the nation, a province, an operator and the",
    ]
    lines += [
        "subsidiaries it manages, or the files assigned (experts, assessors). The system itself holds every right.",
        "",
    ]
    lines += ["| Right | " + " | ".join(names) + " |", "|---|" + ":-:|" * len(names)]
    for right in rights:
        lines.append(f"| `{right}` | " + " | ".join("●" if right in table[name] else "" for name in names) + " |")
    return "\n".join([*lines, *LEAKS]) + "\n"


LEAKS = """
## How an installation proves it

`bastide selftest leaks` calls the doors of console and API in-process as one account for each set of roles in each
organisation, with things inside and outside their sight, and holds the answers against rules worked out row by row
(`selftest/oracle.py`), not against the filters that pages use:

- a thing out of sight answers as a number that was never given does, word for word; a fragment, a file, an act too;
- no number and no identifying text of it stands in any answer, export or search. A record in sight may name a thing of
  its own place to a role that opens no such things: an order names the visit it came from. The timeline leaves such a
  number out where the thing belongs to others;
- lists, exports and figures count what the rules count;
- a closed door for writing refuses, and nothing is done.

Reference that everyone shares (instruments, clauses, detection rules) is open to whoever has the right, experts and
assessors too. Each call is rolled back, so the trail holds no look that nobody took; one entry, `selftest.leaks`, says
when it ran, with which seed and with what result. Text inside PDF files is not read.
""".splitlines()


def flows_page() -> str:
    """Every flow as a state diagram and its table of acts."""
    from django.utils import translation

    from bastide.base.flow import flows

    lines = ["# States and acts", ""]
    with translation.override("en"):
        for kind, flow in sorted(flows().items()):
            lines += [f"## {kind}", "", "```mermaid", "stateDiagram-v2"]
            for step in flow.steps.values():
                for source in step.source or ("[*]",):
                    lines.append(f"    {source} --> {step.target or source}: {step.name}")
            lines += ["```", "", "| Act | From | To | Right | By hand |", "|---|---|---|---|---|"]
            for step in flow.steps.values():
                source = ", ".join(step.source) or "–"
                hand = "yes" if step.by_hand else "the system"
                lines.append(
                    f"| {step.name} – {step.title} | {source} | {step.target or 'stays'} | `{step.can}` | {hand} |"
                )
            lines.append("")
    return "\n".join(lines)


def facts_page() -> str:
    """Who announces and who hears."""
    import dataclasses
    import importlib.util

    from django.conf import settings

    from bastide.base.trail import outbox

    heard = outbox.hearers()
    lines = ["# Facts", "", "Calls go down, facts go up. A fact is stored with the act and delivered until heard.", ""]
    lines += ["| Fact | Values | Heard by |", "|---|---|---|"]
    rooms = [f"bastide.base.{room}" for room in settings.ROOMS] + [
        f"bastide.{context}" for context in settings.CONTEXTS
    ]
    for room in rooms:
        if importlib.util.find_spec(f"{room}.facts") is None:
            continue
        module = importlib.import_module(f"{room}.facts")
        for _name, fact in sorted(vars(module).items()):
            if isinstance(fact, type) and dataclasses.is_dataclass(fact) and fact.__module__ == module.__name__:
                values = ", ".join(field.name for field in dataclasses.fields(fact))
                known = heard.get(outbox.name_of(fact), [])
                hearers = ", ".join(f"`{h.removeprefix('bastide.')}`" for h in known) or "for the record"
                lines.append(f"| `{outbox.name_of(fact)}` | {values} | {hearers} |")
    return "\n".join(lines) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "access.md": access_page,
    "flows.md": flows_page,
    "facts.md": facts_page,
}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bastide.settings")
    sys.path.insert(0, str(ROOT / "src"))
    import django

    django.setup()
    importlib.import_module("bastide.urls")  # the doors load every flow
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, NOTE + page()
        if "--check" in sys.argv:
            stale += [name] if not path.exists() or path.read_text() != text else []
        else:
            path.write_text(text)
    if stale:
        print(f"docs: not what the code says: {', '.join(stale)}; run `make docs`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
