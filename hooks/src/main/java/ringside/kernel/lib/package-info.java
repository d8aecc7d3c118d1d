/**
 * The kernel functions that machine code may call and that are no subsystem's entry points:
 * strings, formatting, the heap, the log, locks, time, user memory.
 *
 * <p>One class a family, each method a {@link ringside.kernel.text.KernelFunction}. Stands on
 * {@code ringside.kernel.core}; nothing but the kernel's boot may depend on it.
 */
@NullMarked
package ringside.kernel.lib;

import org.jspecify.annotations.NullMarked;
