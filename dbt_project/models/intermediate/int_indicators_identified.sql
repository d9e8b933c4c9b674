with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

records as (
    select * from {{ ref('stg_jixiao__records') }}
),

projects as (
    select * from {{ ref('int_projects_current') }}
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

-- few texts stand in many rows: each is taken apart once
texts as (
    select distinct
        coalesce(level1_text, '') as level1_text,
        coalesce(level2_text, '') as level2_text,
        coalesce(indicator_text, '') as indicator_text
    from records
),

split as (
    select
        *,
        {{ split_code('level1_text') }} as printed_level1_code,
        {{ split_name('level1_text') }} as printed_level1_name,
        {{ fold_level('level1_text') }} as level1_fold,
        {{ split_code('level2_text', 2) }} as printed_level2_code,
        {{ split_name('level2_text', 2) }} as printed_level2_name,
        {{ fold_level('level2_text') }} as level2_fold,
        {{ split_code('indicator_text', 5) }} as indicator_code,
        coalesce({{ split_name('indicator_text', 5) }}, '(未命名指标)') as indicator_name
    from texts
),

-- a level's code: as printed, else the one usual for its name, else what a nine-digit indicator code begins with
understood as (
    select
        split.*,
        {{ fold_text('split.indicator_name') }} as indicator_fold,
        coalesce(
            split.printed_level1_code,
            by_name.level1_code,
            by_level1.level1_code,
            case when length(split.indicator_code) = 9 then substr(split.indicator_code, 1, 1) end
        ) as level1_code,
        coalesce(split.printed_level1_name, by_name.level1_name) as level1_name,
        coalesce(
            split.printed_level2_code,
            by_name.level2_code,
            case when length(split.indicator_code) = 9 then substr(split.indicator_code, 2, 2) end
        ) as level2_code,
        split.printed_level2_name as level2_name
    from split
    left join levels as by_name on split.level2_fold = by_name.level2_name
    left join level1_names as by_level1 on split.level1_fold = by_level1.level1_fold
),

levelled as (
    select
        documents.document_key,
        documents.publisher_key,
        documents.code_scope,
        documents.fiscal_year,
        records.sha256,
        records.part_no,
        records.record_no,
        records.project_no,
        records.page,
        records.row_no,
        records.x0,
        records.y0,
        records.x1,
        records.y1,
        records.indicator_text,
        records.sign_text,
        records.value_text,
        records.measure_unit_text,
        records.weight_text,
        records.score_text,
        records.actual_text,
        records.deviation_text,
        understood.level1_code,
        understood.level1_name,
        understood.level1_fold,
        understood.level2_code,
        understood.level2_name,
        understood.level2_fold,
        understood.indicator_code,
        understood.indicator_name,
        understood.indicator_fold
    from records
    inner join documents
        on
            records.sha256 = documents.sha256
            and records.part_no = documents.part_no
    inner join understood
        on
            coalesce(records.level1_text, '') = understood.level1_text
            and coalesce(records.level2_text, '') = understood.level2_text
            and coalesce(records.indicator_text, '') = understood.indicator_text
)

select
    {{ surrogate_key(['levelled.document_key', 'levelled.record_no']) }} as record_key,
    -- the indicator itself: its code, or its name where none is printed, in its region
    {{ surrogate_key(['levelled.code_scope', "coalesce('#' || levelled.indicator_code, levelled.indicator_fold)"]) }}
        as indicator_identity_key,
    levelled.document_key,
    levelled.publisher_key,
    levelled.code_scope,
    levelled.fiscal_year,
    projects.document_kind,
    projects.project_year_key,
    projects.unit_durable_key,
    projects.unit_code,
    projects.unit_fold,
    projects.is_current,
    projects.form_title,
    levelled.sha256,
    levelled.part_no,
    levelled.record_no,
    levelled.project_no,
    levelled.page,
    levelled.row_no,
    levelled.x0,
    levelled.y0,
    levelled.x1,
    levelled.y1,
    levelled.level1_code,
    coalesce(levelled.level1_name, levelled.level1_code) as level1_name,
    levelled.level2_code,
    coalesce(levelled.level2_name, levelled.level2_code) as level2_name,
    coalesce(levelled.level1_code, levelled.level1_fold) as level1_identity,
    coalesce(levelled.level2_code, levelled.level2_fold) as level2_identity,
    levelled.indicator_text,
    levelled.indicator_code,
    levelled.indicator_name,
    levelled.indicator_fold,
    levelled.sign_text,
    levelled.value_text,
    levelled.measure_unit_text,
    levelled.weight_text,
    levelled.score_text,
    levelled.actual_text,
    levelled.deviation_text
from levelled
inner join projects
    on
        levelled.document_key = projects.document_key
        and levelled.project_no = projects.project_no
