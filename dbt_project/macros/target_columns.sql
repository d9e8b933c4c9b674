{#- What a printed target means, and where it is printed: the same columns in every model of targets. -#}
{% macro target_value_columns(relation) -%}
    {%- for column in [
        'comparator', 'low', 'high', 'measure_unit', 'per', 'is_percent', 'value_type', 'is_implicit', 'is_suspect',
        'date_low', 'date_high',
    ] %}
    {{ relation }}.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro target_place_columns(relation) -%}
    {%- for column in ['page', 'row_no', 'x0', 'y0', 'x1', 'y1'] %}
    {{ relation }}.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
