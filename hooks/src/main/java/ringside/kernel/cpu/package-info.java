/**
 * What the kernel asks of a processor, and what a processor tells the kernel.
 *
 * <p>Interfaces and plain data only; the RV64 processor lives with the kernel modules.
 */
@NullMarked
package ringside.kernel.cpu;

import org.jspecify.annotations.NullMarked;
