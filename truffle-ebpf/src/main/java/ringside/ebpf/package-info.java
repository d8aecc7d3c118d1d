/**
 * The eBPF contestant: programs, maps, helpers, the verifier and the engine.
 *
 * <p>Depends on the simulated kernel and its hook points, and on nothing of the other contestant.
 */
@NullMarked
package ringside.ebpf;

import org.jspecify.annotations.NullMarked;
