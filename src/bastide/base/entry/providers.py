"""The file of identity providers (`BASTIDE_SSO`), read before Django is set up. Plain values, no Django.

providers:
  - id: group-idp                 # small letters, digits, dashes; part of the addresses
    kind: oidc                    # or saml
    name: Group sign-on           # on the sign-in page
    organisations: [OP-0001]      # whose people it may vouch for, with the subsidiaries they manage; absent: everyone's
    second_factor: true           # it asks for a second factor itself, and Bastide need not
    server: https://idp.example/  # oidc: its issuer
    client_id: bastide
    client_secret_file: oidc.secret
  - id: ministry
    kind: saml
    name: Ministry sign-on
    metadata_file: idp.xml        # saml: its metadata; files are looked for beside this one
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

MAIL = ("urn:oid:0.9.2342.19200300.100.1.3", "email", "mail",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress")  # fmt: skip


class IdentityProvider(BaseModel):
    """One identity provider, as its file describes it."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    kind: Literal["oidc", "saml"]
    name: str = Field(min_length=1, max_length=40)
    organisations: list[str] = []
    second_factor: bool = False
    server: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    metadata_file: str = ""
    entity_id: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> IdentityProvider:
        wanted = ("server", "client_id") if self.kind == "oidc" else ("metadata_file",)
        missing = [field for field in wanted if not getattr(self, field)]
        if missing:
            raise ValueError(f"{self.kind} needs {' and '.join(missing)}")
        return self


class ProviderFile(BaseModel):
    """All of them."""

    model_config = ConfigDict(extra="forbid")

    providers: list[IdentityProvider]


def read(path: str) -> list[IdentityProvider]:
    """The providers of a file; raises `ValueError` that names file and field."""
    if not path:
        return []
    try:
        found = ProviderFile.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8"))).providers
    except OSError as error:
        raise ValueError(f"BASTIDE_SSO: {path} cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"BASTIDE_SSO: {path} is not YAML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
        raise ValueError(f"BASTIDE_SSO: {path}: {wrong}") from error
    names = [one.id for one in found]
    if len(set(names)) != len(names):
        raise ValueError(f"BASTIDE_SSO: {path}: an id stands there twice")
    return found


def as_setting(path: str) -> dict[str, Any]:
    """The same as allauth's `SOCIALACCOUNT_PROVIDERS`."""
    found, folder = read(path), Path(path).resolve().parent
    oidc = [_oidc(one, folder) for one in found if one.kind == "oidc"]
    saml = [_saml(one, folder) for one in found if one.kind == "saml"]
    kinds = {"openid_connect": oidc, "saml": saml}
    return {kind: {"APPS": apps} for kind, apps in kinds.items() if apps}


def _oidc(one: IdentityProvider, folder: Path) -> dict[str, Any]:
    secret = (folder / one.client_secret_file).read_text().strip() if one.client_secret_file else ""
    known = {"server_url": one.server, "oauth_pkce_enabled": True, "bastide": one.model_dump()}
    return {"provider_id": one.id, "name": one.name, "client_id": one.client_id, "secret": secret, "settings": known}


def _saml(one: IdentityProvider, folder: Path) -> dict[str, Any]:
    from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

    told = OneLogin_Saml2_IdPMetadataParser.parse((folder / one.metadata_file).read_text(encoding="utf-8"))["idp"]
    idp = {
        "entity_id": told["entityId"], "sso_url": told["singleSignOnService"]["url"],
        "slo_url": told.get("singleLogoutService", {}).get("url", ""), "x509cert": told.get("x509cert", ""),
    }  # fmt: skip
    known = {
        "idp": idp, "attribute_mapping": {"email": list(MAIL)}, "bastide": one.model_dump(),
        "use_nameid_for_email": False,
        "advanced": {"strict": True, "want_assertion_signed": True, "reject_idp_initiated_sso": True,
                     "allow_single_label_domains": True},
    }  # fmt: skip
    if one.entity_id:
        known["sp"] = {"entity_id": one.entity_id}
    return {"provider_id": one.id, "name": one.name, "client_id": one.id, "settings": known}
