/**
 * Classic BPF: the filters of {@code SO_ATTACH_FILTER} and tcpdump, and their translation to eBPF.
 *
 * <p>Text and bytes become {@link ringside.ebpf.cbpf.SockFilter}s; {@link
 * ringside.ebpf.cbpf.FilterCheck} decides as the kernel does, {@link
 * ringside.ebpf.cbpf.FilterConverter} makes eBPF of what it accepts. Nothing here runs filters: the
 * engine does.
 */
@NullMarked
package ringside.ebpf.cbpf;

import org.jspecify.annotations.NullMarked;
