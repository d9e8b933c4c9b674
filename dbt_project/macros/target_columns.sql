{#- What a printed target means, and where it is printed: the same columns in every model of targets. `relation` is the
    one that has them, where a model reads several. -#}
{% macro target_value_columns(relation=none) -%}
    {%- for column in [
        'comparator', 'low', 'high', 'measure_unit', 'per', 'is_percent', 'value_type', 'is_implicit', 'is_suspect',
        'date_low', 'date_high',
    ] %}
    {{ relation ~ '.' if relation }}{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{% macro target_place_columns(relation=none) -%}
    {%- for column in ['page', 'row_no', 'x0', 'y0', 'x1', 'y1'] %}
    {{ relation ~ '.' if relation }}{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
