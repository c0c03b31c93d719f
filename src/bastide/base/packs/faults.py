"""What is wrong in a pack, said so that it can be mended: file, line, field, fault, remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    file: str
    line: int
    field: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.wrong}. {self.remedy}"


class PackError(Exception):
    """A pack cannot be used; every fault is listed."""

    def __init__(self, pack: str, faults: tuple[Fault, ...]) -> None:
        self.pack, self.faults = pack, faults
        super().__init__(pack, faults)

    def __str__(self) -> str:
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        return f"pack '{self.pack}' has {count}:\n{lines}"
