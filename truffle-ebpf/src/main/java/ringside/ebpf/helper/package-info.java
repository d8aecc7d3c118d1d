/**
 * The helpers that eBPF programs call, each one annotated method, and their prototypes.
 *
 * <p>Prototype, program types and documentation are read off the declarations.
 */
@NullMarked
package ringside.ebpf.helper;

import org.jspecify.annotations.NullMarked;
