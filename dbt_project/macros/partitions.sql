{#- Builds of the partitions that changed. `extract/warehouse/partitions.py` writes them into raw.changed_partitions and
    raw.changed_documents and then runs dbt with DBT_CHANGED_ONLY=1 in its environment. Staging hands on their rows
    alone, so intermediate models hold nothing else; marts keep the rows of all partitions and replace those of the changed
    ones. A mart says in `meta.partition` which of its columns tells the partition: publisher_key or code_scope. Without
    that everything is built again. -#}

{#- Whether only the changed partitions are built. Asked when a model runs and never while the project is parsed: dbt
    parses a project again whose variables or environment are others than last time. -#}
{% macro changed_only() -%}
    {%- do return(execute and env_var('DBT_CHANGED_ONLY', '') == '1') -%}
{%- endmacro %}


{#- dbt's own question: whether a mart is made anew. -#}
{% macro should_full_refresh() -%}
    {%- if config.get('materialized') == 'incremental' -%}
        {%- do return(not changed_only()) -%}
    {%- endif -%}
    {%- do return(flags.FULL_REFRESH) -%}
{%- endmacro %}


{#- The changed partitions, as values of such a column. -#}
{% macro changed_partitions(column) -%}
    {%- if column == 'publisher_key' -%}
    (select {{ surrogate_key(['publisher_code']) }} from raw.changed_partitions)
    {%- elif column == 'code_scope' -%}
    (select code_scope from raw.changed_partitions)
    {%- else -%}
    {{ exceptions.raise_compiler_error("a partition is told by publisher_key or code_scope, not by " ~ column) }}
    {%- endif -%}
{%- endmacro %}


{#- The table that holds a copy of a table's rows of the changed partitions: `plan_build` makes those of raw tables,
    `replace_partitions` those of marts. A filter on the table itself would scan all of its rows. -#}
{% macro changed_part(relation) -%}
    {%- do return(api.Relation.create(database=relation.database, schema='changed', identifier=relation.identifier)) -%}
{%- endmacro %}


{#- A raw table: in a build of changed partitions only their rows. Without `column` they are read in the copy. Tables that
    are written after the plan is made have no copy; their `column` with the publisher's code selects the rows. -#}
{% macro staged_rows(table, column=none) -%}
    {%- if column and changed_only() -%}
    {{ source('jixiao', table) }}
    where {{ column }} in (select publisher_code from raw.changed_partitions)
    {%- else -%}
    {{ changed_rows(source('jixiao', table)) }}
    {%- endif -%}
{%- endmacro %}


{#- A mart that another model reads, likewise. -#}
{% macro changed_rows(relation) -%}
    {{ changed_part(relation) if changed_only() else relation }}
{%- endmacro %}


{#- The incremental strategy `replace_partitions`. Deleted are the changed partitions and not the keys that come back: a
    partition may have lost rows, or all of them. -#}
{% macro get_incremental_replace_partitions_sql(arg_dict) -%}
    {%- set mart = arg_dict['target_relation'] -%}
    {%- set fresh = changed_part(mart) -%}
    {%- set column = config.require('meta')['partition'] -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    drop table if exists {{ fresh }};
    create table {{ fresh }} as select * from {{ mart }} where false;
    insert into {{ fresh }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }} as built
    where {{ column }} in {{ changed_partitions(column) }};
    {{ gather_statistics(fresh) }};
    delete from {{ mart }}
    where {{ column }} in {{ changed_partitions(column) }};
    insert into {{ mart }} select * from {{ fresh }}
{%- endmacro %}


{#- Whether a node is a mart whose rows are replaced by partitions. -#}
{% macro is_partitioned(unique_id) -%}
    {%- do return(unique_id in graph.nodes and 'partition' in graph.nodes[unique_id].config.meta) -%}
{%- endmacro %}


{#- Whether a generic test looks at the rows of the changed partitions alone. -#}
{% macro tests_changed_rows() -%}
    {%- do return(changed_only() and is_partitioned(model.get('attached_node'))) -%}
{%- endmacro %}


{#- A generic test of a mart: in a build of changed partitions it looks at their rows, the others were tested when they
    were built. A full build tests all of them, and nothing_staged_is_lost counts all rows in either. -#}
{% macro get_where_subquery(relation) -%}
    {%- if tests_changed_rows() -%}
        {%- do return(changed_rows(relation)) -%}
    {%- endif -%}
    {%- do return(default__get_where_subquery(relation)) -%}
{%- endmacro %}


{#- Where a test looks for the parents of a mart's rows. No key but a publisher's leads out of its partition. -#}
{% macro parent_rows(name) -%}
    {%- set is_changed = tests_changed_rows() and is_partitioned('model.' ~ project_name ~ '.' ~ name) -%}
    {{ changed_rows(ref(name)) if is_changed and name != 'dim_publishers' else ref(name) }}
{%- endmacro %}
