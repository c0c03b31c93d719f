"""Every setting, typed, one line of meaning each. `docs/settings.md` is printed from this file.

Read settings through `django.conf.settings`; the environment variables are the names of the fields below.
"""

from __future__ import annotations

import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from bastide.base.entry import providers

PACKAGE = Path(__file__).resolve().parent


class Environment(BaseSettings):
    """What an installation can be told from outside."""

    model_config = SettingsConfigDict(extra="ignore", env_file=".env", env_file_encoding="utf-8")

    bastide_home: Path = Field(Path("var"), description="Data folder: database, lake, vault, secret key.")
    bastide_port: int = Field(8000, description="Port of the web server.")
    bastide_bind: str = Field("127.0.0.1", description="Address the web server listens on.")
    database_url: str = Field(
        "", description="postgresql://user:password@host:port/name; empty: SQLite in the data folder."
    )
    bastide_pack: str = Field("cn-telecom", description="Regime pack in force: cn-telecom or eu-nis2.")
    bastide_demo: bool = Field(
        False, description="Demonstration mode: demo accounts may sign in and the console says so."
    )
    bastide_debug: bool = Field(False, description="Django's debug pages. Never in service.")
    bastide_secret_key: str = Field("", description="Signing key; empty: made once and kept in the data folder.")
    bastide_trail_key: str = Field(
        "", description="File of the key that seals the trail; empty: made once and kept in the data folder."
    )
    bastide_trail_suite: Literal["ed25519-sha256", "sm2-sm3"] = Field(
        "ed25519-sha256",
        description="Signature and hash of a new trail key: ed25519-sha256 or sm2-sm3 (needs bastide[sm]).",
    )
    bastide_tsa_url: str = Field(
        "", description="Time-stamping authority (RFC 3161) asked for a token over each new seal; empty: none is asked."
    )
    bastide_tsa_certificates: str = Field(
        "", description="File (PEM) with the root and intermediate certificates of that authority; needed with the URL."
    )
    bastide_hosts: str = Field(
        "localhost,127.0.0.1,[::1]", description="Host names the console answers to, with commas."
    )
    bastide_https: bool = Field(False, description="The console is served over HTTPS: secure cookies and HSTS.")
    bastide_processes: int = Field(2, ge=1, description="Processes of the web server; one for each core, as a rule.")
    bastide_threads: int = Field(4, description="Threads of each process of the web server.")
    bastide_upload_limit: int = Field(64 * 1024 * 1024, description="Largest upload in bytes.")
    bastide_batch_limit: int = Field(
        256 * 1024 * 1024, description="Largest event batch in bytes, after decompression."
    )
    bastide_fonts: str = Field(
        "/usr/share/fonts/opentype/noto", description="Folders with CJK fonts for documents, with colons."
    )
    bastide_purpose_minutes: int = Field(30, description="How long a stated purpose opens classified records.")
    bastide_proxies: int = Field(0, description="Reverse proxies before the console whose X-Forwarded-For is believed.")
    bastide_mfa: str = Field(
        "authority", description="Who must have a second factor: authority (its roles), everyone, or nobody."
    )
    bastide_idle_minutes: int = Field(30, description="A session without a request ends after so many minutes.")
    bastide_session_hours: int = Field(12, description="A session ends after so many hours, whatever happens in it.")
    bastide_step_up_minutes: int = Field(
        15, description="A deciding act asks again who acts, if that was longer ago; 0: never."
    )
    bastide_sso: str = Field("", description="File of the identity providers (OIDC, SAML); empty: none.")
    bastide_evaluation: Literal["embedded", "stream"] = Field(
        "embedded",
        description="Who evaluates new batches: embedded (the workers here) or stream (bastide monitor stream).",
    )
    bastide_retention: str = Field(
        "log=183, default=1826",
        description="Days evidence is kept at least, by class: log, a kind such as respond.incident, default.",
    )
    bastide_export_rows: int = Field(
        20_000, description="Rows of the trail and of classified lists that one person may export a day."
    )
    bastide_mail_url: str = Field(
        "", description="smtp://user:password@host:port; empty: mails are written to the data folder."
    )
    bastide_metrics: str = Field(
        "", description="Token with which /metrics answers (Authorization: Bearer); empty: there is no such page."
    )
    bastide_address: str = Field(
        "",
        description="Address of the console in mails, calendars and webhooks, such as https://bastide.example.org; "
        "empty: the first of BASTIDE_HOSTS and the port.",
    )
    bastide_digest_hour: int = Field(
        8, ge=0, le=23, description="Hour at which digests are mailed, daily ones each day and weekly ones on Monday."
    )
    bastide_webhook_networks: str = Field(
        "",
        description="Internal networks webhooks may call, such as 10.2.0.0/16, with commas; empty: none.",
    )
    bastide_webhook_ports: str = Field("443,8443", description="Ports webhooks may call, with commas.")
    bastide_webhook_http: bool = Field(False, description="Webhooks may go over plain HTTP. Never in service.")
    bastide_mail_from: str = Field("bastide@localhost", description="Sender of mails.")


ENV = Environment()  # type: ignore[call-arg]


def _secret_key(home: Path) -> str:
    """The signing key of this installation, made at the first start and readable by its owner alone."""
    if ENV.bastide_secret_key:
        return ENV.bastide_secret_key
    path = home / "secret.key"
    home.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def _database(url: str, home: Path) -> dict[str, Any]:
    """Django's connection settings; SQLite with the options that survive several writers."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(home / "bastide.sqlite3"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # The last three are for volume: 64 MB of pages, reading through the page cache, sorting in memory.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY;",
            },
            "TEST": {"NAME": None},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(
            f"DATABASE_URL: '{parts.scheme}' is not known; write postgresql://user:password@host:port/name"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or 5432,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Compiling a query costs more than any of ours takes.
        "OPTIONS": {"options": "-c jit=off"},
    }


def _retention(text: str) -> dict[str, int]:
    """Class of evidence → days it is kept."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    found = {name.strip(): int(days) for name, _equals, days in pairs if days.strip().isdigit()}
    if len(found) != len(pairs) or "default" not in found:
        raise ValueError(f"BASTIDE_RETENTION: write class=days with commas and a default, not '{text}'")
    return found


def _address(env: Environment) -> str:
    """Where the console is reached from outside, without a slash at the end."""
    if env.bastide_address:
        parts = urlsplit(env.bastide_address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"BASTIDE_ADDRESS: write https://name, not '{env.bastide_address}'")
        return env.bastide_address.rstrip("/")
    named = [host for host in env.bastide_hosts.split(",") if host and not host.startswith(("*", "."))]
    host = named[0] if named else "localhost"
    return f"https://{host}" if env.bastide_https else f"http://{host}:{env.bastide_port}"


def _networks(text: str) -> list[IPv4Network | IPv6Network]:
    """Networks with commas; one with host bits set is a mistake and refused."""
    return [ip_network(part.strip()) for part in text.split(",") if part.strip()]


BASTIDE_HOME = ENV.bastide_home.resolve()
BASTIDE_PACK = ENV.bastide_pack
BASTIDE_DEMO = ENV.bastide_demo
BASTIDE_TRAIL_KEY = ENV.bastide_trail_key
BASTIDE_TRAIL_SUITE = ENV.bastide_trail_suite
BASTIDE_TSA_URL, BASTIDE_TSA_CERTIFICATES = ENV.bastide_tsa_url, ENV.bastide_tsa_certificates
BASTIDE_BATCH_LIMIT = ENV.bastide_batch_limit
BASTIDE_UPLOAD_LIMIT = ENV.bastide_upload_limit
BASTIDE_METRICS = ENV.bastide_metrics
BASTIDE_RETENTION = _retention(ENV.bastide_retention)
BASTIDE_EVALUATION = ENV.bastide_evaluation
BASTIDE_EXPORT_ROWS = ENV.bastide_export_rows
BASTIDE_PURPOSE_MINUTES = ENV.bastide_purpose_minutes
BASTIDE_PROXIES = ENV.bastide_proxies
BASTIDE_MFA = ENV.bastide_mfa
BASTIDE_IDLE_MINUTES, BASTIDE_SESSION_HOURS = ENV.bastide_idle_minutes, ENV.bastide_session_hours
BASTIDE_STEP_UP_MINUTES = ENV.bastide_step_up_minutes
BASTIDE_FONTS = [part for part in ENV.bastide_fonts.split(":") if part] + [str(PACKAGE / "content" / "fonts")]
BASTIDE_ADDRESS = _address(ENV)
BASTIDE_WEBHOOK_NETWORKS = _networks(ENV.bastide_webhook_networks)
BASTIDE_WEBHOOK_PORTS = {int(port) for port in ENV.bastide_webhook_ports.split(",") if port.strip()}
BASTIDE_WEBHOOK_HTTP = ENV.bastide_webhook_http
BASTIDE_DIGEST_HOUR = ENV.bastide_digest_hour
BASTIDE_BIND, BASTIDE_PORT = ENV.bastide_bind, ENV.bastide_port
BASTIDE_PROCESSES, BASTIDE_THREADS = ENV.bastide_processes, ENV.bastide_threads

SECRET_KEY = _secret_key(BASTIDE_HOME)
DEBUG = ENV.bastide_debug
ALLOWED_HOSTS = [host for host in ENV.bastide_hosts.split(",") if host]

ROOMS = [
    "words",
    "people",
    "trail",
    "inbox",
    "jobs",
    "clock",
    "flow",
    "entry",
    "dispatch",
    "hooks",
    "vault",
    "papers",
    "ui",
]
ROOMS = [room for room in ROOMS if (PACKAGE / "base" / room / "apps.py").exists()]
CONTEXTS = ["norms", "registry", "monitor", "respond", "share", "inspection", "rectify", "home", "demo"]
CONTEXTS = [context for context in CONTEXTS if (PACKAGE / context / "apps.py").exists()]

INSTALLED_APPS = [
    *[f"bastide.base.{room}" for room in reversed(ROOMS)],
    *[f"bastide.{context}" for context in CONTEXTS],
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "csp",
    "ninja",
]

MIDDLEWARE = [
    "bastide.base.trail.measured.MeasureMiddleware",
    "bastide.base.trail.middleware.WhoAndWhenceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "bastide.base.people.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bastide.base.people.middleware.TokenMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "bastide.base.entry.middleware.SessionLimitMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bastide.base.entry.middleware.SecondFactorMiddleware",
    "bastide.base.ui.errors.ErrorPageMiddleware",
    "bastide.base.flow.idempotence.IdempotenceMiddleware",
]

ROOT_URLCONF = "bastide.urls"
WSGI_APPLICATION = "bastide.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bastide.base.ui.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "bastide.base.ui.templatetags.ui"],
        },
    }
]

DATABASES = {"default": _database(ENV.database_url, BASTIDE_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["bastide.base.entry.adapter.EntryBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "bastide.base.entry.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "bastide.base.entry.adapter.ClosedDoorAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60  # before one changes how one signs in
# Wrong passwords are counted by base/entry/lockout.py; "login_failed" counts wrong one-time codes, for which the
# password must be known already.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "60/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey alone signs in, so it must know its owner
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ENV.bastide_https  # browsers allow it for localhost alone
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts come by invitation to that address
MFA_ADAPTER = "bastide.base.entry.adapter.KeyAdapter"
MFA_TOTP_ISSUER = "Bastide"
MFA_TOTP_TOLERANCE = 1  # one step either way, for clocks of telephones (RFC 6238 5.2)
SOCIALACCOUNT_ADAPTER = "bastide.base.entry.sso.ClosedDoorSocialAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that leads elsewhere is refused by our own content security policy
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS = providers.as_setting(ENV.bastide_sso)
# In the database, because all web processes must count alike.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "entry_cache"}}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_HTTPONLY = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = BASTIDE_HOME / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(BASTIDE_HOME / "files")},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

DATA_UPLOAD_MAX_MEMORY_SIZE = BASTIDE_UPLOAD_LIMIT
FILE_UPLOAD_HANDLERS = ["bastide.base.vault.uploads.LimitedUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = ENV.bastide_session_hours * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = False  # the bundle reads the token for htmx requests
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "bastide.base.ui.errors.no_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = ENV.bastide_https
SECURE_HSTS_SECONDS = 31536000 if ENV.bastide_https else 0
# HTTPS ends at a proxy before the console; without its word every form would be refused for its origin.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.bastide_https else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

DEFAULT_FROM_EMAIL = ENV.bastide_mail_from
if ENV.bastide_mail_url:
    _mail = urlsplit(ENV.bastide_mail_url)
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS = _mail.scheme == "smtps"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = BASTIDE_HOME / "mail"

NINJA_PAGINATION_CLASS = "bastide.base.ui.paging.Pages"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": "ext://bastide.base.trail.logs.PROCESSORS",
            "foreign_pre_chain": "ext://bastide.base.trail.logs.PRE_CHAIN",
            "pass_foreign_args": True,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"bastide": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
