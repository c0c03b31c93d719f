"""The installation the kill test plays on: authorities, an operator with a source and a rule, a key for each program.

python -m tests.kills.ground
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2026, 6, 16, 4, 0, tzinfo=UTC)  # a Tuesday, noon in Beijing
HOSTS = {"HTTP_HOST": "127.0.0.1"}
PASSWORD = "correct-horse-battery"


class _Programs:
    """The secrets of the keys, kept beside the installation."""

    def secret(self, who: str) -> str:
        secrets: dict[str, str] = json.loads(self.path.read_text())
        return secrets[who]

    @property
    def path(self) -> Path:
        from django.conf import settings

        return Path(settings.BASTIDE_HOME) / "programs.json"


PROGRAMS = _Programs()


def lay() -> None:
    from django.conf import settings
    from django.core.management import call_command

    from bastide.base import packs, terms
    from bastide.base.people.models import Account, ApiToken, Membership, Organisation
    from bastide.base.people.roles import Role
    from bastide.monitor import flows
    from bastide.norms import flows as norms
    from tests.monitor.makers import RULE

    home = Path(settings.BASTIDE_HOME)
    with terms.frozen(BEGIN):
        call_command("migrate", verbosity=0, interactive=False)
        house = Account.objects.house()
        for pack in packs.available():
            norms.load_pack(packs.pack(pack), by=house, at=BEGIN)
        nation = Organisation.objects.create(code="MIIT", kind="national_authority", name_zh="部", name_en="Ministry")
        province = Organisation.objects.create(
            code="CA-11", kind="provincial_office", area="110000", parent=nation, name_zh="局", name_en="Province"
        )
        telco = Organisation.objects.create(
            code="OP-A", kind="operator", area="110000", operator_kind="basic_telecom", name_zh="甲", name_en="A"
        )
        people = {
            "administrator": (nation, Role.ADMINISTRATOR, Role.AUDITOR, Role.DUTY_OFFICER, Role.LEADER),
            "provincial": (province, Role.OFFICER, Role.LEADER, Role.DUTY_OFFICER),
            "operator": (telco, Role.SECURITY_OFFICER, Role.HEAD),
        }
        secrets = {}
        for name, (organisation, *roles) in people.items():
            account = Account.objects.create_person(name, PASSWORD, name=name, email=f"{name}@example.org")
            for role in roles:
                Membership.objects.create(account=account, organisation=organisation, role=role, since=BEGIN)
            scopes = ["monitor.", "vault.", "rectify.", "respond.", "registry.", "papers.", "decide"]
            _key, secrets[name] = ApiToken.make(
                account, name="t", scopes=scopes, expires_at=BEGIN + timedelta(days=360)
            )
        PROGRAMS.path.write_text(json.dumps(secrets))
        flows.register_source(by=house, at=BEGIN, operator=telco, name="edge-a")
        (home / "whoami.yml").write_text(RULE)
        flows.add_rules([home / "whoami.yml"], by=house, at=BEGIN)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bastide.settings"
    import django

    django.setup()
    lay()


if __name__ == "__main__":
    main()
