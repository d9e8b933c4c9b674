with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

projects as (
    select * from {{ ref('stg_jixiao__projects') }}
),

titles as (
    select * from {{ ref('stg_jixiao__project_titles') }}
),

split as (
    select
        documents.document_key,
        documents.publisher_key,
        documents.publisher_code,
        documents.code_scope,
        documents.fiscal_year,
        documents.document_kind,
        projects.sha256,
        projects.part_no,
        projects.project_no,
        projects.unit_text,
        projects.project_text,
        projects.category_text,
        projects.overall_goal_text as overall_goal,
        projects.annual_goal_text as annual_goal,
        coalesce(titles.title_text, documents.title) as form_title,
        projects.page,
        projects.x0,
        projects.y0,
        projects.x1,
        projects.y1,
        nullif(trim(projects.unit_text), '') is not null as is_unit_printed,
        {{ split_code('projects.unit_text', 3) }} as unit_code,
        coalesce({{ split_name('projects.unit_text', 3) }}, documents.publisher_name) as unit_name,
        {{ split_code('projects.department_text', 3) }} as printed_department_code,
        {{ split_code('projects.category_text', 2) }} as category_code,
        {{ split_name('projects.category_text', 2) }} as category_name,
        coalesce(nullif(trim(projects.project_text), ''), '(未命名项目)') as project_name,
        nullif(upper({{ fold_text('projects.project_code_text') }}), '') as printed_project_code
    from projects
    inner join documents
        on
            projects.sha256 = documents.sha256
            and projects.part_no = documents.part_no
    left join titles
        on
            projects.sha256 = titles.sha256
            and projects.part_no = titles.part_no
            and projects.project_no = titles.project_no
),

folded as (
    select
        *,
        {{ fold_text('unit_name') }} as unit_fold,
        {{ fold_text('category_name') }} as category_fold,
        {{ fold_text('project_name') }} as project_fold,
        -- 102001 is unit 001 of department 102
        coalesce(
            printed_department_code,
            case when length(unit_code) = 6 then substr(unit_code, 1, 3) end
        ) as department_code
    from split
)

select
    *,
    -- a name without a code is local to its publisher: every publisher has an 办公室
    case
        when unit_code is null then {{ surrogate_key(['publisher_code', 'unit_fold']) }}
        else {{ surrogate_key(['code_scope', 'unit_code']) }}
    end as unit_identity_key,
    case
        when category_name is not null
            then {{ surrogate_key(['code_scope', 'coalesce(category_code, category_fold)']) }}
    end as category_key
from folded
