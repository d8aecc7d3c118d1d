package ringside.ebpf.map;

import ringside.format.btf.Btf;

/**
 * The types of a map's keys and values: {@code btf_fd}, {@code btf_key_type_id} and {@code
 * btf_value_type_id}.
 *
 * @param btf the program's types
 * @param id the BTF object's id in the kernel, 0 where it has none
 * @param keyTypeId 0 where the map has untyped keys
 * @param valueTypeId 0 where only the keys are typed
 */
public record MapBtf(Btf btf, int id, int keyTypeId, int valueTypeId) {}
