"""`make bench`: every benchmark of the folder, each printing its ratio against a peer on the same work."""

from __future__ import annotations

from bench import detect

if __name__ == "__main__":
    detect.main()
