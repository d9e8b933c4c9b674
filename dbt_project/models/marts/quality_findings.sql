with checks as (
    select * from {{ ref('quality_checks') }}
),

found as (
    {%- for number in range(1, 23) %}
    {%- set code = '%02d' % number %}
    select
        'C{{ code }}' as check_code,
        publisher_key,
        unit_key,
        project_key,
        indicator_key,
        document_key,
        fiscal_year,
        subject,
        figure,
        explanation_zh,
        explanation_en
    from {{ ref('quality_c' ~ code) }}
    {% if not loop.last -%}
    union all
    {%- endif %}
    {%- endfor %}
),

-- what is found of an indicator itself has no publisher, but a region in which its code counts
publishers as (
    select
        publisher_key,
        max(code_scope) as code_scope
    from {{ ref('int_documents_keyed') }}
    group by publisher_key
),

indicators as (
    select
        indicator_key,
        code_scope
    from {{ ref('int_indicators_named') }}
)

select
    {{ surrogate_key([
        'found.check_code',
        'found.fiscal_year',
        'found.publisher_key',
        'found.unit_key',
        'found.project_key',
        'found.indicator_key',
        'found.document_key',
        'found.subject'
    ]) }} as finding_key,
    found.check_code,
    checks.check_name,
    checks.severity,
    found.fiscal_year,
    coalesce(publishers.code_scope, indicators.code_scope) as code_scope,
    found.publisher_key,
    found.unit_key,
    found.project_key,
    found.indicator_key,
    found.document_key,
    found.subject,
    found.figure,
    found.explanation_zh || ' / ' || found.explanation_en as explanation,
    found.explanation_zh,
    found.explanation_en
from found
inner join checks on found.check_code = checks.check_code
left join publishers on found.publisher_key = publishers.publisher_key
left join indicators on found.indicator_key = indicators.indicator_key
