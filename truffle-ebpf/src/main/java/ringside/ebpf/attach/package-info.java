/**
 * Puts loaded programs on the simulated kernel's hook points.
 *
 * <p>Each program type has its adapter: a root node that makes the program's context of the hook's
 * arguments.
 */
@NullMarked
package ringside.ebpf.attach;

import org.jspecify.annotations.NullMarked;
