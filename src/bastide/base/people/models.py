"""Organisations, accounts, memberships, assignments, invitations and API tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.people import roles
from bastide.base.people.bounds import Scope
from bastide.base.people.roles import Role

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Organisation(models.Model):
    """An authority, an operator, a body that assesses or supports, or a vendor."""

    SCOPE = Scope(organisations=("pk",), areas=("area",))

    class Kind(models.TextChoices):
        NATIONAL = "national_authority", _("National authority")
        PROVINCIAL = "provincial_office", _("Provincial office")
        OPERATOR = "operator", _("Operator")
        ASSESSMENT_BODY = "assessment_body", _("Assessment body")
        SUPPORT_BODY = "support_body", _("Support body")
        VENDOR = "vendor", _("Vendor")

    code = models.CharField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    name_zh = models.CharField(_("Chinese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200, blank=True)
    # Province code of GB/T 2260 ("110000"); empty for nationwide organisations.
    area = models.CharField(_("province"), max_length=12, blank=True, db_index=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    # The parent group sees and manages this subsidiary.
    managed_by_parent = models.BooleanField(_("managed by the parent"), default=False)
    operator_kind = models.CharField(_("kind of operator"), max_length=40, blank=True)
    licence = models.CharField(_("licence number"), max_length=80, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), default=terms.now)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="a_provincial_office_has_a_province",
                condition=~Q(kind="provincial_office") | ~Q(area=""),
            ),
        ]

    if TYPE_CHECKING:
        children: RelatedManager[Organisation]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        if (get_language() or "zh").startswith("zh") or not self.name_en:
            return self.name_zh
        return self.name_en

    @property
    def is_authority(self) -> bool:
        return self.kind in {self.Kind.NATIONAL, self.Kind.PROVINCIAL}

    @property
    def is_national(self) -> bool:
        return self.kind == self.Kind.NATIONAL

    def managed(self) -> list[int]:
        """Ids of this organisation and of every subsidiary it manages, at any depth."""
        found, front = [self.pk], [self.pk]
        while front:
            front = list(
                Organisation.objects.filter(parent_id__in=front, managed_by_parent=True)
                .exclude(pk__in=found)
                .values_list("pk", flat=True)
            )
            found += front
        return found


class AccountManager(UserManager["Account"]):
    """Accounts; `house()` is the account of the system itself."""

    def house(self) -> Account:
        """The account `bastide` in whose name jobs, clocks and hearers act."""
        account, _created = self.get_or_create(username="bastide", defaults={"name": "Bastide", "is_house": True})
        return account

    def create_person(self, username: str, password: str | None, **fields: Any) -> Account:
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save()
        return account


class Account(AbstractBaseUser):
    """A person who signs in, or a program that sends with a token."""

    SCOPE = Scope(organisations=("memberships__organisation",), areas=("memberships__organisation__area",))

    username = models.CharField(
        _("user name"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*$", _("Small letters, digits, dot, dash and underscore."))],
    )
    email = models.EmailField(_("e-mail"), blank=True)
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("telephone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("active"), default=True)
    is_house = models.BooleanField(default=False)
    # Exists only in demonstration mode and can sign in only there.
    is_demo = models.BooleanField(_("demo account"), default=False)
    created_at = models.DateTimeField(default=terms.now)

    # The API token this instance was found by; its scopes narrow every right.
    token: ApiToken | None = None

    objects = AccountManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    if TYPE_CHECKING:
        memberships: RelatedManager[Membership]

    class Meta:
        constraints = [
            models.UniqueConstraint("email", name="an_email_belongs_to_one_account", condition=~Q(email="")),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def standing(self) -> list[Membership]:
        """The memberships in force now, read once per instance (one query)."""
        if not hasattr(self, "_standing"):
            now = terms.now()
            self._standing = [
                membership
                for membership in self.memberships.select_related("organisation").order_by("pk")
                if membership.holds(now)
            ]
        return self._standing

    @property
    def organisation(self) -> Organisation | None:
        """The organisation this person mainly works for: that of the first membership."""
        standing = self.standing()
        return standing[0].organisation if standing else None

    def roles(self) -> frozenset[str]:
        return frozenset(membership.role for membership in self.standing())

    def can(self, right: str) -> bool:
        """Has this account the right over anything at all? For menus and pages without an object."""
        if self.is_house:
            return right in roles.rights_of(Role.HOUSE)
        return self.is_active and any(self.holds_right(membership, right) for membership in self.standing())

    def holds_right(self, membership: Membership, right: str) -> bool:
        """Does a membership carry the right, within the scopes of the token used (if one was)?"""
        if self.token is not None and not self.token.allows(right):
            return False
        return right in roles.rights_of(membership.role)

    def may(self, right: str, thing: models.Model | None = None) -> bool:
        """Has this account the right over this very thing? Out of scope is no, whatever the role."""
        from bastide.base.people.scope import covers

        if self.is_house or thing is None:
            return self.can(right)
        return self.is_active and covers(self, right, thing)

    def organisations_with(self, right: str) -> list[Organisation]:
        """The organisations in whose name this account may use a right."""
        return [m.organisation for m in self.standing() if self.holds_right(m, right)]


class Membership(models.Model):
    """A role of a person in an organisation, from a day until a day."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    since = models.DateTimeField(_("from"), default=terms.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "organisation", "role"],
                condition=Q(until=None),
                name="a_person_holds_a_role_once_in_an_organisation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} – {self.get_role_display()} – {self.organisation}"

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until) and self.organisation.is_active


class Assignment(models.Model):
    """One file given to one person for a time: what experts and assessors see, and nothing else."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=60)  # "inspection.visit"
    thing_id = models.BigIntegerField()
    given_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "kind", "thing_id"])]
        constraints = [
            models.CheckConstraint(name="an_assignment_ends_after_it_begins", condition=Q(until__gt=models.F("since"))),
        ]

    def __str__(self) -> str:
        return f"{self.account} → {self.kind} {self.thing_id}"


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Invitation(models.Model):
    """An offer of an account, answered by whoever holds the link. Only the link's hash is kept."""

    SCOPE = Scope(organisations=("organisation",), areas=("organisation__area",))
    # Whether the link went out by mail; known only to who just invited.
    was_mailed = False

    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=120)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    role = models.CharField(_("role"), max_length=24, choices=[c for c in Role.choices if c[0] != Role.HOUSE])
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=terms.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    account = models.ForeignKey(Account, models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.email} → {self.organisation}"

    @staticmethod
    def find(secret: str, *, at: datetime) -> Invitation | None:
        """The open invitation behind a link, or none."""
        return Invitation.objects.filter(
            token_hash=digest_of(secret), accepted_at=None, withdrawn_at=None, expires_at__gt=at
        ).first()

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > terms.now()


class ApiToken(models.Model):
    """A key for programs. The secret is shown once; its SHA-256 is kept (the secret has 256 random bits)."""

    SCOPE = Scope(organisations=("account__memberships__organisation",), areas=())

    account = models.ForeignKey(Account, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    # Rights this token may use, never more than the account has: prefixes such as "respond." or whole rights.
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(default=terms.now)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @classmethod
    def make(cls, account: Account, *, name: str, scopes: list[str], expires_at: datetime) -> tuple[ApiToken, str]:
        """A new token and its secret, which nobody can read again."""
        secret = f"bst_{secrets.token_urlsafe(32)}"
        token = cls.objects.create(
            account=account,
            name=name,
            scopes=scopes,
            expires_at=expires_at,
            prefix=secret[:12],
            secret_hash=digest_of(secret),
        )
        return token, secret

    @classmethod
    def find(cls, secret: str, *, at: datetime) -> ApiToken | None:
        found = cls.objects.select_related("account").filter(
            secret_hash=digest_of(secret), revoked_at=None, expires_at__gt=at, account__is_active=True
        )
        return (found if settings.BASTIDE_DEMO else found.filter(account__is_demo=False)).first()

    def allows(self, right: str) -> bool:
        """Does the token's scope include a right?"""
        return any(right == scope or (scope.endswith(".") and right.startswith(scope)) for scope in self.scopes)
