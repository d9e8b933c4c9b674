{%- set found_by = {
    'C01': 'quality_c01_copied_targets',
    'C02': 'quality_c02_budget_without_quantities',
    'C03': 'quality_c03_new_and_gone_projects',
    'C04': 'quality_c04_dropped_indicators',
    'C05': 'quality_c05_missing_dimensions',
    'C06': 'quality_c06_unmeasurable_targets',
    'C07': 'quality_c07_codes_of_several_forms',
    'C08': 'quality_c08_codes_of_several_names',
    'C09': 'quality_c09_names_of_several_codes',
    'C10': 'quality_c10_all_hundred_per_cent',
    'C11': 'quality_c11_lookalike_projects',
    'C12': 'quality_c12_equal_periods',
    'C13': 'quality_c13_unit_costs',
    'C14': 'quality_c14_changed_comparators',
    'C15': 'quality_c15_jumped_numbers',
    'C16': 'quality_c16_below_last_actual',
    'C17': 'quality_c17_doubtful_directions',
    'C18': 'quality_c18_moved_satisfaction',
    'C19': 'quality_c19_money_per_target',
    'C20': 'quality_c20_copied_goals',
    'C21': 'quality_c21_changed_layouts',
    'C22': 'quality_c22_outputs_over_outcomes',
} -%}

with checks as (
    select * from {{ ref('quality_checks') }}
),

found as (
    {%- for code, model in found_by.items() %}
    select
        '{{ code }}' as check_code,
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
    from {{ ref(model) }}
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
