"""How uploads reach the disk: streamed to a temporary file, and cut off politely above the limit."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from bastide.base.vault import store
from bastide.base.vault.names import safe_name


class TooLarge(UploadedFile):
    """Stands for a file above the limit: its size is known, its content was let go and cannot be read by mistake."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise store.too_large(safe_name(self.name or ""), settings.BASTIDE_UPLOAD_LIMIT)

    read = chunks = readline = __iter__ = _refuse  # type: ignore[assignment]

    def seek(self, *args: Any) -> int:
        return 0


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes at most the limit of an upload to disk; the rest of the request is read and dropped."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.taken += len(raw_data)
        if self.taken <= settings.BASTIDE_UPLOAD_LIMIT:
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.taken <= settings.BASTIDE_UPLOAD_LIMIT:
            return super().file_complete(file_size)
        self.file.close()
        return TooLarge(None, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)
