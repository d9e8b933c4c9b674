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
