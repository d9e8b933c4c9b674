{#- How tables, views and tests are written. dbt-duckdb swaps a new table in by way of two other names, in about ten
    statements, so that readers miss nothing; nobody reads the build database, and a model that fails rolls back. Here a
    table takes the place of the one before in the same transaction. PostgreSQL keeps dbt's own way for tables. -#}

{#- Put a table or view where another may stand. Contracts are checked by dbt's own macros. -#}
{% macro replace_relation(existing, target) -%}
    {%- if existing is not none -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {%- if target.type == 'view' -%}
            {{ get_create_view_as_sql(target, compiled_code) }}
        {%- else -%}
            {{ create_table_as(False, target, compiled_code) }}
        {%- endif -%}
    {%- endcall -%}
    {%- do persist_docs(target, model) -%}
{%- endmacro %}


{% materialization table, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- do replace_relation(load_cached_relation(this), target_relation) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {%- do return({'relations': [target_relation]}) -%}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- do replace_relation(load_cached_relation(this), target_relation) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {%- do return({'relations': [target_relation]}) -%}
{% endmaterialization %}


{#- A mart: whole, or the rows of the changed partitions. Its columns are those of its contract, for other columns mean
    other models, and those build everything; so is what is written about it. -#}
{% materialization incremental, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- if existing is none or should_full_refresh() -%}
        {%- do replace_relation(existing, target_relation) -%}
    {%- else -%}
        {%- set columns = adapter.get_columns_in_relation(target_relation) -%}
        {%- call statement('main') -%}
            {{ get_incremental_replace_partitions_sql({
                'target_relation': target_relation, 'temp_relation': '(' ~ compiled_code ~ ')', 'dest_columns': columns
            }) }}
        {%- endcall -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {%- do return({'relations': [target_relation]}) -%}
{% endmaterialization %}


{#- A test asks how many rows fail and keeps them, where some do, in the schema that holds failures. -#}
{% materialization test, default %}
    {%- set failing = get_limit_subquery_sql(sql, config.get('limit')) -%}
    {%- set earlier = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) -%}
    {%- if earlier -%}
        {%- do adapter.drop_relation(earlier) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
    {%- call statement('main', fetch_result=True) -%}
        {{ get_test_sql(failing, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
    {%- endcall -%}
    {%- set kept = [] -%}
    {%- if load_result('main')['data'][0][0] and should_store_failures() -%}
        {%- set table = api.Relation.create(
            database=database, schema=schema, identifier=model['alias'], type='table'
        ) -%}
        {%- call statement(auto_begin=True) -%}
            {{ get_create_sql(table, failing) }}
        {%- endcall -%}
        {%- do adapter.commit() -%}
        {%- do kept.append(table) -%}
    {%- endif -%}
    {%- do return({'relations': kept}) -%}
{% endmaterialization %}
