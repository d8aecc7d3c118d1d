/**
 * eBPF maps: the types, their properties, and their storage in simulated kernel memory.
 *
 * <p>A map value's pointer is its kernel address. Maps know neither programs nor the verifier.
 */
@NullMarked
package ringside.ebpf.map;

import org.jspecify.annotations.NullMarked;
