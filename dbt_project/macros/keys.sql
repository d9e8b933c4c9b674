{#- A key over business columns: null-safe, and safe against values that contain a separator,
    because every value stands behind its length. -#}
{% macro surrogate_key(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append(
            "coalesce(cast(length(cast(" ~ column ~ " as varchar)) as varchar) || ':' || cast(" ~ column ~ " as varchar), '-')"
        ) -%}
    {%- endfor -%}
    {{ hash_text(parts | join(" || '|' || ")) }}
{%- endmacro %}
