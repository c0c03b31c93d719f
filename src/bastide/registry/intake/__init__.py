"""Reading what others send: sheets (CSV, XLSX) and network maps (GraphML, GML), without a database."""
