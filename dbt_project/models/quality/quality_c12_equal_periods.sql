with targets as (
    select * from {{ ref('quality_targets') }}
),

compared as (
    select
        annual.publisher_key,
        annual.document_key,
        annual.fiscal_year,
        count(*) as rows_both,
        sum(case when annual.target_fingerprint = cycle.target_fingerprint then 1 else 0 end) as rows_equal
    from targets as annual
    inner join targets as cycle
        on
            annual.document_key = cycle.document_key
            and annual.record_no = cycle.record_no
            and annual.horizon = 'annual'
            and cycle.horizon = 'cycle'
    group by annual.publisher_key, annual.document_key, annual.fiscal_year
),

measured as (
    select
        *,
        {{ share_pct('rows_equal', 'rows_both') }} as equal_pct
    from compared
)

select
    {{ finding_keys('publisher_key', 'document_key') }},
    '' as subject,
    cast(equal_pct as decimal(38, 4)) as figure,
    '同时印有实施周期和年度指标值的' || cast(rows_both as varchar) || '行中，' || cast(rows_equal as varchar)
    || '行两者相同，实施周期指标值未提供额外信息。'
        as explanation_zh,
    'In ' || cast(rows_equal as varchar) || ' of ' || cast(rows_both as varchar)
    || ' rows the period target is the annual one.'
        as explanation_en
from measured
where
    rows_both >= {{ var('c12_min_rows') }}
    and equal_pct >= {{ var('c12_equal_pct') }}
