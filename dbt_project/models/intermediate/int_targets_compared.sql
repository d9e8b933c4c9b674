{{ compare_targets(ref('int_indicators_paired')) }}
