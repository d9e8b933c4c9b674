{#- A share in percent, exact to 4 decimals. -#}
{% macro share_pct(part, whole) -%}
    {{ percent_of("cast(" ~ part ~ " as decimal(26, 2))", "cast(" ~ whole ~ " as decimal(26, 2))") }}
{%- endmacro %}


{#- A decimal as people write it: 12.5000 is 12.5. -#}
{% macro plain_number(expression) -%}
    regexp_replace(cast(cast({{ expression }} as decimal(38, 4)) as varchar), '[.]?0+$', '')
{%- endmacro %}
