"""`make bench`: detection and indicators against peers on the same work, the lake, findings from a file, answers at
volume; with targets."""

from __future__ import annotations

import sys

from bench import detect, findings, indicators, lake, volume

if __name__ == "__main__":
    words, sys.argv = sys.argv[1:], sys.argv[:1]
    detect.main()
    indicators.main([])
    lake.main([])
    findings.main([])
    volume.main(words)
