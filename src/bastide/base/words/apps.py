"""The room of words."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class WordsConfig(AppConfig):
    name = "bastide.base.words"
    label = "words"
    verbose_name = _("Words")

    def ready(self) -> None:
        from bastide.base.words import pairs

        connection_created.connect(pairs.teach, dispatch_uid="words.pairs")
