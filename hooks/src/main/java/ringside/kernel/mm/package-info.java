/**
 * The simulated machine's memory: RAM, page tables, the slab, and the shadow that the oracle keeps
 * of them.
 *
 * <p>Knows addresses and bytes, and nothing of tasks, files or packets. Kernel structs are laid out
 * by {@code ringside.kernel.layout}, not here.
 */
@NullMarked
package ringside.kernel.mm;

import org.jspecify.annotations.NullMarked;
