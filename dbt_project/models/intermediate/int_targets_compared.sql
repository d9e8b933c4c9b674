{{ compare_targets(ref('int_indicators_paired'), ref('int_targets_valued'), ref('int_documents_keyed')) }}
