/**
 * The kernel's side of bpf(2): maps and programs of one kernel, loading, and test runs.
 *
 * <p>Joins object model, verifier and engine; attaching is {@code ringside.ebpf.attach}'s.
 */
@NullMarked
package ringside.ebpf.syscall;

import org.jspecify.annotations.NullMarked;
