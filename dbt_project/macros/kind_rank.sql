{#- Which kind of document speaks for a year: a plan before its approval, both before a report of it. -#}
{% macro kind_rank(expression) -%}
    case {{ expression }} when 'target' then 1 when 'approval' then 2 when 'adjusted' then 3 else 4 end
{%- endmacro %}
