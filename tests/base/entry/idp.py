"""Identity providers for the tests: an OIDC issuer on a local port, and a SAML signer. Both sign for real."""

from __future__ import annotations

import base64
import json
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils


class Issuer:
    """An OIDC issuer that vouches for whomever the test names."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.claims: dict[str, Any] = {}
        self.nonce = ""
        self.url = ""

    def answer(self, path: str, form: dict[str, list[str]]) -> Any:
        """What the issuer says to a request; None is 404."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "jwks_uri": f"{self.url}/keys",
                "token_endpoint": f"{self.url}/token", "userinfo_endpoint": f"{self.url}/me",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }  # fmt: skip
        if path == "/token":
            assert form["client_secret"] == ["the-secret"]
            assert form["code_verifier"]
            now = int(time.time())
            about = {"iss": self.url, "aud": "bastide", "iat": now, "exp": now + 60, **self.claims}
            return {
                "access_token": "opens-me",
                "token_type": "Bearer",
                "id_token": jwt.encode(about, self.key, "RS256"),
            }
        return self.claims if path == "/me" else None


@contextmanager
def issuer() -> Iterator[Issuer]:
    """An issuer that answers on a port of this machine."""
    one = Issuer()

    class Answering(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            said = one.answer(urlsplit(self.path).path, parse_qs(self.rfile.read(size).decode()))
            body = json.dumps(said).encode()
            self.send_response(404 if said is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *words: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    one.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()


class Signer:
    """A SAML identity provider: metadata, and responses signed with its key."""

    ENTITY = "https://idp.example/metadata"

    def __init__(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        self.certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        self.key = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def metadata(self) -> str:
        bare = "".join(self.certificate.splitlines()[1:-1])
        return f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.ENTITY}"><IDPSSODescriptor
 protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo
 xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>{bare}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
 <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>
 </IDPSSODescriptor></EntityDescriptor>"""

    def response(self, asked: str, *, mail: str, uid: str = "u-1") -> str:
        """The signed answer to a request (the address the browser was sent to), in base64, as the form posts it."""
        request = parse_qs(urlsplit(asked).query)["SAMLRequest"][0]
        wanted = etree.fromstring(zlib.decompress(base64.b64decode(request), -15))
        target, ident = wanted.get("AssertionConsumerServiceURL"), wanted.get("ID")
        audience = wanted.findtext("{urn:oasis:names:tc:SAML:2.0:assertion}Issuer")
        now = datetime.now(UTC)
        stamp, soon = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (now, now + timedelta(minutes=5)))
        assertion = f"""<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a{ident}" Version="2.0"
 IssueInstant="{stamp}"><saml:Issuer>{self.ENTITY}</saml:Issuer><saml:Subject><saml:NameID
 Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{uid}</saml:NameID><saml:SubjectConfirmation
 Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="{ident}" NotOnOrAfter="{soon}"
 Recipient="{target}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{stamp}" NotOnOrAfter="{soon}">
 <saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
 <saml:AuthnStatement AuthnInstant="{stamp}" SessionIndex="_s"><saml:AuthnContext><saml:AuthnContextClassRef>
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
 <saml:AttributeStatement><saml:Attribute Name="mail"><saml:AttributeValue>{escape(mail)}</saml:AttributeValue></saml:Attribute>
 </saml:AttributeStatement></saml:Assertion>"""
        signed = OneLogin_Saml2_Utils.add_sign(assertion, self.key, self.certificate)
        signed_text = (signed if isinstance(signed, str) else signed.decode()).replace(
            "<?xml version='1.0' encoding='UTF-8'?>", ""
        )
        whole = f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r{ident}" Version="2.0"
 IssueInstant="{stamp}" Destination="{target}" InResponseTo="{ident}"><saml:Issuer
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{self.ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{signed_text}</samlp:Response>"""
        return base64.b64encode(whole.encode()).decode()
