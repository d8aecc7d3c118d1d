/**
 * The kernel's log: the printk ring buffer and printf formatting with the kernel's extensions.
 *
 * <p>What is logged is decided by the subsystems; here is only how.
 */
@NullMarked
package ringside.kernel.printk;

import org.jspecify.annotations.NullMarked;
