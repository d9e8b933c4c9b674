with pairs as (
    select * from {{ ref('quality_pairs') }}
),

jumps as (
    select
        *,
        case
            when level > 0 and prior_level > 0
                then cast(greatest(level, prior_level) as double precision)
                    / cast(least(level, prior_level) as double precision)
        end as ratio
    from pairs
)

select
    publisher_key,
    unit_key,
    project_key,
    indicator_key,
    document_key,
    fiscal_year,
    target_pair_key as subject,
    cast(case when ratio < 1e15 then ratio end as decimal(38, 4)) as figure,
    project_name || '：“' || indicator_name || '”由“' || prior_target_text || '”变为“'
    || target_text || '”，'
    || case when not_comparable_reason = 'measure_unit' then '计量单位不同。' else '相差十倍左右或更多。' end
        as explanation_zh,
    indicator_name || ' went from ' || prior_target_text || ' to ' || target_text
    || case
        when not_comparable_reason = 'measure_unit' then ': another measure word.'
        else ': a jump of about ten or more.'
    end
        as explanation_en
from jumps
where
    not_comparable_reason = 'measure_unit'
    or (is_same_unit and ratio >= {{ var('c15_ratio') }})
