"""A passkey is made and signs in, in a real browser with an authenticator of its own."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator

from bastide.base.people.models import Account
from tests.base.entry.doors import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_passkey_is_made_and_signs_in_without_password(browser, live_server, national: Account, settings) -> None:
    national.set_password(PASSWORD)
    national.email = "officer@authority.example"
    national.save()
    settings.BASTIDE_MFA = "authority"
    base = live_server.url.replace("127.0.0.1", "localhost")
    context = browser.new_context(locale="en")
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, "isUserVerified": True}})

    page.goto(f"{base}/account/login/")
    page.fill("[name=login]", "national")
    page.fill("[name=password]", PASSWORD)
    page.click("form button[type=submit]:has-text('Sign in')")
    assert "Your role needs a second factor" in page.inner_text("main")
    page.goto(f"{base}/account/2fa/webauthn/add/")
    if "reauthenticate" in page.url:
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.goto(f"{base}/account/2fa/webauthn/add/")
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "/webauthn/add/" not in url)
    assert Authenticator.objects.filter(user=national, type="webauthn").count() == 1
    page.goto(f"{base}/")
    assert "/account/2fa" not in page.url

    context.clear_cookies()
    page.goto(f"{base}/account/login/")
    page.click("#passkey_login")
    page.wait_for_url(lambda url: "/account/login/" not in url)
    page.goto(f"{base}/entry/me/")
    assert "national" in page.inner_text("main")
    context.close()


def test_without_a_passkey_the_page_says_what_to_do(browser, live_server, national: Account) -> None:
    context = browser.new_context(locale="en")
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, "isUserVerified": True}})
    page.goto(f"{live_server.url.replace('127.0.0.1', 'localhost')}/account/login/")
    page.click("#passkey_login")
    page.wait_for_selector("[data-passkey-failed]:not([hidden])", timeout=70_000)
    assert "sign in another way" in page.inner_text("[data-passkey-failed]")
    context.close()
