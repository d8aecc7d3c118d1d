/**
 * What becomes of a fault at Ring 0: oops, panic, taint, and the exceptions that carry them to the
 * host.
 *
 * <p>The texts are those of Linux 6.x on riscv, word for word.
 */
@NullMarked
package ringside.kernel.trap;

import org.jspecify.annotations.NullMarked;
