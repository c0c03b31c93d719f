"""Doors of the room of entry."""

from django.urls import path

from bastide.base.entry.pages import accounts, me, organisations

app_name = "entry"
urlpatterns = [
    path("organisations/", organisations.organisation_list, name="organisation_list"),
    path("organisations/new/", organisations.organisation_new, name="organisation_new"),
    path("organisations/<str:code>/", organisations.organisation_detail, name="organisation_detail"),
    path("organisations/<str:code>/invite/", organisations.invite, name="invite"),
    path("invitations/<int:pk>/withdraw/", organisations.withdraw, name="withdraw"),
    path("welcome/<str:secret>/", me.welcome, name="welcome"),
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/import/", accounts.provision, name="provision"),
    path("accounts/<str:username>/", accounts.account_detail, name="account_detail"),
    path("accounts/<str:username>/roles/new/", accounts.role_new, name="role_new"),
    path("accounts/<str:username>/switch/", accounts.account_switch, name="account_switch"),
    path("accounts/<str:username>/sessions/end/", accounts.account_sessions_end, name="account_sessions_end"),
    path("sessions/end/", me.sessions_end, name="sessions_end"),
    path("sessions/<int:pk>/end/", me.session_end, name="session_end"),
    path("roles/<int:pk>/end/", accounts.role_end, name="role_end"),
    path("accounts/<str:username>/personal/", accounts.account_personal, name="account_personal"),
    path("me/personal/", me.personal_register, name="personal"),
    path("me/personal/export/", me.personal_export, name="personal_export"),
    path("me/", me.me, name="me"),
    path("keys/<int:pk>/revoke/", me.token_revoke, name="token_revoke"),
]
