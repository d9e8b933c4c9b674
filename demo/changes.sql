-- What changed from 2024 to 2025, project by project.
SELECT
    p.status,
    coalesce(p.project_name, p.prior_project_name) AS project,
    CASE WHEN p.status = 'renamed' THEN p.prior_project_name END AS was_called,
    p.match_method,
    p.prior_amount_yuan AS yuan_2024,
    p.amount_yuan AS yuan_2025,
    p.delta_yuan AS change
FROM yoy_project_budgets AS p
WHERE p.fiscal_year = 2025
ORDER BY abs(coalesce(p.delta_yuan, p.amount_yuan, p.prior_amount_yuan)) DESC, project
