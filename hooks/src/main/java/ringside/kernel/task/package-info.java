/**
 * Tasks: their structures in simulated memory, their address spaces, and the scheduler.
 *
 * <p>Ring 3 code runs here until it traps; what a trap means is the system call layer's business.
 * Everything is driven by virtual time, so that a run repeats exactly.
 */
@NullMarked
package ringside.kernel.task;

import org.jspecify.annotations.NullMarked;
