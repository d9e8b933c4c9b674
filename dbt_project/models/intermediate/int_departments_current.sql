with documents as (
    select * from {{ ref('int_documents_keyed') }}
),

forms as (
    select * from {{ ref('stg_jixiao__departments') }}
),

named as (
    select
        documents.document_key,
        documents.publisher_key,
        documents.publisher_code,
        documents.fiscal_year,
        documents.document_kind,
        documents.effective_on,
        documents.first_seen_at,
        forms.sha256,
        forms.part_no,
        forms.form_no,
        coalesce(forms.title_text, documents.title) as form_title,
        coalesce(
            {{ split_name('forms.unit_text', 3) }},
            {{ split_name('forms.department_text', 3) }},
            documents.publisher_name
        ) as department_name,
        forms.overall_goal_text as overall_goal,
        forms.annual_goal_text as annual_goal,
        forms.amount_yuan
    from forms
    inner join documents
        on
            forms.sha256 = documents.sha256
            and forms.part_no = documents.part_no
),

folded as (
    select
        *,
        {{ surrogate_key(['publisher_code', fold_text('department_name')]) }} as department_key
    from named
),

-- of the forms of one department, year and kind those of the document that came last count
ranked as (
    select
        *,
        dense_rank() over (
            partition by department_key, fiscal_year, document_kind
            order by effective_on desc, first_seen_at desc, document_key
        ) as newness
    from folded
)

select
    department_key,
    document_key,
    publisher_key,
    publisher_code,
    fiscal_year,
    document_kind,
    sha256,
    part_no,
    form_no,
    form_title,
    department_name,
    overall_goal,
    annual_goal,
    amount_yuan,
    newness = 1 as is_current
from ranked
