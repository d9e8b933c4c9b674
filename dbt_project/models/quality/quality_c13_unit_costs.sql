with pairs as (
    select * from {{ ref('quality_pairs') }}
),

budgets as (
    select * from {{ changed_rows(ref('yoy_project_budgets')) }}
),

quantities as (
    select
        *,
        count(*) over (partition by project_key, fiscal_year) as quantities
    from pairs
    where
        level2_code = '11'
        and change_class in ('unchanged', 'raised', 'lowered')
        and is_same_unit
        and level > 0
        and prior_level > 0
),

-- money over quantity is a cost only where there is one quantity
costs as (
    select
        quantities.*,
        cast(budgets.amount_yuan as double precision) / cast(quantities.level as double precision) as unit_cost,
        cast(budgets.prior_amount_yuan as double precision) / cast(quantities.prior_level as double precision)
            as prior_unit_cost
    from quantities
    inner join budgets
        on
            quantities.project_key = budgets.project_key
            and quantities.fiscal_year = budgets.fiscal_year
    where
        quantities.quantities = 1
        and budgets.prior_amount_yuan > 0
),

measured as (
    select
        *,
        cast((unit_cost / prior_unit_cost - 1) * 100 as decimal(30, 4)) as change_pct
    from costs
)

select
    publisher_key,
    unit_key,
    project_key,
    indicator_key,
    document_key,
    fiscal_year,
    '' as subject,
    cast(change_pct as decimal(38, 4)) as figure,
    project_name || '：“' || indicator_name || '”的单位金额由'
    || {{ plain_number('prior_unit_cost') }} || '元变为' || {{ plain_number('unit_cost') }}
    || '元。'
        as explanation_zh,
    'Yuan per unit of ' || indicator_name || ' went from '
    || {{ plain_number('prior_unit_cost') }} || ' to ' || {{ plain_number('unit_cost') }}
    || '.'
        as explanation_en
from measured
where
    abs(change_pct) >= {{ var('c13_change_pct') }}
