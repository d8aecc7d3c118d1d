/**
 * Brings eBPF objects into a kernel, as libbpf does from user space: their maps first, then their
 * programs.
 *
 * <p>Knows {@code ringside.ebpf.object} and {@code ringside.ebpf.syscall}; attaching is not its
 * business.
 */
@NullMarked
package ringside.ebpf.loader;

import org.jspecify.annotations.NullMarked;
