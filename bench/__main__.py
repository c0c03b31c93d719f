"""`make bench`: detection against a peer on the same work, findings from a file, answers at volume; with targets."""

from __future__ import annotations

import sys

from bench import detect, findings, volume

if __name__ == "__main__":
    words, sys.argv = sys.argv[1:], sys.argv[:1]
    detect.main()
    findings.main([])
    volume.main(words)
