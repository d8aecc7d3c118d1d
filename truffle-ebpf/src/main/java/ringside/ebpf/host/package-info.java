/**
 * The optional bridge to the real Linux kernel, through bpf(2).
 *
 * <p>Loads programs, makes maps and test-runs, and nothing else: nothing here attaches, pins or
 * inserts anything. Whoever uses it must do without it where the host does not allow it; {@link
 * ringside.ebpf.host.HostBpf#probe} says why.
 */
@NullMarked
package ringside.ebpf.host;

import org.jspecify.annotations.NullMarked;
