with pairs as (
    select * from {{ ref('quality_pairs') }}
),

shares as (
    select
        publisher_key,
        project_key,
        fiscal_year,
        project_name,
        max(unit_key) as unit_key,
        max(document_key) as document_key,
        count(*) as shared,
        sum(case when change_class = 'unchanged' and not is_comparator_changed then 1 else 0 end) as copied
    from pairs
    group by publisher_key, project_key, fiscal_year, project_name
),

measured as (
    select
        *,
        {{ share_pct('copied', 'shared') }} as copied_pct
    from shares
)

select
    publisher_key,
    unit_key,
    project_key,
    cast(null as varchar) as indicator_key,
    document_key,
    fiscal_year,
    '' as subject,
    cast(copied_pct as decimal(38, 4)) as figure,
    project_name || '：与上年共有的' || cast(shared as varchar) || '项指标中，'
    || cast(copied as varchar) || '项指标值与上年完全相同。'
        as explanation_zh,
    cast(copied as varchar) || ' of ' || cast(shared as varchar)
    || ' targets that last year had too are unchanged.'
        as explanation_en
from measured
where
    shared >= {{ var('c01_min_shared') }}
    and copied_pct >= {{ var('c01_copied_pct') }}
