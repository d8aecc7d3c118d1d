/**
 * Extensions in kernels: boots a kernel, puts one extension into it, delivers events, reads out
 * what it decided and counted.
 *
 * <p>The one place where both contestants meet the kernel; what is made of it stands in {@code
 * run}.
 */
@NullMarked
package ringside.experiments.lane;

import org.jspecify.annotations.NullMarked;
