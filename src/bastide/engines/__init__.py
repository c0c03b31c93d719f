"""Pure computing: values and tables in, values and tables out. Nothing here knows Django, a clock or a database."""
