{#- Columns hold only the values that the contract names, or null. `values` maps a column to a list. -#}
{% test has_only_values(model, values) %}
    {% for column, allowed in values.items() %}
        select
            '{{ column }}' as column_name,
            {{ column }} as found
        from {{ model }}
        where {{ column }} not in ('{{ allowed | join("', '") }}')
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
{% endtest %}
