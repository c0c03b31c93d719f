"""`make bench`: detection against a peer on the same work, then answers at volume against their targets."""

from __future__ import annotations

import sys

from bench import detect, volume

if __name__ == "__main__":
    words, sys.argv = sys.argv[1:], sys.argv[:1]
    detect.main()
    volume.main(words)
