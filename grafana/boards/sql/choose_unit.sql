-- Units with an energy budget.
SELECT j.site AS __text, j.site_id AS __value FROM screen.subject j WHERE j.rule = 'energy_budget' ORDER BY 1
