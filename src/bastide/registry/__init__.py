"""The register: operators, their network units with grade and CII mark, and what depends on what."""
