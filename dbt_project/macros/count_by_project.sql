{#- Rows of `relation` counted per publisher, project and year: how many (`targets`), and each of `aggregates`, which maps
    a column's name to its expression. `shares` maps a column's name to the aggregate whose share of all rows it is, in
    per cent. The unit and document are those of the project in that year. -#}
{% macro count_by_project(relation, aggregates, shares={}, where='true') -%}
    select
        publisher_key,
        project_key,
        fiscal_year,
        project_name,
        max(unit_key) as unit_key,
        max(document_key) as document_key,
        count(*) as targets,
        {%- for name, expression in aggregates.items() %}
        {{ expression }} as {{ name }}
        {%- if shares or not loop.last %},{% endif %}
        {%- endfor %}
        {%- for name, counted in shares.items() %}
        {{ share_pct(aggregates[counted], 'count(*)') }} as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ relation }}
    where {{ where }}
    group by publisher_key, project_key, fiscal_year, project_name
{%- endmacro %}

{#- How many rows fulfil a condition. -#}
{% macro count_if(condition) -%}
    sum(case when {{ condition }} then 1 else 0 end)
{%- endmacro %}
