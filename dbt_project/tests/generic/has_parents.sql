{#- Every key that is not null stands in its dimension. `parents` maps a column to a model, or to model.column where the
    names differ. One query for all columns: a query of its own for each would be most of the build's time. -#}
{% test has_parents(model, parents) %}
    {% for column, parent in parents.items() %}
        {%- set parent_model = parent.split('.')[0] -%}
        {%- set parent_column = parent.split('.')[1] if '.' in parent else column %}
        select
            '{{ column }}' as column_name,
            child.{{ column }} as orphan
        from (select * from {{ model }}) as child
        left join {{ parent_rows(parent_model) }} as parent on child.{{ column }} = parent.{{ parent_column }}
        where
            child.{{ column }} is not null
            and parent.{{ parent_column }} is null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
{% endtest %}
