{{ compare_targets(
    ref('int_department_targets_paired'), ref('int_department_targets_valued'), ref('int_documents_keyed')
) }}
