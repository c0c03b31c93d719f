"""What this room and the inbox keep about a person, for the register of personal data."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from bastide.base.dispatch.models import Feed
from bastide.base.entry.personal import WHILE_ACCOUNT, Holding
from bastide.base.inbox.models import Choice, Letter

HOLDINGS = (
    Holding(
        "notice_choices", _("Choices of how to be told"), _("To tell the person as they wish"), WHILE_ACCOUNT,
        lambda account: Choice.objects.filter(account=account).order_by("pk"), ("topic", "urgency", "way"),
    ),
    Holding(
        "letters", _("Mails sent"), _("To send no mail twice and to know which arrived"), WHILE_ACCOUNT,
        lambda account: Letter.objects.filter(account=account).order_by("pk"), ("way", "made_at", "state", "tried_at"),
    ),
    Holding(
        "feed", _("Calendar address"), _("To show the person's dates in a calendar; its secret is not kept"),
        WHILE_ACCOUNT, lambda account: Feed.objects.filter(account=account), ("made_at", "read_at"),
    ),
)  # fmt: skip
