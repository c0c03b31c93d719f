"""What every page is made of: shell, menu, pages, panels, tables, forms, charts, doors."""
