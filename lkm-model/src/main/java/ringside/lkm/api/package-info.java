/**
 * The kernel functions that are about modules: references, parameters, and the registration of
 * callbacks that are machine code.
 *
 * <p>What is the kernel's own service stands in {@code ringside.kernel.lib} and with its subsystem.
 */
@NullMarked
package ringside.lkm.api;

import org.jspecify.annotations.NullMarked;
