/**
 * The optional bridge to the real Linux kernel, through bpf(2).
 *
 * <p>Load and test-run only: nothing here attaches, pins or inserts anything. Whoever uses it must
 * do without it where the host does not allow it.
 */
@NullMarked
package ringside.ebpf.host;

import org.jspecify.annotations.NullMarked;
