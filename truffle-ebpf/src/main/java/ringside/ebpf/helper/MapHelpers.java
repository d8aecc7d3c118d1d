package ringside.ebpf.helper;

import static ringside.ebpf.helper.ArgType.ARG_ANYTHING;
import static ringside.ebpf.helper.ArgType.ARG_CONST_MAP_PTR;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MAP_KEY;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_MAP_VALUE;
import static ringside.ebpf.helper.ArgType.ARG_PTR_TO_UNINIT_MAP_VALUE;

import ringside.ebpf.map.BpfMap;

/** Helpers on maps ({@code kernel/bpf/helpers.c}). */
public final class MapHelpers {
  /** {@code bpf_map_lookup_elem}: the address of the value behind a key, or null. */
  @BpfHelper(
      id = 1,
      ret = ReturnType.RET_PTR_TO_MAP_VALUE_OR_NULL,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY},
      pktAccess = true)
  public long mapLookupElem(BpfMap map, long key) {
    return map.lookup(key);
  }

  /** {@code bpf_map_update_elem}: stores a value. */
  @BpfHelper(
      id = 2,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_PTR_TO_MAP_VALUE, ARG_ANYTHING},
      pktAccess = true)
  public long mapUpdateElem(BpfMap map, long key, long value, long flags) {
    return map.update(key, value, flags);
  }

  /** {@code bpf_map_delete_elem}: removes a key. */
  @BpfHelper(
      id = 3,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY},
      pktAccess = true)
  public long mapDeleteElem(BpfMap map, long key) {
    return map.delete(key);
  }

  /** {@code bpf_map_push_elem}: adds a value to a queue, stack or filter. */
  @BpfHelper(
      id = 87,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_VALUE, ARG_ANYTHING},
      pktAccess = true)
  public long mapPushElem(BpfMap map, long value, long flags) {
    return map.push(value, flags);
  }

  /** {@code bpf_map_pop_elem}: takes a value out of a queue or stack. */
  @BpfHelper(
      id = 88,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_UNINIT_MAP_VALUE})
  public long mapPopElem(BpfMap map, long value) {
    return map.pop(value);
  }

  /** {@code bpf_map_peek_elem}: copies out what is next, or asks a filter. */
  @BpfHelper(
      id = 89,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_UNINIT_MAP_VALUE})
  public long mapPeekElem(BpfMap map, long value) {
    return map.peek(value);
  }

  /** {@code bpf_map_lookup_percpu_elem}: the address of one CPU's value, or null. */
  @BpfHelper(
      id = 195,
      ret = ReturnType.RET_PTR_TO_MAP_VALUE_OR_NULL,
      args = {ARG_CONST_MAP_PTR, ARG_PTR_TO_MAP_KEY, ARG_ANYTHING},
      pktAccess = true)
  public long mapLookupPercpuElem(BpfMap map, long key, long cpu) {
    return map.lookupOn(key, (int) cpu);
  }
}
