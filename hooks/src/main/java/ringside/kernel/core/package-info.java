/**
 * The core that every subsystem of the simulated kernel stands on: memory, symbols, printk, time
 * and traps, bundled.
 *
 * <p>Subsystems (tasks, files, network) take a {@link ringside.kernel.core.KernelCore} and never
 * the {@code Kernel} that composes them, so that no package cycle arises.
 */
@NullMarked
package ringside.kernel.core;

import org.jspecify.annotations.NullMarked;
