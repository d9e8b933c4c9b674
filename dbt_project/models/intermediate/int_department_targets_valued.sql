with forms as (
    select * from {{ ref('int_departments_current') }}
),

targets as (
    select * from {{ ref('stg_jixiao__department_targets') }}
),

target_values as (
    select * from {{ ref('int_target_values_folded') }}
),

levels as (
    select * from {{ ref('indicator_levels') }}
),

level1_names as (
    select distinct
        level1_code,
        regexp_replace(level1_name, '指标$', '') as level1_fold
    from levels
),

split as (
    select
        targets.*,
        {{ split_code('targets.level1_text') }} as printed_level1_code,
        {{ split_name('targets.level1_text') }} as printed_level1_name,
        {{ fold_level('targets.level1_text') }} as level1_fold,
        {{ split_code('targets.level2_text', 2) }} as printed_level2_code,
        {{ split_name('targets.level2_text', 2) }} as level2_name,
        {{ fold_level('targets.level2_text') }} as level2_fold,
        {{ split_code('targets.indicator_text', 5) }} as indicator_code,
        coalesce({{ split_name('targets.indicator_text', 5) }}, '(未命名指标)') as indicator_name
    from targets
)

select
    {{ surrogate_key(['forms.document_key', 'split.record_no', 'split.horizon']) }} as target_key,
    forms.department_key,
    forms.document_key,
    forms.publisher_key,
    forms.fiscal_year,
    forms.document_kind,
    split.form_no,
    split.record_no,
    forms.form_title,
    forms.department_name,
    forms.overall_goal,
    forms.annual_goal,
    forms.amount_yuan,
    coalesce(split.printed_level1_code, by_name.level1_code, by_level1.level1_code) as level1_code,
    coalesce(split.printed_level1_name, by_name.level1_name) as level1_name,
    coalesce(split.printed_level2_code, by_name.level2_code) as level2_code,
    split.level2_name,
    split.indicator_code,
    split.indicator_name,
    {{ strip_indicator_brackets(fold_text('split.indicator_name')) }} as indicator_bare,
    split.weight_text,
    split.horizon,
    split.target_text,
    target_values.target_fold,
    {{ target_value_columns('target_values') }},
    forms.is_current,
    {{ target_place_columns('split') }}
from split
inner join forms
    on
        split.sha256 = forms.sha256
        and split.part_no = forms.part_no
        and split.form_no = forms.form_no
left join levels as by_name on split.level2_fold = by_name.level2_name
left join level1_names as by_level1 on split.level1_fold = by_level1.level1_fold
left join target_values on split.target_text = target_values.target_text
