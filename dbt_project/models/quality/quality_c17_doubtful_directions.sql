with targets as (
    select * from {{ ref('quality_targets') }}
),

-- a lexicon, so a question to a person and no verdict
judged as (
    select
        *,
        indicator_name like '%投诉%'
        or indicator_name like '%事故%'
        or indicator_name like '%逾期%'
        or indicator_name like '%差错%'
        or indicator_name like '%受害率%' as is_bad_thing,
        indicator_name like '%满意度%'
        or indicator_name like '%合格率%'
        or indicator_name like '%完成率%'
        or indicator_name like '%覆盖率%' as is_good_rate
    from targets
    where horizon = 'annual'
)

select
    publisher_key,
    unit_key,
    project_key,
    indicator_key,
    document_key,
    fiscal_year,
    target_key as subject,
    cast(level as decimal(38, 4)) as figure,
    project_name || '：“' || indicator_name || '”的指标值' || target_text || '方向似乎相反，请核实。' as explanation_zh,
    'The target ' || target_text || ' seems to point the wrong way for ' || indicator_name
    || ': please check.'
        as explanation_en
from judged
where
    (is_bad_thing and not is_good_rate and comparator in ('ge', 'gt'))
    or (is_good_rate and not is_bad_thing and comparator in ('le', 'lt'))
    or (level = 0 and comparator in ('ge', 'gt'))
