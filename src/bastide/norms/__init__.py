"""The norms: laws, regulations, rules, plans and standards, clause by clause, and the checklists built on them."""
