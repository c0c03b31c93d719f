"""What a file is, judged by its content. A name that says otherwise, a program or a macro is refused with words."""

from __future__ import annotations

import json
import zipfile
from typing import BinaryIO

import filetype
from defusedxml import ElementTree
from django.utils.translation import gettext as _

from bastide.base.flow.refusals import Refused
from bastide.base.vault.names import extension_of

HEAD = 64 * 1024

OOXML = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    f"{OOXML}wordprocessingml.document",
    f"{OOXML}spreadsheetml.sheet",
    f"{OOXML}presentationml.presentation",
)
OLE, ZIP, TEXT, UNKNOWN = "application/x-ole-storage", "application/zip", "text/plain", "application/octet-stream"

# What each extension promises. An extension that is not listed promises nothing.
PROMISES: dict[str, frozenset[str]] = {
    "pdf": frozenset({"application/pdf"}),
    "png": frozenset({"image/png", "image/apng"}),
    "jpg": frozenset({"image/jpeg"}), "jpeg": frozenset({"image/jpeg"}),
    "gif": frozenset({"image/gif"}), "bmp": frozenset({"image/bmp"}), "webp": frozenset({"image/webp"}),
    "tif": frozenset({"image/tiff"}), "tiff": frozenset({"image/tiff"}), "heic": frozenset({"image/heic"}),
    "docx": frozenset({DOCX}), "xlsx": frozenset({XLSX}), "pptx": frozenset({PPTX}),
    "doc": frozenset({OLE, "application/rtf"}), "xls": frozenset({OLE}), "ppt": frozenset({OLE}),
    "msg": frozenset({OLE}),
    "wps": frozenset({OLE, DOCX}), "et": frozenset({OLE, XLSX}), "dps": frozenset({OLE, PPTX}),
    "odt": frozenset({"application/vnd.oasis.opendocument.text"}),
    "ods": frozenset({"application/vnd.oasis.opendocument.spreadsheet"}),
    "odp": frozenset({"application/vnd.oasis.opendocument.presentation"}),
    "rtf": frozenset({"application/rtf"}),
    "ofd": frozenset({ZIP}), "zip": frozenset({ZIP}),
    "7z": frozenset({"application/x-7z-compressed"}), "rar": frozenset({"application/x-rar-compressed"}),
    "gz": frozenset({"application/gzip"}), "tgz": frozenset({"application/gzip"}),
    "tar": frozenset({"application/x-tar"}),
    "bz2": frozenset({"application/x-bzip2"}), "xz": frozenset({"application/x-xz"}),
    "zst": frozenset({"application/zstd"}),
    "pcap": frozenset({"application/vnd.tcpdump.pcap"}), "cap": frozenset({"application/vnd.tcpdump.pcap"}),
    "pcapng": frozenset({"application/x-pcapng", "application/vnd.tcpdump.pcap"}),
    "evtx": frozenset({"application/x-ms-evtx"}), "parquet": frozenset({"application/vnd.apache.parquet"}),
    "sqlite": frozenset({"application/x-sqlite3"}),
    "mp4": frozenset({"video/mp4", "video/x-m4v", "video/3gpp"}), "mov": frozenset({"video/quicktime"}),
    "mp3": frozenset({"audio/mpeg"}), "wav": frozenset({"audio/x-wav"}), "m4a": frozenset({"audio/mp4"}),
    "json": frozenset({"application/json"}), "ndjson": frozenset({"application/x-ndjson"}),
    "jsonl": frozenset({"application/x-ndjson"}),
    "xml": frozenset({"application/xml"}), "csv": frozenset({"text/csv"}), "txt": frozenset({TEXT}),
    "log": frozenset({TEXT}), "md": frozenset({TEXT}), "yaml": frozenset({TEXT}), "yml": frozenset({TEXT}),
    "eml": frozenset({"message/rfc822"}), "html": frozenset({"text/html"}), "htm": frozenset({"text/html"}),
}  # fmt: skip
_TEXTUAL = frozenset(
    {TEXT, "text/csv", "application/json", "application/x-ndjson", "application/xml", "message/rfc822", "text/html"}
)
# Text under one of these names is read as exactly that; a mistake in it is told with its line.
_STRICT = frozenset({"json", "ndjson", "jsonl", "xml"})

PROGRAM_NAMES = frozenset(
    [
        "apk", "app", "appimage", "bat", "cmd", "com", "cpl", "deb", "dll", "dmg", "elf", "exe", "gadget", "hta", "ipa",
        "jar", "jnlp", "js", "jse", "lnk", "mjs", "msc", "msi", "msp", "mst", "pif", "pkg", "ps1", "ps1xml", "psc1",
        "psm1", "py", "reg", "rpm", "run", "scf", "scr", "sct", "sh", "so", "sys", "url", "vb", "vbe", "vbs", "war",
        "wsc", "wsf", "wsh", "xll",
    ]
)  # fmt: skip
PROGRAM_TYPES = frozenset(
    {
        "application/x-executable", "application/x-msdownload", "application/wasm", "application/x-deb",
        "application/x-rpm", "application/x-google-chrome-extension", "application/x-shockwave-flash",
        "application/x-nintendo-nes-rom",
    }
)  # fmt: skip
MACRO_NAMES = frozenset(["docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm"])
# Kinds whose files may look like text.
_WRITTEN = frozenset({"application/pdf", "application/rtf", "application/postscript"})
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-msdownload"),
    (b"\xfe\xed\xfa\xce", "application/x-executable"), (b"\xfe\xed\xfa\xcf", "application/x-executable"),
    (b"\xce\xfa\xed\xfe", "application/x-executable"), (b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/x-executable"), (b"dex\n", "application/x-executable"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-msdownload"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"), (b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    (b"\x4d\x3c\xb2\xa1", "application/vnd.tcpdump.pcap"), (b"\xa1\xb2\x3c\x4d", "application/vnd.tcpdump.pcap"),
    (b"\x0a\x0d\x0d\x0a", "application/x-pcapng"),
    (b"ElfFile\x00", "application/x-ms-evtx"), (b"PAR1", "application/vnd.apache.parquet"),
)  # fmt: skip


def media_type(file: BinaryIO, name: str) -> str:
    """The media type of an open file named `name`; raises Refused when it may not come in."""
    extension = extension_of(name)
    if extension in MACRO_NAMES:
        raise Refused(
            _("“%(name)s” is an Office file with macros. Save it without macros and send it again.") % {"name": name}
        )
    if extension in PROGRAM_NAMES:
        raise _program(name)
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise Refused(_("“%(name)s” is empty.") % {"name": name})
    found = _by_magic(file, head, name)
    if found in PROGRAM_TYPES or head.startswith(b"#!"):
        raise _program(name)
    return _agree(found or _by_text(file, head, extension, name), extension, name)


def _program(name: str) -> Refused:
    return Refused(
        _("“%(name)s” is a program. Programs are not taken as they are; send it in an archive with a password.")
        % {"name": name}
    )


def _agree(found: str, extension: str, name: str) -> str:
    """What was found, if the name does not contradict it."""
    promised = PROMISES.get(extension)
    if promised is None or found in promised:
        return found
    if found == TEXT and promised & _TEXTUAL and extension not in _STRICT:
        return next(iter(promised))
    if found in _TEXTUAL and TEXT in promised:
        return found
    raise Refused(
        _("“%(name)s” is named .%(extension)s but its content is %(found)s. Correct the extension and send it again.")
        % {"name": name, "extension": extension, "found": _describe(found)}
    )


def _describe(found: str) -> str:
    return _("of no known type") if found == UNKNOWN else found


def _by_magic(file: BinaryIO, head: bytes, name: str) -> str:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind == "application/x-msdownload" and magic == b"MZ" and not _is_pe(head):
                continue
            return _legacy_office(file, name) if kind == OLE else kind
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return _zip_kind(file, name)
    guess = filetype.guess(head[:8192])
    if guess is None or (guess.mime not in _WRITTEN and _is_text(head)):
        return ""  # a short magic number may also begin a text
    return "application/x-executable" if guess.mime in PROGRAM_TYPES else str(guess.mime)


def _is_pe(head: bytes) -> bool:
    """MZ alone can begin a text; a program for DOS or Windows has binary bytes behind it."""
    return not _is_text(head)


def _legacy_office(file: BinaryIO, name: str) -> str:
    """An old Office file; its macro store shows as a directory entry in UTF-16."""
    needles = ("_VBA_PROJECT".encode("utf-16-le"), "Macros".encode("utf-16-le"))
    file.seek(0)
    tail = b""
    while chunk := file.read(1 << 20):
        window = tail + chunk
        if any(needle in window for needle in needles):
            raise Refused(
                _("“%(name)s” contains Office macros. Save it without macros and send it again.") % {"name": name}
            )
        tail = window[-64:]
    return OLE


def _zip_kind(file: BinaryIO, name: str) -> str:
    """What lies inside a ZIP container; its directory is read, nothing is unpacked but two small entries."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {entry.filename for entry in archive.infolist()}
            if any(entry.lower().rsplit("/", 1)[-1].startswith("vbaproject") for entry in entries):
                raise Refused(
                    _("“%(name)s” contains Office macros. Save it without macros and send it again.") % {"name": name}
                )
            if "META-INF/MANIFEST.MF" in entries or "AndroidManifest.xml" in entries or "classes.dex" in entries:
                raise _program(name)
            if "[Content_Types].xml" in entries:
                return _office_kind(entries)
            if "mimetype" in entries and archive.getinfo("mimetype").file_size < 200:
                return archive.read("mimetype").decode("ascii", "replace").strip() or ZIP
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise Refused(_("“%(name)s” is a damaged archive: %(error)s.") % {"name": name, "error": error}) from error
    return ZIP


def _office_kind(entries: set[str]) -> str:
    for folder, kind in (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX)):
        if any(entry.startswith(folder) for entry in entries):
            return kind
    return ZIP


def _decoded(head: bytes) -> str | None:
    """The head as text in one of the encodings that occur, or none. A cut last character is forgiven."""
    encodings = ["utf-16"] if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "gb18030"]
    if encodings[0] != "utf-16" and b"\0" in head:
        return None
    for encoding in encodings:
        for cut in range(4):
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            odd = sum(1 for c in text if ord(c) < 32 and c not in "\t\n\r\f\x1b")
            return text if odd <= len(text) / 100 else None
    return None


def _is_text(head: bytes) -> bool:
    return _decoded(head) is not None


def _by_text(file: BinaryIO, head: bytes, extension: str, name: str) -> str:
    text = _decoded(head)
    if text is None:
        return UNKNOWN
    stripped = text.lstrip("\ufeff \t\r\n")
    if extension in {"ndjson", "jsonl"}:
        return _ndjson(file, name)
    if extension == "json":
        return _json(file, name)
    if extension == "xml":
        return _xml(file, name)
    if stripped[:200].lower().startswith(("<!doctype html", "<html")):
        return "text/html"
    if stripped.startswith("<?xml"):
        return "application/xml"
    if extension == "csv" or (extension == "" and _looks_tabular(text)):
        return "text/csv"
    return TEXT


def _json(file: BinaryIO, name: str) -> str:
    file.seek(0)
    try:
        json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise Refused(_("“%(name)s” is not JSON: %(error)s.") % {"name": name, "error": error}) from error
    return "application/json"


def _ndjson(file: BinaryIO, name: str) -> str:
    """Every line one JSON value; the first bad line is named."""
    file.seek(0)
    for line, raw in enumerate(file, 1):
        if raw.strip():
            try:
                json.loads(raw)
            except (ValueError, RecursionError) as error:
                raise Refused(
                    _("“%(name)s”, line %(line)s: not JSON: %(error)s.") % {"name": name, "line": line, "error": error}
                ) from error
    return "application/x-ndjson"


def _xml(file: BinaryIO, name: str) -> str:
    """Well-formed, without entities that could blow up a reader."""
    file.seek(0)
    try:
        for _event, element in ElementTree.iterparse(file):
            element.clear()
    except Exception as error:  # defusedxml and expat raise unrelated families
        raise Refused(
            _("“%(name)s” is not well-formed XML: %(error)s.")
            % {"name": name, "error": str(error) or type(error).__name__}
        ) from error
    return "application/xml"


def _looks_tabular(text: str) -> bool:
    lines = [line for line in text.splitlines()[:5] if line]
    counts = {line.count(",") for line in lines}
    return len(lines) > 1 and len(counts) == 1 and counts != {0}
