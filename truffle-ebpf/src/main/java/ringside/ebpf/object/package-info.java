/**
 * eBPF objects: ELF files of clang and gcc, read as libbpf reads them.
 *
 * <p>Ends with programs whose map references are indexes and whose calls are resolved; loading them
 * into a kernel is {@code ringside.ebpf.syscall}'s.
 */
@NullMarked
package ringside.ebpf.object;

import org.jspecify.annotations.NullMarked;
