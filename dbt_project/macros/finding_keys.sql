{#- The keys of a finding and its year, in the order of all checks: those that are named, null for the others. -#}
{% macro finding_keys() -%}
    {%- for key in ['publisher_key', 'unit_key', 'project_key', 'indicator_key', 'document_key'] -%}
    {{ key if key in varargs else 'cast(null as varchar) as ' ~ key }},
    {% endfor -%}
    fiscal_year
{%- endmacro %}
