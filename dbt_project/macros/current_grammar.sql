{#- The version of the grammar that counts: the caller's word, else the newest one in `relation`. -#}
{% macro current_grammar(relation) -%}
    {%- if var('grammar_version') -%}
        '{{ var('grammar_version') }}'
    {%- else -%}
        (select max({{ relation }}.grammar_version) from {{ relation }})
    {%- endif -%}
{%- endmacro %}
