{#- the cells of a project and of an indicator row, by their canonical columns -#}
{%- set project_cells = {
    'unit': 'unit_text',
    'category': 'category_text',
    'overall_goal': 'overall_goal',
    'annual_goal': 'annual_goal',
} -%}
{%- set record_cells = {
    'level1': 'level1_text',
    'level2': 'level2_text',
    'indicator': 'indicator_text',
    'weight': 'weight_text',
    'score': 'score_text',
    'deviation': 'deviation_text',
} -%}
with pairs as (
    select * from {{ ref('int_editions_paired') }}
),

corrected as (
    select document_key
    from pairs
    union
    select prior_document_key as document_key
    from pairs
),

projects as (
    select projects.*
    from {{ ref('int_projects_identified') }} as projects
    inner join corrected on projects.document_key = corrected.document_key
),

amounts as (
    select * from {{ ref('stg_jixiao__amounts') }}
),

records as (
    select
        records.*,
        levels.level1_text,
        levels.level2_text,
        row_number() over (
            partition by
                records.document_key, records.project_year_key,
                coalesce(records.indicator_code, records.indicator_fold)
            order by records.record_no
        ) as occurrence_no
    from {{ ref('int_indicators_identified') }} as records
    inner join corrected on records.document_key = corrected.document_key
    inner join {{ ref('stg_jixiao__records') }} as levels
        on
            records.sha256 = levels.sha256
            and records.part_no = levels.part_no
            and records.record_no = levels.record_no
),

targets as (
    select * from {{ ref('stg_jixiao__targets') }}
),

cells as (
    {% for column, source_column in project_cells.items() -%}
    select
        document_key,
        project_year_key,
        '' as row_identity,
        cast(null as integer) as record_no,
        '{{ column }}' as cell,
        {{ source_column }} as cell_text,
        {{ fold_text(source_column) }} as cell_fold,
        page,
        x0,
        y0,
        x1,
        y1
    from projects
    union all
    {% endfor -%}
    select
        projects.document_key,
        projects.project_year_key,
        '' as row_identity,
        cast(null as integer) as record_no,
        case amounts.amount_kind when 'year' then 'amount' else 'amount_' || amounts.amount_kind end as cell,
        amounts.amount_text as cell_text,
        cast(amounts.amount_yuan as varchar) as cell_fold,
        amounts.page,
        amounts.x0,
        amounts.y0,
        amounts.x1,
        amounts.y1
    from projects
    inner join amounts
        on
            projects.sha256 = amounts.sha256
            and projects.part_no = amounts.part_no
            and projects.project_no = amounts.project_no
    union all
    {% for column, source_column in record_cells.items() -%}
    select
        document_key,
        project_year_key,
        coalesce(indicator_code, indicator_fold) || '#' || cast(occurrence_no as varchar) as row_identity,
        record_no,
        '{{ column }}' as cell,
        {{ source_column }} as cell_text,
        {{ fold_text(source_column) }} as cell_fold,
        page,
        x0,
        y0,
        x1,
        y1
    from records
    union all
    {% endfor -%}
    select
        records.document_key,
        records.project_year_key,
        coalesce(records.indicator_code, records.indicator_fold) || '#' || cast(records.occurrence_no as varchar)
            as row_identity,
        records.record_no,
        targets.horizon || '_value' as cell,
        targets.target_text as cell_text,
        {{ fold_text('targets.target_text') }} as cell_fold,
        targets.page,
        targets.x0,
        targets.y0,
        targets.x1,
        targets.y1
    from records
    inner join targets
        on
            records.sha256 = targets.sha256
            and records.part_no = targets.part_no
            and records.record_no = targets.record_no
)

select * from cells
where coalesce(cell_fold, '') <> '' or cell = 'indicator'
